"""A computer is taken out of the study: what it did so far counts, what comes of it later waits (`design.md` §4)."""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules.members import COORDINATOR, Members
from fieldkit.rules.revocations import RELEASE, REVOKE, VERSION, WHY
from fieldkit.store import holdings, machine, replica
from fieldkit.store import revocations as store
from fieldkit.store.database import Tables
from sync import orders

OWN_WORDS = ("box", "erase", "user", "drawer_key")  # what a release lets count: it takes nobody out, erases no child


class OwnComputer(Refusal):
    """The computer that somebody sits at is never taken out from itself."""

    code = "own_computer"
    message = N_(
        "Nothing was changed: this is the computer that you are using. "
        "Another coordinator takes it out, from another computer."
    )


class OutAlready(Refusal):
    """A device is taken out once; what it is recognised for stays as it was then."""

    code = "out_already"
    message = N_("Nothing was changed: this computer was taken out already. What came of it since waits on this page.")


class OutYourself(Refusal):
    """A computer that was taken out itself says who belongs to the study no more."""

    code = "out_yourself"
    message = N_(
        "Nothing was changed: this computer was taken out of the study itself, and what it orders does not count. "
        "Another coordinator does it, from another computer."
    )


@dataclass(frozen=True)
class Out:
    """A device that was taken out: its id and name, why, and how many blocks that came of it since wait here."""

    id: str
    name: str
    why: str
    waiting: int


@only(COORDINATOR)
def revoke(desk: Desk, device: str, why: str) -> None:
    """Take *device* (id or name) out, for one of `WHY`, and change the keys of the drawers that it could open.

    Raises NotFound, Invalid, OwnComputer, OutAlready, OutYourself.
    """
    if why not in WHY:
        raise Invalid(field=N_("why"))
    with desk.db.writing() as tables:
        everybody = belonging(desk, tables)
        id_ = _named(everybody, device)
        if id_ == desk.device.id:
            raise OwnComputer
        if id_ in everybody.gone:
            raise OutAlready
        body = {"version": VERSION, "device": id_, "why": why, **_recognised(tables, everybody, id_)}
        _give(desk, tables, REVOKE, body)
        replica.keep_keys_up(tables)


@only(COORDINATOR)
def release(desk: Desk, device: str) -> None:
    """Let count what came of *device* (id or name) since it was taken out; the device itself stays out.

    Its orders to erase children or to take others out stay aside: a coordinator gives such an order anew.
    Raises NotFound, OutYourself.
    """
    with desk.db.writing() as tables:
        everybody = belonging(desk, tables)
        id_ = _named(everybody, device)
        if id_ not in everybody.gone:
            raise NotFound
        named = _recognised(tables, everybody, id_, OWN_WORDS)
        desk.db.leave_no_trace()  # it may let an order to erase count
        _give(desk, tables, RELEASE, {"version": VERSION, "device": id_, **named})


def belonging(desk: Desk, tables: Tables) -> Members:
    """Return the members of the study, of whom this computer is one; raises OutYourself."""
    everybody = machine.everybody(tables)
    if desk.device.id in everybody.gone:
        raise OutYourself
    return everybody


def copied(desk: Desk) -> set[str]:
    """Return the devices, by id, under whose name two computers write: one was copied, or an older copy put in place.

    Nothing is lost by it; a person takes the device out and invites its people anew.
    """
    with desk.db.reading() as tables:
        return holdings.branched(tables) - machine.everybody(tables).gone.keys()


def taken_out(desk: Desk) -> bool:
    """Tell whether this very computer was taken out: what is written here waits elsewhere until it is released."""
    with desk.db.reading() as tables:
        return store.anybody(tables) and desk.device.id in machine.everybody(tables).gone


def listing(desk: Desk) -> dict[str, Out]:
    """Return the devices that were taken out, by id."""
    with desk.db.reading() as tables:
        everybody = machine.everybody(tables)
        waiting = holdings.waiting_of(tables, everybody.gone)
    return {
        id_: Out(id_, everybody.devices[id_].name, one.why, waiting.get(id_, 0)) for id_, one in everybody.gone.items()
    }


def _named(everybody: Members, device: str) -> str:
    found = [one.id for one in everybody.devices.values() if device in {one.id, one.name}]
    if len(found) != 1:
        raise NotFound
    return found[0]


def _recognised(tables: Tables, everybody: Members, device: str, kinds: tuple[str, ...] = ()) -> dict[str, object]:
    """Return what is here of *device*: the ends of its streams, and the orders by its keys, or some *kinds* of them."""
    keys = {everybody.devices[device].verify, *(one.verify for one in everybody.users.values() if one.device == device)}
    given = [orders.parse(content) for content in machine.orders(tables)]
    streams = holdings.ends_of(tables, device)
    return {
        "streams": {stream: [name for _, name in ends] for stream, ends in streams.items()},
        "orders": sorted(one.id for one in given if one.signer in keys and (not kinds or one.kind in kinds)),
    }


def _give(desk: Desk, tables: Tables, kind: str, body: dict[str, object]) -> None:
    order = orders.sign(kind, desk.device.study, body, desk.keys.signer)
    replica.StoreReplica(tables, new_id()).receive([order.content], [], [])
