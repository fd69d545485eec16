from __future__ import annotations

from datetime import date, timedelta

import pytest

from fieldkit.rules.help_card import fresh, open_lines
from fieldkit.studies import CardLine, Pair

TODAY = date(2026, 11, 25)
POLICE = CardLine("card:1", Pair("报警", "police"), "110", "", rung=False)
COUNTY = CardLine("card:5", Pair("县", "county"), "", "")
RESCUE = CardLine("card:9", Pair("救助", "rescue"), "12349", "", needed=False)
LINES = (POLICE, COUNTY, RESCUE)


def rung(days: int) -> dict[str, dict[str, str]]:
    return {"card:5": {"number": "0394-1", "verified_on": (TODAY - timedelta(days=days)).isoformat()}}


@pytest.mark.parametrize("numbers", [{}, {"card:5": {"number": "0394-1", "verified_on": ""}}, rung(91), rung(-1)])
def test_a_number_that_nobody_rang_lately_keeps_the_line_open(numbers: dict[str, dict[str, str]]) -> None:
    assert open_lines(LINES, numbers, TODAY) == ["card:5"]


def test_a_line_without_a_number_is_open_whenever_it_was_rung() -> None:
    assert open_lines(LINES, {"card:5": {"number": "", "verified_on": TODAY.isoformat()}}, TODAY) == ["card:5"]


@pytest.mark.parametrize("days", [0, 90])
def test_a_number_rung_within_90_days_can_be_relied_on(days: int) -> None:
    assert open_lines(LINES, rung(days), TODAY) == []


def test_what_is_no_day_is_not_fresh() -> None:
    assert not fresh("yesterday", TODAY)
