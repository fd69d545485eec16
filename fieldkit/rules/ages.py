"""Age in full years (周岁), computed from a birth date; the date itself is not kept before consent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars
from fieldkit.rules.calendars import GREGORIAN, LUNAR
from fieldkit.rules.findings import ASK, FLAG, HINT, Finding

OWN_CONSENT_AGE, OF_AGE = 14, 18
UNDER_AGE = "a14_17"
FORMS = {
    "a9_11": "assent_9_11",
    "a12_13": "assent_12_13",
    "u14_uncertain": "assent_12_13",
    "a14_17": "consent_14_17",
    "a18": "adult_18",
}
SPANS = {"u9": (0, 8), "a9_11": (9, 11), "a12_13": (12, 13), "u14_uncertain": (13, 14), "a14_17": (14, 17)}
NOMINAL = "nominal"
_FIRST_GRADE = 6  # Primary 1 is about 6-7
_GRADES = ("p1", "p2", "p3", "p4", "p5", "p6", "j1", "j2", "j3")
_LONGEST_MONTH = 31


class NoBirthDate(Refusal):
    """V01: no date that can be read."""

    code = "V01"
    message = N_(
        "Enter a birth date that exists, as year and month, with the day if it is known: 2014-05 or 2014-05-09; "
        "a lunar one may also be written in Chinese words."
    )
    status = 422


class OutOfRange(Refusal):
    """V02: the study does not speak with children of this age."""

    code = "V02"
    message = N_("This child's age is outside the study's range. Nothing was saved. Check the birth date.")
    status = 422


class InTheFuture(Refusal):
    """V05: a birth date after today."""

    code = "V05"
    message = N_("This birth date lies in the future. Check the date, and this laptop's clock.")
    status = 422


class NoToldAge(Refusal):
    """What was typed as the age that a family tells is no number of years."""

    code = "no_told_age"
    message = N_(
        "The age as told is a number of years below 100, such as 12. Correct it, or leave it empty; nothing was saved."
    )
    status = 422


@dataclass(frozen=True)
class BirthDate:
    """The earliest and the latest day that the told date can mean (Gregorian)."""

    earliest: date
    latest: date


@dataclass(frozen=True)
class Told:
    """What a family says beside the birth date: calendar, age and how it is counted, zodiac sign (1-12), grade."""

    calendar: str = GREGORIAN
    age: int | None = None
    age_kind: str = ""
    zodiac: int | None = None
    grade: str = ""


def birth_date(text: str, calendar: str = GREGORIAN) -> BirthDate:
    """Return the days that *text* (2014, 2014-05, 2014年5月9日; lunar also 2013年冬月初五, 2020年闰四月) can mean.

    Raises NoBirthDate (V01) for what is no date of that calendar, UnknownCalendar.
    """
    try:
        return BirthDate(*calendars.span(text, calendars.named(calendar)))
    except ValueError as error:
        raise NoBirthDate from error


def told_age(text: str) -> int | None:
    """Return the age that *text* (12, 十四了) tells, None for an empty one. Raises NoToldAge."""
    told = calendars.number(text)
    if text.strip() and told is None:
        raise NoToldAge
    return told


def precision(born: BirthDate) -> str:
    """Return the code of `date_precision`: how exactly the birth date is known."""
    days = (born.latest - born.earliest).days + 1
    return "day" if days == 1 else "month" if days <= _LONGEST_MONTH else "year"


def full_years(born: date, today: date) -> int:
    """Return the age in full years; the new year counts from the day after the birthday (`domain.md` §4.6)."""
    return max(0, today.year - born.year - ((today.month, today.day) <= (born.month, born.day)))


def age_group(born: BirthDate, today: date) -> str:
    """Return the code of the age group, of the youngest age that is possible. Raises InTheFuture (V05).

    Where the date leaves open whether 14 is reached, the group says so, and the child is treated as under 14.
    """
    if born.earliest > today:
        raise InTheFuture
    oldest, youngest = full_years(born.earliest, today), full_years(born.latest, today)
    if youngest < OWN_CONSENT_AGE <= oldest:
        return "u14_uncertain"
    return _group(youngest)


def _group(age: int) -> str:
    bounds = ((9, "u9"), (12, "a9_11"), (14, "a12_13"), (OF_AGE, "a14_17"))
    return next((code for bound, code in bounds if age < bound), "a18")


def grown_group(group: str, since: date, today: date) -> str:
    """Return the group today of the youngest who was of *group* on the day *since*: the birth date is not known."""
    least = _LEAST.get(group)
    if least is None:
        return group
    grown = least + full_years(since, today)
    return group if grown < OWN_CONSENT_AGE and group == "u14_uncertain" else _group(grown)


def of_age_on(since: date, had: int = 0) -> date:
    """Return the first day on which somebody counts as 18 who had *had* years on the day *since*, born then if none."""
    year = since.year + OF_AGE - had
    try:
        birthday = since.replace(year=year)
    except ValueError:  # 29 February: the day after the 28th
        birthday = since.replace(year=year, day=since.day - 1)
    return birthday + timedelta(days=1)


def group_of_age_on(group: str, since: date) -> date | None:
    """Return the same of the youngest who was of *group* on the day *since*; None for a group that says no age."""
    if group == "a18":
        return since
    return of_age_on(since, _LEAST[group]) if group in _LEAST else None


_LEAST = {"u9": 0, "a9_11": 9, "a12_13": 12, "u14_uncertain": 13, "a14_17": 14}


def check_range(born: BirthDate, today: date, youngest: int, oldest: int) -> None:
    """Raise OutOfRange (V02) where the youngest age that is possible is outside the study's range."""
    if not youngest <= full_years(born.latest, today) <= oldest:
        raise OutOfRange


def child_form(group: str) -> str:
    """Return the doc_kind of the own form of somebody of an age group; raises OutOfRange (V02)."""
    if group not in FORMS:
        raise OutOfRange
    return FORMS[group]


def is_14(group: str) -> bool:
    """Tell whether everybody of an age group has reached 14; who may not have yet counts as under 14."""
    return group in {"a14_17", "a18"}


def nominal_age(born: BirthDate, today: date) -> int | None:
    """Return the age as elders count it (虚岁): 1 at birth, one more at each lunar new year; None beyond the tables."""
    begun, now = calendars.lunar_year(born.latest), calendars.lunar_year(today)
    return None if begun is None or now is None else now - begun + 1


def findings(born: BirthDate, today: date, told: Told) -> list[Finding]:
    """Return what does not fit the birth date, or wants care: V03, V04, V06, V07, V08."""
    return [*_age_findings(born, today, told), *_date_findings(born, today, told), *grade_findings(born, today, told)]


def _age_findings(born: BirthDate, today: date, told: Told) -> Iterator[Finding]:
    youngest, oldest = full_years(born.latest, today), full_years(born.earliest, today)
    nominal = nominal_age(born, today)
    if told.age is None or (told.age_kind == NOMINAL and told.age == nominal):
        return
    apart = max(youngest - told.age, told.age - oldest, 0)
    if apart:
        sentence = N_("The told age differs from the birth date by {n} (by the date: {years}); it may be nominal age.")
        yield Finding("V03", HINT, sentence, {"n": apart, "years": youngest})


def _date_findings(born: BirthDate, today: date, told: Told) -> Iterator[Finding]:
    if told.calendar == LUNAR:
        yield Finding("V04", HINT, N_("Lunar date: converted here. Check it with the household book when you can."))
    years = {calendars.lunar_year(born.earliest), calendars.lunar_year(born.latest)}
    if told.zodiac and None not in years and told.zodiac not in {calendars.zodiac(year) for year in years if year}:
        yield Finding("V06", FLAG, N_("The zodiac sign does not match the birth year."))
    if age_group(born, today) == "u14_uncertain":
        yield Finding("V07", FLAG, N_("It is not certain whether 14 is reached: the child is handled as under 14."))


def grade_findings(born: BirthDate, today: date, told: Told) -> list[Finding]:
    """Return V08 where the grade is unusual for the age."""
    return unusual_grade(told.grade, full_years(born.latest, today), full_years(born.earliest, today))


def unusual_grade(grade: str, youngest: int, oldest: int) -> list[Finding]:
    """Return V08 where no age from *youngest* to *oldest* is usual in *grade*, a year early or late included."""
    if grade not in _GRADES:
        return []
    usual = _FIRST_GRADE + _GRADES.index(grade)
    if oldest < usual - 1 or youngest > usual + 2:
        return [Finding("V08", ASK, N_("The grade is unusual for this age (Primary 1 is about 6-7)."))]
    return []
