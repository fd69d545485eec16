"""Age in full years (周岁), computed from a birth date; the date itself is not kept before consent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from fieldkit.errors import Refusal
from fieldkit.i18n import N_

_DATE = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
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
    message = N_(
        "Enter the birth date as year and month, with the day if it is known: 2014-05 or 2014-05-09."
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


@dataclass(frozen=True)
class BirthDate:
    """The earliest and the latest day that the told date can mean (Gregorian)."""

    earliest: date
    latest: date


def birth_date(text: str) -> BirthDate:
    """Return the date that *text* (YYYY-MM or YYYY-MM-DD) means; raises NoBirthDate."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise NoBirthDate
    year, month, day = int(found[1]), int(found[2]), found[3]
    try:
        if day is not None:
            exact = date(year, month, int(day))
            return BirthDate(exact, exact)
        following = date(year + month // 12, month % 12 + 1, 1)
        return BirthDate(date(year, month, 1), date.fromordinal(following.toordinal() - 1))
    except ValueError as error:
        raise NoBirthDate from error


def full_years(born: date, today: date) -> int:
    """Return the age in full years; on the birthday itself the new year is not yet counted (`domain.md` §4.6)."""
    return today.year - born.year - ((today.month, today.day) <= (born.month, born.day))


def age_group(born: BirthDate, today: date) -> str:
    """Return the code of the age group; what is uncertain around 14 counts as under 14. Raises InTheFuture."""
    if born.earliest > today:
        raise InTheFuture
    oldest, youngest = full_years(born.earliest, today), full_years(born.latest, today)
    if youngest < OWN_CONSENT_AGE <= oldest:
        return "u14_uncertain"
    bounds = ((9, "u9"), (12, "a9_11"), (14, "a12_13"), (18, "a14_17"))
    return next((code for bound, code in bounds if youngest < bound), "a18")


def check_range(born: BirthDate, today: date, youngest: int, oldest: int) -> None:
    """Raise OutOfRange (V02) where no day that the birth date can mean gives an age within the study's range."""
    if full_years(born.earliest, today) < youngest or full_years(born.latest, today) > oldest:
        raise OutOfRange


def child_form(group: str) -> str:
    """Return the doc_kind of the child's form for an age group; raises OutOfRange (V02)."""
    if group not in FORMS:
        raise OutOfRange
    return FORMS[group]
