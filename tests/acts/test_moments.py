from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import moments, questions, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]


def later(desk: Desk, seconds: float) -> Desk:
    return replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(seconds=seconds)))


def test_only_an_interviewer_notes_a_moment(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", partial(moments.note, interview=interview, what="came_in"))


@pytest.mark.parametrize(("what", "who"), [("", ""), ("sang", ""), ("came_in", "the mayor")])
def test_what_does_not_exist_is_refused(refused: Refused, interview: str, what: str, who: str) -> None:
    refused(Invalid, "interviewer", partial(moments.note, interview=interview, what=what, who=who))


def test_nothing_is_noted_about_an_interview_that_is_not_there(refused: Refused) -> None:
    refused(NotFound, "interviewer", partial(moments.note, interview="nowhere", what="came_in"))


def test_without_consent_no_moment_is_kept(refused: Refused, desks: Desks, consented: str, interview: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "child")

    refused(ConsentMissing, "interviewer", partial(moments.note, interview=interview, what="came_in"))


def test_a_moment_has_its_minute(desks: Desks, interview: str, changes: Changes) -> None:
    moments.note(later(desks["interviewer"], 90), interview, "came_in", "carer", "P1")

    (kept,) = changes(desks["interviewer"], "moment")
    assert 90_000 <= kept.set["t_elapsed"] < 200_000
    assert (kept.set["what"], kept.set["who"], kept.set["question"]) == ("came_in", "carer", "P1")
    assert (kept.elapsed, kept.drawer, kept.session) == (kept.set["t_elapsed"], "research/A", interview)


def test_a_moment_that_is_heard_of_late_has_the_minute_of_its_tap_and_was_time_of_the_talk(
    desks: Desks, interview: str, changes: Changes
) -> None:
    me = later(desks["interviewer"], 1500)
    moments.note(me, interview, "came_in", "carer", "P1", 1000)
    moments.note(me, interview, "break", ago=600)
    moments.note(me, interview, "resumed", ago=1)

    assert [one.set["t_elapsed"] // 60_000 for one in changes(me, "moment")] == [8, 15, 24]
    assert questions.page(later(me, 120), interview).minutes == 27


def test_a_break_is_no_time_of_the_interview(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    moments.note(later(me, 120), interview, "break")
    assert questions.page(later(me, 500), interview).minutes == 2

    moments.note(later(me, 600), interview, "resumed")

    assert questions.page(later(me, 670), interview).minutes == 3
