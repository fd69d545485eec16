"""The contact slip, which goes when nobody has consented, and the family's own with its code (`domain.md` §1.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date

from fieldkit.rules import consent, names
from fieldkit.rules.consent import ADULT, AGREEING, GUARDIAN, Event

KEPT_DAYS = 30
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"  # nothing that looks like another: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V
LENGTH = 8


def due(registered_on: date, today: date, events: Collection[Event]) -> bool:
    """Tell whether the contact slip has to go: older than thirty days, and no guardian's yes in force."""
    return (today - registered_on).days > KEPT_DAYS and not _agreed(events)


def _agreed(events: Collection[Event]) -> bool:
    deciding = {GUARDIAN, ADULT}
    given = any(event.actor in deciding and event.act in AGREEING for event in consent.in_force(events))
    return given and not consent.open_noes(events, deciding)


def code(pick: Callable[[str], str]) -> str:
    """Return a slip code; *pick* chooses one character of a text."""
    return "".join(pick(ALPHABET) for _ in range(LENGTH))


def spelt(text: str) -> str:
    """Return the code that *text* means, as it is kept: it may come with blanks, other dashes and wide letters."""
    plain = names.typed(text)
    joined = re.sub(r"[\s\-_]", "", plain).upper()
    parts = re.fullmatch(r"([A-Z]{2})([A-Z]\d{2})(\d{3})", joined)
    if parts:
        return "-".join(parts.groups())
    return joined if len(joined) == LENGTH and set(joined) <= set(ALPHABET) else plain
