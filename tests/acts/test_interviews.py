"""Interviews: who starts one and when, what it carries, and how its minutes are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from fieldkit.acts import (
    answers,
    assents,
    cases,
    closings,
    consents,
    interviews,
    moments,
    people,
    questions,
    stops,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, FamilyNotAgain
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing, GatesClosed
from fieldkit.acts.told import Seen
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.gates import Gate

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
WallDown = Callable[[Desk], None]
Says = Callable[..., GuardianAnswer]
Later = Callable[[Desk, int], Desk]
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")
SURE = replace(YES, reasons={"V31": "date_right"})  # the clock of that desk goes wrong


def failing(told: Refusal) -> dict[str, Gate]:
    gates = told.details["gates"]
    assert isinstance(gates, list)
    return {gate.id: gate for gate in gates}


def start_at(that_day: Desk, subject: str, _: Desk) -> str:
    return interviews.start(that_day, subject, KEPT)


def test_only_an_interviewer_starts(refused: Refused, desks: Desks, consented: str) -> None:
    assents.record(desks["interviewer"], consented, YES)

    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: interviews.start(desk, consented, KEPT))


def test_a_start_names_all_that_is_missing_at_once_in_both_languages(refused: Refused, child: str) -> None:
    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, child, KEPT))

    gates = failing(told)
    assert (told.code, set(gates)) == ("V34", {"G04", "G06", "G07", "G14"})
    assert all(gate.reason.zh and gate.reason.en for gate in gates.values())
    assert (gates["G04"].step, gates["G06"].step, gates["G06"].waits_for) == ("ask_guardian", None, 1)


def test_an_unknown_child_has_no_interview(refused: Refused) -> None:
    refused(NotFound, "interviewer", lambda desk: interviews.start(desk, "nobody"))
    refused(NotFound, "interviewer coordinator", lambda desk: questions.page(desk, "no-such-interview"))


def test_without_the_triggers_a_start_without_consent_is_refused(
    refused: Refused, desks: Desks, child: str, wall_down: WallDown
) -> None:
    wall_down(desks["interviewer"])

    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, child, KEPT))


def test_without_the_triggers_a_start_before_the_child_was_asked_is_refused(
    refused: Refused, desks: Desks, consented: str, wall_down: WallDown
) -> None:
    wall_down(desks["interviewer"])

    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert failing(told).keys() == {"G06", "G07"}


def test_without_the_triggers_a_start_after_the_childs_no_is_refused(
    refused: Refused, desks: Desks, consented: str, wall_down: WallDown, later: Callable[[Desk, int], Desk]
) -> None:
    wall_down(desks["interviewer"])
    assents.record(later(desks["interviewer"], -2), consented, ChildAnswer("no"))
    assents.record(later(desks["interviewer"], -1), consented, SURE)  # lifts it
    assents.record(later(desks["interviewer"], 1), consented, ChildAnswer("silent"))

    for days in (-1, 0, 1):
        that_day = later(desks["interviewer"], days)
        refused(GatesClosed, "interviewer", partial(start_at, that_day, consented))


ENDED = ClosingTold("full", "", "home_yard", "", "private", ("none",), "zhoukou", "", "during")
CAME_BACK = {"again_family": "came_back", "V31": "date_right"}


def hold(desk: Desk, subject: str, completion: str = "full") -> None:
    """A talk of that day, which came so far."""
    follows = tuple(event.id for event in people.case(desk, subject).events)
    assents.record(desk, subject, replace(SURE, follows=follows))
    talk = interviews.start(desk, subject, KEPT)
    told = replace(ENDED, completion=completion)
    closings.end(desk, talk, told, Seen(closings.page(desk, talk).opened.base))


def without(said: GuardianAnswer, item: str, **more: Any) -> GuardianAnswer:
    return replace(said, items={**said.items, item: "no"}, **more)


def seen(desk: Desk, subject: str) -> tuple[str, ...]:
    return tuple(event.id for event in people.case(desk, subject).events)


@pytest.mark.parametrize("completion", ["full", "core"])
def test_a_child_that_was_heard_is_not_heard_again_against_a_guardians_no_to_re_contact(
    refused: Refused, desks: Desks, child: str, says: Says, later: Later, wall_down: WallDown, completion: str
) -> None:
    desk = later(desks["interviewer"], 1)
    consents.record(desks["interviewer"], child, without(says(desks["interviewer"], child), "recontact"))
    assents.record(desk, child, SURE)
    hold(desks["interviewer"], child, completion)
    wall_down(desks["interviewer"])

    told = refused(GatesClosed, "interviewer", lambda _: interviews.start(desk, child, KEPT))
    assert failing(told)["G04"].step == "ask_guardian"
    assert people.case(desk, child).step == cases.Step("none")
    again = replace(SURE, follows=seen(desk, child))
    refused(FamilyNotAgain, "interviewer", lambda _: assents.record(later(desk, 1), child, again))


@pytest.mark.parametrize("completion", ["partial_other", "rescheduled"])
def test_a_talk_that_broke_off_or_was_put_off_is_no_talk_that_was_held(
    desks: Desks, child: str, says: Says, later: Later, completion: str
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, without(says(desk, child), "recontact"))
    hold(desk, child, completion)
    tomorrow = later(desk, 1)
    hold(tomorrow, child)

    assert len(people.case(tomorrow, child).interviews) == 2


def test_the_family_comes_back_to_it_and_its_yes_names_re_contact(
    refused: Refused, desks: Desks, child: str, says: Says, later: Later
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, without(says(desk, child), "recontact"))
    hold(desk, child)
    day = later(desk, 1)
    anew = replace(says(day, child), follows=seen(day, child))

    told = refused(ReasonNeeded, "interviewer", lambda _: consents.record(day, child, anew))
    assert isinstance(told, ReasonNeeded)
    assert "again_family" in {one.code for one in told.findings}
    consents.record(day, child, without(anew, "recontact", reasons=CAME_BACK))
    refused(
        FamilyNotAgain, "interviewer", lambda _: assents.record(day, child, replace(SURE, follows=seen(day, child)))
    )
    consents.record(day, child, replace(anew, follows=seen(day, child), reasons=CAME_BACK))
    hold(day, child)


def test_one_guardians_no_to_re_contact_holds_against_the_other_ones_yes(
    refused: Refused, desks: Desks, consented: str, says: Says, later: Later
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, consented, without(says(desk, consented, relation="father"), "recontact"))
    hold(desk, consented)

    refused(FamilyNotAgain, "interviewer", lambda _: assents.record(later(desk, 1), consented, SURE))


def test_a_re_contact_that_was_taken_back_keeps_another_talk_from_starting(
    refused: Refused, desks: Desks, consented: str, later: Later
) -> None:
    desk = desks["interviewer"]
    hold(desk, consented)
    day = later(desk, 1)
    assents.record(day, consented, replace(SURE, follows=seen(day, consented)))
    withdrawals.withdraw_each(day, [consented], "recontact", "guardian", "mother")

    told = refused(GatesClosed, "interviewer", lambda _: interviews.start(day, consented, KEPT))
    assert failing(told).keys() == {"G04"}


def test_a_child_that_took_re_contact_back_is_asked_again_only_when_it_brings_it_up(
    refused: Refused, desks: Desks, consented: str, later: Later
) -> None:
    desk = desks["interviewer"]
    hold(desk, consented)
    withdrawals.withdraw_each(desk, [consented], "recontact", "child")
    day = later(desk, 1)
    again = replace(SURE, follows=seen(day, consented))

    refused(ReasonNeeded, "interviewer", lambda _: assents.record(day, consented, again))
    brought_up = {**SURE.reasons, "again_own": "brought_up"}
    assents.record(day, consented, replace(again, reasons=brought_up))
    assert interviews.start(day, consented, KEPT)


def test_without_the_triggers_a_start_after_a_withdrawal_is_refused(
    refused: Refused, desks: Desks, consented: str, wall_down: WallDown
) -> None:
    wall_down(desks["interviewer"])
    assents.record(desks["interviewer"], consented, YES)
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "guardian")
    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert "G13" in failing(told)
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    refused(NotFound, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))


def test_without_the_triggers_the_yes_of_one_child_opens_nothing_for_another(
    refused: Refused, desks: Desks, consented: str, other_child: str, wall_down: WallDown
) -> None:
    wall_down(desks["interviewer"])
    assents.record(desks["interviewer"], consented, YES)

    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, other_child, KEPT))


def test_a_second_start_on_one_day_leads_to_the_open_interview(
    desks: Desks, interview: str, consented: str, wall_down: WallDown
) -> None:
    wall_down(desks["interviewer"])
    assents.record(desks["interviewer"], consented, YES)  # the child said it once more

    assert interviews.start(desks["interviewer"], consented, KEPT) == interview
    assert len(people.case(desks["interviewer"], consented).interviews) == 1


def test_a_yes_of_yesterday_opens_nothing_today(
    refused: Refused, desks: Desks, consented: str, wall_down: WallDown, later: Callable[[Desk, int], Desk]
) -> None:
    wall_down(desks["interviewer"])
    assents.record(later(desks["interviewer"], -1), consented, SURE)

    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert failing(told).keys() == {"G06", "G07"}


def test_a_notice_from_elsewhere_closes_the_start(
    refused: Refused, desks: Desks, consented: str, wall_down: WallDown, carry: Callable[[Desk, Desk], object]
) -> None:
    wall_down(desks["interviewer"])
    assents.record(desks["interviewer"], consented, YES)
    withdrawals.withdraw_each(desks["sg_lead"], ["zk-a03-001"], "stop_keep")
    carry(desks["sg_lead"], desks["interviewer"])

    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))


def test_the_other_parents_objection_closes_the_start(refused: Refused, desks: Desks, consented: str) -> None:
    assents.record(desks["interviewer"], consented, YES)
    consents.record(desks["interviewer"], consented, GuardianAnswer("father", {"participate": "no"}, []))

    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert failing(told)["G05"].step is None


def test_without_a_published_guide_nothing_starts(refused: Refused, desks: Desks, consented: str) -> None:
    assents.record(desks["interviewer"], consented, YES)
    with desks["interviewer"].db.writing() as tables:
        tables.execute("DELETE FROM guide_versions")

    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert failing(told).keys() == {"G11"}


def test_an_interview_carries_the_session_of_the_childs_yes(desks: Desks, consented: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    started = interviews.start(desk, consented, KEPT)

    (opened,), (guide,) = changes(desk, "interview"), changes(desk, "guide_version")
    guardian, child = changes(desk, "consent_event")
    assert (opened.record, opened.session, child.session) == (started, started, started)
    assert (opened.drawer, opened.subject, opened.over) == ("research/A", consented, {})
    assert set(opened.grounds) == {guardian.id, child.id}
    begun = {"guide_version": guide.id, "started_on": desk.today, "interviewer": desk.me.code}
    assert opened.set == {**begun, "asked": {"G09": "kept", "G10": "not_at_home"}}


def test_a_power_cut_opens_no_half_interview(
    desks: Desks, consented: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    assents.record(desks["interviewer"], consented, YES)

    broken(1, lambda: interviews.start(desks["interviewer"], consented, KEPT))
    assert people.case(desks["interviewer"], consented).step.code == "start"


def test_only_an_interviewer_chooses_which_questions_are_asked(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator", partial(interviews.choose_mode, interview=interview, mode="core"))
    refused(Invalid, "interviewer", partial(interviews.choose_mode, interview=interview, mode="some"))
    refused(NotFound, "interviewer", partial(interviews.choose_mode, interview="nowhere", mode="core"))


def test_the_core_set_is_not_chosen_after_the_childs_stop(
    refused: Refused, desks: Desks, consented: str, interview: str
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "child")

    refused(ConsentMissing, "interviewer", partial(interviews.choose_mode, interview=interview, mode="core"))


def test_the_core_set_shows_only_its_questions_and_is_remembered(
    desks: Desks, interview: str, changes: Changes
) -> None:
    desk = desks["interviewer"]
    assert questions.page(desk, interview, "P").mode == "full"

    interviews.choose_mode(desk, interview, "core")

    page = questions.page(desk, interview, "P")
    assert (page.mode, [line.id for line in page.questions]) == ("core", ["P1", "P2", "P4", "P5", "P6"])
    assert [(one.id, one.total) for one in page.sections] == [
        ("W", 2),
        ("L", 2),
        ("P", 5),
        ("C", 3),
        ("N", 2),
        ("E", 3),
    ]
    opened, chosen = changes(desk, "interview")
    assert (chosen.set, chosen.record, chosen.session) == ({"mode": "core"}, interview, interview)
    assert chosen.grounds == opened.grounds


def test_the_same_choice_twice_writes_nothing(desks: Desks, interview: str, changes: Changes) -> None:
    interviews.choose_mode(desks["interviewer"], interview, "full")

    assert len(changes(desks["interviewer"], "interview")) == 1


def seconds_later(desk: Desk, seconds: float) -> Desk:
    return replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(seconds=seconds)))


def test_only_an_interviewer_keeps_the_counter(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", partial(interviews.beat, interview=interview))
    refused(NotFound, "interviewer", partial(interviews.beat, interview="nowhere"))


def test_the_counter_goes_on_while_the_page_is_seen(desks: Desks, interview: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    before = len(changes(desk, ""))

    for seconds in (500, 1000, 1500):  # longer than a silence that counts, in beats that are shorter
        pulse = interviews.beat(seconds_later(desk, seconds), interview)

    assert (pulse.minutes, pulse.rest) == (25, None)
    assert len(changes(desk, "")) == before


def at_page(desk: Desk, interview: str, question: str, minutes: float, begun: float, *ago: float) -> None:
    """Bring at minute *minutes* what was typed so many minutes before."""
    told = SaveAnswer(interview, question, new_id(), "{}", "下雨了", begun=begun * 60, ago=[one * 60 for one in ago])
    answers.save(seconds_later(desk, minutes * 60), told)


def test_a_talk_out_of_the_laptops_reach_counts_its_minutes_and_each_note_has_its_own(
    desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    interviews.beat(seconds_later(me, 25 * 60), interview)  # what hears nothing of it comes first
    at_page(me, interview, "W2", 25, 12, 20, 16, 12, 4)
    at_page(me, interview, "W1", 25, 20, 20, 16)

    page = questions.page(seconds_later(me, 25 * 60), interview, "W")
    assert page.minutes == 25
    assert [line.minute for line in page.questions[:2]] == [5, 13]
    assert not closings.page(me, interview).short


def test_what_a_page_says_of_the_time_before_the_program_was_started_counts_nothing_and_is_said_at_the_end(
    desks: Desks, interview: str
) -> None:
    me = replace(desks["interviewer"], clock=replace(desks["interviewer"].clock, run="after a power cut"))
    assert not closings.page(me, interview).short
    at_page(me, interview, "W1", 10, 500_000, 500_000, 9, 0.2)

    page = questions.page(seconds_later(me, 10 * 60), interview, "W")
    assert (page.minutes, page.questions[0].minute) == (0, 0)
    assert closings.page(me, interview).short


def test_what_is_heard_of_a_talk_after_its_end_changes_no_minutes_and_is_said_at_the_end(
    desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    late = seconds_later(me, 15 * 60)
    told = ClosingTold("full", "", "home_yard", "", "private", ("none",), "zhoukou", "", "during")
    closings.end(late, interview, told, Seen(closings.page(me, interview).opened.base))
    at_page(me, interview, "W1", 300, 0, 0.1)
    assert (closings.page(me, interview).minutes, closings.page(me, interview).short) == (0, False)
    at_page(me, interview, "W2", 300, 293, 293, 289)

    assert (closings.page(me, interview).minutes, closings.page(me, interview).short) == (0, True)


def test_v33_a_rest_is_offered_when_the_minutes_are_over(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    for seconds in range(500, 2501, 500):
        pulse = interviews.beat(seconds_later(desk, seconds), interview)

    assert pulse.rest is not None
    assert pulse.rest.code == "V33"
    assert questions.page(seconds_later(desk, 2500), interview).around.rest == pulse.rest


def test_a_break_stops_the_counter_and_is_shown(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    moments.note(seconds_later(desk, 60), interview, "break")

    assert interviews.beat(seconds_later(desk, 300), interview).minutes == 1
    assert questions.page(desk, interview).around.resting


def test_an_ended_interview_runs_no_longer(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    assert questions.page(desk, interview).ended == ""
    stops.finish(
        seconds_later(desk, 121), interview, stops.begin(seconds_later(desk, 120), interview, "stop_keep").mark
    )

    page = questions.page(seconds_later(desk, 400), interview)
    assert (page.ended, page.minutes, page.writable) == ("partial_child", 2, False)
    assert interviews.beat(seconds_later(desk, 500), interview).minutes == 2
