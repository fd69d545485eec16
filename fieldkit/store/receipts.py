"""Receipts that travel in bundles: who of the study's coordinators holds what, by their computers' own signatures.

Local facts (`design.md` §3): the newest of each signer, by its number, which grows with every one that is signed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fieldkit.rules.members import COORDINATOR
from fieldkit.store import attachments, holdings, machine, revocations
from fieldkit.store.database import Tables
from sync import receipts
from sync.canonical import digest, encode
from sync.receipts import Receipt

HUB = "hub_receipt"  # the local fact that keeps what the hub said last, and when


def from_hub(tables: Tables) -> dict[str, Any]:
    """Return the hub's last `receipt`, and `at` what time it came; nothing where there was none."""
    return dict(json.loads(machine.recall(tables, HUB) or b"{}"))


def keep_from_hub(tables: Tables, at: str, said: Mapping[str, Any]) -> bool:
    """Keep the hub's receipt; tell whether it says something that the last one did not."""
    before = from_hub(tables)
    machine.remember(tables, HUB, encode({"at": at, "receipt": dict(said)}))
    return before.get("receipt") != said or "blocks" in before  # kept by a program that settled no ticks


def sign(tables: Tables, at: int) -> None:
    """Let a coordinator's computer sign what it holds, and pass on what its hub said; any other signs nothing.

    *at*: seconds since 1970; the number is never less than the last one's, also where the clock fell back.
    """
    me = machine.recall_self(tables)
    if me.role != COORDINATOR:
        return
    said = from_hub(tables).get("receipt")
    facts = {
        "format": receipts.FORMAT,
        "study": me.study,
        "hub": me.pair.public["verify"],
        "number": max(at, 1 + _numbers(tables).get(me.id, 0)),
        "streams": {stream: [list(end) for end in found] for stream, found in holdings.ends(tables).items()},
        "attachments": attachments.whole(tables),
        "orders": digest(encode(holdings.order_ids(tables))),
        "relayed": [said] if said else [],
    }
    _keep(tables, me.id, receipts.parse(encode(receipts.sign(facts, me.pair.signer))))


def witness(tables: Tables, found: Iterable[bytes]) -> int:
    """Keep the newest of each signer; return how many no coordinator's computer signed, as the orders know them."""
    devices, gone = machine.everybody(tables).devices.values(), revocations.gone(tables)
    trusted = {device.verify: device.id for device in devices if device.role == COORDINATOR}
    numbers, strange = _numbers(tables), 0
    for one in map(receipts.parse, found):
        device = trusted.get(one.signer)
        strange += device is None
        if device is not None and device not in gone and one.number > numbers.get(device, -1):
            _keep(tables, device, one)
            numbers[device] = one.number
    return strange


def known(tables: Tables) -> list[bytes]:
    """Return the newest receipt of each coordinator's computer that was not taken out, as it was signed."""
    rows, gone = tables.execute("SELECT device, body FROM receipts ORDER BY device"), revocations.gone(tables)
    return [bytes(body) for device, body in rows if device not in gone]


def newest(tables: Tables) -> int:
    """Return the highest number of a receipt that is here, -1 where none is."""
    return max(_numbers(tables).values(), default=-1)


def since(tables: Tables, number: int) -> list[Receipt]:
    """Return the newest receipt of each other coordinator's computer, of *number* or more."""
    me = machine.recall_self(tables).pair.public["verify"]
    found = [receipts.parse(content) for content in known(tables)]
    return [one for one in found if one.number >= number and one.signer != me]


def everything(tables: Tables) -> list[Receipt]:
    """Return all that is signed of holding something: by coordinators' computers, what these pass on, by the hub."""
    own = from_hub(tables).get("receipt")
    signed = [receipts.parse(content) for content in known(tables)]
    direct = [receipts.parse(encode(own))] if own else []
    return [*signed, *(one for of in signed for one in of.relayed), *direct]


def _numbers(tables: Tables) -> dict[str, int]:
    return dict(tables.execute("SELECT device, number FROM receipts").fetchall())


def _keep(tables: Tables, device: str, one: Receipt) -> None:
    tables.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?)", [device, one.number, one.content])
