"""Orders to erase that do not count, because their signer was taken out: they hide, and destroy nothing.

Computed from the set of orders; whoever carried one out while it counted holds headers alone (`design.md` §4).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from fieldkit.records import KINDS, canonical, decode
from fieldkit.rules.members import Members
from fieldkit.store import erasures, log, machine, redactions, revocations
from fieldkit.store.database import Tables
from fieldkit.store.erasures import Body, Named


def take_in(tables: Tables) -> set[str]:
    """Carry out what counts, hide what the rest names; return the blocks by which this machine knew what is gone."""
    held = erasures.take_in(tables) | redactions.take_in(tables)
    _park(tables)
    return held


def parked_for(tables: Tables, block: str) -> set[str]:
    """Return the devices that were taken out whose orders name the block with this hash and are parked.

    Who emptied it before it heard of that hands out the header alone.
    """
    return {device for device, body in _of_devices(tables) if block in body["blocks"]}


def names(tables: Tables, drawer: str, block: str) -> bool:
    """Tell whether an order of a coordinator that is parked names the block with this hash, of that drawer."""
    return any(body["drawer"] == drawer and block in body["blocks"] for body in _of_coordinators(tables))


def _park(tables: Tables) -> None:
    """Hide what parked orders name: like a withdrawal it hides at once and destroys nothing (`design.md` §4)."""
    before = set(tables.execute("SELECT id, device, drawer, kind, record, over FROM parked_stubs").fetchall())
    wanted = set(_wanted(tables))
    if wanted == before:
        return
    tables.execute("DELETE FROM parked_stubs")
    tables.conn.executemany("INSERT OR IGNORE INTO parked_stubs VALUES (?, ?, ?, ?, ?, ?)", sorted(wanted))
    log.settle_records(tables, {row[4]: row[3] for row in wanted ^ before if row[3] in KINDS})


def _wanted(tables: Tables) -> Iterator[tuple[str, ...]]:
    for device, body in _of_devices(tables):
        named = erasures.named_in(erasures.unsealed(tables, body))
        yield from _hidden(tables, body["drawer"], {device: named} if named else {})
    for body in _of_coordinators(tables):
        yield from _hidden(tables, body["drawer"], redactions.opened(tables, body) or {})


def _of_devices(tables: Tables) -> list[tuple[str, Body]]:
    """Return (device, body) of the orders that wait for a device to be let count again which was taken out."""
    found, everybody = _waiting(tables, erasures.KIND)
    keys = {everybody.devices[id_].verify: id_ for id_ in everybody.gone} if everybody else {}
    return [
        (keys[order["signer"]], order["body"])
        for order in found
        if keys.get(order["signer"]) == order["body"].get("device") and erasures.erases(order["body"])
    ]


def _of_coordinators(tables: Tables) -> list[Body]:
    found, everybody = _waiting(tables, redactions.KIND)
    return [order["body"] for order in found if everybody and redactions.may(everybody, order)]


def _waiting(tables: Tables, kind: str) -> tuple[list[Body], Members | None]:
    """Return the orders of *kind* that do not count, as they are written, and who belongs to the study."""
    waiting = erasures.waiting(tables, kind) if revocations.anybody(tables) else []
    everybody = machine.everybody(tables) if waiting else None
    if everybody is None:
        return [], None
    return [one for id_, one in waiting if not erasures.counts(tables, everybody, id_, one["signer"])], everybody


def _hidden(tables: Tables, drawer: str, named: Mapping[str, Named]) -> Iterator[tuple[str, ...]]:
    for device, of_device in named.items():
        typed = tables.execute(
            "SELECT body FROM changes WHERE device = ? AND editor IN (SELECT value FROM json_each(?))",
            [device, json.dumps(list(of_device.editors))],
        ).fetchall()
        more = [(one.id, one.kind, one.record, one.over) for one in (decode(bytes(line)) for (line,) in typed)]
        for id_, kind, record, over in [*of_device.changes, *more]:
            written = {name: list(ids) for name, ids in over.items()}
            yield id_, device, drawer, kind, record, canonical(written).decode()
