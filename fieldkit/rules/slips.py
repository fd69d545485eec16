"""The contact slip, which goes when nobody has consented, and the family's own with its code (`domain.md` §1.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fieldkit.i18n import N_
from fieldkit.rules import consent, names
from fieldkit.rules.consent import ADULT, AGREEING, GUARDIAN, Event
from fieldkit.rules.duplicates import phones
from fieldkit.rules.findings import ASK, Finding

KEPT_DAYS = 30
ALIKE_CODE = "alike"
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"  # nothing that looks like another: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V
LENGTH = 8


def due(registered_on: date, today: date, events: Collection[Event]) -> bool:
    """Tell whether the contact slip has to go: older than thirty days, and no guardian's yes in force."""
    return (today - registered_on).days > KEPT_DAYS and not _agreed(events)


def _agreed(events: Collection[Event]) -> bool:
    deciding = {GUARDIAN, ADULT}
    given = any(event.actor in deciding and event.act in AGREEING for event in consent.in_force(events))
    return given and not consent.open_noes(events, deciding)


@dataclass(frozen=True)
class Slip:
    """How one child is called and whom to ring; `child` is its id, `code` what it is shown by."""

    child: str
    code: str
    called: str
    phone: str

    @property
    def marks(self) -> set[str]:
        """Return what it has in common with the slip of the same child, or of one family."""
        return {f"called {names.letters(self.called)}", *(f"phone {number}" for number in phones(self.phone))}


def by_mark(slips: Iterable[Slip]) -> dict[str, list[Slip]]:
    """Return *slips* by each of their marks."""
    found: dict[str, list[Slip]] = {}
    for slip in slips:
        for mark in slip.marks:
            found.setdefault(mark, []).append(slip)
    return found


def alike(slip: Slip, others: Mapping[str, list[Slip]]) -> list[Slip]:
    """Return those of *others*, of one site by mark, who may be the child of *slip*: a person looks at them first."""
    found = {(len(other.code), other.code, other.child): other for mark in slip.marks for other in others.get(mark, ())}
    return [found[place] for place in sorted(found)]


def asked(found: Collection[Slip]) -> list[Finding]:
    """Return what is asked where *found* are here who are like a new child."""
    codes = ", ".join(one.code for one in found)
    return [Finding(ALIKE_CODE, ASK, ALIKE, {"codes": codes, "here": list(found)})] if found else []


ALIKE = N_(
    "Called the same, or with the same phone, at this site: {codes}. Look whether this child is here already; "
    "nothing was saved yet."
)


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
    matches = list(_CASE_CODE.finditer(plain))
    if not matches:
        return list(dict.fromkeys(map("-".join, _CASE_CODE.findall(_joined(plain)))))
    last = matches[-1]
    more = [(*last.groups()[:2], number) for number in _MORE.findall(plain[last.end() :])]
    return list(dict.fromkeys(map("-".join, [*(match.groups() for match in matches), *more])))


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
