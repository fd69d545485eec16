from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import assents, consents, duplicates, interviews, people, visits
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import GatesClosed
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.calendars import DayToAskAgain, NoDay

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]


def test_only_an_interviewer_writes_the_visit_log(refused: Refused, child: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: visits.record(desk, child, "met"))
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: visits.not_taking_part(desk, child, "ill"))
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: visits.answer(desk, child, "not_suited"))


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


@pytest.mark.parametrize("days", [-1, 367, 900_000])
def test_a_day_that_nobody_can_come_again_on_is_no_next_day(refused: Refused, child: str, days: int) -> None:
    def call(desk: Desk) -> object:
        return visits.record(desk, child, "met", (desk.clock.today() + timedelta(days=days)).isoformat())

    refused(DayToAskAgain, "interviewer", call)


def test_a_next_day_is_kept_as_one_whatever_the_keyboard(desks: Desks, child: str) -> None:
    day = (desks["interviewer"].clock.today() + timedelta(days=5)).isoformat()
    wide = day.translate(str.maketrans("0123456789-", "０１２３４５６７８９—"))
    visits.record(desks["interviewer"], child, "met", wide)

    assert visits.of_child(desks["interviewer"], child)[0].next_on == day


def test_nobody_is_not_visited(refused: Refused) -> None:
    refused(NotFound, "interviewer", lambda desk: visits.record(desk, "nobody", "met"))
    refused(NotFound, "interviewer", lambda desk: visits.not_taking_part(desk, "nobody", "ill"))
    refused(NotFound, "interviewer", lambda desk: visits.of_child(desk, "nobody"))


def test_visits_are_kept_one_by_one_the_newest_first(desks: Desks, child: str) -> None:
    desk, again = desks["interviewer"], (desks["interviewer"].clock.today() + timedelta(days=5)).isoformat()
    visits.record(desk, child, "not_home", again, " 门锁着 ")
    visits.record(desk, child, "met")

    found = [(one.day, one.outcome, one.next_on, one.note) for one in visits.of_child(desk, child)]
    assert found == [(desk.today, "met", "", ""), (desk.today, "not_home", again, "门锁着")]


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
    assert people.case(desk, child).refused_on == ""

    later = replace(desk, clock=Clock(timedelta(days=30)))
    visits.record(later, child, "refused")
    assert people.case(later, child).refused_on == later.today
    visits.not_taking_part(later, child, "carer_no")
    assert people.case(later, child).refused_on == ""


@pytest.mark.parametrize("whose", ["", "mother", "carer_no", "not_theirs"])
def test_what_is_no_answer_to_whose_no_it_was_is_refused(
    refused: Refused, desks: Desks, child: str, whose: str
) -> None:
    visits.record(desks["interviewer"], child, "refused")

    refused(Invalid, "interviewer", lambda desk: visits.answer(desk, child, whose))
    refused(NotFound, "interviewer", lambda desk: visits.answer(desk, "nobody", "not_suited"))


def test_a_refused_visit_is_asked_about_before_the_start_until_somebody_has_answered(
    refused: Refused, desks: Desks, consented: str, changes: Changes
) -> None:
    desk = desks["interviewer"]
    visits.record(desk, consented, "refused")
    visits.record(desk, consented, "not_home")
    assents.record(desk, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))

    for wrong in ({}, {"G05": "mother"}, {"G05": "not_theirs"}):
        start = partial(interviews.start, subject=consented, reasons={**KEPT, **wrong})
        gates = refused(GatesClosed, "interviewer", start).details["gates"]
        assert isinstance(gates, list)
        assert [gate.id for gate in gates] == ["G05"]
    interviews.start(desk, consented, {**KEPT, "G05": "not_suited"})

    (answer,) = changes(desk, "visit_answer")
    (visit, _) = changes(desk, "visit")
    assert (answer.subject, answer.set["visit"], answer.set["whose"]) == (consented, visit.id, "not_suited")
    assert people.case(desk, consented).refused_on == ""
    assert [one.whose for one in visits.of_child(desk, consented)] == ["", "not_suited"]


def test_a_clock_that_went_back_behind_a_refused_visit_lets_nobody_forget_it(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    visits.record(desk, child, "refused")

    assert people.case(replace(desk, clock=Clock(timedelta(days=-3))), child).refused_on == desk.today


def test_that_the_day_did_not_suit_is_asked_once(desks: Desks, child: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    visits.record(desk, child, "refused")
    for _ in range(2):
        visits.answer(desk, child, "not_suited")
    assert (len(changes(desk, "visit_answer")), people.case(desk, child).refused_on) == (1, "")

    later = replace(desk, clock=Clock(timedelta(days=3)))
    visits.record(later, child, "refused")
    assert people.case(later, child).refused_on == later.today


def test_a_no_that_was_taken_back_says_whose_the_visits_no_was(
    desks: Desks, child: str, says: Callable[..., consents.GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    visits.record(desk, child, "refused")
    consents.record(desk, child, replace(says(desk, child), items={"participate": "no"}))
    tomorrow = replace(desk, clock=Clock(timedelta(days=1)))
    again = says(tomorrow, child, reasons={"again_family": "came_back", "V31": "date_right"})
    consents.record(tomorrow, child, replace(again, follows=[one.id for one in people.case(tomorrow, child).events]))

    assert people.case(tomorrow, child).consent == "given"
    assert people.case(tomorrow, child).refused_on == ""


def test_a_refused_visit_to_a_child_known_twice_is_asked_about_under_both_records(
    desks: Desks, child: str, consented: str
) -> None:
    desk = desks["interviewer"]
    other = people.register(desk, people.NewChild("晓光", "", "A03", "f", f"{desk.clock.today().year - 12}-01"))
    duplicates.link(desk, child, other, next(iter(duplicates.REASONS)))
    visits.record(desk, other, "refused")
    assert [people.case(desk, one).refused_on for one in (child, other)] == [desk.today, desk.today]

    visits.answer(desk, child, "not_suited")
    assert [people.case(desk, one).refused_on for one in (child, other)] == ["", ""]
