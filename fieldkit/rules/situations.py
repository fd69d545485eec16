"""What the gates look at: everything about one child, the team and the day, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fieldkit.rules import states
from fieldkit.rules.consent import Event
from fieldkit.rules.halts import Halt
from fieldkit.rules.states import ADULT_GROUP, Adult
from fieldkit.rules.versions import FormVersion
from fieldkit.rules.visits import RefusedVisit
from fieldkit.studies import Pair


@dataclass(frozen=True)
class Situation:
    """What the gates look at. `session`: of the child's yes that no interview has used yet, else empty.

    `facts`: of the study, `member`: the interviewer's team record, `adults`: by person id, `open_lines`: what is
    missing on the site's help card, `doubts`: what is wrong with clock or disk, `past`: the day is gone by, and what
    was held then is typed in, `doubtful`: the ids of the events whose day a wrong clock may have made,
    `grown_by_clock`: they would be of age if the clock, which is off, were believed, `refusals`: the visits that ended
    with a no of which nobody has said whose it was, `halts`: what can only protect the child and is not carried out,
    `closing`: the day by which what ends is judged, where that is not `today`,
    `behind`: the day of the backup since which something may be missing here, else empty, `parents_out`: the household
    says of every parent that they cannot consent, `disputed`: where none can, the parents of whom two versions stand.
    """

    events: Sequence[Event]
    age_group: str
    today: str
    session: str
    guide_published: bool
    carer: Pair = field(default=Pair("照护人", "the carer"))
    facts: Mapping[str, str] = field(default_factory=dict)
    member: Mapping[str, str | None] = field(default_factory=dict)
    screening: str = ""
    age_fits: bool = True
    adults: Mapping[str, Adult] = field(default_factory=dict)
    forms: Sequence[FormVersion] = ()
    open_lines: Sequence[str] = ()
    doubts: Sequence[Pair] = ()
    pilot: bool = False
    past: bool = False
    doubtful: Collection[str] = frozenset()
    grown_by_clock: bool = False
    refusals: Sequence[RefusedVisit] = ()
    halts: Sequence[Halt] = ()
    closing: str = ""
    behind: str = ""
    parents_out: bool = False
    disputed: Sequence[str] = ()

    @property
    def late(self) -> str:
        """Return the day by which what ends is judged."""
        return self.closing or self.today

    @property
    def adult(self) -> bool:
        """Tell whether the participant has come of age: then nobody else's consent counts."""
        return self.age_group == ADULT_GROUP

    @cached_property
    def guardians(self) -> str:
        """Return where the guardians' consent stands, as `states.guardian` says; several gates and a list ask."""
        return states.guardian(self.events, self.adults, self.forms, self.age_group, self.late)
