"""Whether a site's help card can be relied on: every line has a number that somebody rang lately (`domain.md` G08)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from fieldkit.studies import CardLine

LASTS = timedelta(days=90)


def open_lines(lines: Iterable[CardLine], numbers: Mapping[str, Mapping[str, Any]], today: date) -> list[str]:
    """Return the ids of *lines* without a number, or whose number nobody rang in the last 90 days.

    *numbers*: of one site, by line id (`number`, `verified_on`). Emergency numbers are not rung to try them, and
    lines that do not exist everywhere hold nobody up.
    """
    return [line.id for line in lines if line.rung and line.needed and not _good(numbers.get(line.id, {}), today)]


def fresh(verified_on: str, today: date) -> bool:
    """Tell whether a number that was rung on *verified_on* can still be relied on."""
    try:
        rung = date.fromisoformat(verified_on)
    except ValueError:
        return False
    return timedelta(0) <= today - rung <= LASTS


def _good(known: Mapping[str, Any], today: date) -> bool:
    return bool(known.get("number")) and fresh(known.get("verified_on") or "", today)
