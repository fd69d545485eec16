"""The backups that this laptop wrote, wherever they went, and which of them still hold what was erased since.

Local facts, by running number (no clock decides which is newer):

    copy:N        {"place":..., "day":"2026-09-03", "ends":{stream:position,...}, "holds":false}
    copies_stale  a fresh mark whenever something went that the dated copies in this folder may hold

A backup seals first, so what it holds lies in blocks: it holds an emptied block that stood before its `ends`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from fieldkit.clock import new_id
from fieldkit.store import machine
from fieldkit.store.database import Tables

_PREFIX, _STALE = "copy:", "copies_stale"


@dataclass(frozen=True)
class Copy:
    """One backup: where it went, on which day, how far each stream reached then, and whether it holds erased words."""

    place: str
    day: str
    ends: Mapping[str, int]
    holds: bool = False


def keep(tables: Tables, place: str, day: str) -> int:
    """List a backup of what these tables hold; return its number."""
    ends = dict(tables.execute("SELECT stream, max(position) FROM blocks GROUP BY stream").fetchall())
    number = max(every(tables), default=0) + 1
    _remember(tables, number, Copy(place, day, ends))
    return number


def every(tables: Tables) -> dict[int, Copy]:
    """Return every backup that is not known to be gone, by number."""
    rows = tables.execute("SELECT name, value FROM machine WHERE name GLOB ?", [_PREFIX + "*"]).fetchall()
    return {int(name.removeprefix(_PREFIX)): Copy(**json.loads(value)) for name, value in rows}


def drop(tables: Tables, number: int) -> None:
    """Forget a backup: it does not exist any more, or never came to be."""
    machine.forget(tables, f"{_PREFIX}{number}")


def emptied(tables: Tables, stream: str, position: int) -> None:
    """Note that the block at this place lost its payload: which backups reach so far still hold it."""
    for number, one in every(tables).items():
        if one.ends.get(stream, 0) >= position:
            _remember(tables, number, replace(one, holds=True))


def set_stale(tables: Tables) -> None:
    """Note that something went which the dated copies in this folder may hold."""
    machine.remember(tables, _STALE, new_id())


def stale(tables: Tables) -> bytes | None:
    """Return the mark under which they wait to be replaced, or None."""
    return machine.recall(tables, _STALE)


def replaced(tables: Tables, mark: bytes) -> None:
    """They were replaced by what was whole under *mark*; what went meanwhile waits for the next time."""
    if stale(tables) == mark:
        machine.forget(tables, _STALE)


def _remember(tables: Tables, number: int, one: Copy) -> None:
    machine.remember(tables, f"{_PREFIX}{number}", json.dumps(asdict(one)))
