"""The people of one laptop: unlock, and add a second interviewer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from nacl import utils

from fieldkit.acts.desk import Desk, only, sit_down
from fieldkit.clock import Clock, new_id
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import clean
from fieldkit.rules import names
from fieldkit.rules.members import INTERVIEWER, Member
from fieldkit.store import keys, machine
from fieldkit.store.database import KEY_BYTES, Database, Tables
from fieldkit.store.folder import EMPTY, READY, Folder, NotSetUp
from fieldkit.store.keys import FIELD_COST, Cost, KeyPair
from sync import orders


@dataclass(frozen=True)
class Slot:
    """A person who can unlock this folder, as it may be read before anything is unlocked.

    `mark`: the code, where another one of the same name can; else empty.
    """

    code: str
    name: str
    role: str
    mark: str = ""


class NameTaken(Refusal):
    """Somebody else of this study bears the name."""

    code = "name_taken"
    message = N_(
        "There is somebody called {name} already. Nothing was changed. "
        "Add what tells the two apart, such as the village, and add them again."
    )


def slots(folder: Folder) -> list[Slot]:
    """Return who can unlock *folder*; nobody where it is empty."""
    twice = names.borne_twice(slot["name"] for slot in folder.slots)
    return [
        Slot(slot["code"], slot["name"], slot["role"], slot["code"] if slot["name"] in twice else "")
        for slot in folder.slots
    ]


def slot_of(folder: Folder, code: str) -> dict[str, Any]:
    """Return the slot of user *code*; raises NotFound."""
    found = [slot for slot in folder.slots if slot["code"] == code]
    if not found:
        raise NotFound
    return found[0]


def replace_slot(folder: Folder, slot: Mapping[str, Any]) -> None:
    """Put *slot* in the place of the same user's earlier one."""
    folder.change_slots(lambda slots: [slot if one["code"] == slot["code"] else one for one in slots])


def sealed_anew(
    slot: Mapping[str, Any], passphrase: str, store_key: bytes, pair: KeyPair, cost: Cost
) -> dict[str, Any]:
    """Return *slot* sealed again, with *pair*, under *passphrase*; a sheet goes on opening it."""
    facts = {name: slot[name] for name in ("code", "name", "role")}
    sheet = {keys.RECOVERY: slot[keys.RECOVERY]} if keys.RECOVERY in slot else {}
    return {**keys.make_slot(facts, passphrase, store_key, pair, cost), **sheet}


def unlock(folder: Folder, code: str, passphrase: str, clock: Clock) -> Desk:
    """Open the store with the passphrase of user *code*.

    Raises NotSetUp, NotFound, WrongPassphrase, ForeignStore, FolderNewer.
    """
    if folder.state != READY:
        raise NotSetUp
    store_key, pair = keys.open_slot(slot_of(folder, code), passphrase)
    return _seated(sit_down(folder, folder.open_database(store_key, clock.now()), code, pair, clock), passphrase)


def change_seat(desk: Desk, code: str, passphrase: str) -> Desk:
    """Let another person of this laptop take over the open store: "switch user". Raises as `unlock` does."""
    _, pair = keys.open_slot(slot_of(desk.folder, code), passphrase)
    return _seated(sit_down(desk.folder, desk.db, code, pair, desk.clock), passphrase)


def _seated(desk: Desk, passphrase: str) -> Desk:
    """Return *desk*; who recovered with the sheet has a new box key, which the others learn from a signed order.

    A key that was replaced came back with an older backup: the orders have gone on, and so does its owner.
    """
    if desk.keys.public["box"] == desk.me.box:
        return desk
    pair = _fresh_box(desk, passphrase) if _replaced(desk) else desk.keys
    body = {"code": desk.me.code, "box": pair.public["box"], "replaces": desk.me.box}
    order = orders.sign("box", desk.device.study, body, pair.signer)
    with desk.db.writing() as tables:
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
    return sit_down(desk.folder, desk.db, desk.me.code, pair, desk.clock)


def _replaced(desk: Desk) -> bool:
    """Tell whether an order of this person names another key in the place of the one in their slot."""
    with desk.db.reading() as tables:
        said = [json.loads(content) for content in machine.orders(tables)]
    mine = [one["body"] for one in said if (one["kind"], one["signer"]) == ("box", desk.me.verify)]
    return any(body.get("replaces") == desk.keys.public["box"] for body in mine)


def _fresh_box(desk: Desk, passphrase: str) -> KeyPair:
    """Put a fresh box key into this person's slot; passphrase and sheet stay."""
    slot, pair = slot_of(desk.folder, desk.me.code), KeyPair(desk.keys.sign, KeyPair.make().box)
    cost = Cost(slot["passes"], slot["memory"])
    replace_slot(desk.folder, sealed_anew(slot, passphrase, desk.db.key, pair, cost))
    return pair


def new_store_key() -> bytes:
    """Return a random store key: 32 bytes of key, 16 of salt."""
    return utils.random(KEY_BYTES)


@contextmanager
def new_store(folder: Folder, store_key: bytes, state: str, slot: Mapping[str, object]) -> Iterator[Database]:
    """Yield the store of an empty folder, then write its first slot; what fails on the way leaves the folder empty."""
    db = folder.create_database(store_key)
    try:
        yield db
        folder.write_slots(state, [slot])
    except BaseException:
        db.close()
        for name in ("", "-wal", "-shm") if folder.state == EMPTY else ():
            folder.database_path.with_name(folder.database_path.name + name).unlink(missing_ok=True)
        raise


def person(name: str, role: str, team: str, device: str, pair: KeyPair) -> Member:
    """Return a new member with a code of their own; codes are never reused. Raises Missing, TooLong."""
    return Member(new_id()[:8], clean(names.check(name, N_("the name"))), role, team, device, **pair.public)


def slot_for(
    who: Member, passphrase: str, store_key: bytes, pair: KeyPair, cost: Cost = FIELD_COST
) -> dict[str, object]:
    """Return the slot of *who*; raises WeakPassphrase."""
    keys.check_strength(passphrase)
    facts = {"code": who.code, "name": who.name, "role": who.role}
    return keys.make_slot(facts, passphrase, store_key, pair, cost)


@only(INTERVIEWER)
def add(desk: Desk, name: str, passphrase: str, cost: Cost = FIELD_COST) -> Member:
    """Give a second interviewer of this team a passphrase of their own; this device vouches for them.

    Raises Missing, TooLong, NameTaken, WeakPassphrase.
    """
    pair = KeyPair.make()
    who = person(name, INTERVIEWER, desk.device.team, desk.device.id, pair)
    with desk.db.reading() as tables:
        _check_new(tables, who)  # before the seconds that a slot takes
    slot = slot_for(who, passphrase, desk.db.key, pair, cost)
    order = orders.sign("user", desk.device.study, who.__dict__, desk.device.pair.signer)
    with ExitStack() as otherwise:
        otherwise.callback(desk.folder.change_slots, lambda slots: [one for one in slots if one["code"] != who.code])
        with desk.db.writing() as tables:
            _check_new(tables, who)
            machine.keep_orders(tables, [(order.id, order.kind, order.content)])
            desk.folder.change_slots(lambda slots: [*slots, slot])
        otherwise.pop_all()
    return who


def _check_new(tables: Tables, who: Member) -> None:
    known = [one.name for one in machine.everybody(tables).users.values()]
    if names.same(who.name) in map(names.same, known):
        raise NameTaken(name=who.name)
