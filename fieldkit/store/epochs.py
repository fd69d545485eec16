"""Keys of later epochs: a fresh key of a drawer for whoever still belongs to it, once a device was taken out.

An order of kind `drawer_key`, signed by a device that reads the drawer, holds no key that anybody else could use:

    body    {"version":1,"drawer":drawer,"epoch":n,"after":[device,...],"sealed":{device: base64url,...}}

`after` names the devices that the key keeps out; `sealed` holds the key sealed to the X25519 key of each device that
may have it. An epoch counts the changes of key in its upper bits and is chosen at random in the lower 32, so that two
machines that change it at once make two keys, not two meanings of one number. A fresh key protects the future only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nacl import utils
from nacl.exceptions import CryptoError

from fieldkit.rules.members import Members
from fieldkit.rules.orders import texts
from fieldkit.store import machine
from fieldkit.store.database import Tables
from fieldkit.store.keys import b64, seal_to, unb64

KIND, VERSION, KEY_BYTES, RANDOM_BITS = "drawer_key", 1, 32, 32
LAST = 2**53 - 1
Body = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What the orders that count say of one key of a drawer: whom it keeps out, and to whom it is sealed."""

    after: frozenset[str]
    sealed: Mapping[str, str]


def take_in(tables: Tables) -> None:
    """Keep every key that an order seals to this machine."""
    me = machine.recall_self(tables)
    for (drawer, epoch), said in _said(tables, machine.everybody(tables)).items():
        if me.id in said.sealed and machine.drawer_key(tables, drawer, epoch) is None:
            key = _unsealed(me, said.sealed[me.id])
            if key is not None:
                machine.keep_key(tables, drawer, epoch, key)


def due(tables: Tables) -> list[Body]:
    """Return what orders are due from this machine, for the drawers whose keys it holds.

    A fresh key where somebody who had the newest was taken out; and each fresh key for those who lack it, such as a
    machine that was invited elsewhere meanwhile.
    """
    me, everybody = machine.recall_self(tables).id, machine.everybody(tables)
    said = _said(tables, everybody)
    if (not everybody.gone and not said) or me not in everybody.devices or me in everybody.gone:
        return []
    found = [
        one
        for drawer, keys in sorted(machine.drawers(tables).items())
        if everybody.reads(me, drawer)
        for one in _of_drawer(everybody, said, drawer, {int(epoch): key for epoch, key in keys.items()})
    ]
    return [one for one in found if one["sealed"]]


def _of_drawer(
    everybody: Members, said: Mapping[tuple[str, int], Said], drawer: str, held: Mapping[int, bytes]
) -> Iterator[Body]:
    newest = max(held)
    out = frozenset(device for device in everybody.gone if everybody.reads(device, drawer))
    kept_out = said[drawer, newest].after if (drawer, newest) in said else frozenset()
    readers = {id_: one.box for id_, one in everybody.devices.items() if id_ not in everybody.gone}
    readers = {id_: box for id_, box in readers.items() if everybody.reads(id_, drawer)}
    if not out <= kept_out:
        yield _body(drawer, _after(newest), out, utils.random(KEY_BYTES), readers)
    for epoch, key in held.items():
        known = said.get((drawer, epoch))
        if known is not None:
            lacking = {id_: box for id_, box in readers.items() if id_ not in known.sealed}
            yield _body(drawer, epoch, known.after, key, lacking)


def _body(drawer: str, epoch: int, after: frozenset[str], key: bytes, readers: Mapping[str, str]) -> Body:
    return {
        "version": VERSION,
        "drawer": drawer,
        "epoch": epoch,
        "after": sorted(after),
        "sealed": {id_: b64(seal_to(box, key)) for id_, box in sorted(readers.items())},
    }


def _after(epoch: int) -> int:
    return ((epoch >> RANDOM_BITS) + 1 << RANDOM_BITS) + int.from_bytes(utils.random(RANDOM_BITS // 8), "big")


def _said(tables: Tables, everybody: Members) -> dict[tuple[str, int], Said]:
    """Return by drawer and epoch what the orders say whose signers read that drawer, and count."""
    found: dict[tuple[str, int], Said] = {}
    signers = {one.verify: id_ for id_, one in everybody.devices.items()}
    for id_, content in tables.execute("SELECT id, body FROM orders WHERE kind = ? ORDER BY id", [KIND]).fetchall():
        order = json.loads(content)  # its signature was looked at when it was kept
        device, body = signers.get(order["signer"]), order["body"]
        counts = device is not None and everybody.counts(id_, order["signer"])
        if device is not None and counts and _well_formed(body) and everybody.reads(device, body["drawer"]):
            before = found.get((body["drawer"], body["epoch"]), Said(frozenset(body["after"]), {}))
            found[body["drawer"], body["epoch"]] = Said(before.after, {**body["sealed"], **before.sealed})
    return found


def _unsealed(me: machine.Self, sealed: str) -> bytes | None:
    """Return a key, or None for what is none or was sealed to another one of this machine's: anybody may write it."""
    try:
        key = me.pair.unseal(unb64(sealed))
    except (CryptoError, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _well_formed(body: Mapping[str, Any]) -> bool:
    """Anybody may sign anything: an order of another shape is kept, passed on, and gives nobody a key."""
    sealed, after, epoch = body.get("sealed"), body.get("after"), body.get("epoch")
    return (
        body.get("version") == VERSION
        and isinstance(body.get("drawer"), str)
        and type(epoch) is int
        and 1 << RANDOM_BITS <= epoch <= LAST
        and texts(after)
        and isinstance(sealed, dict)
        and texts(list(sealed.values()))
    )
