"""Rules that do not forbid: `ask` wants one tap on a reason, `hint` is only shown, `flag` is for the coordinator.

What forbids is a `Refusal`. The levels and sentences are those of `domain.md` §1.28.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from fieldkit.errors import Refusal
from fieldkit.i18n import N_, translate
from fieldkit.studies import load_study

ASK, HINT, FLAG = "ask", "hint", "flag"


@dataclass(frozen=True)
class Finding:
    """One rule that applies: its code (`V25`), its level, and its sentence (English, a word of the catalogue)."""

    code: str
    level: str
    message: str
    details: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, locale: str) -> str:
        """Return what applies, in *locale*."""
        return translate(locale, self.message, **self.details)


class ReasonNeeded(Refusal):
    """Rules of level `ask` that nobody has tapped a reason for yet; `findings` names them."""

    code: ClassVar[str] = "reason_needed"
    message = N_("Something below is still to be tapped. Tap it, then go on.")
    status = 422

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        super().__init__()
        self.findings = list(findings)


def check_answered(findings: Iterable[Finding], reasons: Mapping[str, str]) -> None:
    """Raise ReasonNeeded for every finding of level `ask` without a reason in *reasons* (rule code to reason code).

    A code that is none of the study's for that rule is no reason.
    """
    known = load_study().codes
    open_ones = [
        one for one in findings if one.level == ASK and reasons.get(one.code) not in known[f"reason_{one.code}"]
    ]
    if open_ones:
        raise ReasonNeeded(open_ones)
