"""Visits in the store, and the names that a note about one should not hold."""

from __future__ import annotations

from fieldkit.store.database import Tables
from fieldkit.store.people import Row


def of(tables: Tables, subject: str) -> list[Row]:
    """Return the visits of a child, the newest first."""
    rows = tables.query(
        "SELECT v.* FROM visits AS v JOIN changes AS c ON c.id = v.id WHERE v.subject = ? ORDER BY c.tick DESC, v.id",
        [subject],
    )
    return [dict(one) for one in rows]


def known_names(tables: Tables) -> list[str]:
    """Return every name of a person or a place that this machine's vault holds."""
    rows = tables.execute(
        "SELECT real_name FROM identities UNION SELECT pet_names FROM identities UNION SELECT name FROM person_names "
        "UNION SELECT called FROM slips UNION SELECT name FROM places"
    )
    return [row[0] for row in rows if row[0]]
