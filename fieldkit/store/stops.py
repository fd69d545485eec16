"""Stops that are not carried out yet: local facts of the laptop on which the child is."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fieldkit.store import machine
from fieldkit.store.database import Tables

_PREFIX, _DECIDED = "stop:", "decided:"


@dataclass(frozen=True)
class Stop:
    """What was chosen for which child, by whom it was tapped, in which run of the program and at which running second.

    `mark` names this one choice: a page that counts down an earlier one carries out nothing. `stays`: the ten seconds
    of a choice before it were over, so that undone or not, the interview does not go on.
    """

    mark: str
    choice: str
    subject: str
    author: str
    run: str
    second: float
    stays: bool = False


def keep(tables: Tables, interview: str, stop: Stop) -> None:
    """Keep a stop; the last choice holds."""
    machine.remember(tables, _PREFIX + interview, json.dumps(vars(stop)))


def of(tables: Tables, interview: str) -> Stop | None:
    """Return the stop of *interview* that waits, or None."""
    kept = machine.recall(tables, _PREFIX + interview)
    return None if kept is None else Stop(**json.loads(kept))


def every(tables: Tables) -> list[tuple[str, Stop]]:
    """Return every stop that waits, by interview."""
    rows = tables.execute("SELECT name, value FROM machine WHERE name GLOB ?", [_PREFIX + "*"]).fetchall()
    return [(name.removeprefix(_PREFIX), Stop(**json.loads(value))) for name, value in rows]


def drop(tables: Tables, interview: str) -> None:
    """Forget a stop: undone, or done."""
    machine.forget(tables, _PREFIX + interview)


def forget(tables: Tables) -> None:
    """Forget every stop, in a copy: whether it is undone or done, the laptop that it was copied from knows."""
    for prefix in (_PREFIX, _DECIDED):
        tables.execute("DELETE FROM machine WHERE name GLOB ?", [prefix + "*"])


def decide(tables: Tables, interview: str, what: str, mark: str) -> None:
    """Keep what was decided here of the stop of *mark*, the last one of *interview*."""
    machine.remember(tables, _DECIDED + interview, decision(what, mark))


def decision(what: str, mark: str) -> str:
    """Return how it is kept that the stop of *mark* was carried out or taken back."""
    return f"{what} {mark}"


def decided(tables: Tables, interview: str) -> str:
    """Return what was decided here of the last stop of *interview*; empty where none was."""
    return (machine.recall(tables, _DECIDED + interview) or b"").decode()


def forget_decided(tables: Tables, interview: str) -> None:
    """Forget it: nothing of the talk is left."""
    machine.forget(tables, _DECIDED + interview)


def left_by_others(tables: Tables, interview: str, device: str) -> bool:
    """Tell whether anything of *interview* lies here that another device than *device* wrote."""
    found = "SELECT 1 FROM changes WHERE session = ? AND device <> ? AND drawer GLOB 'research/*'"
    return tables.execute(found, [interview, device]).fetchone() is not None
