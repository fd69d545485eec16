"""When a laptop's date is doubted."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules import clocks
from fieldkit.rules.clocks import Repair, confirms, doubtful, far, is_jump, suspicious

LAST = date(2026, 11, 24)


@pytest.mark.parametrize("today", [date(2019, 1, 1), date(2026, 11, 23), date(2026, 11, 26), date(2036, 1, 1)])
def test_v31_a_date_before_the_last_record_or_more_than_a_day_after_it_is_doubted(today: date) -> None:
    assert doubtful(today, [LAST])


@pytest.mark.parametrize("today", [LAST, date(2026, 11, 25)])
def test_the_day_of_the_last_record_and_the_next_one_are_not(today: date) -> None:
    assert not doubtful(today, [LAST])


def test_a_date_that_a_person_stated_counts_like_a_record() -> None:
    assert not doubtful(date(2026, 12, 24), [LAST, date(2026, 12, 23)])


def test_with_nothing_to_compare_no_date_is_doubted() -> None:
    assert not doubtful(date(2019, 1, 1), [])


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (LAST, False),
        (date(2027, 11, 25), False),
        (date(2026, 11, 23), True),
        (date(2027, 11, 26), True),
        (date(2062, 1, 1), True),
    ],
)
def test_v31_a_stated_day_follows_a_record_within_a_year_or_is_asked_about(told: date, asked: bool) -> None:
    assert [one.code for one in far(told, [LAST, date(2019, 1, 1)])] == (["V31"] if asked else [])


def test_a_laptop_without_records_believes_what_it_is_told() -> None:
    assert far(date(2026, 11, 24), []) == []


@pytest.mark.parametrize(
    ("days", "found"), [(-2000, True), (-1, True), (0, False), (1, False), (2, True), (200, True), (4000, True)]
)
def test_what_is_written_neither_on_the_trusted_day_nor_on_the_next_is_suspicious(days: int, found: bool) -> None:
    assert suspicious(LAST + timedelta(days=days), LAST) is found


@pytest.mark.parametrize(("days", "enough"), [(-1, False), (0, True), (3, True), (366, True), (367, False)])
def test_a_tap_confirms_days_without_the_laptop_and_no_years(days: int, enough: bool) -> None:
    assert confirms(LAST + timedelta(days=days), LAST) is enough


def test_while_no_day_is_trusted_none_is_suspicious() -> None:
    assert not suspicious(date(2019, 1, 1), None)
    assert confirms(date(2019, 1, 1), None)


def said(id_: str, days: int, replaces: tuple[str, ...] = (), device: str = "L1", **span: object) -> Repair:
    whole = {"first": 5, "last": 9, "from_day": "2019-01-01", "to_day": "2019-01-03", **span}
    return Repair(id_, device, days=days, reason="battery", replaces=replaces, author="C1", **whole)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("device", "tick", "day"),
    [("L2", 7, "2019-01-02"), ("L1", 4, "2019-01-02"), ("L1", 10, "2019-01-02"), ("L1", 7, "2026-11-24")],
)
def test_a_repair_says_nothing_of_another_laptop_or_of_what_was_written_before_after_or_under_another_date(
    device: str, tick: int, day: str
) -> None:
    assert clocks.right_days([said("a", 2884)], device, tick, day) == ()


def test_a_repair_moves_each_day_of_its_span_by_as_many() -> None:
    days = [clocks.right_days([said("a", 2884)], "L1", 7, f"2019-01-0{day}") for day in (1, 3)]

    assert days == [("2026-11-24",), ("2026-11-26",)]


def test_two_repairs_of_the_same_show_both_until_one_replaces_them() -> None:
    both = [said("a", 10), said("b", 11, first=9, last=12)]

    assert clocks.clashing(clocks.standing(both)) == {"L1"}
    assert clocks.right_days(both, "L1", 9, "2019-01-01") == ("2019-01-11", "2019-01-12")
    assert clocks.right_days(both, "L1", 8, "2019-01-01") == ("2019-01-11",)
    stands = clocks.standing([*both, said("c", 12, ("a", "b"))])
    assert clocks.clashing(stands) == set()
    assert clocks.right_days(stands, "L1", 9, "2019-01-01") == ("2019-01-13",)


@pytest.mark.parametrize(
    "other",
    [
        said("b", 11, device="L2"),
        said("b", 11, first=10, last=12),
        said("b", 11, from_day="2019-01-04", to_day="2019-01-05"),
        said("b", 10),
    ],
)
def test_repairs_of_different_things_or_that_say_the_same_do_not_clash(other: Repair) -> None:
    assert clocks.clashing(clocks.standing([said("a", 10), other])) == set()


def numbered(number: int, days: int, first: int, replaces: set[int]) -> Repair:
    return said(f"r{number}", days, tuple(f"r{one}" for one in sorted(replaces) if one < number), first=first)


NUMBERS = st.integers(0, 9)
REPAIRS = st.lists(
    st.builds(numbered, NUMBERS, st.integers(-3, 3), st.integers(1, 9), st.sets(NUMBERS)), unique_by=lambda one: one.id
)


@given(REPAIRS, st.randoms(use_true_random=False))
def test_what_was_meant_is_the_same_in_whatever_order_repairs_arrive(repairs: list[Repair], chance: Random) -> None:
    shuffled = chance.sample(repairs, len(repairs))

    assert clocks.standing(shuffled) == clocks.standing(repairs)
    stands = clocks.standing(repairs)
    assert clocks.right_days(stands, "L1", 7, "2019-01-02") == clocks.right_days(stands[::-1], "L1", 7, "2019-01-02")


@pytest.mark.parametrize(
    ("days", "sleep_counts", "jumped"),
    [(2190, True, True), (-7300, False, True), (3, False, False), (3, True, True), (0.2, True, False)],
)
def test_a_date_has_jumped_where_the_running_clock_says_otherwise(
    days: float, sleep_counts: bool, jumped: bool
) -> None:
    assert is_jump(timedelta(days=days), sleep_counts=sleep_counts) is jumped
