"""What came here and could not be entered yet: why, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import machine, people, replica, revocations, ticks, waiting


@dataclass(frozen=True)
class HeldChild:
    """A child of whom an interview waits for a consent, and the name of the device that it came from."""

    subject: str
    case_code: str
    device: str


@dataclass(frozen=True)
class Waiting:
    """What waits. `unknown`: blocks of devices that no order names; `keyless`: of known ones, a key is missing.

    `keyless`: (device, how many); `newer`: changes that only a later program understands.
    """

    held: Sequence[HeldChild]
    unknown: int
    keyless: Sequence[tuple[str, int]]
    newer: int

    @property
    def anything(self) -> bool:
        """Tell whether anything waits."""
        return bool(self.held or self.unknown or self.keyless or self.newer)


@only(COORDINATOR)
def look(desk: Desk) -> Waiting:
    """Return what waits on this computer."""
    with desk.db.reading() as tables:
        names = {id_: device.name for id_, device in machine.everybody(tables).devices.items()}
        codes = {row["id"]: row["case_code"] or "" for row in people.records(tables)}
        out = revocations.gone(tables)  # what waits of them stands on the devices page
        held, newer = waiting.held(tables), waiting.unread(tables)
        parked = [(device, n) for device, n in waiting.parked(tables) if device not in out]
    return Waiting(
        [HeldChild(child, codes.get(child, ""), names.get(device, "")) for child, device in held],
        sum(n for device, n in parked if device not in names),
        [(names[device], n) for device, n in parked if device in names],
        newer,
    )


@only(COORDINATOR)
def look_again(desk: Desk) -> Waiting:
    """Enter whatever can be entered by now, as a batch would; return what waits still."""
    with desk.db.writing() as tables:
        desk.db.leave_no_trace()  # an order to erase may have waited
        replica.StoreReplica(tables, new_id()).receive([], [], [])
        ticks.settle(tables)
    return look(desk)
