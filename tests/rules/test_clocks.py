"""When a laptop's date is doubted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fieldkit.rules.clocks import confirms, doubtful, far, suspicious

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
