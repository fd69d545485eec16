"""When a laptop's date is doubted, and when a stated one is (`domain.md` V31); a doubt asks and decides nothing.

And which days were meant by days that were wrong: told beside them (`domain.md` §6.2), they decide nothing either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from fieldkit.i18n import N_
from fieldkit.rules.findings import ASK, Finding

FURTHEST = 366  # days: a laptop that lay in a drawer for a year is believed, a slip of the finger by a decade is not
YEARS = range(2020, 2100)
FAR = N_("This day lies before the last record, or more than a year after it. Look at a phone or a calendar.")


def doubtful(today: date, known: Collection[date]) -> bool:
    """Tell whether *today* is neither the day of one of the *known* dates nor the day after; with none, nothing is."""
    return bool(known) and not any(0 <= (today - day).days <= 1 for day in known)


def suspicious(today: date, trusted: date | None) -> bool:
    """Tell whether what is written on *today* is of a doubtful time: neither on the *trusted* day nor the day after."""
    return trusted is not None and doubtful(today, [trusted])


def confirms(today: date, trusted: date | None) -> bool:
    """Tell whether a tap that the date is right is enough; years ahead, or back, the date has to be stated."""
    return trusted is None or 0 <= (today - trusted).days <= FURTHEST


def is_jump(off: timedelta, *, sleep_counts: bool) -> bool:
    """Tell whether a clock that is *off* from the running seconds has jumped; *sleep_counts*: as they count sleep, too.

    Where they do not, a laptop that slept over a weekend looks like one whose date jumped by two days.
    """
    return abs(off) > timedelta(days=1 if sleep_counts else FURTHEST)


def far(told: date, known: Collection[date]) -> list[Finding]:
    """Return V31 where *told* follows none of the *known* dates within a year."""
    near = not known or any(0 <= (told - day).days <= FURTHEST for day in known)
    return [] if near else [Finding("V31", ASK, FAR)]


@dataclass(frozen=True)
class Repair:
    """Which days were meant by days that a laptop believed: those are moved by so many, and nothing is rewritten.

    It speaks of what *device* wrote between two ticks, where it believed a day from *from_day* to *to_day*.
    """

    id: str
    device: str
    first: int
    last: int
    from_day: str
    to_day: str
    days: int
    reason: str
    replaces: tuple[str, ...] = ()
    author: str = ""

    def covers(self, device: str, tick: int, day: str) -> bool:
        """Tell whether it speaks of what *device* wrote at *tick* believing it was *day*."""
        within = self.first <= tick <= self.last and self.from_day <= day <= self.to_day
        return device == self.device and within

    def meets(self, other: Repair) -> bool:
        """Tell whether both can speak of the same thing."""
        ticks = self.first <= other.last and other.first <= self.last
        return self.device == other.device and ticks and self.from_day <= other.to_day and other.from_day <= self.to_day


def standing(repairs: Iterable[Repair]) -> list[Repair]:
    """Return the repairs that no known one replaces, in one order everywhere."""
    known = list(repairs)
    replaced = {id_ for one in known for id_ in one.replaces}
    return sorted((one for one in known if one.id not in replaced), key=lambda one: one.id)


def clashing(stands: Iterable[Repair]) -> set[str]:
    """Return the devices of which two repairs that stand say different things about the same."""
    pairs = combinations(stands, 2)
    return {one.device for one, other in pairs if one.days != other.days and one.meets(other)}


def right_days(stands: Iterable[Repair], device: str, tick: int, day: str) -> tuple[str, ...]:
    """Return what was meant by *day*: nothing where no repair speaks of it, several where they disagree."""
    moved = {_moved(day, one.days) for one in stands if one.covers(device, tick, day)}
    return tuple(sorted(moved - {""}))


def _moved(day: str, days: int) -> str:
    """A day that is none, or that is moved out of all calendars, has no right one."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        return ""
