"""When a laptop's date is doubted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fieldkit.rules.clocks import doubtful, far, wrong

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
    ("days", "found"), [(-1, True), (0, False), (1, False), (7, False), (366, False), (367, True), (4000, True)]
)
def test_a_day_before_the_trusted_one_is_wrong_and_so_is_one_of_more_than_a_year_after_it(
    days: int, found: bool
) -> None:
    assert wrong(LAST + timedelta(days=days), LAST) is found


def test_while_no_day_is_trusted_none_is_wrong() -> None:
    assert not wrong(date(2019, 1, 1), None)
