from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

import pytest

from fieldkit.acts import stops, wishes
from fieldkit.acts.desk import Desk
from fieldkit.acts.stops import DecidedSince
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
KEEP, DISCARD = "stop_keep", "stop_discard"


def came_late(desk: Desk, interview: str, choice: str = DISCARD, mark: str = "a mark", ago: float = 0.0) -> None:
    with pytest.raises(DecidedSince):
        stops.begin(desk, interview, choice, mark, "what was known long ago", ago=ago)


def test_only_an_interviewer_decides_what_came_too_late(refused: Refused, interview: str) -> None:
    everybody_else = "coordinator translator sg_lead"
    refused(NotAllowed, everybody_else, lambda desk: wishes.waiting(desk, interview))
    refused(NotAllowed, everybody_else, lambda desk: wishes.settle(desk, interview, "a mark", "asked"))
    refused(NotAllowed, everybody_else, lambda desk: stops.go_on_unasked(desk, interview))


def test_nothing_is_settled_without_a_reason_that_there_is(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    came_late(me, interview)
    for reason in ("", "because"):
        with pytest.raises(Invalid):
            wishes.settle(me, interview, "a mark", reason)

    assert [one.id for one in wishes.waiting(me, interview)] == ["a mark"]


def test_what_does_not_wait_is_not_settled(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    came_late(me, interview)
    wishes.settle(me, interview, "a mark", "mistake")
    for mark in ("a mark", "never heard of"):
        with pytest.raises(NotFound):
            wishes.settle(me, interview, mark, "asked")


def test_it_says_about_when_it_was_chosen_however_long_ago(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    came_late(me, interview, ago=3600)
    came_late(me, interview, mark="absurd", ago=1e300)

    oldest, wish = wishes.waiting(me, interview)
    assert oldest.id == "absurd"
    assert abs(me.clock.now() - timedelta(hours=1) - datetime.fromisoformat(wish.at)) < timedelta(minutes=5)


def test_once_nothing_of_the_talk_is_left_nothing_waits(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    for choice in (KEEP, DISCARD):
        came_late(me, interview, choice, choice)
    stops.finish(me, interview, stops.begin(me, interview, DISCARD).mark)

    assert wishes.waiting(me) == []


def test_a_stop_that_keeps_meets_what_would_have_kept_and_leaves_that_nothing_was_to_stay(
    desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    for choice in (KEEP, DISCARD):
        came_late(me, interview, choice, choice)
    stops.finish(me, interview, stops.begin(me, interview, KEEP).mark)

    assert [one.what for one in wishes.waiting(me)] == [DISCARD]


@pytest.mark.parametrize(("ago", "counts"), [(0.0, False), (5.0, True), (inf, True)])
def test_who_goes_on_on_a_page_that_knew_of_no_stop_takes_back_the_one_that_was_tapped_before(
    desks: Desks, interview: str, ago: float, counts: bool
) -> None:
    """A stop that was tapped after the child went on counts down, and any where nobody knows which came first."""
    me = desks["interviewer"]
    stops.begin(me, interview, DISCARD)
    clock = replace(me.clock, ahead=me.clock.ahead + timedelta(seconds=3))
    stops.go_on_unasked(replace(me, clock=clock), interview, ago)

    assert stops.counts_down(me, interview) == counts
