from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import consents, people, visits
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.calendars import NoDay

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]


def test_only_an_interviewer_writes_the_visit_log(refused: Refused, child: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: visits.record(desk, child, "met"))
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: visits.not_taking_part(desk, child, "ill"))


@pytest.mark.parametrize(
    "wrong",
    [{"outcome": ""}, {"outcome": "fled"}, {"note": "长" * 2001}],
)
def test_what_is_no_visit_is_refused(refused: Refused, child: str, wrong: dict[str, str]) -> None:
    refused(Invalid, "interviewer", partial(visits.record, **{"subject": child, "outcome": "met", **wrong}))


@pytest.mark.parametrize("day", ["soon", "2026-02-30"])
def test_a_next_day_that_cannot_be_is_refused_and_named(refused: Refused, child: str, day: str) -> None:
    told = refused(NoDay, "interviewer", lambda desk: visits.record(desk, child, "met", day))
    assert "Come again on" in told.sentence("en")


def test_a_next_day_is_kept_as_one_whatever_the_keyboard(desks: Desks, child: str) -> None:
    visits.record(desks["interviewer"], child, "met", "２０２６—１２—０１")

    assert visits.of_child(desks["interviewer"], child)[0].next_on == "2026-12-01"


def test_nobody_is_not_visited(refused: Refused) -> None:
    refused(NotFound, "interviewer", lambda desk: visits.record(desk, "nobody", "met"))
    refused(NotFound, "interviewer", lambda desk: visits.not_taking_part(desk, "nobody", "ill"))
    refused(NotFound, "interviewer", lambda desk: visits.of_child(desk, "nobody"))


def test_visits_are_kept_one_by_one_the_newest_first(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    visits.record(desk, child, "not_home", "2026-12-01", " 门锁着 ")
    visits.record(desk, child, "met")

    found = [(one.day, one.outcome, one.next_on, one.note) for one in visits.of_child(desk, child)]
    assert found == [(desk.today, "met", "", ""), (desk.today, "not_home", "2026-12-01", "门锁着")]


def test_a_child_who_moved_is_marked_so(desks: Desks, child: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    visits.record(desk, child, "moved")
    visits.record(desk, child, "moved")

    assert people.case(desk, child).status == "moved"
    assert not people.case(desk, child).conflict


@pytest.mark.parametrize("note", ["小满不在", "找王某", "打了13800138000"])
def test_a_note_that_could_name_somebody_is_pointed_at_and_kept(desks: Desks, consented: str, note: str) -> None:
    (found,) = visits.record(desks["interviewer"], consented, "met", note=note)

    assert (found.code, found.level) == ("V38", "hint")
    assert visits.of_child(desks["interviewer"], consented)[0].note == note


def test_a_note_that_names_nobody_is_let_be(desks: Desks, consented: str) -> None:
    assert visits.record(desks["interviewer"], consented, "met", note="院子里有人打牌") == []


@pytest.mark.parametrize("reason", ["", "child_no", "guardian_no", "bored"])
def test_a_no_of_the_family_is_not_written_down_as_a_mere_reason(refused: Refused, child: str, reason: str) -> None:
    refused(Invalid, "interviewer", lambda desk: visits.not_taking_part(desk, child, reason))


def test_a_reason_counts_once_until_somebody_says_yes(
    desks: Desks, child: str, says: Callable[..., consents.GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    visits.not_taking_part(desk, child, "unreachable")
    visits.not_taking_part(desk, child, "unreachable")
    assert people.nonparticipation(desk) == {"unreachable": 1}
    visits.not_taking_part(replace(desk, clock=Clock(timedelta(days=3))), child, "unreachable")
    assert people.nonparticipation(desk) == {"unreachable": 1}

    consents.record(desk, child, says(desk, child))

    assert people.nonparticipation(desk) == {}


def test_a_carers_no_of_long_ago_says_nothing_of_whose_no_a_later_visit_met(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    visits.record(desk, child, "refused")
    visits.not_taking_part(desk, child, "carer_no")
    assert visits.refused_on(desk, child) == ""

    later = replace(desk, clock=Clock(timedelta(days=30)))
    visits.record(later, child, "refused")
    assert visits.refused_on(later, child) == later.today
    visits.not_taking_part(later, child, "carer_no")
    assert visits.refused_on(later, child) == ""
