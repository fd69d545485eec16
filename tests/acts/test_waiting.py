from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldkit.acts import people, waiting
from fieldkit.acts.desk import Desk
from fieldkit.acts.waiting import HeldChild
from fieldkit.errors import NotAllowed, Refusal
from fieldkit.records import KINDS
from fieldkit.store import intake, replica
from fieldkit.store.database import Tables

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], object]
NOBODY = "nobody's laptop"


def test_only_a_coordinator_looks_at_what_waits(refused: Refused) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", waiting.look)
    refused(NotAllowed, "interviewer translator sg_lead", waiting.look_again)


def test_where_nothing_waits_nothing_is_told(desks: Desks, interview: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    assert not waiting.look(desks["coordinator"]).anything
    assert not waiting.look_again(desks["coordinator"]).anything


def test_an_interview_without_its_consents_waits_with_its_child_and_laptop(
    desks: Desks, interview: str, consented: str
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    with me.db.writing() as tables:
        replica.seal(tables)
        mine = replica.StoreReplica(tables)
        orders, streams, blocks = mine.orders(), mine.streams(), list(mine.blocks())
    early = [one for one in blocks if not one.header.drawer.startswith("consent")]
    with chief.db.writing() as tables:
        replica.StoreReplica(tables, "1").receive(orders, streams, early)
    waits = waiting.look(chief)
    assert (waits.held, waits.anything) == ([HeldChild(consented, "ZK-A03-001", me.device.name)], True)

    with chief.db.writing() as tables:
        replica.StoreReplica(tables, "2").receive([], [], [one for one in blocks if one not in early])
    assert not waiting.look(chief).anything


def _park(tables: Tables, device: str) -> int:
    """Set aside all blocks of *device*; return how many."""
    of = "stream IN (SELECT id FROM streams WHERE device = ?)"
    return int(tables.execute(f"UPDATE blocks SET standing = 'parked' WHERE {of}", [device]).rowcount)


def test_pieces_of_a_laptop_that_nobody_invited_and_those_without_a_key_are_told_apart(
    desks: Desks, interview: str, carry: Carry
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    carry(me, chief)
    with chief.db.writing() as tables:
        n = _park(tables, me.device.id)
    assert (waiting.look(chief).keyless, waiting.look(chief).unknown) == ([(me.device.name, n)], 0)
    with chief.db.writing() as tables:
        tables.execute("UPDATE streams SET device = ? WHERE device = ?", [NOBODY, me.device.id])
    assert (waiting.look(chief).keyless, waiting.look(chief).unknown) == ([], n)
    assert not waiting.look_again(chief).anything  # their signatures tell whose they are


def test_lines_of_a_later_program_enter_when_somebody_looks_again_after_the_update(
    desks: Desks, interview: str, carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    with monkeypatch.context() as patch:
        patch.setattr(intake, "KINDS", {name: kind for name, kind in KINDS.items() if name != "participant"})
        carry(me, chief)
        newer = waiting.look(chief).newer
        assert newer > 0
        assert waiting.look_again(chief).newer == newer
    assert people.listing(chief) == []
    assert not waiting.look_again(chief).anything
    assert [one.case_code for one in people.listing(chief)] == ["ZK-A03-001"]
