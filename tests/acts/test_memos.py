from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fieldkit.acts import memos, people, tasks, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.errors import Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.names import TooLong
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
Carry = Callable[[Desk, Desk], Report]
THOUGHT = "我问得太快了QZJXKWVPHM"
SHARED = {"method_note": "下次先聊上学路上"}


def test_only_an_interviewer_writes_a_memo(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: memos.write(desk, interview, SHARED))
    refused(NotAllowed, "translator sg_lead", lambda desk: memos.of_interview(desk, interview))


def test_an_empty_memo_is_none(refused: Refused, interview: str) -> None:
    for parts in ({}, {"self_role": " \n"}, {"unknown": "words"}):
        refused(Missing, "interviewer", partial(memos.write, interview=interview, parts=parts))


def test_a_memo_that_is_too_long_is_not_cut_in_silence(refused: Refused, interview: str) -> None:
    long = {"analytic_idea": "想" * (memos.LONGEST + 1)}
    refused(TooLong, "interviewer", lambda desk: memos.write(desk, interview, long))


def test_a_memo_is_about_an_interview_that_is_here(
    refused: Refused, desks: Desks, interview: str, consented: str
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    for name in (interview, "nobody"):
        refused(NotFound, "interviewer", partial(memos.write, interview=name, parts=SHARED))


def test_a_memo_is_its_authors_alone(desks: Desks, interview: str, carry: Carry, words: Callable[[Desk], str]) -> None:
    """Neither the coordinator nor the laptop's own tables can read it; a control in the same place is found."""
    desk = desks["interviewer"]
    memos.write(desk, interview, {"self_role": THOUGHT})
    memos.write(desk, interview, SHARED, shared=True)
    carry(desk, desks["coordinator"])

    assert [one.parts.get("self_role") for one in memos.of_interview(desk, interview)] == [THOUGHT, ""]
    (seen,) = memos.of_interview(desks["coordinator"], interview)
    assert (seen.parts["method_note"], seen.shared, seen.author) == (SHARED["method_note"], True, desk.me.name)
    for at in (desk, desks["coordinator"]):
        assert THOUGHT not in words(at)
        assert SHARED["method_note"] in words(at)


def test_a_memo_that_cannot_be_opened_any_more_hides_no_other(desks: Desks, interview: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    memos.write(desk, interview, {"self_role": THOUGHT})
    with desk.db.writing() as tables:
        tables.execute("UPDATE memos SET sealed = '2:' || substr(sealed, 3)")
    memos.write(desk, interview, SHARED, shared=True)

    assert [one.shared for one in memos.of_interview(desk, interview)] == [True]


def test_a_memo_is_due_the_day_after_until_it_is_written(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    due = [task for task in tasks.waiting(desk, people.listing(desk)).first if task.code == tasks.MEMO]
    assert [(task.event, task.due > desk.today) for task in due] == [(interview, True)]

    memos.write(desk, interview, SHARED)
    assert [task for task in tasks.waiting(desk, people.listing(desk)).first if task.code == tasks.MEMO] == []
