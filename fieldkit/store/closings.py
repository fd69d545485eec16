"""Closings in the store: the last one of an interviewer."""

from __future__ import annotations

from fieldkit.store.database import Tables
from fieldkit.store.people import Row


def last_of(tables: Tables, author: str, interview: str) -> Row:
    """Return the closing that *author* wrote last, *interview* and hidden children left out; empty before it."""
    found = tables.query(
        "SELECT e.* FROM closings AS e JOIN changes AS c ON c.record = e.id "
        "WHERE c.author = ? AND e.interview <> ? AND e.field_notes_when <> '' AND NOT EXISTS "
        "(SELECT 1 FROM standings AS s WHERE s.subject = e.subject AND s.hidden) ORDER BY c.tick DESC LIMIT 1",
        [author, interview],
    )
    return next((dict(one) for one in found), {})
