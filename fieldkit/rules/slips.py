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
    """Return the code that *text* means, as it is kept: with blanks, other dashes, wide letters, or words around it."""
    plain = names.typed(text)
    codes = case_codes(text)
    if len(codes) == 1:
        return codes[0]
    joined = _joined(plain)
    return joined if _is_slip_code(joined) else plain


def case_codes(text: str) -> list[str]:
    """Return every case code that *text* means, in their order: "ZK-A03-003、004" means two of one site."""
    plain = names.typed(text).upper()
    found = [match.groups() for match in _CASE_CODE.finditer(_joined(plain))]
    matches = [] if len(found) == 1 and _joined(plain) == "".join(found[0]) else list(_CASE_CODE.finditer(plain))
    found = [match.groups() for match in matches] or found
    more = [(*found[-1][:2], number) for number in _MORE.findall(plain[matches[-1].end() :])] if matches else []
    return list(dict.fromkeys("-".join(parts) for parts in [*found, *more]))


def _joined(text: str) -> str:
    return re.sub(r"[\s\-_]", "", text).upper()


def is_code(text: str) -> bool:
    """Tell whether *text* means a case code or the code of a slip: what else is typed may be a name or a number.

    Eight letters, or eight digits, may be either: whoever typed them is asked.
    """
    meant = spelt(text)
    mixed = any(one.isdigit() for one in meant) and any(one.isalpha() for one in meant)
    return _CASE_CODE.fullmatch(meant) is not None or (mixed and _is_slip_code(meant))


_CASE_CODE = re.compile(r"(?<![A-Z0-9])([A-Z]{2})[\s\-_]*([A-Z]\d{2})[\s\-_]*(\d{3})(?![A-Z0-9])")
_MORE = re.compile(r"(?<![A-Z0-9])\d{3}(?![A-Z0-9])")


def _is_slip_code(text: str) -> bool:
    return len(text) == LENGTH and set(text) <= set(ALPHABET)
