"""An interview that was held on paper and is typed in later: judged for its own day, and by every no since.

`domain.md` §3.2, §3.4 and §6.1. What had not been said by that day does not count for it; what was refused since, and
is not lifted by name, keeps it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fieldkit.rules import consent, gates, states
from fieldkit.rules.consent import ADULT, BLOCKS, CHILD, GUARDIAN, NECESSARY, REFUSING, YES, Event
from fieldkit.rules.gates import FAILS, Gate
from fieldkit.rules.situations import Situation
from fieldkit.studies import Pair

PAPER = "paper"  # the session of the yes that stands on the sheet and is not recorded yet


def said_by(events: Iterable[Event], day: str) -> list[Event]:
    """Return what was said by *day* and was not voided since."""
    return [event for event in consent.in_force(events) if event.day <= day]


def taken_back(events: Iterable[Event], day: str) -> list[Event]:
    """Return the child's noes, open on *day*, that a yes on paper may take back: those of the days before."""
    return [no for no in consent.open_noes(said_by(events, day), {CHILD}) if "" < no.day < day]


def with_paper_yes(case: Situation, child: str) -> Situation:
    """Return *case* as it is when the sheet bears the whole yes of *child*, said on the day that is judged."""
    mine = [event.id for event in case.events if event.actor == CHILD and event.day <= case.today]
    noes = [no.id for no in taken_back(case.events, case.today)]
    yes = Event(
        PAPER,
        CHILD,
        "given",
        child,
        items=dict.fromkeys(NECESSARY, YES),
        session=PAPER,
        day=case.today,
        form=gates.OWN_FORM.get(case.age_group, ""),
        told=BLOCKS,
        follows=tuple(mine),
        lifts=tuple(noes),
    )
    return replace(case, events=[*case.events, yes], session=PAPER)


def judge(titles: Sequence[tuple[str, str, Pair]], case: Situation) -> list[Gate]:
    """Return every gate judged for the day of *case*, whose events are all that is known by now."""
    case = replace(case, past=True, session="" if thinking(case.events) else case.session)
    then = gates.each(titles, replace(case, events=said_by(case.events, case.today)))
    now = gates.each(titles, case)
    return gates.in_order([_stricter(one, since, case) for one, since in zip(then, now, strict=True)])


def thinking(events: Iterable[Event]) -> bool:
    """Tell whether the participant thinks about it again, and has said neither yes nor no after that."""
    return consent.thinking(event for event in events if event.actor in {CHILD, ADULT})


def _stricter(gate: Gate, since: Gate, case: Situation) -> Gate:
    wanted = _ANSWERS if _guardian_thinks(case.events) else _ANSWERS - {"G04"}
    if gate.status != FAILS and since.status == FAILS and gate.id in wanted:
        gate = since
    if gate.status != FAILS:
        return gate
    if gate.id == "G06" and _said_no_since(case):
        return replace(gate, reason=_NO_SINCE, step=None)
    if gate.id == "G06" and thinking(case.events):
        return replace(gate, reason=_THINKS)
    return gate


_ANSWERS = frozenset({"G04", "G05", "G06", "G13"})  # what a family says; all else is judged for that day alone


def _guardian_thinks(events: Iterable[Event]) -> bool:
    return any(map(states.thinks_again, consent.by_person(consent.in_force(events), GUARDIAN).values()))


def _said_no_since(case: Situation) -> bool:
    noes = [event for event in consent.open_noes(case.events, {CHILD, ADULT}) if event.act in REFUSING]
    return any(event.day > case.today for event in noes)


_NO_SINCE = Pair(
    "孩子后来说了不愿意，纸上的就不录入。只有孩子自己再提起来，才再问。",
    "The child said no afterwards, so the paper is not typed in. Ask again only if the child brings it up.",
)
_THINKS = Pair(
    "孩子后来说还要想一想。先当面再问一次孩子，再录入纸上的。",
    "The child wanted to think about it afterwards. Ask the child again in person before the paper is typed in.",
)
