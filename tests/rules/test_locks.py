"""When the cover falls, and how long a wrong try makes the next one wait."""

from __future__ import annotations

import pytest

from fieldkit.rules import locks


@pytest.mark.parametrize(
    ("idle", "running", "falls"),
    [
        (0, False, False),
        (179, False, False),
        (180, False, True),
        (180, True, False),
        (1199, True, False),
        (1200, True, True),
    ],
)
def test_the_cover_falls_after_three_idle_minutes_or_twenty_while_people_talk(
    idle: float, running: bool, falls: bool
) -> None:
    assert locks.falls(idle, running=running) is falls


@pytest.mark.parametrize(
    ("wrong", "seconds"),
    [(0, 0), (1, 0), (2, 0), (3, 2), (4, 4), (5, 8), (6, 16), (7, 32), (8, 60), (9, 60), (10_000, 60)],
)
def test_after_three_wrong_tries_each_one_waits_longer_up_to_a_minute(wrong: int, seconds: int) -> None:
    assert locks.wait(wrong) == seconds


@pytest.mark.parametrize(("wrong", "counts"), [(0, True), (4, True), (5, False), (6, False)])
def test_after_five_wrong_pins_only_the_passphrase_counts(wrong: int, counts: bool) -> None:
    assert locks.pin_counts(wrong) is counts


@pytest.mark.parametrize("typed", ["", "123", "1234567", "12a4", "１２３４", "12 34", "1234\n", "-123"])
def test_anything_but_four_to_six_digits_is_no_pin(typed: str) -> None:
    assert not locks.is_pin(typed)


@pytest.mark.parametrize("typed", ["0000", "12345", "987654"])
def test_four_to_six_digits_are_a_pin(typed: str) -> None:
    assert locks.is_pin(typed)
