"""Whom a family has for guardians: is one who is added another, and who is left where no parent can consent?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fieldkit.i18n import N_
from fieldkit.rules import states
from fieldkit.rules.consent import AGREEING, GUARDIAN, PARENTS
from fieldkit.rules.findings import ASK, Finding
from fieldkit.rules.situations import Situation
from fieldkit.rules.states import Adult

INSTEAD = "instead"  # of `reason_known_adult`


@dataclass(frozen=True)
class OnRecord:
    """An adult as a household has them: whether as a guardian, in whichever role they are today."""

    relation: str
    role: str

    @property
    def guards(self) -> bool:
        """Tell whether this is a guardian, or a parent, who is one unless something speaks against it."""
        return self.role == GUARDIAN or self.relation in PARENTS


def findings(told: OnRecord, before: OnRecord | None, others: Iterable[OnRecord]) -> list[Finding]:
    """Return what is asked of an adult who is added, or becomes a guardian, beside *others*, also those of before.

    Of two with one relation, of whom either is a guardian, and of a guardian by law beside any other (`domain.md` §1.7,
    §3.8). What was there *before* is not asked about again.
    """
    if told == before or not told.relation:
        return []
    beside = [one for one in others if one.guards or told.guards]
    known = [one for one in beside if one.relation == told.relation]
    if told.guards and told.relation not in PARENTS:
        known += [one for one in beside if one.guards]
    return [Finding("known_adult", ASK, _KNOWN)] if known else []


_KNOWN = N_(
    "This child has such an adult, or another guardian, on record, perhaps as one whose role has ended. If it is the "
    "same person, go back and change that record."
)


def all_out(parents: Sequence[Adult], day: str) -> bool:
    """Tell whether no parent can consent on *day*: then the guardian by law does (Civil Code 27)."""
    return not any(one.is_guardian(day) or one.disputed for one in parents)


def undecided(parents: Sequence[Adult], day: str) -> list[str]:
    """Return the parents of whom two versions stand, where no other one can consent: disputed is not out."""
    if any(one.is_guardian(day) for one in parents):
        return []
    return sorted({one.relation for one in parents if one.disputed})


def waits_for_choice(case: Situation, state: str) -> bool:
    """Tell whether a version has to be chosen first: of a parent where nobody can consent, or of whoever said yes.

    *state*: where the guardians' consent stands.
    """
    nobody = bool(case.disputed) and not any(one.is_guardian(case.late) for one in case.adults.values())
    said_yes = {event.person for event in case.events if event.actor == GUARDIAN and event.act in AGREEING}
    of_yes = any(adult.disputed for person, adult in case.adults.items() if person in said_yes)
    return nobody or (of_yes and state == states.NEEDS_RECONFIRM)
