"""A laptop that had not heard of a deletion hands over what was deleted: told, and deleted from here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import answers, checks, leftovers, questions, redactions, revocations, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.leftovers import CountsFirst
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.records import natural_id
from fieldkit.store import leftovers as store
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
Joins = Callable[[str, str, str], Desk]
GONE, OFF, LATER = "放学路上要走很久", "这一句不算", "周末去外婆家"


def note(desk: Desk, interview: str, place: int, text: str) -> None:
    line = questions.page(desk, interview).questions[place]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, text))


def texts(desk: Desk, interview: str) -> list[str]:
    return [line.text_now for line in questions.page(desk, interview).questions if line.text_now]


@pytest.fixture
def deleted(desks: Desks, consented: str, interview: str, carry: Carry) -> str:
    """The coordinator deleted one note of a laptop, which had sealed it once more by then and has not heard of it.

    In the same block lies a note that stays. Returns the child.
    """
    laptop, chief = desks["interviewer"], desks["coordinator"]
    note(laptop, interview, 0, GONE)
    note(laptop, interview, 1, OFF)
    carry(laptop, chief)
    line = questions.page(laptop, interview).questions[1]
    answers.off_record(laptop, SaveAnswer(interview, line.id, line.editor, line.base, ""), OFF)
    note(laptop, interview, 1, LATER)
    record = natural_id("answer", interview, questions.page(chief, interview).questions[0].id)
    withdrawals.take_back(chief, consented, [record])
    redactions.confirm(chief, consented, chief.today, told_all=True)
    return consented


def sealed(desk: Desk) -> int:
    with desk.db.reading() as tables:
        return len(store.every(tables))


def test_only_a_coordinator_sees_and_deletes_it_and_only_where_there_is_any(
    refused: Refused, desks: Desks, deleted: str
) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", leftovers.listing)
    refused(NotAllowed, "interviewer translator sg_lead", partial(leftovers.delete, subject=deleted))
    refused(NotFound, "coordinator", partial(leftovers.delete, subject=deleted))
    assert leftovers.listing(desks["coordinator"]) == []


def test_a_laptop_that_hears_of_it_deletes_it_by_itself(desks: Desks, deleted: str, carry: Carry) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    carry(laptop, chief)
    (found,) = leftovers.listing(chief)
    assert (found.subject, found.device, found.blocks, found.out, found.parked) == (
        deleted, laptop.device.name, 1, False, False,
    )  # fmt: skip
    carry(chief, laptop)
    carry(laptop, chief)
    assert leftovers.listing(chief) == []


def test_what_came_of_a_laptop_that_never_comes_back_is_deleted_from_here_and_the_rest_stays(
    desks: Desks, interview: str, deleted: str, carry: Carry, joins: Joins
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    carry(laptop, chief)
    other = joins("孙宁", "interviewer", "A")
    carry(laptop, other)
    assert (texts(chief, interview), sealed(chief)) == ([LATER], 1)
    leftovers.delete(chief, deleted)
    carry(chief, other)

    for desk in (chief, other):
        assert (texts(desk, interview), sealed(desk)) == ([LATER], 0)
        assert checks.check(desk).problems == []
    newest = joins("周越", "interviewer", "A")
    carry(chief, newest)
    assert texts(newest, interview) == [LATER]


def test_what_does_not_count_yet_counts_first_so_that_nothing_else_goes_with_it(
    refused: Refused, desks: Desks, interview: str, deleted: str, carry: Carry
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    revocations.revoke(chief, laptop.device.id, "lost")
    carry(laptop, chief)
    (found,) = leftovers.listing(chief)
    assert (found.out, found.parked, texts(chief, interview)) == (True, True, [])
    refused(CountsFirst, "coordinator", partial(leftovers.delete, subject=deleted))
    revocations.release(chief, laptop.device.id)
    assert [(one.out, one.parked) for one in leftovers.listing(chief)] == [(True, False)]
    leftovers.delete(chief, deleted)
    assert (leftovers.listing(chief), texts(chief, interview)) == ([], [LATER])
    assert checks.check(chief).problems == []
