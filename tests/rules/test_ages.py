"""Ages in full years from what a family can tell of a birth date, and the form that belongs to each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules.ages import (
    BirthDate,
    InTheFuture,
    NoBirthDate,
    NoToldAge,
    OutOfRange,
    Told,
    age_group,
    birth_date,
    check_range,
    child_form,
    findings,
    full_years,
    group_of_age_on,
    grown_group,
    nominal_age,
    of_age_on,
    precision,
    told_age,
    unusual_grade,
)
from fieldkit.rules.calendars import UnknownCalendar
from fieldkit.studies import load_study

TODAY = date(2026, 11, 24)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2040, 12, 31))
GROUPS = ["u9", "a9_11", "a12_13", "u14_uncertain", "a14_17", "a18"]


@pytest.mark.parametrize(
    "told",
    [
        *("", "12", "2013年冬月", "2014-13", "2014-00", "2014-02-30", "2014-04-31", "2014-5-", "0000-05", "14-05-09"),
        *("201405", "2014年13月", "2014闰4", "2014-05-09-01", "二〇一四年五月"),
    ],
)
def test_a_date_that_does_not_exist_is_refused(told: str) -> None:
    with pytest.raises(NoBirthDate):
        birth_date(told)


@pytest.mark.parametrize("told", ["2027", "2026-12", "2026-11-25"])
def test_a_birth_date_after_today_is_refused(told: str) -> None:
    with pytest.raises(InTheFuture):
        age_group(birth_date(told), TODAY)


@pytest.mark.parametrize("told", ["2017-11-24", "2017-11", "2017", "2010-11-23", "1990"])
def test_a_child_outside_the_range_of_the_study_is_refused(told: str) -> None:
    with pytest.raises(OutOfRange):
        check_range(birth_date(told), TODAY, 9, 15)


@pytest.mark.parametrize("told", ["2017-11-23", "2017-10", "2016", "2010-11-24", "2010-11", "2010"])
def test_a_child_whose_youngest_possible_age_is_in_the_range_is_welcome(told: str) -> None:
    check_range(birth_date(told), TODAY, 9, 15)


@pytest.mark.parametrize("group", ["u9", ""])
def test_there_is_no_form_below_nine_or_without_an_age(group: str) -> None:
    with pytest.raises(OutOfRange):
        child_form(group)


@pytest.mark.parametrize(
    ("group", "doc_kind"),
    [
        ("a9_11", "assent_9_11"),
        ("a12_13", "assent_12_13"),
        ("u14_uncertain", "assent_12_13"),
        ("a14_17", "consent_14_17"),
        ("a18", "adult_18"),
    ],
)
def test_each_age_group_has_its_form(group: str, doc_kind: str) -> None:
    assert child_form(group) == doc_kind
    assert doc_kind in load_study().codes["doc_kind"]


@pytest.mark.parametrize(
    ("told", "earliest", "latest"),
    [
        ("2014-05-09", date(2014, 5, 9), date(2014, 5, 9)),
        ("2014-5-9", date(2014, 5, 9), date(2014, 5, 9)),
        (" 2014-05 ", date(2014, 5, 1), date(2014, 5, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2014-12", date(2014, 12, 1), date(2014, 12, 31)),
        ("2014", date(2014, 1, 1), date(2014, 12, 31)),
        ("2014年", date(2014, 1, 1), date(2014, 12, 31)),
        ("2014年5月", date(2014, 5, 1), date(2014, 5, 31)),
        ("2014 年 5 月 9 日", date(2014, 5, 9), date(2014, 5, 9)),
        ("2014年5月9号", date(2014, 5, 9), date(2014, 5, 9)),
        ("2014/5/9", date(2014, 5, 9), date(2014, 5, 9)),
        ("2014.5", date(2014, 5, 1), date(2014, 5, 31)),
        ("２０１４－０５", date(2014, 5, 1), date(2014, 5, 31)),
    ],
)
def test_a_birth_date_means_all_the_days_it_can_mean(told: str, earliest: date, latest: date) -> None:
    assert birth_date(told) == BirthDate(earliest, latest)


@pytest.mark.parametrize(
    ("told", "group"),
    [
        ("2017-11-24", "u9"),
        ("2017-11-23", "a9_11"),
        ("2014-11-24", "a9_11"),
        ("2014-11-23", "a12_13"),
        ("2012-11-23", "a14_17"),
        ("2012-10", "a14_17"),
        ("2012-11", "u14_uncertain"),
        ("2012", "u14_uncertain"),
        ("2008-11-24", "a14_17"),
        ("2008-11-23", "a18"),
    ],
)
def test_the_age_group_is_that_of_the_youngest_possible_age(told: str, group: str) -> None:
    assert age_group(birth_date(told), TODAY) == group


def test_on_the_fourteenth_birthday_itself_a_child_is_under_fourteen() -> None:
    born = birth_date("2012-11-24")

    assert age_group(born, TODAY) == "a12_13"
    assert age_group(born, TODAY + timedelta(days=1)) == "a14_17"


def test_a_child_born_on_a_leap_day_is_a_year_older_on_the_first_of_march() -> None:
    born = date(2012, 2, 29)

    assert full_years(born, date(2026, 2, 28)) == 13
    assert full_years(born, date(2026, 3, 1)) == 14


@given(DAYS, DAYS, st.integers(min_value=0, max_value=4000))
def test_nobody_grows_younger(born: date, today: date, days: int) -> None:
    assert full_years(born, today + timedelta(days=days)) >= full_years(born, today)


@given(DAYS, DAYS)
def test_nobody_is_older_than_the_difference_of_the_years_nor_younger_than_nothing(born: date, today: date) -> None:
    assert 0 <= full_years(born, today) <= max(0, today.year - born.year)


@given(DAYS, DAYS)
def test_a_date_told_less_exactly_never_makes_a_child_older(born: date, today: date) -> None:
    exact = full_years(born, today)
    for told in (f"{born:%Y-%m}", f"{born:%Y}"):
        span = birth_date(told)

        assert full_years(span.latest, today) <= exact <= full_years(span.earliest, today)


@given(DAYS, DAYS)
def test_every_age_group_is_a_known_code(born: date, today: date) -> None:
    span = birth_date(f"{born:%Y-%m}")
    if span.earliest <= today:
        assert age_group(span, today) in load_study().codes["age_group"]


@given(DAYS, DAYS, st.integers(min_value=0, max_value=4000))
def test_nobody_falls_back_into_a_younger_group(born: date, today: date, days: int) -> None:
    span = birth_date(f"{born:%Y-%m}")
    if span.earliest <= today:
        then, later = age_group(span, today), age_group(span, today + timedelta(days=days))

        assert GROUPS.index(then) <= GROUPS.index(later)


@given(DAYS)
def test_who_is_let_in_has_a_form(born: date) -> None:
    for told in (f"{born:%Y-%m-%d}", f"{born:%Y-%m}", f"{born:%Y}"):
        span = birth_date(told)
        try:
            check_range(span, TODAY, 9, 15)
        except OutOfRange:
            continue

        assert child_form(age_group(span, TODAY)).endswith(("9_11", "12_13", "14_17"))


# Story 5: the carer says 十四了, the book says 农历 2013 年冬月.
MARCH = date(2026, 3, 10)
WINTER = birth_date("2013年冬月", "lunar")


def codes(told: Told, born: BirthDate = WINTER, today: date = MARCH) -> list[str]:
    return [found.code for found in findings(born, today, told)]


def test_the_age_trap_is_seen() -> None:
    assert full_years(WINTER.latest, MARCH) == 12
    assert nominal_age(WINTER, MARCH) == 14
    assert child_form(age_group(WINTER, MARCH)) == "assent_12_13"
    assert codes(Told("lunar", 14)) == ["V03", "V04"]
    assert "相差 2 岁" in findings(WINTER, MARCH, Told(age=14))[0].sentence("zh_CN")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (Told(age=12), []),
        (Told(age=13), ["V03"]),
        (Told(age=11), ["V03"]),
        (Told(age=14, age_kind="full"), ["V03"]),
        (Told(age=14, age_kind="nominal"), []),
        (Told(age=13, age_kind="nominal"), ["V03"]),
    ],
)
def test_v03_a_told_age_that_the_date_does_not_give_is_a_hint(told: Told, found: list[str]) -> None:
    assert codes(told) == found


@pytest.mark.parametrize(("told", "found"), [("2013", []), ("2013-12", []), ("2012", ["V03"])])
def test_v03_within_what_an_inexact_date_can_mean_any_age_fits(told: str, found: list[str]) -> None:
    assert [one for one in codes(Told(age=12), birth_date(told)) if one != "V07"] == found


@pytest.mark.parametrize(("calendar", "found"), [("lunar", ["V04"]), ("gregorian", [])])
def test_v04_a_lunar_date_is_a_hint(calendar: str, found: list[str]) -> None:
    assert codes(Told(calendar)) == found


@pytest.mark.parametrize(
    ("told", "sign", "found"),
    [
        ("2014-01-30", 6, []),  # the last day of the snake's year
        ("2014-01-30", 7, ["V06"]),
        ("2014-01-31", 7, []),
        ("2014-01-31", 6, ["V06"]),
        ("2014-01", 6, []),
        ("2014-01", 7, []),
        ("2014-01", 8, ["V06"]),
        ("1890", 1, []),  # before the tables nothing is said
    ],
)
def test_v06_the_zodiac_sign_is_that_of_the_lunar_year(told: str, sign: int, found: list[str]) -> None:
    assert codes(Told(zodiac=sign), birth_date(told)) == found


@pytest.mark.parametrize(("told", "found"), [("2012-03", ["V07"]), ("2012-02", []), ("2012-04", [])])
def test_v07_a_child_who_may_be_fourteen_is_marked(told: str, found: list[str]) -> None:
    assert codes(Told(), birth_date(told)) == found


@pytest.mark.parametrize(
    ("grade", "youngest", "oldest", "found"),
    [
        ("p1", 4, 4, ["V08"]),
        ("p1", 5, 5, []),
        ("p1", 8, 8, []),
        ("p1", 9, 9, ["V08"]),
        ("p6", 12, 12, []),
        ("p4", 12, 12, ["V08"]),
        ("j1", 12, 13, []),
        ("j3", 12, 12, ["V08"]),
        ("j3", 12, 13, []),
        ("s", 9, 9, []),
        ("out", 9, 9, []),
        ("", 9, 9, []),
    ],
)
def test_v08_a_grade_that_is_unusual_for_the_age_asks(grade: str, youngest: int, oldest: int, found: list[str]) -> None:
    assert [one.code for one in unusual_grade(grade, youngest, oldest)] == found
    assert all(one.level == "ask" for one in unusual_grade(grade, youngest, oldest))


def test_v08_is_found_from_the_birth_date_too() -> None:
    assert codes(Told(grade="p1")) == ["V08"]


@pytest.mark.parametrize(
    ("told", "calendar", "exact"),
    [
        ("2013-11-05", "lunar", "day"),
        ("2013-11", "lunar", "month"),
        ("2013", "lunar", "year"),
        ("2014-05", "gregorian", "month"),
        ("2014-02", "gregorian", "month"),
        ("2014", "gregorian", "year"),
    ],
)
def test_how_exactly_a_date_is_known(told: str, calendar: str, exact: str) -> None:
    assert precision(birth_date(told, calendar)) == exact


@given(DAYS)
def test_the_nominal_age_is_one_or_two_years_higher_or_the_same_before_the_birthday(born: date) -> None:
    span = BirthDate(born, born)
    if born <= TODAY:
        assert 0 <= (nominal_age(span, TODAY) or 0) - full_years(born, TODAY) <= 2


@pytest.mark.parametrize("told", ["-5", "200", "abc", "😀", "?", "一百", "½", "1e3", "3/4", "12-13", "两百"])
def test_a_told_age_that_is_no_age_is_refused(told: str) -> None:
    with pytest.raises(NoToldAge):
        told_age(told)


@pytest.mark.parametrize(
    ("told", "age"),
    [("", None), (" ", None), ("12", 12), ("十四了", 14), ("１２岁", 12), ("0", 0), ("廿三", 23), ("廿", 20)],
)
def test_a_told_age_is_read_as_it_is_said(told: str, age: int | None) -> None:
    assert told_age(told) == age


def test_a_birth_date_of_a_calendar_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownCalendar):
        birth_date("2014-05", "martian")


@pytest.mark.parametrize(
    ("group", "years", "now"),
    [
        ("a9_11", 2, "a9_11"),
        ("a9_11", 3, "a12_13"),
        ("a12_13", 1, "a12_13"),
        ("a12_13", 2, "a14_17"),
        ("u14_uncertain", 0, "u14_uncertain"),
        ("u14_uncertain", 1, "a14_17"),
        ("a14_17", 4, "a18"),
        ("a18", 9, "a18"),
    ],
)
def test_without_a_birth_date_a_child_is_as_old_as_the_youngest_who_was_enrolled(
    group: str, years: int, now: str
) -> None:
    assert grown_group(group, date(2020, 5, 1), date(2020 + years, 5, 2)) == now


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)))
def test_the_first_day_of_age_is_the_first_on_which_eighteen_full_years_are_reached(born: date) -> None:
    first = of_age_on(born)

    assert full_years(born, first) == 18
    assert full_years(born, first - timedelta(days=1)) == 17


@given(
    st.sampled_from(["u9", "a9_11", "a12_13", "u14_uncertain", "a14_17"]), st.dates(date(2020, 1, 1), date(2030, 1, 1))
)
def test_a_group_is_of_age_on_the_day_on_which_it_is_counted_so(group: str, since: date) -> None:
    first = group_of_age_on(group, since)

    assert first
    assert grown_group(group, since, first) == "a18"
    assert grown_group(group, since, first - timedelta(days=1)) != "a18"


def test_a_group_that_says_no_age_comes_of_age_on_no_day() -> None:
    assert group_of_age_on("", date(2026, 1, 1)) is None
    assert group_of_age_on("a18", date(2026, 1, 1)) == date(2026, 1, 1)
