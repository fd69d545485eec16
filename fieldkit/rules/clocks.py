"""When a laptop's date is doubted (`domain.md` V31); a doubt asks a person and decides nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date


def doubtful(today: date, known: Collection[date]) -> bool:
    """Tell whether *today* is neither the day of one of the *known* dates nor the day after; with none, nothing is."""
    return bool(known) and not any(0 <= (today - day).days <= 1 for day in known)
