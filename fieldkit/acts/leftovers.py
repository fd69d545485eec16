"""Words that were deleted and came once more, sealed, in a late block: who would delete them, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.acts import removals
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.redactions import OrderNotTaken
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import leftovers, machine, people, redactions, replica, revocations
from fieldkit.store.database import Tables


class CountsFirst(Refusal):
    """In the block lies more, which was not let count yet and would go with it."""

    code = "let_it_count_first"
    message = N_(
        "Nothing was deleted: the same pieces hold more, which would go with it. "
        "Let what came of that computer count first (Devices), then delete this."
    )


@dataclass(frozen=True)
class Leftover:
    """So many blocks about a child that one device made; `out`: it was taken out, `parked`: they do not count yet."""

    subject: str
    case_code: str
    device: str
    blocks: int
    out: bool
    parked: bool


@only(COORDINATOR)
def listing(desk: Desk) -> list[Leftover]:
    """Return what of deleted words lies here, sealed, by child and device."""
    with desk.db.reading() as tables:
        found = leftovers.every(tables)
        names = {id_: one.name for id_, one in machine.everybody(tables).devices.items()} if found else {}
        out = revocations.gone(tables) if found else {}
        groups = sorted({(one.subject, one.device, one.parked) for one in found})
        return [
            Leftover(
                subject,
                (people.row(tables, "participants", "id = ?", subject) or {}).get("case_code") or "",
                names.get(device, ""),
                sum((one.subject, one.device, one.parked) == (subject, device, parked) for one in found),
                device in out,
                parked,
            )
            for subject, device, parked in groups
        ]


@only(COORDINATOR)
def delete(desk: Desk, subject: str) -> None:
    """Let blocks about *subject* that hold deleted words be emptied, here and everywhere; what else they hold stays.

    Raises NotFound where there is none, CountsFirst, OrderNotTaken.
    """
    with desk.db.writing() as tables:
        for drawer, held in _of_child(tables, subject).items():
            order = replica.empty(tables, drawer, held, desk.keys.signer)
            if order not in redactions.carried_out(tables):
                raise OrderNotTaken
        removals.acknowledge(desk, tables)
        desk.db.leave_no_trace()


def _of_child(tables: Tables, subject: str) -> dict[str, list[str]]:
    found = [one for one in leftovers.every(tables) if one.subject == subject]
    counting = [one for one in found if not one.parked]
    if not counting:
        raise CountsFirst if found else NotFound
    return {
        drawer: [one.block for one in counting if one.drawer == drawer] for drawer in {one.drawer for one in counting}
    }
