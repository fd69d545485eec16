"""Bundles that were written to sticks: which there are, and what is told when one of them is lost, or found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import log, machine, ticks
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.store.ticks import Stick


class NoSuchStick(Refusal):
    """A stick that was not written on this machine."""

    code = "no_such_stick"
    message = N_(
        "No bundle of this name was written on this laptop. Nothing was changed. Look at the list at hand-over."
    )
    status = 404


class NotLost(Refusal):
    """A stick that nobody marked as lost is found."""

    code = "not_lost"
    message = N_("This stick is not marked as lost. Nothing was changed.")


class NotTheirLoss(Refusal):
    """Somebody else marked it, and is no coordinator."""

    code = "not_their_loss"
    message = N_(
        "Only who marked this stick as lost, or a coordinator, says that it was found. Nothing was changed. "
        "Tell one of them."
    )
    status = 403


@dataclass(frozen=True)
class Lost:
    """A stick that somebody lost: the record that says so, the name of the device that wrote it, both days.

    `interviews`: how many it held; `name`: its own, where it was written on this laptop.
    """

    id: str
    device: str
    written_on: str
    lost_on: str
    interviews: int
    name: str = ""


def listing(desk: Desk) -> list[Stick]:
    """Return the bundles that were written here, newest first."""
    with desk.db.reading() as tables:
        return ticks.sticks(tables)


def one(desk: Desk, wanted: str) -> Stick:
    """Return the bundle whose id or name is *wanted*, the newest that is not lost; raises NoSuchStick."""
    with desk.db.reading() as tables:
        return _one(tables, wanted)


def _one(tables: Tables, wanted: str) -> Stick:
    found = [stick for stick in ticks.sticks(tables) if wanted in {stick.id, stick.name}]
    if not found:
        raise NoSuchStick
    return min(found, key=lambda stick: bool(stick.lost))


def lose(desk: Desk, wanted: str) -> Stick:
    """Mark a bundle as lost: it carries nothing any more, and the coordinators hear of it with the next one.

    One that is marked already stays as it was. Raises NoSuchStick.
    """
    with desk.db.writing() as tables:
        stick = _one(tables, wanted)
        if not stick.lost:
            facts = {"device": desk.device.id, "written_on": stick.at[:10], "lost_on": desk.today}
            said = log.append(tables, desk.pen, Draft("lost_stick", {**facts, "interviews": stick.interviews}))
            ticks.lose(tables, stick.id, desk.clock.now().isoformat(timespec="minutes"), said.id)
            ticks.settle(tables)
    return stick


def loss(desk: Desk, wanted: str) -> Lost:
    """Return the lost stick that *wanted* means, as `find` does; raises what that refuses."""
    with desk.db.reading() as tables:
        return _lost(tables, _loss(desk, tables, wanted))


def find(desk: Desk, wanted: str) -> Lost:
    """Take back that a stick is lost; what was written again meanwhile stays as it is.

    *wanted*: the id of the loss, or of a bundle that was written here, or its name.
    Raises NoSuchStick, NotLost, NotTheirLoss.
    """
    with desk.db.writing() as tables:
        row = _loss(desk, tables, wanted)
        if not row["found"]:
            log.append(tables, desk.pen, Draft("found_stick", {"loss": row["id"], "day": desk.today}))
            ticks.settle(tables)
        return _lost(tables, row)


@only(COORDINATOR)
def lost(desk: Desk) -> list[Lost]:
    """Return the sticks that anybody lost and nobody found, the latest first."""
    with desk.db.reading() as tables:
        devices = machine.everybody(tables).devices
        return [_lost(tables, row) for row in ticks.losses(tables) if row["device"] in devices and not row["found"]]


def _loss(desk: Desk, tables: Tables, wanted: str) -> dict[str, Any]:
    written = [stick for stick in ticks.sticks(tables) if wanted in {stick.id, stick.name}]
    meant = {stick.loss for stick in written if stick.lost} if written else {wanted}
    found = next((row for row in ticks.losses(tables) if row["id"] in meant), None)
    if found is None:
        raise NotLost if written else NoSuchStick
    if desk.me.role != COORDINATOR and desk.me.code != found["author"]:
        raise NotTheirLoss
    return found


def _lost(tables: Tables, row: Mapping[str, Any]) -> Lost:
    device = machine.everybody(tables).devices.get(row["device"])
    here = next((stick.name for stick in ticks.sticks(tables) if stick.loss == row["id"]), "")
    facts = {name: row[name] for name in ("id", "written_on", "lost_on", "interviews")}
    return Lost(**facts, device=device.name if device else "?", name=here)
