"""Who has said yes to what: pure functions over consent events (`domain.md` §3.1-§3.3, `design.md` §3 and §6).

Order, ticks and clocks decide nothing here: an event is *last* when no other event says it follows it, and a no stays
open until the same person's later event lifts it by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from fieldkit.i18n import N_
from fieldkit.rules.findings import ASK, Finding

YES, NO, NOT_ASKED = "yes", "no", "not_asked"
GUARDIAN, CARER, CHILD, ADULT = "guardian", "carer", "child", "adult_participant"
OWN = frozenset({CHILD, ADULT})  # one person, as a child and as a grown-up
AGREEING = frozenset({"given", "reaffirmed", "reconsented"})
REFUSING = frozenset({"declined", "withdrawn"})
VOIDING, DEFERRED, INFORMED_ONLY = "voided", "deferred", "informed_only"
LIMITED = "limited"  # some of what was allowed is taken back, the rest goes on: no answer to whether one takes part
STOPPED = "stopped"  # on a sheet that is typed in: a fact of its own day and session, no word about another talk
NECESSARY = ("participate", "notes", "store")
BLOCKS = (1, 2, 3)  # the parts of the script that opens a talk; a child is told all of them
PARENTS = frozenset({"father", "mother", "adoptive"})
ONE_EACH = frozenset({"father", "mother"})  # a child has one of each, on however many records
MINORS = frozenset({"sib_minor", "self"})
CLAIMED = "claimed_only"
LEGAL_BASES = frozenset(
    {"parents_dead_or_incapable", "agreement", "designated_committee", "court", "civil_affairs", "adoption"}
)  # Civil Code 27, 30-32; a parent needs none
ASKERS = {"child": (CHILD,), "guardian": (GUARDIAN,), "both": (GUARDIAN, CHILD)}  # who asks out: whose no that is
ALL, STOP_KEEP, STOP_DISCARD = "all", "stop_keep", "stop_discard"
PARTS = {
    "audio": ("audio",),
    "photo": ("photo_object", "photo_place"),
    "quote": ("quote",),
    "recontact": ("recontact", "repeat", "member_check"),
    "share": ("share_archive", "cross_border"),
}  # a scope that takes back part of the yes, and to which items (`domain.md` §3.6)
ANSWERS = "answers"  # a scope that takes back what was said to some questions, and nothing of the yes


@dataclass(frozen=True)
class Event:
    """One consent, assent or withdrawal, as it was recorded; never edited afterwards (`domain.md` §1.11).

    `author`: the code of who wrote it down; `entered_on`: when it was typed in from paper, which says its day;
    `answers`: the records of the answers that are taken back; `unsure`: its day was the one of a clock that nobody
    believed.
    """

    id: str
    actor: str
    act: str
    person: str = ""
    relation: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    day: str = ""
    form: str = ""
    form_text_hash: str = ""
    method: str = ""
    age_group: str = ""
    guardian_basis: str = ""
    scope: str = ""
    again_on: str = ""
    told: tuple[int, ...] = ()
    follows: tuple[str, ...] = ()
    lifts: tuple[str, ...] = ()
    voids: tuple[str, ...] = ()
    author: str = ""
    entered_on: str = ""
    answers: tuple[str, ...] = ()
    unsure: bool = False


def may_consent(relation: str, basis: str = "", capacity: str = "") -> bool:
    """Tell whether an adult is a guardian: a parent is (Civil Code 27), another one with a legal basis is.

    *basis*: a code of `guardian_basis`; one that is only claimed makes no guardian. Nobody who lacks capacity is one.
    """
    by_law = relation in PARENTS or (basis in LEGAL_BASES and relation not in MINORS)
    return by_law and basis != CLAIMED and capacity != "lacks"


def in_force(events: Iterable[Event]) -> list[Event]:
    """Return the events that no coordinator voided; only an event that voids and does nothing else can."""
    events = list(events)
    voided = _voided(events)
    return [event for event in events if event.id not in voided] if voided else events


def _voided(events: Iterable[Event]) -> set[str]:
    return {named for event in events if event.act == VOIDING for named in event.voids}


def open_noes(events: Iterable[Event], actors: Collection[str] = (GUARDIAN, CHILD, ADULT)) -> list[Event]:
    """Return every `declined` or `withdrawn` that no yes of the same person lifts by name."""
    events = in_force(events)
    lifting = [event for event in events if event.act in AGREEING and event.lifts]  # one no never lifts another
    return [
        event
        for event in events
        if event.act in REFUSING
        and event.actor in actors
        and not any(event.id in yes.lifts and one_person(yes, event) for yes in lifting)
    ]


def only_stopped(events: Iterable[Event], session: str) -> bool:
    """Tell whether nothing stands against writing but that the child stopped this very talk, and kept it."""
    return all((no.scope, no.session) == (STOP_KEEP, session) for no in open_noes(events))


def one_person(one: Event, other: Event) -> bool:
    """Tell whether both are one person's word, under whichever record of the child.

    There is one child, also where a notice brought its word and named nobody; one mother and one father. Two uncles are
    two: of anybody else only the record of the person tells.
    """
    if one.actor in OWN or other.actor in OWN:
        return {one.actor, other.actor} <= OWN
    parent = one.relation == other.relation and one.relation in ONE_EACH
    return one.actor == other.actor and (one.person == other.person or parent)


def voices(actor: str) -> frozenset[str]:
    """Return as whom the same person may have spoken before: a wrong clock or a birthday lies between the two."""
    return OWN if actor in OWN else frozenset({actor})


def own_noes(events: Iterable[Event], *, grown: bool) -> list[Event]:
    """Return the participant's own open noes; what they refused as a child binds nobody who decides alone by now."""
    events = list(events)
    return open_noes(events, {ADULT} if decides_alone(events, grown=grown) else OWN)


def against_on(events: Iterable[Event], day: str, late: str = "") -> bool:
    """Tell whether the child said no or stopped on *day*: then it is not asked again that day (`domain.md` §3.9).

    Also on a day after it up to *late*, the last day that was believed: a clock that went back makes no new day. What a
    laptop took for a grown-up's word is the child's too. What was written down by mistake was never said.
    """
    said = {event.act for event in in_force(events) if event.actor in OWN and day <= event.day <= max(day, late)}
    return bool(said & {*REFUSING, STOPPED})


def noes_of(events: Iterable[Event], actor: str, relation: str, person: str = "") -> list[Event]:
    """Return the open noes of *actor* that the child's *relation* spoke: of two mothers on record, of both.

    *person*: which one it is, where two of one relation are two people.
    """
    events = list(events)
    known = {event.person for event in events if event.relation == relation and person in {"", event.person}} - {""}
    return [no for no in open_noes(events, voices(actor)) if no.person in known or actor in OWN]


def asked_again(actor: str, noes: Iterable[Event]) -> list[Finding]:
    """Return what is asked before *noes* are taken back: they themselves come back to it (`domain.md` §3.3, §3.9)."""
    if not list(noes):
        return []
    return [Finding("again_family", ASK, FAMILY_AGAIN) if actor == GUARDIAN else Finding("again_own", ASK, OWN_AGAIN)]


FAMILY_AGAIN = N_("This guardian said no before. Ask again only when the family itself comes back to it.")
OWN_AGAIN = N_("There was a no before. Ask again only when they bring it up themselves.")


def last(events: Iterable[Event], item: str) -> list[Event]:
    """Return, of the events that asked *item*, those that no other one of them follows."""
    asked = [event for event in in_force(events) if event.items.get(item, NOT_ASKED) != NOT_ASKED]
    followed = {named for event in asked for named in event.follows}
    return [event for event in asked if event.id not in followed]


def says_yes(events: Iterable[Event], item: str) -> bool:
    """Tell whether there is a last word on *item* and every one of them is yes; silence is not consent."""
    words = last(events, item)
    return bool(words) and _all_yes(words, item)


def _all_yes(words: Iterable[Event], item: str) -> bool:
    return all(event.act in AGREEING and event.items[item] == YES for event in words)


def thinking(events: Iterable[Event]) -> bool:
    """Tell whether one person's *events* hold a `deferred` that no later yes of theirs follows (`domain.md` §3.2)."""
    events = in_force(events)
    decided = {named for event in events if event.act in AGREEING for named in event.follows}
    return any(event.act == DEFERRED and event.id not in decided for event in events)


def by_person(events: Iterable[Event], actor: str) -> dict[str, list[Event]]:
    """Return the events of *actor*, gathered per person."""
    gathered: dict[str, list[Event]] = {}
    for event in events:
        if event.actor == actor:
            gathered.setdefault(event.person, []).append(event)
    return gathered


def guardian_ok(events: Iterable[Event], item: str) -> bool:
    """Tell whether every guardian who was asked for *item* last said yes, one at least, and none has an open no.

    Who thinks about it again after a yes says neither, until the next yes.
    """
    return guardians_ok(events, [item])


def guardians_ok(events: Iterable[Event], items: Iterable[str]) -> bool:
    """Tell the same of each of *items*."""
    events = in_force(events)
    if open_noes(events, {GUARDIAN}):
        return False
    spoken = [(of_one, thinking(of_one)) for of_one in by_person(events, GUARDIAN).values()]
    return all(_each_says_yes(spoken, item) for item in items)


def _each_says_yes(spoken: list[tuple[list[Event], bool]], item: str) -> bool:
    asked = [(words, thinks) for of_one, thinks in spoken if (words := last(of_one, item))]
    return bool(asked) and all(_all_yes(words, item) and not thinks for words, thinks in asked)


def child_ok(events: Iterable[Event], item: str, session: str) -> bool:
    """Tell whether the child's last word on *item* is yes, said anew in *session*, and no no of the child is open.

    Who thinks about it again in the middle of a talk permits nothing more in it until they say yes again.
    """
    events = in_force(events)  # before anything is picked: who voids is another person
    spoken = [event for event in events if event.actor == CHILD]
    here = [event for event in spoken if event.session == session]
    agrees = says_yes(spoken, item) and says_yes(here, item) and not open_noes(events, {CHILD})
    return agrees and not _goes_not_on(events, session) and not _own_no(events, item)


def _goes_not_on(events: Iterable[Event], session: str) -> bool:
    return thinks_in(events, session) or left(events, session)


def thinks_in(events: Iterable[Event], session: str) -> bool:
    """Tell whether the participant thinks about it again in *session*, or where nobody had heard of it.

    It is so until the next yes. What they put off in the knowledge of this talk's yes is another talk, whatever the
    clocks say (`domain.md` D4); of a talk on paper it was settled when that was typed in.
    """
    spoken = [event for event in in_force(events) if event.actor in OWN]
    yes = {one.id for one in spoken if one.session == session and one.act in AGREEING and not one.entered_on}
    reaches = [one for one in spoken if one.session == session or (yes and yes.isdisjoint(one.follows))]
    return thinking([one for one in spoken if one.act != DEFERRED or one in reaches])


def left(events: Iterable[Event], session: str) -> bool:
    """Tell whether the participant withdrew from the talk of *session*, whose yes knew nothing of that: it stays ended.

    A later yes takes the no back, and opens another talk. Who stops one talk leaves that one alone; of a talk on paper
    it was settled when that was typed in.
    """
    own = [event for event in in_force(events) if event.actor in OWN]
    yeses = [event for event in own if event.session == session and event.act in AGREEING]
    known = {named for yes in yeses for named in (*yes.follows, *yes.lifts)}
    reach = {session} if any(yes.entered_on for yes in yeses) else {session, ""}
    return any(event.act == "withdrawn" and event.session in reach and event.id not in known for event in own)


def decides_alone(events: Iterable[Event], *, grown: bool) -> bool:
    """Tell whether the participant's own word stands for everybody's: *grown* up today, and asked as a grown-up.

    An event of a grown-up alone is not enough: a wrong clock or a wrong birth date may have made it.
    """
    return grown and any(event.actor == ADULT for event in in_force(events))


def effective(events: Iterable[Event], item: str, session: str, *, grown: bool) -> bool:
    """Tell whether *item* is permitted in *session*: two keys, one lock; *grown*, the own one alone (§3.2)."""
    events = in_force(events)
    if decides_alone(events, grown=grown):
        return _own_ok(events, item) and not _goes_not_on(events, session)
    return guardian_ok(events, item) and child_ok(events, item, session)


def usable(events: Iterable[Event], item: str, *, grown: bool) -> bool:
    """Tell whether *item* of what was recorded may be used: whoever has to be asked said yes, and no child said no.

    A child is asked for the items of its own form alone; of the others its guardian decides, until the child objects.
    """
    events = in_force(events)
    if decides_alone(events, grown=grown):
        return _own_ok(events, item)
    spoken = [event for event in events if event.actor == CHILD]
    objects = bool(last(spoken, item)) and not says_yes(spoken, item)
    return guardian_ok(events, item) and not objects and not _own_no(events, item)


def _own_ok(events: list[Event], item: str) -> bool:
    """A notice does not know whether they spoke as a child: what it takes back of a part is taken back."""
    own = [event for event in events if event.actor in OWN]
    agrees = says_yes([event for event in own if event.actor == ADULT], item) and not open_noes(own, {ADULT})
    return agrees and all(event.act != LIMITED for event in last(own, item))


def _own_no(events: list[Event], item: str) -> bool:
    """What they refused as a grown-up is refused where this laptop takes them for younger, until they say more."""
    words = [event for event in last([one for one in events if one.actor in OWN], item) if event.actor == ADULT]
    refuses = any(event.act not in AGREEING or event.items[item] != YES for event in words)
    return refuses or bool(open_noes(events, {ADULT}))


def takes_back(events: Iterable[Event], item: str) -> bool:
    """Tell whether somebody's last word on *item* takes it back."""
    return bool(taking_back(events, item))


def taking_back(events: Iterable[Event], item: str) -> list[Event]:
    """Return the last words on *item*, of whomever, that take it back."""
    events = in_force(events)
    people = {(event.actor, event.person) for event in events}
    each = [last([one for one in events if (one.actor, one.person) == who], item) for who in sorted(people)]
    return [event for words in each for event in words if event.act == LIMITED]


def taken_back(events: Iterable[Event]) -> set[str]:
    """Return the records of the answers that somebody took back by name: in use nowhere, until a coordinator voids it.

    Whatever comes of such an answer later is taken back too.
    """
    named = [event for event in in_force(events) if (event.act, event.scope) == (LIMITED, ANSWERS)]
    return {record for event in named for record in event.answers}


def grounds(events: Iterable[Event], session: str, items: Iterable[str] = NECESSARY) -> tuple[str, ...]:
    """Return what a change in *session* names as its grounds: the guardians' last yes, the child's of this session."""
    events = in_force(events)
    spoken = [event for event in events if event.act in AGREEING]
    mine = [event for event in spoken if event.actor == GUARDIAN or (event.actor in OWN and event.session == session)]
    return tuple(sorted({event.id for item in items for event in _last_of_each(mine, item)}))


def _last_of_each(events: list[Event], item: str) -> list[Event]:
    people = {(event.actor, event.person) for event in events}
    return [event for who in sorted(people) for event in last([e for e in events if (e.actor, e.person) == who], item)]


def valid_pair(
    events: Mapping[str, Event],
    named: Iterable[str],
    items: Iterable[str],
    session: str,
    approved: Collection[str],
) -> bool:
    """Tell whether the grounds *named* by a change permit *items*; if not, the change is held until they do.

    *events*: all events of this subject by id; *approved*: every form text hash that `study` ever approved.
    Birthdays, later versions and dates are not looked at (`design.md` §3), but nobody is grown up by a clock alone.
    """
    voided = _voided(events.values())
    present = [events[name] for name in named if name in events and name not in voided]
    usable = [event for event in present if event.act in AGREEING and event.form_text_hash in approved]
    adult = [event for event in usable if event.actor == ADULT and not event.unsure]
    guardians = [event for event in usable if event.actor == GUARDIAN and event.guardian_basis != CLAIMED]
    children = [event for event in usable if event.actor == CHILD and event.session == session]
    sides = [adult] if adult else [guardians, children]
    return all(any(event.items.get(item) == YES for event in side) for side in sides for item in items)


def hidden(events: Iterable[Event]) -> bool:
    """Tell whether an open withdrawal hides the child everywhere (`domain.md` §3.6)."""
    actors = (GUARDIAN, CHILD, ADULT)
    return any(event.act == "withdrawn" and event.scope == ALL for event in open_noes(events, actors))


def discarded(events: Iterable[Event]) -> set[str]:
    """Return the sessions of which the child wants nothing kept (`domain.md` §3.6): what comes of them is held.

    A later yes is to another talk and brings nothing of them back; only what a coordinator voided counts no more.
    """
    stopped = [event for event in in_force(events) if event.actor in OWN and event.scope == STOP_DISCARD]
    return {event.session for event in stopped if event.act in {"withdrawn", STOPPED} and event.session}


def asked_too_late(asked: Event, events: Iterable[Event], of_age: str) -> bool:
    """Tell whether a guardian *asked* for somebody who decided alone already: only they themselves withdraw then.

    *of_age*: the first day on which they were 18 for certain, empty where nobody knows; who answered as a grown-up was
    so too. What bears no day may have been said afterwards.
    """
    answered = [event.day for event in in_force(events) if event.actor == ADULT and event.act in AGREEING]
    since = min([day for day in (of_age, *answered) if day], default="")
    return asked.actor == GUARDIAN and bool(since) and (not asked.day or since <= asked.day)
