"""Dates in both calendars: what cannot be is a ValueError, whatever the text; what can be means exactly its days."""

from __future__ import annotations

from datetime import date

import pytest
from borax.calendars.lunardate import LunarDate
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules.calendars import (
    LUNAR,
    DayToCome,
    NoDay,
    UnknownCalendar,
    lunar_year,
    named,
    number,
    past_day,
    span,
    told_day,
    zodiac,
)
from fieldkit.studies import Pair


def is_date(told: str) -> bool:
    try:
        span(told, LUNAR)
    except ValueError:
        return False
    return True


HOSTILE = st.text(alphabet="0123456789年月日号-/.闰正冬腊初十廿一二三〇零农历 ９\n'\x00😀", max_size=14) | st.text()


@pytest.mark.parametrize(
    "told",
    [
        *("", "冬月", "2013-13", "2013-0", "2013-11-30", "2013年冬月三十", "2013年腊月三十一", "2013-11-00"),
        *("2019年闰四月", "2020年闰五月", "2020-闰4-30", "2101", "1899", "20135", "13年冬月", "2013年冬月-"),
        *("二〇一", "2013年冬月初", "2013-11-5-1", "农历"),
    ],
)
def test_a_lunar_date_that_does_not_exist_is_no_date(told: str) -> None:
    assert not is_date(told)


@pytest.mark.parametrize(
    "told",
    [
        *("2013-11", "2013年冬月", "2013冬月", "2013年十一月", "2013十一月", "2013年11月", "2013/11", "２０１３－１１"),
        *("农历2013年冬月", "阴历2013 年 冬月", "二〇一三年冬月", "二零一三年十一月", "2013-冬"),
    ],
)
def test_a_lunar_month_is_all_of_its_days(told: str) -> None:
    assert span(told, LUNAR) == (date(2013, 12, 3), date(2013, 12, 31))


@pytest.mark.parametrize(
    ("told", "first", "last"),
    [
        ("2013-11-05", date(2013, 12, 7), date(2013, 12, 7)),
        ("2013年冬月初五", date(2013, 12, 7), date(2013, 12, 7)),
        ("2013年冬月廿三", date(2013, 12, 25), date(2013, 12, 25)),
        ("2013年冬月二十三日", date(2013, 12, 25), date(2013, 12, 25)),
        ("2013年冬月初十", date(2013, 12, 12), date(2013, 12, 12)),
        ("2013年腊月三十", date(2014, 1, 30), date(2014, 1, 30)),
        ("2013年正月初一", date(2013, 2, 10), date(2013, 2, 10)),
        ("2013", date(2013, 2, 10), date(2014, 1, 30)),
        ("2020年四月", date(2020, 4, 23), date(2020, 5, 22)),
        ("2020年闰四月", date(2020, 5, 23), date(2020, 6, 20)),
        ("2020-闰4", date(2020, 5, 23), date(2020, 6, 20)),
        ("2020-闰4-01", date(2020, 5, 23), date(2020, 5, 23)),
        ("2020", date(2020, 1, 25), date(2021, 2, 11)),
    ],
)
def test_a_lunar_date_is_read_as_it_is_told(told: str, first: date, last: date) -> None:
    assert span(told, LUNAR) == (first, last)


@given(HOSTILE, st.sampled_from(["gregorian", LUNAR]))
def test_whatever_is_typed_is_a_date_or_refused(told: str, calendar: str) -> None:
    try:
        first, last = span(told, calendar)
    except ValueError:
        return
    assert 0 <= (last - first).days < 400


@given(st.dates(min_value=date(1900, 1, 31), max_value=date(2101, 1, 28)))
def test_every_day_is_found_again_from_its_lunar_date(day: date) -> None:
    known = LunarDate.from_solar(day)
    leap = "闰" if known.leap else ""

    assert span(f"{known.year}-{leap}{known.month}-{known.day}", LUNAR) == (day, day)
    assert span(known.cn_str(), LUNAR) == (day, day)
    assert lunar_year(day) == known.year


@pytest.mark.parametrize(
    ("day", "year"), [(date(2014, 1, 30), 2013), (date(2014, 1, 31), 2014), (date(1800, 1, 1), None)]
)
def test_a_lunar_year_begins_at_the_spring_festival(day: date, year: int | None) -> None:
    assert lunar_year(day) == year


@pytest.mark.parametrize(("year", "sign"), [(2008, 1), (2013, 6), (2014, 7), (2019, 12)])
def test_the_sign_of_a_year(year: int, sign: int) -> None:
    assert zodiac(year) == sign


@pytest.mark.parametrize(
    ("words", "said"),
    [
        *(
            ("14", 14),
            ("１４", 14),
            ("十四了", 14),
            ("十四五岁", 14),
            ("二十", 20),
            ("十岁", 10),
            ("九岁", 9),
            ("7 岁", 7),
        ),
        *(("", None), ("不知道", None), ("140", None), ("😀", None)),
    ],
)
def test_an_age_is_read_in_words_and_digits(words: str, said: int | None) -> None:
    assert number(words) == said


@pytest.mark.parametrize("word", ["火星", "回历", "x", "农历？公历", "1"])
def test_a_calendar_that_nobody_knows_is_refused_and_never_guessed(word: str) -> None:
    with pytest.raises(UnknownCalendar) as told:
        named(word)
    assert word in told.value.sentence("zh_CN")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("农历 旧历 阴历 夏历 农 阴 旧 lunar LUNAR", "lunar"),
        ("公历 阳历 新历 国历 西历 公 阳 新 国 gregorian solar Solar ｓｏｌａｒ", "gregorian"),
    ],
)
def test_every_usual_word_for_a_calendar_is_read(words: str, code: str) -> None:
    assert {named(word) for word in words.split()} == {code}
    assert named("") == named(" \u3000") == "gregorian"


@given(st.text())
def test_any_word_is_a_calendar_or_refused(word: str) -> None:
    try:
        assert named(word) in {"gregorian", "lunar"}
    except UnknownCalendar:
        return


@pytest.mark.parametrize("text", ["", "notadate", "2026-02-30", "２０２６－０２－３０", "2026-2-3", "20260203"])
def test_what_is_no_day_is_refused_and_its_field_is_named(text: str) -> None:
    with pytest.raises(NoDay) as told:
        told_day(text, "Come again on")
    assert "下次什么时候来" in told.value.sentence("zh_CN")
    assert "Come again on" in told.value.sentence("en")


def test_a_day_that_has_not_come_is_refused_and_its_field_is_named() -> None:
    with pytest.raises(DayToCome) as told:
        past_day("2026-11-26", Pair("哪天做完", "Finished on"), date(2026, 11, 25))
    assert "“哪天做完”" in told.value.sentence("zh_CN")
    assert "“Finished on”" in told.value.sentence("en")


@pytest.mark.parametrize("text", ["2026年11月", "2026年", "2026年2月30日", "2026年13月1日", "11月25日"])
def test_what_names_no_one_day_in_chinese_is_refused_too(text: str) -> None:
    with pytest.raises(NoDay):
        told_day(text, "")


@pytest.mark.parametrize("text", ["2026年11月25日", "2026 年 11 月 25 号", "２０２６年１１月２５日"])
def test_a_day_is_read_as_it_stands_on_a_chinese_paper(text: str) -> None:
    assert told_day(text, "") == date(2026, 11, 25)
    assert told_day("2026年2月3日", "") == date(2026, 2, 3)


@pytest.mark.parametrize("text", ["２０２６－１１－２５", "2026—11—25", "2026–11–25", " 2026-11-25 "])
def test_a_day_is_read_however_the_keyboard_wrote_it(text: str) -> None:
    assert told_day(text, "") == past_day(text, "", date(2026, 11, 25)) == date(2026, 11, 25)


def test_a_birth_date_is_read_with_any_dash() -> None:
    assert span("2013—11") == span("２０１３－１１") == span("2013-11")
