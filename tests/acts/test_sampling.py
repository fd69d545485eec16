from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import household, people, removals, sampling, screenings, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.sampling import CellThere
from fieldkit.acts.told import ChildFacts, ParentTold, Seen
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.rules.sampling import Cell
from fieldkit.store import log, replica
from fieldkit.store.log import Draft
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
GIRLS, BOYS = Cell(sex="f", site="A03"), Cell(sex="m")


def test_only_a_coordinator_sees_the_sample_and_says_who_is_wanted(refused: Refused) -> None:
    for act in (
        sampling.board,
        sampling.for_others,
        sampling.sites,
        partial(sampling.find, record="x"),
        partial(sampling.add, cell=GIRLS, target="3"),
        partial(sampling.save, record="x", target="3", base="{}"),
    ):
        refused(NotAllowed, "interviewer translator sg_lead", act)


@pytest.mark.parametrize(
    ("cell", "target"),
    [
        (GIRLS, ""),
        (GIRLS, "-1"),
        (GIRLS, "ten"),
        (GIRLS, "99999"),
        (Cell(sex="x"), "3"),
        (Cell(age_band="u14_uncertain"), "3"),
        (Cell(lbc_group="unknown"), "3"),
        (Cell(site="Z99"), "3"),
    ],
)
def test_what_is_no_cell_or_no_number_is_refused(refused: Refused, cell: Cell, target: str) -> None:
    refused(Invalid, "coordinator", partial(sampling.add, cell=cell, target=target))


def test_a_cell_is_added_once_and_may_come_back(desks: Desks, refused: Refused) -> None:
    desk = desks["coordinator"]
    sampling.add(desk, GIRLS, "１２")
    (line,) = sampling.board(desk)
    assert (line.cell, line.target) == (GIRLS, 12)
    refused(CellThere, "coordinator", partial(sampling.add, cell=GIRLS, target="3"))

    sampling.save(desk, line.record, "0", line.opened.base)
    assert sampling.board(desk) == []
    refused(NotFound, "coordinator", partial(sampling.find, record=line.record))
    sampling.add(desk, GIRLS, "3")
    assert [one.target for one in sampling.board(desk)] == [3]
    refused(NotFound, "coordinator", partial(sampling.save, record="x", target="3", base="{}"))


@pytest.fixture
def counts(desks: Desks, carry: Carry) -> Callable[[Cell], dict[str, int]]:
    """What the coordinator reads of one cell once a stick was carried; what is 0 left out."""

    def look(cell: Cell) -> dict[str, int]:
        desk = desks["coordinator"]
        carry(desks["interviewer"], desk)
        if not any(line.cell == cell for line in sampling.board(desk)):
            sampling.add(desk, cell, "5")
        line = next(one for one in sampling.board(desk) if one.cell == cell)
        return {stage: n for stage, n in line.counts.items() if n}

    return look


def test_an_interviewed_child_counts_in_its_cells_and_in_no_other(
    interview: str, counts: Callable[[Cell], dict[str, int]]
) -> None:
    assert counts(GIRLS) == {"interviewed": 1, "screened": 1, "agreed": 1}
    assert counts(Cell(sex="f", age_band="a9_11")) == {}
    assert counts(BOYS) == {}


@pytest.fixture
def both_away(desks: Desks, consented: str) -> str:
    """The group of the consented child, both of whose parents are out to work."""
    desk = desks["interviewer"]
    out = ParentTold("yes", "no", "2019-03", months_away=11, work_place="other_province", capacity="has")
    for parent in household.PARENTS:
        household.save_parent(desk, consented, parent, out, Seen())
    return household.view(desk, consented).status


def test_the_group_is_that_of_the_household(
    interview: str, both_away: str, counts: Callable[[Cell], dict[str, int]]
) -> None:
    assert both_away == "yes_sc2016"
    assert counts(Cell(lbc_group=both_away)) == {"interviewed": 1, "screened": 1, "agreed": 1}
    for other in {*sampling.GROUPS} - {both_away}:
        assert counts(Cell(lbc_group=other)) == {}


def test_a_child_of_the_pilot_counts_nowhere(
    desks: Desks, interview: str, consented: str, counts: Callable[[Cell], dict[str, int]]
) -> None:
    desk = desks["interviewer"]
    household.save_child(desk, consented, ChildFacts(pilot="yes"), Seen())

    assert counts(GIRLS) == {}


def test_deleting_a_child_who_withdrew_changes_no_count(
    desks: Desks, interview: str, consented: str, both_away: str, counts: Callable[[Cell], dict[str, int]]
) -> None:
    grouped = Cell(sex="f", lbc_group=both_away)
    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")
    before = counts(GIRLS), counts(grouped)
    desk = desks["coordinator"]
    removals.confirm(desk, consented, desk.today, told_all=True)

    assert before == ({"withdrew": 1}, {})
    assert (counts(GIRLS), counts(grouped)) == before


def test_a_child_of_the_pilot_who_withdrew_counts_nowhere_before_and_after_deleting(
    desks: Desks, interview: str, consented: str, counts: Callable[[Cell], dict[str, int]]
) -> None:
    household.save_child(desks["interviewer"], consented, ChildFacts(pilot="yes"), Seen())
    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")
    before = counts(GIRLS)
    desk = desks["coordinator"]
    removals.confirm(desk, consented, desk.today, told_all=True)

    assert (before, counts(GIRLS)) == ({}, {})


def test_two_coordinators_who_want_different_numbers_see_both(
    desks: Desks, joins: Callable[[str, str, str], Desk], carry: Carry
) -> None:
    desk, other = desks["coordinator"], joins("孙宁", "coordinator", "A")
    sampling.add(desk, GIRLS, "5")
    carry(desk, other)
    (line,) = sampling.board(desk)
    sampling.save(desk, line.record, "6", line.opened.base)
    sampling.save(other, line.record, "0", line.opened.base)
    carry(other, desk)

    (line,) = sampling.board(desk)
    assert {one.value for one in line.opened.versions["target"]} == {0, 6}
    sampling.save(desk, line.record, "7", line.opened.base)
    assert [(one.target, one.opened.waits) for one in sampling.board(desk)] == [(7, False)]


def test_others_see_no_small_number(desks: Desks, interview: str, counts: Callable[[Cell], dict[str, int]]) -> None:
    assert counts(GIRLS)["screened"] == 1

    (line,) = sampling.for_others(desks["coordinator"])
    assert line.shown == dict.fromkeys(line.counts)
    assert line.target == 5


def test_children_of_all_teams_count(
    desks: Desks, child: str, joins: Callable[[str, str, str], Desk], carry: Carry,
    counts: Callable[[Cell], dict[str, int]],
) -> None:  # fmt: skip
    other = joins("周敏", "interviewer", "B")
    born = f"{Clock().today().year - 12}-01"
    known = people.register(other, NewChild("小禾", "", "A03", "f", born))
    screenings.record(other, known, screenings.all_fit())
    carry(other, desks["coordinator"])

    assert counts(GIRLS) == {"screened": 2}


def test_an_interview_waits_while_a_guardian_objects(
    desks: Desks, interview: str, consented: str, counts: Callable[[Cell], dict[str, int]]
) -> None:
    desk = desks["interviewer"]
    said = {"actor": "guardian", "act": "declined", "person": "father", "relation": "father"}
    with desk.db.writing() as tables:
        log.append(tables, desk.pen, Draft("consent_event", said, subject=consented))

    assert counts(GIRLS) == {"waits": 1, "screened": 1}


def test_an_interview_waits_whose_consents_are_still_to_come(desks: Desks, interview: str) -> None:
    desk = desks["coordinator"]
    with desks["interviewer"].db.writing() as tables:
        replica.seal(tables)
        me = replica.StoreReplica(tables)
        orders, streams = me.orders(), me.streams()
        early = [one for one in me.blocks() if not one.header.drawer.startswith("consent")]
    with desk.db.writing() as tables:
        replica.StoreReplica(tables, "1").receive(orders, streams, early)
    sampling.add(desk, GIRLS, "3")

    (line,) = sampling.board(desk)
    assert line.counts == {"interviewed": 0, "screened": 1, "agreed": 0, "waits": 1, "withdrew": 0}
