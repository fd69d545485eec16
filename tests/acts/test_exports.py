from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from fieldkit.acts import answers, assents, consents, exports, interviews, questions, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import NotAllowed, Refusal
from fieldkit.records import Change
from fieldkit.studies import Pair
from sync.replica import Report

CAME_BACK = {"again_family": "came_back"}
Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]


@pytest.fixture
def told(desks: Desks, interview: str) -> str:
    """小满 said something about rain, and skipped a question."""
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨放学的时候"))
    skipped = SaveAnswer(interview, "W2", "editor-2", "", "", outcome="child_skipped")
    answers.save(desks["interviewer"], skipped)
    return interview


def test_only_a_coordinator_exports(refused: Refused) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", exports.dataset)


def test_a_row_says_who_was_asked_what_and_what_was_written(desks: Desks, told: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    found = exports.dataset(desks["coordinator"])

    first = found.rows[0]
    assert (found.interviews, len(found.rows)) == (1, 2)
    assert (first.case_code, first.session_code, first.interviewer) == ("ZK-A03-001", "ZK-A03-001-S1", "李岚")
    assert (first.question, first.text, first.outcome) == ("W1", "下雨放学的时候", "answered")
    assert (found.rows[1].outcome, found.rows[1].text) == ("child_skipped", "")
    assert (first.mode, first.entered_on, first.paper_ref) == ("full", "", "")
    assert first.pseudonym.zh
    assert first.asked.en.startswith("Let's just chat first")


def test_the_question_stands_as_the_child_heard_it(desks: Desks, interview: str, carry: Carry) -> None:
    texts = {line.id: line.text for line in questions.page(desks["interviewer"], interview, "P").questions}
    for code in texts:
        answers.save(desks["interviewer"], SaveAnswer(interview, code, f"editor-{code}", "", "嗯"))
    carry(desks["interviewer"], desks["coordinator"])

    rows = exports.dataset(desks["coordinator"]).rows
    assert {row.question: row.asked for row in rows} == texts
    assert not any("{" in text for row in rows for text in row.asked)


def test_a_child_who_withdrew_is_left_out_and_counted(desks: Desks, told: str, carry: Carry) -> None:
    withdrawals.withdraw_each(desks["interviewer"], ["ZK-A03-001"])
    carry(desks["interviewer"], desks["coordinator"])
    found = exports.dataset(desks["coordinator"])

    assert (found.rows, found.interviews, found.left_out_withdrawn, found.left_out_held) == ([], 0, 1, 0)


def test_who_stopped_and_left_what_was_said_stays_in(desks: Desks, told: str, consented: str, carry: Carry) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "child")
    carry(desks["interviewer"], desks["coordinator"])

    assert len(exports.dataset(desks["coordinator"]).rows) == 2


def test_while_a_guardian_objects_nothing_of_the_child_leaves(
    desks: Desks, told: str, consented: str, carry: Carry
) -> None:
    consents.record(desks["interviewer"], consented, GuardianAnswer("father", {"participate": "no"}, []))
    carry(desks["interviewer"], desks["coordinator"])
    found = exports.dataset(desks["coordinator"])

    assert (found.rows, found.interviews, found.left_out_held) == ([], 0, 1)
    assert found.nonparticipation == {"guardian_no": 1}


def test_once_that_guardian_says_yes_it_leaves_again(
    desks: Desks, told: str, consented: str, carry: Carry, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    said_no = consents.record(desk, consented, GuardianAnswer("father", {"participate": "no"}, []))
    consents.record(desk, consented, says(desk, consented, relation="father", follows=[said_no], reasons=CAME_BACK))
    carry(desk, desks["coordinator"])

    assert len(exports.dataset(desks["coordinator"]).rows) == 2


def test_an_interview_without_its_consents_is_left_out_and_counted(
    desks: Desks, told: str, carry: Carry, changes: Callable[[Desk, str], list[Change]]
) -> None:
    with desks["interviewer"].db.writing() as tables:  # the stick brings all but the child's yes
        event = changes(desks["interviewer"], "consent_event")[-1].id
        tables.execute("DELETE FROM changes WHERE id = ?", [event])
    report = carry(desks["interviewer"], desks["coordinator"])
    found = exports.dataset(desks["coordinator"])

    assert report.changes_held == 3
    assert (found.rows, found.interviews, found.left_out_held, found.left_out_withdrawn) == ([], 0, 1, 0)


def test_a_second_interview_has_a_number_of_its_own(
    desks: Desks, told: str, consented: str, carry: Carry, later: Callable[[Desk, int], Desk]
) -> None:
    tomorrow = later(desks["interviewer"], 1)
    assents.record(tomorrow, consented, ChildAnswer("yes", (1, 2, 3), "child_oral"))
    answers.save(tomorrow, SaveAnswer(interviews.start(tomorrow, consented, KEPT), "W1", "editor-3", "", "第二次"))
    carry(tomorrow, desks["coordinator"])

    rows = exports.dataset(desks["coordinator"]).rows
    assert [(row.session_code[-2:], row.text) for row in rows if row.question == "W1"] == [
        ("S1", "下雨放学的时候"),
        ("S2", "第二次"),
    ]


def test_a_note_in_conflict_says_so(desks: Desks, told: str, carry: Carry) -> None:
    answers.save(desks["interviewer"], SaveAnswer(told, "W1", "another-editor", "", "下雪"))
    carry(desks["interviewer"], desks["coordinator"])

    rows = exports.dataset(desks["coordinator"]).rows
    assert [(row.question, row.conflict) for row in rows] == [("W1", True), ("W2", False)]


def test_a_note_of_a_doubtful_time_says_so(desks: Desks, told: str, carry: Carry) -> None:
    wrong = replace(desks["interviewer"], clock=Clock(timedelta(days=-2000)))
    answers.save(wrong, SaveAnswer(told, "P1", "another-editor", "", "那天很冷"))
    carry(desks["interviewer"], desks["coordinator"])

    rows = exports.dataset(desks["coordinator"]).rows
    assert {row.question: row.suspicious for row in rows} == {"W1": False, "W2": False, "P1": True}


def test_an_answer_is_exported_although_its_guide_has_not_arrived(desks: Desks, told: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    with desks["coordinator"].db.writing() as tables:
        tables.execute("DELETE FROM guide_versions")

    row = exports.dataset(desks["coordinator"]).rows[0]
    assert (row.text, row.asked) == ("下雨放学的时候", Pair("", ""))


def test_no_real_name_is_in_the_dataset(desks: Desks, told: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    found = exports.dataset(desks["coordinator"])

    assert not any(name in repr(found) for name in ("小满", "刘某", "王某"))
    assert "小满" in repr(replace(found, rows=[replace(found.rows[0], text="小满")]))


def test_a_code_the_study_does_not_know_stands_for_itself() -> None:
    assert exports.label("outcome", "answered").zh != "answered"
    assert exports.label("outcome", "from_a_later_version") == Pair("from_a_later_version", "from_a_later_version")
