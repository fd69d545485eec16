"""PINs and wrong tries, in memory: refused first, then let through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldkit.acts import locks
from fieldkit.acts.desk import Desk
from fieldkit.acts.locks import Guard, NotAPin, SlowDown, WrongPin
from fieldkit.clock import Clock
from fieldkit.errors import NotFound
from fieldkit.store.keys import WrongPassphrase

Desks = dict[str, Desk]


def wrong() -> None:
    raise WrongPassphrase


def test_after_three_wrong_tries_the_next_one_waits_whatever_is_typed() -> None:
    guard = Guard()
    for now in (0.0, 1.0, 2.0):
        with pytest.raises(WrongPassphrase):
            guard.tried("li", now, wrong)
    with pytest.raises(SlowDown) as told:
        guard.tried("li", 2.5, lambda: "opened")
    assert "2 秒" in told.value.sentence("zh_CN")
    with pytest.raises(WrongPassphrase):
        guard.tried("li", 4.0, wrong)
    with pytest.raises(SlowDown):
        guard.tried("li", 7.9, lambda: "opened")
    assert guard.tried("li", 8.0, lambda: "opened") == "opened"
    with pytest.raises(WrongPassphrase):
        guard.tried("li", 8.0, wrong)


def test_one_persons_wrong_tries_do_not_slow_down_the_other() -> None:
    guard = Guard()
    for _ in range(3):
        with pytest.raises(WrongPassphrase):
            guard.tried("li", 0.0, wrong)
    assert guard.tried("wang", 0.0, lambda: "opened") == "opened"


def test_what_is_no_wrong_try_does_not_count() -> None:
    def unknown() -> None:
        raise NotFound

    guard = Guard()
    for _ in range(9):
        with pytest.raises(NotFound):
            guard.tried("li", 0.0, unknown)
    assert guard.tried("li", 0.0, lambda: "opened") == "opened"


def test_a_pin_is_four_to_six_digits_and_only_today_s_lifts_the_cover(desks: Desks) -> None:
    desk, guard = desks["interviewer"], Guard()
    with pytest.raises(NotAPin):
        guard.choose(desk, "12345x")
    with pytest.raises(WrongPin):
        guard.check_pin(desk, "1234")
    guard.choose(desk, "1234")
    guard.check_pin(desk, "1234")
    with pytest.raises(WrongPin):
        guard.check_pin(desks["coordinator"], "1234")
    tomorrow = replace(desk, clock=Clock(timedelta(days=1)))
    assert not guard.has_pin(tomorrow)
    with pytest.raises(WrongPin):
        guard.check_pin(tomorrow, "1234")


def test_after_five_wrong_pins_the_right_one_does_not_count_either(desks: Desks) -> None:
    desk, guard = desks["interviewer"], Guard()
    guard.choose(desk, "1234")
    for _ in range(5):
        with pytest.raises(WrongPin):
            guard.check_pin(desk, "4321")
    with pytest.raises(WrongPin):
        guard.check_pin(desk, "1234")
    assert not guard.has_pin(desk)


def test_the_pin_itself_is_kept_nowhere(desks: Desks) -> None:
    guard = Guard()
    guard.choose(desks["interviewer"], "271828")
    assert "271828" not in repr(guard)


def test_an_interview_of_today_runs_and_one_of_yesterday_does_not(desks: Desks, interview: str) -> None:
    assert locks.running(desks["interviewer"])
    assert not locks.running(replace(desks["interviewer"], clock=Clock(timedelta(days=1))))
    assert not locks.running(desks["coordinator"])
