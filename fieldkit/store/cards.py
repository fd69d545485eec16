"""A child's "stop" that nobody has answered: a local fact of the laptop on which that child is."""

from __future__ import annotations

import json

from fieldkit.store import machine
from fieldkit.store.database import Tables

_PREFIX = "called:"


def keep(tables: Tables, who: str, interview: str, at: str) -> None:
    """Keep that a child tapped "stop" in *interview*, for person *who*, who handed the card over."""
    machine.remember(tables, _PREFIX + who, json.dumps([interview, at]))


def of(tables: Tables, who: str) -> tuple[str, str] | None:
    """Return the interview and the moment of the "stop" that waits for *who*, or None."""
    kept = machine.recall(tables, _PREFIX + who)
    if kept is None:
        return None
    interview, at = json.loads(kept)
    return interview, at


def drop(tables: Tables, who: str) -> None:
    """Forget the "stop" that waited for *who*: it is answered."""
    machine.forget(tables, _PREFIX + who)


def forget(tables: Tables) -> None:
    """Forget every "stop", in a copy: whether it is answered, the laptop that it was copied from knows."""
    tables.execute("DELETE FROM machine WHERE name GLOB ?", [_PREFIX + "*"])
