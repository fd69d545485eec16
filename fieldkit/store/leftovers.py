"""Blocks that hold, sealed, what a coordinator had erased: they came late, of a device that did not hear of the order.

Nothing of it enters here, and the device empties such a block by itself once it hears (`store/replica.py`). One that
never comes back does not: a coordinator then has the block emptied by a further order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from fieldkit.records import Change, Unreadable, decode
from fieldkit.store import erasures, machine, redactions
from fieldkit.store.aliases import alias_of
from fieldkit.store.database import Tables
from fieldkit.store.intake import PARKED, READ, stored
from sync import block as blocks
from sync.block import Block
from sync.errors import SyncError


@dataclass(frozen=True)
class Left:
    """One block: of which child and drawer, and which device made it; `parked`: what else it holds does not count."""

    subject: str
    drawer: str
    block: str
    device: str
    parked: bool


def every(tables: Tables) -> list[Left]:
    """Return the blocks about children of whom anything was redacted that hold still what was erased."""
    named = _named(tables)
    if not named:
        return []
    rows = tables.execute(
        "SELECT b.header, b.payload, b.standing, s.device FROM blocks AS b JOIN streams AS s ON s.id = b.stream "
        "WHERE b.standing IN (?, ?) AND b.payload IS NOT NULL AND b.drawer IN (SELECT value FROM json_each(?)) "
        "AND json_extract(CAST(b.header AS TEXT), '$.alias') IN (SELECT value FROM json_each(?)) ORDER BY b.hash",
        [READ, PARKED, *(json.dumps(sorted(set(part))) for part in zip(*named, strict=True))],
    )
    found = [(stored(header, payload), standing, device) for header, payload, standing, device in rows.fetchall()]
    return [
        Left(named[whose], one.header.drawer, one.hash, device, standing == PARKED)
        for one, standing, device in found
        if (whose := (one.header.drawer, one.header.alias or "")) in named
        and erasures.blocked(tables, changes_in(tables, one))
    ]


def _named(tables: Tables) -> Mapping[tuple[str, str], str]:
    """Return the children of whom anything was redacted, by drawer and alias."""
    asked = "SELECT r.subject, c.drawer FROM redactions AS r CROSS JOIN changes AS c ON c.id = r.id"  # these few first
    rows = tables.execute(asked).fetchall()
    drawers = {subject: f"{redactions.BASE}/{drawer.partition('/')[2]}" for subject, drawer in rows}
    found = {(drawer, alias_of(tables, drawer, subject)): subject for subject, drawer in drawers.items()}
    return {(drawer, alias): subject for (drawer, alias), subject in found.items() if alias is not None}


def changes_in(tables: Tables, one: Block) -> Iterator[Change]:
    """Yield the changes that a block holds, as far as a key here opens it."""
    held = machine.drawer_key(tables, one.header.drawer, one.header.epoch)
    with suppress(SyncError):
        for line in blocks.open_block(one, held[1]) if held else ():
            with suppress(Unreadable):
                yield decode(line)
