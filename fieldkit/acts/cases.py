"""One child as a page or a list shows them."""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import consent, states
from fieldkit.rules.consent import GUARDIAN, Event
from fieldkit.rules.gates import Gate
from fieldkit.studies import Pair


class HeldThatDay(Refusal):
    """This child has an interview of that day already: one a day, on paper or not."""

    code = "held_that_day"
    message = N_(
        "An interview of that day is here already. Open it on the child's page and write into it what else was said."
    )


@dataclass(frozen=True)
class InterviewLine:
    """One interview of a child: `ZK-A03-016-S1`, its day, how far it came, whether all is sealed, whether it ended.

    `on_paper`: it was held on paper and typed in.
    """

    id: str
    code: str
    started_on: str
    answered: int
    total: int
    sealed: bool
    ended: bool = False
    on_paper: bool = False


@dataclass(frozen=True)
class Step:
    """The one next step: a code that a page turns into a sentence and a button."""

    code: str
    interview: str | None = None


@dataclass(frozen=True)
class Case:
    """One child, as this machine may see them. `called` and `phone` only where the vault is held.

    In short, as in a list: of `events` those that decide, of `interviews` the newest; `held` says how many there are.
    """

    id: str
    case_code: str
    site: str
    sex: str
    age_group: str
    called: str | None
    phone: str | None
    pseudonym: Pair | None
    carer: str
    migration: str
    status: str
    step: Step
    gates: list[Gate]
    events: list[Event]
    interviews: list[InterviewLine]
    conflict: bool
    session: str = ""
    consent: str = states.NOT_SOUGHT
    assent: str = states.NOT_SOUGHT
    on_hold: bool = False
    moved: bool = False
    author: str = ""
    held: int = 0

    @property
    def to_take_back(self) -> bool:
        """Tell whether some guardian's no is known to be theirs: only they themselves can take it back."""
        return any(no.person for no in consent.open_noes(self.events, {GUARDIAN}))

    @property
    def may_have_sheet(self) -> bool:
        """Tell whether a talk may have been held on paper: somebody has answered, whatever it was."""
        return self.consent not in {states.NOT_SOUGHT, states.INFORMED}

    def held_on_paper(self, day: str) -> bool:
        """Tell whether an interview of *day* was typed in from paper: no second one of that day starts."""
        return any(line.on_paper and line.started_on == day for line in self.interviews)

    @property
    def name(self) -> str:
        """Return what to call this child on a page."""
        return self.pseudonym.zh if self.pseudonym else self.called or self.case_code


@dataclass(frozen=True)
class Today:
    """The day's list: the one card that matters now, and everybody."""

    now: Case | None
    cases: list[Case]
