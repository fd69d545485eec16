"""When a laptop's date is doubted, and when a stated one is (`domain.md` V31); a doubt asks and decides nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

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


def far(told: date, known: Collection[date]) -> list[Finding]:
    """Return V31 where *told* follows none of the *known* dates within a year."""
    near = not known or any(0 <= (told - day).days <= FURTHEST for day in known)
    return [] if near else [Finding("V31", ASK, FAR)]
