"""Enrolment in two steps: a new machine asks, a coordinator answers with an invitation sealed to that request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from fieldkit.acts import invitations, revocations
from fieldkit.acts.desk import Desk, only, sit_down
from fieldkit.acts.invitations import NONSENSE, Given, Letter, NotAnInvitation
from fieldkit.acts.studies import keep, open_team
from fieldkit.acts.users import new_store, new_store_key, person, slot_for
from fieldkit.clock import Clock, new_id
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.records import TEAM_DRAWERS, canonical
from fieldkit.rules.members import COORDINATOR, INTERVIEWER, LEAD, ROLES, Member, may_read
from fieldkit.store import keys, machine, replica
from fieldkit.store.database import Tables
from fieldkit.store.folder import EMPTY, READY, REQUESTED, Folder, NotEmpty, NotSetUp
from fieldkit.store.keys import FIELD_COST, Cost, KeyPair, unb64
from fieldkit.store.machine import Self
from sync.errors import SyncError

FORMAT = 1
BLOCK_OF_SERIALS = 99  # L1 hands out 001-099, L2 101-199 ...


class NotARequest(Refusal):
    """A file that is no request to join."""

    code = "not_a_request"
    message = N_("This file is not a request to join. Nothing was changed. Make a new one on the other computer.")
    status = 422


@dataclass(frozen=True)
class DeviceLine:
    """One device of the study, and who uses it."""

    id: str
    name: str
    role: str
    team: str
    mine: bool
    people: tuple[str, ...]


def request(folder: Folder, name: str, passphrase: str, role: str, cost: Cost = FIELD_COST) -> bytes:
    """Make this empty folder ask to join; return the request, which holds public keys only.

    Raises NotEmpty, Missing, TooLong, Invalid, WeakPassphrase.
    """
    if folder.state != EMPTY:
        raise NotEmpty
    if role not in ROLES:
        raise Invalid(field=N_("the role"))
    store_key, pair, device_pair = new_store_key(), KeyPair.make(), KeyPair.make()
    me = Self(new_id(), "", "", "", "", role, device_pair, (0, 0))
    who = person(name, role, "", me.id, pair)
    slot = slot_for(who, passphrase, store_key, pair, cost)
    content = canonical({"format": FORMAT, "device": {"id": me.id, **device_pair.public}, "user": who.__dict__})
    with new_store(folder, store_key, REQUESTED, slot) as db:
        with db.writing() as tables:
            machine.remember_self(tables, me)
            machine.remember(tables, "request", content)
        db.close()
    return content


def pending_request(folder: Folder, clock: Clock, passphrase: str) -> bytes:
    """Return the request of a folder that waits for its answer, to be carried again.

    Raises NotSetUp, WrongPassphrase.
    """
    if folder.state != REQUESTED:
        raise NotSetUp
    store_key, _ = keys.open_slot(folder.slots[0], passphrase)
    db = folder.open_database(store_key, clock.now())
    with db.reading() as tables:
        content = machine.recall(tables, "request") or b""
    db.close()
    return content


def fingerprint(content: bytes) -> list[str]:
    """Return six groups of four digits that both screens show for the same request."""
    number = int.from_bytes(blake2b(content, digest_size=16).digest(), "big")
    return [f"{number // 10_000**place % 10_000:04d}" for place in range(6)]


@dataclass(frozen=True)
class Asked:
    """What a request says of itself: a name, the wished role, and the groups to compare aloud."""

    name: str
    role: str
    groups: list[str]


@only(COORDINATOR)
def look(desk: Desk, content: bytes) -> Asked:  # noqa: ARG001 - the desk says who may look
    """Return what a request says, before it is answered; raises NotARequest."""
    user = _asked(content)["user"]
    return Asked(user["name"], user["role"], fingerprint(content))


@only(COORDINATOR)
def invite(desk: Desk, content: bytes, role: str, team: str) -> bytes:
    """Answer a request: recognise its keys under *role* and *team*, and seal what that role may read to it.

    The invitation brings the study's words along, so that the new machine can start at once.
    Raises NotARequest, Invalid, OutYourself.
    """
    asked = _asked(content)
    if role not in ROLES:
        raise Invalid(field=N_("the role"))
    if not (team.isascii() and team.isalnum() and team.isupper() and len(team) <= 4):
        raise Invalid(field=N_("the team"))
    with desk.db.writing() as tables:
        revocations.belonging(desk, tables)
        _check_new(tables, asked)
        device = _named(tables, asked["device"]["id"], role, team)
        _open_team(desk, tables, team, role)
        _recognise(desk, tables, asked, device)
        replica.seal(tables)
        letter = _letter(desk, tables, device)
    return invitations.write(letter, asked["device"]["box"])


_ASKED = {"device": ("id", "verify", "box"), "user": tuple(Member.__dataclass_fields__)}


def _asked(content: bytes) -> dict[str, dict[str, str]]:
    """Return what a request says, and nothing that only an invitation may give, such as serials."""
    try:
        given = json.loads(content)
        asked = {who: {name: given[who][name] for name in names} for who, names in _ASKED.items()}
        facts = [*asked["device"].values(), *asked["user"].values()]
        lengths = {len(unb64(asked[who][name])) for who in _ASKED for name in ("verify", "box")}
        if given["format"] == FORMAT and lengths == {32} and all(isinstance(fact, str) for fact in facts):
            return asked
    except NONSENSE as error:
        raise NotARequest from error
    raise NotARequest


def _check_new(tables: Tables, asked: Mapping[str, Mapping[str, str]]) -> None:
    """Raise NotARequest for one that claims the id or code of somebody else; the same request may be answered again."""
    everybody = machine.everybody(tables)
    device, user = everybody.devices.get(asked["device"]["id"]), everybody.users.get(asked["user"]["code"])
    known = [(one, asked[who]) for one, who in ((device, "device"), (user, "user")) if one is not None]
    if any(one.verify != claims["verify"] for one, claims in known):
        raise NotARequest


def _named(tables: Tables, device_id: str, role: str, team: str) -> Given:
    devices = machine.everybody(tables).devices
    again = devices.get(device_id)
    if again is not None:
        return Given(again.name, again.role, again.team, again.serials)
    letter = {INTERVIEWER: "L", COORDINATOR: "C", LEAD: "S"}.get(role, "T")
    number = 1 + sum(1 for device in devices.values() if device.name.startswith(letter))
    first = 1 + (number - 1) * (BLOCK_OF_SERIALS + 1)
    serials = (first, first + BLOCK_OF_SERIALS - 1) if role == INTERVIEWER else (900, 999)
    return Given(f"{letter}{number}", role, team, serials)


def _recognise(desk: Desk, tables: Tables, asked: Mapping[str, Any], device: Given) -> None:
    body = {**device.__dict__, "serials": list(device.serials), **asked["device"]}
    keep(tables, desk.keys, desk.device.study, "device", body)
    user = {**asked["user"], "role": device.role, "team": device.team, "device": asked["device"]["id"]}
    keep(tables, desk.keys, desk.device.study, "user", user)


def _open_team(desk: Desk, tables: Tables, team: str, role: str) -> None:
    """Only a machine that has a key can invite to it (`design.md` §5): a second key would split the team's drawers."""
    if all(device.team != team for device in machine.everybody(tables).devices.values()):
        open_team(tables, desk.pen, team)
    needed = {f"{drawer}/{team}" for drawer in TEAM_DRAWERS if may_read(role, team, f"{drawer}/{team}")}
    if not needed <= machine.drawers(tables).keys():
        raise Invalid(field=N_("the team"))


def _letter(desk: Desk, tables: Tables, device: Given) -> Letter:
    """Return what *device* may have: the keys of its drawers and their blocks so far, all orders and streams."""
    here = replica.StoreReplica(tables)
    held = machine.drawers(tables)
    granted = {drawer for drawer in held if may_read(device.role, device.team, drawer)}
    return Letter(
        study=desk.device.study,
        root=desk.device.root,
        device=device,
        keys=[(drawer, int(epoch), key) for drawer in sorted(granted) for epoch, key in held[drawer].items()],
        orders=list(here.orders()),
        streams=list(here.streams()),
        blocks=[one for one in here.blocks() if one.header.drawer in granted],
    )


def accept(folder: Folder, clock: Clock, content: bytes, passphrase: str) -> Desk:
    """Take up the invitation that answers this folder's request.

    Raises NotEmpty, NotSetUp, WrongPassphrase, NotAnInvitation.
    """
    if folder.state == READY:
        raise NotEmpty
    if folder.state != REQUESTED:
        raise NotSetUp
    slot = folder.slots[0]
    store_key, pair = keys.open_slot(slot, passphrase)
    db = folder.open_database(store_key, clock.now())
    try:
        with db.writing() as tables:
            _take_up(tables, invitations.read(content, machine.recall_self(tables)), slot["code"])
    except BaseException:
        db.close()
        raise
    folder.write_slots(READY, folder.slots)
    return sit_down(folder, db, slot["code"], pair, clock)


def _take_up(tables: Tables, letter: Letter, code: str) -> None:
    """Become what *letter* says, provided that its orders recognise user *code*."""
    machine.remember_self(tables, letter.machine(machine.recall_self(tables)))
    for drawer, epoch, key in letter.keys:
        machine.keep_key(tables, drawer, epoch, key)
    here = replica.StoreReplica(tables, batch="invitation")
    try:
        here.receive(letter.orders, letter.streams, letter.blocks)
    except SyncError as error:
        raise NotAnInvitation from error
    if code not in machine.everybody(tables).users:
        raise NotAnInvitation


def listing(desk: Desk) -> list[DeviceLine]:
    """Return every device of the study, in the order of their names."""
    with desk.db.reading() as tables:
        everybody = machine.everybody(tables)
    people = {
        id_: tuple(user.name for user in everybody.users.values() if user.device == id_) for id_ in everybody.devices
    }
    lines = [
        DeviceLine(one.id, one.name, one.role, one.team, one.id == desk.device.id, people[one.id])
        for one in everybody.devices.values()
    ]
    return sorted(lines, key=lambda line: line.name)
