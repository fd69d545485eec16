"""Dates as families tell them: Gregorian or lunar, to the day, the month or the year, in digits or in words."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from datetime import date, timedelta

from borax.calendars.lunardate import LCalendars, LunarDate

from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import names
from fieldkit.studies import Pair

GREGORIAN, LUNAR = "gregorian", "lunar"
_WORDS = {
    GREGORIAN: "公历 阳历 新历 国历 西历 公 阳 新 国 gregorian solar",
    LUNAR: "农历 阴历 旧历 夏历 农 阴 旧 lunar",
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Span = tuple[date, date]  # the first and the last day that are meant
_ON_PAPER = re.compile(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]")
_SPACED = re.compile(r"\s*([年月日号])\s*")
_GREGORIAN = re.compile(r"([0-9]{4})(?:年|[-/.年]([0-9]{1,2})(?:月|[-/.月]([0-9]{1,2})[日号]?)?)?")
_LUNAR = re.compile(
    r"(?:农历|阴历|旧历)?([0-9]{4}|[〇零一二三四五六七八九]{4})"
    r"(?:年|(?:[-/.年]|(?=[闰正冬腊一二三四五六七八九十]))(闰?)([0-9]{1,2}|[正冬腊]|十[一二]?|[一二三四五六七八九])"
    r"(?:月|[-/.月]([0-9]{1,2}|初?十|初[一二三四五六七八九]|[二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?)[日号]?)?)?"
)
_NUMBER = re.compile(
    r"(?:[0-9]{1,2}|[二三四五六七八九]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二三四五六七八九])"
    r"(?![^0-9百千万\u2044]*[0-9百千万\u2044])"  # 一百, 3/4 and ½ are no such number
)
_DIGITS = "零一二三四五六七八九"
_NAMED = {"正": "一", "冬": "十一", "腊": "十二", "〇": "零", "初": "", "廿": "二十"}
YEAR = 366  # days
_ZODIAC_FROM = 4  # the year 4 was one of the rat


class UnknownCalendar(Refusal):
    """A word that names no calendar: a date of it would be guessed."""

    code = "unknown_calendar"
    message = N_(
        "No calendar is called so: {calendar}. Write Gregorian or lunar; empty means Gregorian. "
        "Correct it and try again."
    )
    status = 422


class NoDay(Invalid):
    """What stands in a field for a date names no day."""

    code = "no_day"
    message = N_("“{field}”: this is no date. Write it like 2026-11-25, then save again.")


class DayToAskAgain(Invalid):
    """A day for asking again that is gone by, or too far off to be meant."""

    code = "day_to_ask_again"
    message = N_("“{field}”: name a day from today on, within a year. Correct it and save again.")


class DayToCome(Invalid):
    """A day on which something is said to have happened has not come yet."""

    code = "day_to_come"
    message = N_("“{field}”: this day has not come yet. Correct it and save again.")


def named(word: str) -> str:
    """Return the calendar that *word* names; no word means the Gregorian one. Raises UnknownCalendar."""
    wanted = names.typed(word).casefold()
    found = next((code for code, words in _WORDS.items() if wanted in words.split()), "")
    if wanted and not found:
        raise UnknownCalendar(calendar=word.strip())
    return found or GREGORIAN


def span(text: str, calendar: str = GREGORIAN) -> Span:
    """Return the days that *text* can mean, as Gregorian dates; raises ValueError for what is no date of *calendar*."""
    told = _SPACED.sub(r"\1", names.typed(text))
    found = (_LUNAR if calendar == LUNAR else _GREGORIAN).fullmatch(told)
    if found is None:
        raise ValueError(calendar)
    if calendar != LUNAR:
        return _gregorian(*(int(part) for part in found.groups() if part))
    year, leap, month, day = found.groups()
    return _lunar(_year(year), bool(leap), _number(month), _number(day))


def civil_day(text: str) -> date:
    """Return the day that *text* (YYYY-MM-DD, nothing shorter: stored days are compared as text) names.

    Raises ValueError.
    """
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def told_day(text: str, field: object) -> date:
    """Return the day that a person typed into *field*, 2026年11月20日 too; names the field of none. Raises NoDay."""
    typed = names.typed(text)
    on_paper = _ON_PAPER.fullmatch(typed)
    try:
        return date(*map(int, on_paper.groups())) if on_paper else civil_day(typed)
    except ValueError as error:
        raise NoDay(field=field) from error


def past_day(text: str, field: object, today: date) -> date:
    """Return the day, today at the latest, that a person typed into *field*. Raises NoDay, DayToCome."""
    told = told_day(text, field)
    if told > today:
        raise DayToCome(field=field)
    return told


def coming_day(text: str, field: object, today: date) -> date:
    """Return the day, within a year from *today*, that a person typed into *field*. Raises NoDay, DayToAskAgain."""
    told = told_day(text, field)
    if not 0 <= (told - today).days <= YEAR:
        raise DayToAskAgain(field=field)
    return told


def lunar_year(day: date) -> int | None:
    """Return the lunar year in which *day* lies; None before 1900 and after 2100, where the tables end."""
    try:
        year: int = LunarDate.from_solar(day).year
    except ValueError:
        return None
    return year


def zodiac(year: int) -> int:
    """Return the sign of a lunar year: 1 (rat) to 12 (pig)."""
    return (year - _ZODIAC_FROM) % 12 + 1


def number(words: str) -> int | None:
    """Return the number below 100 with which *words* begin, in digits or Chinese (十四了: 14); None for no number."""
    found = _NUMBER.match(names.typed(words))
    return _number(found[0]) if found else None


def _gregorian(year: int, month: int | None = None, day: int | None = None) -> Span:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _lunar(year: int, leap: bool, month: int | None, day: int | None) -> Span:
    first: date = LunarDate(year, month or 1, 1 if day is None else day, int(leap)).to_solar_date()
    if day is not None:
        return first, first
    return first, first + timedelta(days=LCalendars.ndays(year, month, int(leap)) - 1)


def _year(text: str) -> int:
    return int("".join(str(_DIGITS.index(_NAMED.get(one, one))) if one in _DIGITS + "〇" else one for one in text))


def _number(text: str | None) -> int | None:
    """Return the number that digits or Chinese words up to 99 say; None for none."""
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    words = "".join(_NAMED.get(one, one) for one in text)
    tens, ten, ones = words.rpartition("十")
    return (_DIGITS.index(tens) if tens else 1) * 10 * bool(ten) + (_DIGITS.index(ones) if ones else 0)


def spoken_day(day: str) -> Pair:
    """Return a civil date as it is said in a sentence, in each language."""
    found = date.fromisoformat(day)
    return Pair(f"{found.year}年{found.month}月{found.day}日", f"{found.day} {month_name[found.month]} {found.year}")
