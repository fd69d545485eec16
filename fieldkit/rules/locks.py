"""When the cover falls by itself, and how wrong tries slow down: pure functions over seconds and counts."""

from __future__ import annotations

import re

COVER_AFTER = 3 * 60
COVER_AFTER_RUNNING = 20 * 60  # an interview of today is open: people talk, nobody types
FREE_TRIES = 3
LONGEST_WAIT = 60
PIN_TRIES = 5


def falls(idle: float, *, running: bool) -> bool:
    """Tell whether the cover falls after *idle* seconds without a request."""
    return idle >= (COVER_AFTER_RUNNING if running else COVER_AFTER)


def wait(wrong: int) -> int:
    """Return how many seconds after the last of *wrong* tries the next one may come: 0, then 2, 4, 8 ... 60."""
    if wrong < FREE_TRIES:
        return 0
    return int(min(LONGEST_WAIT, 2 ** min(wrong - FREE_TRIES + 1, 10)))


def pin_counts(wrong: int) -> bool:
    """Tell whether the day PIN still opens the cover after *wrong* tries at it; else only the passphrase does."""
    return wrong < PIN_TRIES


def is_pin(typed: str) -> bool:
    """Tell whether *typed* is four to six digits."""
    return re.fullmatch(r"[0-9]{4,6}", typed) is not None
