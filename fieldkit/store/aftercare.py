"""That a child was very upset in a talk of which nothing may stay: a local fact without a word of it (`domain.md` §3.9).

Whoever held the talk is still reminded to ask how the child is.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from fieldkit.store import machine
from fieldkit.store.database import Tables

PREFIX = "aftercare:"


@dataclass(frozen=True)
class Aftercare:
    """Which child, who held the talk, and on which day."""

    subject: str
    interviewer: str
    day: str


def keep(tables: Tables, interview: str, one: Aftercare) -> None:
    """Keep what is left of *interview*."""
    machine.remember(tables, PREFIX + interview, json.dumps(asdict(one)))


def forget(tables: Tables, subject: str) -> None:
    """Forget all of *subject*, of whom nothing is to stay."""
    tables.execute(
        "DELETE FROM machine WHERE name GLOB ? AND json_extract(value, '$.subject') = ?", [PREFIX + "*", subject]
    )
