"""Is somebody who is added to a household another guardian, one in the place of an earlier one, or known already?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fieldkit.i18n import N_
from fieldkit.rules.consent import GUARDIAN, PARENTS
from fieldkit.rules.findings import ASK, Finding

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
