"""Devices that were taken out of the study, as this machine sees them (`design.md` §4, `rules/revocations`)."""

from __future__ import annotations

import json
from typing import Any

from fieldkit.rules.members import COORDINATOR
from fieldkit.rules.revocations import REVOKE, Gone
from fieldkit.store import machine
from fieldkit.store.aliases import alias_of
from fieldkit.store.database import Tables

ERASE_CHILD = "erase_child"


def anybody(tables: Tables) -> bool:
    """Tell whether any order wants to take a device out: asked for every page, before all orders are read."""
    return tables.execute("SELECT 1 FROM orders WHERE kind = ? LIMIT 1", [REVOKE]).fetchone() is not None


def gone(tables: Tables) -> dict[str, Gone]:
    """Return the devices that were taken out, by id, this one left out.

    Who holds it still reads and writes here; what it writes is parked on every other machine, and may be released.
    """
    if not anybody(tables):
        return {}
    me = machine.recall_self(tables).id
    return {id_: one for id_, one in machine.everybody(tables).gone.items() if id_ != me}


def hides(tables: Tables, subject: str) -> bool:
    """Tell whether an order to erase *subject* is parked: one of a coordinator who was taken out still hides.

    Like a withdrawal; another coordinator looks, and erases or releases. Nobody else's could ever have counted.
    """
    return any(
        alias is not None and alias == alias_of(tables, drawer, subject) for drawer, alias in _parked_aliases(tables)
    )


def empties(tables: Tables, drawer: str, alias: str | None) -> bool:
    """Tell whether a parked order to erase names *alias*: who carried it out before hands out headers alone."""
    return alias is not None and (drawer, alias) in _parked_aliases(tables)


def _parked_aliases(tables: Tables) -> list[tuple[str, object]]:
    waiting = _waiting(tables)
    if not waiting:
        return []
    everybody = machine.everybody(tables)
    could = {one.verify for one in everybody.users.values() if one.role == COORDINATOR}
    parked = [one for id_, one in waiting if one["signer"] in could and not everybody.counts(id_, one["signer"])]
    named = [one["body"].get("drawers") for one in parked]
    return [pair for drawers in named if isinstance(drawers, dict) for pair in drawers.items()]


def hiding(tables: Tables) -> bool:
    """Tell whether orders to erase are here that nobody carried out: those that are parked hide."""
    return bool(_waiting(tables))


def _waiting(tables: Tables) -> list[tuple[str, dict[str, Any]]]:
    rows = tables.execute(
        "SELECT id, body FROM orders WHERE kind = ? AND id NOT IN (SELECT id FROM erasures)", [ERASE_CHILD]
    )
    return [(id_, json.loads(body)) for id_, body in rows]
