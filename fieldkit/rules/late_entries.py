"""An interview that was held on paper and is typed in later: judged for its own day, and by every no since.

`domain.md` §3.2, §3.4 and §6.1. What had not been said by that day does not count for it; what was refused since, and
is not lifted by name, keeps it out. Of what was written under a doubtful date nobody knows when it was said: it permits
as if said afterwards, and forbids as if said afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from fieldkit.rules import consent, gates, states
from fieldkit.rules.consent import BLOCKS, CHILD, GUARDIAN, NECESSARY, OWN, REFUSING, YES, Event
from fieldkit.rules.gates import FAILS, Gate
from fieldkit.rules.situations import Situation
from fieldkit.studies import Pair

PAPER = "paper"  # the session of the yes that stands on the paper and is not recorded yet


def doubtful(events: Iterable[Event], flagged: Collection[str]) -> frozenset[str]:
    """Return the ids of the *flagged* events whose day came from the clock, and not from a paper."""
    return frozenset(event.id for event in events if event.id in flagged and not event.entered_on)


def said_by(events: Iterable[Event], day: str, doubts: Collection[str] = ()) -> list[Event]:
    """Return what was said by *day* and was not voided since; of what is in *doubts* nobody knows that."""
    return [event for event in consent.in_force(events) if event.day <= day and event.id not in doubts]


def taken_back(events: Iterable[Event], day: str, doubts: Collection[str] = ()) -> list[Event]:
    """Return the child's noes, open on *day*, that a yes on paper may take back: those of the days before."""
    return [no for no in consent.open_noes(said_by(events, day, doubts), OWN) if "" < no.day < day]


def discarded_on(events: Iterable[Event], day: str) -> bool:
    """Tell whether the child wanted nothing kept of a talk of *day*."""
    events = consent.in_force(events)
    gone = consent.discarded(events)
    return any(event.session in gone and event.act in consent.AGREEING and event.day == day for event in events)


def before_the_paper(events: Iterable[Event], day: str, doubts: Collection[str] = ()) -> list[Event]:
    """Return what of the child's own words a yes on paper of *day* comes after.

    Whether it came after a thought of that very day, the paper does not say: the child is asked in person again.
    """
    mine = [event for event in events if event.actor == CHILD and event.id not in doubts]
    return [event for event in mine if event.day < day or (event.day == day and event.act != consent.DEFERRED)]


def with_paper_yes(case: Situation, child: str) -> Situation:
    """Return *case* as it is when the paper bears the whole yes of *child*, said on the day that is judged."""
    mine = [event.id for event in before_the_paper(case.events, case.today, case.doubtful)]
    noes = [no.id for no in taken_back(case.events, case.today, case.doubtful)]
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
        entered_on=case.today,  # whatever that day is: it comes from a paper
    )
    return replace(case, events=[*case.events, yes], session=PAPER)


def judge(titles: Sequence[tuple[str, str, Pair]], case: Situation) -> list[Gate]:
    """Return every gate judged for the day of *case*, whose events are all that is known by now."""
    case = replace(case, past=True, session="" if thinking(case.events) else case.session)
    then = gates.each(titles, replace(case, events=said_by(case.events, case.today, case.doubtful)))
    dated = gates.each(titles, replace(case, events=said_by(case.events, case.today)))
    now = gates.each(titles, case)
    judged = zip(map(_undoubted, then, dated), now, strict=True)
    return gates.in_order([_stricter(one, since, case) for one, since in judged])


def _undoubted(gate: Gate, dated: Gate) -> Gate:
    """Say what is in doubt where a gate would hold by the days that the records bear."""
    in_doubt = gate.id in _FAMILY and gate.status == FAILS and dated.status != FAILS
    return replace(gate, reason=_DOUBTFUL) if in_doubt else gate


_FAMILY = frozenset({"G04", "G05", "G13", "G14"})
_DOUBTFUL = Pair(
    "那份同意记录的时间可疑，请先核对日期。有纸质同意书的，按上面的日期再录一次；没有的，这份记录先不录入，请告诉协调员。",
    "The date of that consent record is doubtful: check it first. If there is a paper form, enter the consent again "
    "with the day on the paper; if there is none, leave this sheet and tell the coordinator.",
)


def thinking(events: Iterable[Event]) -> bool:
    """Tell whether the participant thinks about it again, and has said neither yes nor no after that."""
    return consent.thinking(event for event in events if event.actor in OWN)


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
    noes = [event for event in consent.open_noes(case.events, OWN) if event.act in REFUSING]
    return any(event.day > case.today or event.id in case.doubtful for event in noes)


_NO_SINCE = Pair(
    "孩子后来说了不愿意，纸上的就不录入。只有孩子自己再提起来，才再问。",
    "The child said no afterwards, so the paper is not typed in. Ask again only if the child brings it up.",
)
_THINKS = Pair(
    "孩子说过还要想一想。先当面再问一次孩子，再录入纸上的。",
    "The child wanted to think about it. Ask the child again in person before the paper is typed in.",
)
