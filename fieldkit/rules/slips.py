"""The contact slip, which goes when nobody has consented, and the family's own with its code (`domain.md` §1.8)."""

from __future__ import annotations

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


def is_code(text: str) -> bool:
    """Tell whether *text* may be the code of a slip, as it is kept; eight letters may be a name as well."""
    return len(text) == LENGTH and set(text) <= set(ALPHABET)
