"""Bundles that were written to sticks: which there are, and what is told when one of them is lost."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Lost:
    """A stick that somebody lost: the name of the device that wrote it, both days, how many interviews it held."""

    device: str
    written_on: str
    lost_on: str
    interviews: int


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
            ticks.lose(tables, stick.id, desk.clock.now().isoformat(timespec="minutes"))
            facts = {"device": desk.device.id, "written_on": stick.at[:10], "lost_on": desk.today}
            log.append(tables, desk.pen, Draft("lost_stick", {**facts, "interviews": stick.interviews}))
            ticks.settle(tables)
    return stick


@only(COORDINATOR)
def lost(desk: Desk) -> list[Lost]:
    """Return the sticks that anybody lost, the latest first."""
    with desk.db.reading() as tables:
        devices, rows = machine.everybody(tables).devices, ticks.lost(tables)
    return [
        Lost(devices[row["device"]].name, row["written_on"], row["lost_on"], row["interviews"])
        for row in rows
        if row["device"] in devices
    ]
