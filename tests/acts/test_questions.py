"""The page of an interview: for the team and its coordinator, a section at a time, and what better waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from fieldkit.acts import (
    answers,
    household,
    interviews,
    moments,
    questions,
    stops,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import ParentTold, Seen
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.store import log
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")


def test_a_page_is_for_the_team_and_its_coordinator(refused: Refused, desks: Desks, interview: str) -> None:
    refused(NotAllowed, "translator sg_lead", partial(questions.page, interview=interview))

    assert questions.page(desks["interviewer"], interview).interview == interview


def test_a_page_of_a_child_who_withdrew_is_gone(refused: Refused, desks: Desks, interview: str, consented: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    refused(NotFound, "interviewer", partial(questions.page, interview=interview))


def test_a_page_whose_guide_has_not_arrived_is_told(refused: Refused, desks: Desks, interview: str) -> None:
    with desks["interviewer"].db.writing() as tables:
        tables.execute("DELETE FROM guide_versions")

    refused(NotFound, "interviewer", partial(questions.page, interview=interview))


def test_a_page_shows_one_section_with_a_fresh_editor_for_each_question(desks: Desks, interview: str) -> None:
    page = questions.page(desks["interviewer"], interview, "L")
    again = questions.page(desks["interviewer"], interview, "L")

    assert page.section == "L"
    assert {line.id[0] for line in page.questions} == {"L"}
    assert all(line.text.zh and line.text.en for line in page.questions)
    editors = [line.editor for line in (*page.questions, *again.questions)]
    assert len(set(editors)) == len(editors)


def test_a_section_that_does_not_exist_is_the_first_one(desks: Desks, interview: str) -> None:
    page = questions.page(desks["interviewer"], interview, "nonsense")

    assert page.section == page.sections[0].id


def test_a_section_counts_its_answers_and_no_skips(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))
    answers.save(desks["interviewer"], SaveAnswer(interview, "W2", "editor-2", "", "", outcome="child_skipped"))

    page = questions.page(desks["interviewer"], interview, "W")
    assert [(line.id, line.state) for line in page.questions][:2] == [("W1", "answered"), ("W2", "skipped")]
    assert page.sections[0].answered == 1


def test_the_coordinator_reads_what_the_laptop_wrote(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], object]
) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))
    carry(desks["interviewer"], desks["coordinator"])

    page = questions.page(desks["coordinator"], interview, "W")
    assert (page.questions[0].text_now, page.questions[0].sealed) == ("下雨", True)
    assert page.case.name != "小满"


def test_minutes_never_run_backwards(desks: Desks, interview: str, later: Callable[[Desk, int], Desk]) -> None:
    assert questions.page(desks["interviewer"], interview).minutes == 0
    assert questions.page(later(desks["interviewer"], -30), interview).minutes == 0


def test_a_note_outside_the_core_set_stays_in_sight(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "P3", "editor-1", "", "跑步"))
    interviews.choose_mode(desks["interviewer"], interview, "core")

    page = questions.page(desks["interviewer"], interview, "P")
    assert "P3" in [line.id for line in page.questions]


def test_what_is_left_is_told_of_every_section(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))
    answers.save(desks["interviewer"], SaveAnswer(interview, "P1", "editor-2", "", "", outcome="child_skipped"))
    taken = answers.save(desks["interviewer"], SaveAnswer(interview, "P2", "editor-3", "", "别记这句"))
    back = SaveAnswer(interview, "P2", "editor-3", taken.base, "")
    answers.off_record(desks["interviewer"], back, "别记这句")

    left = {
        mark.id: mark.state for one in questions.page(desks["interviewer"], interview).sections for mark in one.marks
    }
    assert (left["W1"], left["P1"], left["P2"], left["W2"]) == ("answered", "skipped", "off_record", "open")
    assert len(left) == 28


def test_while_somebody_listens_sensitive_questions_wait(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    assert waiting(desk, interview) == {}

    moments.note(desk, interview, "came_in", "carer")
    assert waiting(desk, interview) == {"P4": "overheard"}
    assert questions.page(desk, interview).around.listening == ("carer",)

    moments.note(desk, interview, "left")
    assert waiting(desk, interview) == {}


def test_after_distress_sensitive_questions_wait_five_minutes(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    moments.note(seconds_later(desk, 30), interview, "distress_1")

    assert waiting(seconds_later(desk, 90), interview) == {"P4": "upset"}
    assert questions.page(seconds_later(desk, 90), interview).around.calm_from == 6
    assert waiting(seconds_later(desk, 365), interview) == {}


def test_what_a_family_lives_through_turns_careful_questions_off(desks: Desks, interview: str, consented: str) -> None:
    desk = desks["interviewer"]
    household.save_parent(desk, consented, "father", ParentTold(alive="no"), Seen())

    assert waiting(desk, interview) == {"P1": "context"}
    line = next(one for one in questions.page(desk, interview, "P").questions if one.id == "P1")
    assert line.context == ("parent_dead",)


def test_what_is_written_of_the_family_is_thought_of_first(desks: Desks, interview: str, consented: str) -> None:
    desk = desks["interviewer"]
    with desk.db.writing() as tables:
        told = Draft("participant", {"sensitive": ["divorced"]}, record=consented, subject=consented)
        log.append_over(tables, desk.pen, told)

    lines = {one.id: one.context for one in questions.page(desk, interview, "P").questions}
    assert (lines["P1"], lines["P2"]) == (("divorced",), ())
    assert waiting(desk, interview) == {}


def waiting(desk: Desk, interview: str) -> dict[str, str]:
    lines = questions.page(desk, interview, "P").questions
    return {line.id: line.waits for line in lines if line.waits}


def seconds_later(desk: Desk, seconds: float) -> Desk:
    return replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(seconds=seconds)))


def test_a_note_shows_the_minute_at_which_it_was_begun(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    begun = answers.save(seconds_later(desk, 130), SaveAnswer(interview, "W1", "editor-1", "", "下"))
    answers.save(seconds_later(desk, 400), SaveAnswer(interview, "W1", "editor-1", begun.base, "下雨"))

    page = questions.page(seconds_later(desk, 400), interview)
    assert [line.minute for line in page.questions] == [2, None]
    assert page.minutes == 6


def test_the_page_knows_which_parts_of_the_opening_the_child_was_told(desks: Desks, interview: str) -> None:
    assert questions.page(desks["interviewer"], interview).told == (1, 2, 3)


def test_a_talk_of_an_earlier_day_that_nobody_ended_says_so(desks: Desks, interview: str) -> None:
    """The child's yes was to that day alone."""
    desk = desks["interviewer"]
    assert questions.page(desk, interview).left_open_on == ""

    in_ten_days = replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(days=10)))
    assert questions.page(in_ten_days, interview).left_open_on == desk.today
    stops.begin(desk, interview, "stop_keep")
    stops.finish_due(desk, all_of_them=True)
    assert questions.page(in_ten_days, interview).left_open_on == ""
