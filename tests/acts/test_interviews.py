from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from fieldkit.acts import answers, assents, consents, household, interviews, moments, people, stops, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing, GatesClosed
from fieldkit.acts.told import ParentTold, Seen
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.gates import Gate
from fieldkit.store import log
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
WallDown = Callable[[Desk], None]
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")
SURE = replace(YES, reasons={"V31": "date_right"})  # the clock of that desk goes wrong
KEPT = {"G09": "kept", "G10": "not_at_home", "G12": "checked"}


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
    refused(NotFound, "interviewer coordinator", lambda desk: interviews.page(desk, "no-such-interview"))


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
    assents.record(later(desks["interviewer"], -1), consented, ChildAnswer("no"))
    assents.record(later(desks["interviewer"], -2), consented, SURE)  # lifts it; a clock that goes back decides nothing
    assents.record(later(desks["interviewer"], 1), consented, ChildAnswer("silent"))

    for days in (-2, 0, 1):
        that_day = later(desks["interviewer"], days)
        refused(GatesClosed, "interviewer", partial(start_at, that_day, consented))


def test_without_the_triggers_a_start_after_a_withdrawal_is_refused(
    refused: Refused, desks: Desks, consented: str, wall_down: WallDown
) -> None:
    wall_down(desks["interviewer"])
    assents.record(desks["interviewer"], consented, YES)
    withdrawals.withdraw(desks["interviewer"], consented, "stop_keep", "guardian")
    told = refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert "G13" in failing(told)
    withdrawals.withdraw(desks["interviewer"], consented)

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
    withdrawals.withdraw(desks["sg_lead"], "zk-a03-001", "stop_keep")
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


def test_a_page_is_for_the_team_and_its_coordinator(refused: Refused, desks: Desks, interview: str) -> None:
    refused(NotAllowed, "translator sg_lead", partial(interviews.page, interview=interview))

    assert interviews.page(desks["interviewer"], interview).interview == interview


def test_a_page_of_a_child_who_withdrew_is_gone(refused: Refused, desks: Desks, interview: str, consented: str) -> None:
    withdrawals.withdraw(desks["interviewer"], consented)

    refused(NotFound, "interviewer", partial(interviews.page, interview=interview))


def test_a_page_whose_guide_has_not_arrived_is_told(refused: Refused, desks: Desks, interview: str) -> None:
    with desks["interviewer"].db.writing() as tables:
        tables.execute("DELETE FROM guide_versions")

    refused(NotFound, "interviewer", partial(interviews.page, interview=interview))


def test_a_page_shows_one_section_with_a_fresh_editor_for_each_question(desks: Desks, interview: str) -> None:
    page = interviews.page(desks["interviewer"], interview, "L")
    again = interviews.page(desks["interviewer"], interview, "L")

    assert page.section == "L"
    assert {line.id[0] for line in page.questions} == {"L"}
    assert all(line.text.zh and line.text.en for line in page.questions)
    editors = [line.editor for line in (*page.questions, *again.questions)]
    assert len(set(editors)) == len(editors)


def test_a_section_that_does_not_exist_is_the_first_one(desks: Desks, interview: str) -> None:
    page = interviews.page(desks["interviewer"], interview, "nonsense")

    assert page.section == page.sections[0].id


def test_a_section_counts_its_answers_and_no_skips(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))
    answers.save(desks["interviewer"], SaveAnswer(interview, "W2", "editor-2", "", "", outcome="child_skipped"))

    page = interviews.page(desks["interviewer"], interview, "W")
    assert [(line.id, line.state) for line in page.questions][:2] == [("W1", "answered"), ("W2", "skipped")]
    assert page.sections[0].answered == 1


def test_the_coordinator_reads_what_the_laptop_wrote(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], object]
) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))
    carry(desks["interviewer"], desks["coordinator"])

    page = interviews.page(desks["coordinator"], interview, "W")
    assert (page.questions[0].text_now, page.questions[0].sealed) == ("下雨", True)
    assert page.case.name != "小满"


def test_minutes_never_run_backwards(desks: Desks, interview: str, later: Callable[[Desk, int], Desk]) -> None:
    assert interviews.page(desks["interviewer"], interview).minutes == 0
    assert interviews.page(later(desks["interviewer"], -30), interview).minutes == 0


def test_only_an_interviewer_chooses_which_questions_are_asked(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator", partial(interviews.choose_mode, interview=interview, mode="core"))
    refused(Invalid, "interviewer", partial(interviews.choose_mode, interview=interview, mode="some"))
    refused(NotFound, "interviewer", partial(interviews.choose_mode, interview="nowhere", mode="core"))


def test_the_core_set_is_not_chosen_after_the_childs_stop(
    refused: Refused, desks: Desks, consented: str, interview: str
) -> None:
    withdrawals.withdraw(desks["interviewer"], consented, "stop_keep", "child")

    refused(ConsentMissing, "interviewer", partial(interviews.choose_mode, interview=interview, mode="core"))


def test_the_core_set_shows_only_its_questions_and_is_remembered(
    desks: Desks, interview: str, changes: Changes
) -> None:
    desk = desks["interviewer"]
    assert interviews.page(desk, interview, "P").mode == "full"

    interviews.choose_mode(desk, interview, "core")

    page = interviews.page(desk, interview, "P")
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


def test_a_note_outside_the_core_set_stays_in_sight(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "P3", "editor-1", "", "跑步"))
    interviews.choose_mode(desks["interviewer"], interview, "core")

    page = interviews.page(desks["interviewer"], interview, "P")
    assert "P3" in [line.id for line in page.questions]


def test_what_is_left_is_told_of_every_section(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))
    answers.save(desks["interviewer"], SaveAnswer(interview, "P1", "editor-2", "", "", outcome="child_skipped"))
    taken = answers.save(desks["interviewer"], SaveAnswer(interview, "P2", "editor-3", "", "别记这句"))
    back = SaveAnswer(interview, "P2", "editor-3", taken.base, "")
    answers.off_record(desks["interviewer"], back, "别记这句")

    left = {
        mark.id: mark.state for one in interviews.page(desks["interviewer"], interview).sections for mark in one.marks
    }
    assert (left["W1"], left["P1"], left["P2"], left["W2"]) == ("answered", "skipped", "off_record", "open")
    assert len(left) == 28


def test_while_somebody_listens_sensitive_questions_wait(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    assert waiting(desk, interview) == {}

    moments.note(desk, interview, "came_in", "carer")
    assert waiting(desk, interview) == {"P4": "overheard"}
    assert interviews.page(desk, interview).around.listening == ("carer",)

    moments.note(desk, interview, "left")
    assert waiting(desk, interview) == {}


def test_after_distress_sensitive_questions_wait_five_minutes(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    moments.note(seconds_later(desk, 30), interview, "distress_1")

    assert waiting(seconds_later(desk, 90), interview) == {"P4": "upset"}
    assert interviews.page(seconds_later(desk, 90), interview).around.calm_from == 6
    assert waiting(seconds_later(desk, 365), interview) == {}


def test_what_a_family_lives_through_turns_careful_questions_off(desks: Desks, interview: str, consented: str) -> None:
    desk = desks["interviewer"]
    household.save_parent(desk, consented, "father", ParentTold(alive="no"), Seen())

    assert waiting(desk, interview) == {"P1": "context"}
    line = next(one for one in interviews.page(desk, interview, "P").questions if one.id == "P1")
    assert line.context == ("parent_dead",)


def test_what_is_written_of_the_family_is_thought_of_first(desks: Desks, interview: str, consented: str) -> None:
    desk = desks["interviewer"]
    with desk.db.writing() as tables:
        told = Draft("participant", {"sensitive": ["divorced"]}, record=consented, subject=consented)
        log.append_over(tables, desk.pen, told)

    lines = {one.id: one.context for one in interviews.page(desk, interview, "P").questions}
    assert (lines["P1"], lines["P2"]) == (("divorced",), ())
    assert waiting(desk, interview) == {}


def waiting(desk: Desk, interview: str) -> dict[str, str]:
    lines = interviews.page(desk, interview, "P").questions
    return {line.id: line.waits for line in lines if line.waits}


def seconds_later(desk: Desk, seconds: float) -> Desk:
    return replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(seconds=seconds)))


def test_a_note_shows_the_minute_at_which_it_was_begun(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    begun = answers.save(seconds_later(desk, 130), SaveAnswer(interview, "W1", "editor-1", "", "下"))
    answers.save(seconds_later(desk, 400), SaveAnswer(interview, "W1", "editor-1", begun.base, "下雨"))

    page = interviews.page(seconds_later(desk, 400), interview)
    assert [line.minute for line in page.questions] == [2, None]
    assert page.minutes == 6


def test_the_page_knows_which_parts_of_the_opening_the_child_was_told(desks: Desks, interview: str) -> None:
    assert interviews.page(desks["interviewer"], interview).told == (1, 2, 3)


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


def test_v33_a_rest_is_offered_when_the_minutes_are_over(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    for seconds in range(500, 2501, 500):
        pulse = interviews.beat(seconds_later(desk, seconds), interview)

    assert pulse.rest is not None
    assert pulse.rest.code == "V33"
    assert interviews.page(seconds_later(desk, 2500), interview).around.rest == pulse.rest


def test_a_break_stops_the_counter_and_is_shown(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    moments.note(seconds_later(desk, 60), interview, "break")

    assert interviews.beat(seconds_later(desk, 300), interview).minutes == 1
    assert interviews.page(desk, interview).around.resting


def test_an_ended_interview_runs_no_longer(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    assert interviews.page(desk, interview).ended == ""
    stops.finish(
        seconds_later(desk, 121), interview, stops.begin(seconds_later(desk, 120), interview, "stop_keep").mark
    )

    page = interviews.page(seconds_later(desk, 400), interview)
    assert (page.ended, page.minutes, page.writable) == ("partial_child", 2, False)
    assert interviews.beat(seconds_later(desk, 500), interview).minutes == 2
