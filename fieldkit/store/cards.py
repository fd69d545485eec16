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


def unanswered(tables: Tables) -> list[tuple[str, str, str]]:
    """Return for whom a "stop" waits, of which child, since when: of talks that have not ended."""
    return tables.execute(
        "SELECT substr(m.name, ?), i.subject, json_extract(m.value, '$[1]') FROM machine AS m "
        "JOIN interviews AS i ON i.id = json_extract(m.value, '$[0]') WHERE m.name GLOB ? "
        "AND NOT EXISTS (SELECT 1 FROM closings AS c WHERE c.interview = i.id AND c.ended_on <> '') ORDER BY m.name",
        [len(_PREFIX) + 1, _PREFIX + "*"],
    ).fetchall()


def forget(tables: Tables) -> None:
    """Forget every "stop", in a copy: whether it is answered, the laptop that it was copied from knows."""
    tables.execute("DELETE FROM machine WHERE name GLOB ?", [_PREFIX + "*"])
