"""Closings in the store: the last one of an interviewer, and whether a child was heard."""

from __future__ import annotations

import json
from collections.abc import Iterable

from fieldkit.records import natural_id
from fieldkit.rules.closings import FINISHED
from fieldkit.store import log, merge
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


def versions(tables: Tables, interview: str) -> set[str]:
    """Return how far an interview came, as anybody here wrote it: one code, or several while they disagree."""
    heads = merge.heads(log.standing_of(tables, natural_id("closing", interview)))
    return {one.set["completion"] or "" for one in heads.get("completion", [])}


def heard(tables: Tables, records: Iterable[str], before: str = "") -> bool:
    """Tell whether a talk was held, whole or its core, with the child whose *records* these are; by anybody's word.

    *before*: one that was begun before that day, where a day is named.
    """
    found = tables.query(
        "SELECT e.interview, e.conflict, coalesce(e.completion, '') AS completion, "
        "coalesce((SELECT i.started_on FROM interviews AS i WHERE i.id = e.interview), e.ended_on) AS day "
        "FROM closings AS e WHERE e.subject IN (SELECT value FROM json_each(?)) AND e.ended_on <> ''",
        [json.dumps([*records])],
    )
    return any(
        (one["completion"] in FINISHED or (one["conflict"] and FINISHED & versions(tables, one["interview"])))
        for one in found
        if not before or one["day"] < before
    )
