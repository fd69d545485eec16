"""Age in full years (周岁), computed from a birth date; the date itself is not kept before consent."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from fieldkit.errors import Refusal
from fieldkit.i18n import N_

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
OWN_CONSENT_AGE = 14
FORMS = {
    "a9_11": "assent_9_11",
    "a12_13": "assent_12_13",
    "u14_uncertain": "assent_12_13",
    "a14_17": "consent_14_17",
}


class NoBirthDate(Refusal):
    """V01: no date that can be read."""

    code = "V01"
    message = N_("Enter the birth date as year and month, with the day if it is known: 2014-05 or 2014-05-09.")
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


@dataclass(frozen=True)
class BirthDate:
    """The earliest and the latest day that the told date can mean (Gregorian)."""

    earliest: date
    latest: date


def birth_date(text: str) -> BirthDate:
    """Return the days that *text* (YYYY, YYYY-MM or YYYY-MM-DD) can mean; raises NoBirthDate."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise NoBirthDate
    try:
        return _span(*(int(part) for part in found.groups() if part is not None))
    except ValueError as error:
        raise NoBirthDate from error


def _span(year: int, month: int | None = None, day: int | None = None) -> BirthDate:
    if month is None:
        return BirthDate(date(year, 1, 1), date(year, 12, 31))
    if day is None:
        return BirthDate(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
    exact = date(year, month, day)
    return BirthDate(exact, exact)


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
    bounds = ((9, "u9"), (12, "a9_11"), (14, "a12_13"), (18, "a14_17"))
    return next((code for bound, code in bounds if youngest < bound), "a18")


def check_range(born: BirthDate, today: date, youngest: int, oldest: int) -> None:
    """Raise OutOfRange (V02) where the youngest age that is possible is outside the study's range."""
    if not youngest <= full_years(born.latest, today) <= oldest:
        raise OutOfRange


def child_form(group: str) -> str:
    """Return the doc_kind of the child's form for an age group; raises OutOfRange (V02)."""
    if group not in FORMS:
        raise OutOfRange
    return FORMS[group]
