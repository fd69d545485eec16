"""What a family wants gone of a child who stays: an order of a coordinator (`domain.md` §3.6, `answers`, `audio`).

It names single answers, recordings and pictures, whoever made them.

An order of kind `erase_changes` is signed by the user key of a coordinator, and holds no words and no name:

    body    {"version":1,"drawer":drawer,"epoch":n,"blocks":[hash,...],"sealed":base64url}     of `research` only
            with recordings or pictures "version":2 and "attachments":[id,...] beside these
    sealed  as in an order of kind `erase` (`store/erasures.py`), around
            {"devices":{device:{"changes":[[id,kind,record,{field:[id,...]}],...],"editors":[id,...]},...}}

A block that is named loses its payload and keeps its header, on a machine that has no right to the drawer too. What
stays of it is sealed once more by the device that made it, and by the machine that gave the order: the other may never
come back. A block that nobody could name yet, its own device empties once it hears of the order (`store/replica.py`).
Of the attachments named every chunk goes that is labelled with that drawer. A program that knows version 1 alone keeps
and passes on an order of version 2, and carries it out once it is a newer one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from fieldkit.records import Change, Value
from fieldkit.rules.members import COORDINATOR, Members
from fieldkit.rules.orders import texts
from fieldkit.store import attachments, decisions, erasures, log, machine
from fieldkit.store.database import Tables
from fieldkit.store.erasures import Body, Named

KIND, BASE = "erase_changes", "research"
VERSION, WITH_ATTACHMENTS = 1, 2


def body_of(tables: Tables, drawer: str, changes: Sequence[Change], blocks: Iterable[str]) -> Body:
    """Return what an order says that erases *changes*, all of one drawer, which lie in *blocks*."""
    epoch, key = erasures.key_of(tables, drawer)
    attached = sorted({one.record for one in changes if one.kind == attachments.KIND})
    body: Body = {"version": VERSION, "drawer": drawer, "epoch": epoch, "blocks": sorted(blocks)}
    body |= {"version": WITH_ATTACHMENTS, "attachments": attached} if attached else {}
    devices = sorted({one.device for one in changes})
    words: Value = {one: erasures.names_of([made for made in changes if made.device == one]) for one in devices}
    return erasures.sealed(body, {"devices": words}, key)


def named(tables: Tables, records: Iterable[str]) -> list[Change]:
    """Return every change of these records, whoever wrote it, and what was decided between their versions."""
    return [one for record in records for one in (*log.of_record(tables, record), *decisions.of_record(tables, record))]


def take_in(tables: Tables) -> set[str]:
    """Carry out every order that is not carried out yet and can be: its signer is known here as a coordinator.

    Returns the blocks by which this machine knew what is gone now: one that is not empty holds it still.
    """
    waiting, held = erasures.waiting(tables, KIND), set[str]()
    everybody = machine.everybody(tables) if waiting else None
    for id_, order in waiting:
        if everybody and _counts(everybody, id_, order):
            held |= _carry_out(tables, id_, order["body"])
    return held


def may(everybody: Members, order: Body) -> bool:
    """Tell whether a coordinator signed *order*, and whether it has the shape of one: anybody may sign anything."""
    signer, body = order["signer"], order["body"]
    by = any((one.verify, one.role) == (signer, COORDINATOR) for one in everybody.users.values())
    version, drawer, epoch = body.get("version"), body.get("drawer"), body.get("epoch")
    lists = [body.get("blocks"), *([body.get("attachments")] if version == WITH_ATTACHMENTS else [])]
    whole = texts([drawer, body.get("sealed")]) and type(epoch) is int and all(map(texts, lists))
    return by and whole and version in (VERSION, WITH_ATTACHMENTS) and str(drawer).partition("/")[0] == BASE


def empties(tables: Tables, drawer: str, block: str) -> bool:
    """Tell whether the block with this hash is to be empty: a coordinator names blocks of one drawer, whose ever."""
    found = tables.execute("SELECT 1 FROM redacted_blocks WHERE hash = ? AND drawer = ?", [block, drawer])
    return found.fetchone() is not None


def opened(tables: Tables, body: Body) -> dict[str, Named] | None:
    """Return by device what an order names, or None where no key here opens it, or it says something of later."""
    words = erasures.unsealed(tables, body)
    devices = words.get("devices") if isinstance(words, dict) else None
    if not isinstance(devices, dict):
        return None
    found = {device: erasures.named_in(of_device) for device, of_device in devices.items()}
    known = {device: one for device, one in found.items() if one is not None}
    return known if len(known) == len(found) else None


def carried_out(tables: Tables) -> list[str]:
    """Return the orders of this kind of which nothing is left here to carry out.

    Where no key of the drawer is, the named blocks are empty and nothing else can hold any of it.
    """
    rows = tables.execute(
        "SELECT id, body, id IN (SELECT id FROM erasures) FROM orders WHERE kind = ? ORDER BY id", [KIND]
    )
    said = [(id_, json.loads(content), done) for id_, content, done in rows.fetchall()]
    everybody = machine.everybody(tables) if said else None
    return [
        id_
        for id_, order, done in said
        if done
        or (
            everybody and _counts(everybody, id_, order) and machine.drawer_key(tables, order["body"]["drawer"]) is None
        )
    ]


def _counts(everybody: Members, id_: str, order: Body) -> bool:
    return everybody.counts(id_, order["signer"]) and may(everybody, order)


def _carry_out(tables: Tables, order: str, body: Mapping[str, Value]) -> set[str]:
    drawer, blocks = body["drawer"], body["blocks"]
    tables.conn.executemany("INSERT OR IGNORE INTO redacted_blocks VALUES (?, ?)", [(one, drawer) for one in blocks])
    for one in blocks:
        erasures.empty(tables, "hash = ? AND drawer = ?", one, drawer)
    attachments.redact(tables, drawer, body["attachments"] if body["version"] == WITH_ATTACHMENTS else [])
    erasures.seal_again(tables, _own(tables, blocks))
    by_device = opened(tables, dict(body))
    if by_device is None:
        return set()
    tables.execute("INSERT INTO erasures VALUES (?)", [order])
    return {
        one for device, of_device in by_device.items() for one in erasures.put_stubs(tables, device, drawer, of_device)
    }


def _own(tables: Tables, blocks: Iterable[str]) -> list[str]:
    """Return which of these *blocks* this device made."""
    rows = tables.execute(
        "SELECT b.hash FROM blocks AS b JOIN streams AS s ON s.id = b.stream "
        "WHERE s.device = ? AND b.hash IN (SELECT value FROM json_each(?))",
        [machine.recall_self(tables).id, json.dumps([*blocks])],
    )
    return [row[0] for row in rows.fetchall()]
