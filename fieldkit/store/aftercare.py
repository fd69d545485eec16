"""A child was very upset in a talk of which nothing may stay: whoever held it is still reminded to ask how they are.

A local fact without a word of the talk (`domain.md` §3.9).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from fieldkit.store import machine
from fieldkit.store.database import Tables

_PREFIX = "aftercare:"
ROWS = (  # as the rows of interviews
    "FROM (SELECT substr(name, 11) AS id, json_extract(value, '$.subject') AS subject, "
    "json_extract(value, '$.interviewer') AS interviewer, json_extract(value, '$.day') AS started_on "
    "FROM machine WHERE name GLOB 'aftercare:*') AS i "
)


@dataclass(frozen=True)
class Aftercare:
    """Which child, who held the talk, and on which day."""

    subject: str
    interviewer: str
    day: str


def keep(tables: Tables, interview: str, one: Aftercare) -> None:
    """Keep what is left of *interview*."""
    machine.remember(tables, _PREFIX + interview, json.dumps(asdict(one)))


def forget(tables: Tables, subject: str) -> None:
    """Forget all of *subject*, of whom nothing is to stay."""
    tables.execute(
        "DELETE FROM machine WHERE name GLOB ? AND json_extract(value, '$.subject') = ?", [_PREFIX + "*", subject]
    )
