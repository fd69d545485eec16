"""Where a family's consent stands, computed from its events (`domain.md` §3.3, §3.7, §3.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fieldkit.rules import consent, versions
from fieldkit.rules.consent import ADULT, AGREEING, CARER, CHILD, GUARDIAN, INFORMED_ONLY, NECESSARY, REFUSING, Event
from fieldkit.rules.versions import FormVersion

NOT_SOUGHT, INFORMED, DEFERRED = "not_sought", "informed", "deferred"
GIVEN, GIVEN_PARTIAL, DECLINED, WITHDRAWN = "given", "given_partial", "declined", "withdrawn"
NEEDS_RECONSENT, NEEDS_RECONFIRM, LAPSED, VOIDED = "needs_reconsent", "needs_reconfirm", "lapsed", "voided"
NEEDS_PAPER = "needs_paper"  # a guardian by law of whose paper only the name is missing
REAFFIRMED = "reaffirmed"
ADULT_GROUP = "a18"
MINOR = "u18"  # of `carer_age_band`: who is under 18 themselves consents for nobody (Civil Code 17, 23, 27)


@dataclass(frozen=True)
class Adult:
    """What is known of one adult of the household: enough to tell whether they are a guardian today.

    `unnamed`: the basis that counts once the paper that was seen for it is named. `disputed`: two versions stand of
    what decides whether they can consent: until one is chosen they do not.
    """

    relation: str
    basis: str = ""
    capacity: str = ""
    ended_on: str = ""
    role: str = ""
    age_band: str = ""
    unnamed: str = ""
    disputed: bool = False

    def is_guardian(self, day: str) -> bool:
        """Tell whether this adult may give guardian consent on *day*; of those who are no parents a guardian alone."""
        over = bool(self.ended_on) and self.ended_on <= day
        cares = self.role == CARER and self.relation not in consent.PARENTS
        minor = self.age_band == MINOR
        able = consent.may_consent(self.relation, self.basis, self.capacity)
        return able and not (over or cares or minor or self.disputed)


def guardian(
    events: Iterable[Event], adults: Mapping[str, Adult], forms: Sequence[FormVersion], age_group: str, day: str
) -> str:
    """Return where the guardians' consent stands on *day*: one code of §3.3, the strictest that applies."""
    events = list(events)
    said, standing = _of_guardians(events), _words(consent.in_force(events), GUARDIAN)
    noes = consent.open_noes(events, {GUARDIAN})
    if not said:
        return NOT_SOUGHT
    if any(event.act == "withdrawn" for event in noes):
        return WITHDRAWN
    if noes:
        return DECLINED
    if any(thinks_again(one) for one in consent.by_person(standing, GUARDIAN).values()):
        return DEFERRED
    if any(event.act in AGREEING for event in standing):
        return _given(standing, adults, forms, age_group, day)
    if not standing:
        return VOIDED
    return DEFERRED if any(event.act == "deferred" for event in _unfollowed(standing)) else INFORMED


def thinks_again(events: list[Event]) -> bool:
    """Tell whether a guardian who said yes has second thoughts that no further yes has ended."""
    return any(event.act in AGREEING for event in events) and consent.thinking(events)


def _given(
    standing: list[Event], adults: Mapping[str, Adult], forms: Sequence[FormVersion], age_group: str, day: str
) -> str:
    if age_group == ADULT_GROUP:
        return LAPSED
    valid = binding(standing, adults, day)
    if not valid:
        return NEEDS_PAPER if paper_to_name(standing, adults, day) else NEEDS_RECONFIRM
    if not all(versions.accepted(forms, event.form_text_hash, day) for event in valid):
        return NEEDS_RECONSENT
    items = {item for event in valid for item in event.items}
    whole = consent.guardians_ok(standing, items)
    return GIVEN if whole else GIVEN_PARTIAL


def paper_to_name(events: Iterable[Event], adults: Mapping[str, Adult], day: str) -> str:
    """Return the person, by id, whose yes counts once the paper that was seen is named; empty where there is none."""
    named = {one: replace(adult, basis=adult.unnamed) for one, adult in adults.items() if adult.unnamed}
    return next((event.person for event in binding(events, {**adults, **named}, day) if event.person in named), "")


def binding(events: Iterable[Event], adults: Mapping[str, Adult], day: str) -> list[Event]:
    """Return the last yeses of those who are still guardians on *day* (of whom nothing is known, who was one then)."""
    last = {one.id: one for item in NECESSARY for one in consent.last(_of_guardians(events), item)}
    return [event for event in last.values() if event.act in AGREEING and _is_still_one(event, adults, day)]


def _is_still_one(event: Event, adults: Mapping[str, Adult], day: str) -> bool:
    return adults.get(event.person, _as_recorded(event)).is_guardian(day)


def _of_guardians(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.actor == GUARDIAN]


def _words(events: Iterable[Event], actor: str) -> list[Event]:
    """Return what *actor* said; that a coordinator voided something is nobody's word."""
    return [event for event in events if event.actor == actor and event.act != consent.VOIDING]


def _as_recorded(event: Event) -> Adult:
    return Adult(event.relation, event.guardian_basis)


def _unfollowed(events: list[Event]) -> list[Event]:
    followed = {named for event in events for named in event.follows}
    return [event for event in events if event.id not in followed]


def child(events: Iterable[Event], session: str, *, grown: bool = False) -> str:
    """Return where the child's own answer stands; a yes counts for the *session* it was said in, and no other."""
    events = list(events)
    mine = _words(consent.in_force(events), CHILD)
    noes = consent.own_noes(events, grown=grown)
    if noes:
        return WITHDRAWN if any(event.act == "withdrawn" for event in noes) else DECLINED
    if session and all(consent.child_ok(events, item, session) for item in NECESSARY):
        return REAFFIRMED
    if any(event.act in AGREEING for event in mine):
        return DEFERRED if consent.thinking(mine) else GIVEN
    if not mine:
        return VOIDED if any(event.actor == CHILD for event in events) else NOT_SOUGHT
    return DEFERRED if any(event.act == "deferred" for event in _unfollowed(mine)) else INFORMED


def untold(
    events: Iterable[Event], adults: Mapping[str, Adult], forms: Sequence[FormVersion], day: str, *, grown: bool
) -> list[Event]:
    """Return the yeses since which their form changed a little, until whoever said them is told (§3.7).

    A call that broke off told nothing; a major change is asked about instead, which tells the rest. Who has said no
    since is told nothing, nor is who is no guardian on *day* any more, also because the child has *grown* up.
    """
    events = list(events)
    against = {no.person for no in consent.open_noes(events)}
    actors = {ADULT} if grown else {GUARDIAN, ADULT}
    said = [one for one in consent.in_force(events) if one.actor in actors and one.person not in against]
    newest = {one.id for item in NECESSARY for one in consent.last(said, item)}
    agreed = [
        one
        for one in said
        if one.act in AGREEING and one.id in newest and (one.actor == ADULT or _is_still_one(one, adults, day))
    ]

    def changed_since(event: Event) -> bool:
        return versions.to_be_told(forms, event.form_text_hash, day)

    due = [one for one in agreed if changed_since(one)]
    tellings = [one for one in said if due and one.act == INFORMED_ONLY and not one.method and not changed_since(one)]
    told = {named for one in tellings for named in one.follows}
    return [one for one in due if one.id not in told]


def form_counts(events: Iterable[Event], forms: Sequence[FormVersion], day: str) -> bool:
    """Tell whether no major change came since the words to which the participant's *events* say yes (§3.7).

    The yes on a sheet that is being typed in names its form when it is kept.
    """
    events = list(events)
    read = {event.form_text_hash for item in NECESSARY for event in consent.last(events, item)} - {""}
    return all(versions.accepted(forms, text_hash, day) for text_hash in read)


def on_hold(events: Iterable[Event]) -> bool:
    """Tell whether one guardian said yes and another one objects: the coordinator talks with both (§3.8)."""
    events = consent.in_force(events)
    agreed = {event.person for event in events if event.actor == GUARDIAN and event.act in AGREEING}
    against = {event.person for event in consent.open_noes(events, {GUARDIAN}) if event.act in REFUSING}
    return bool(agreed - against) and bool(against)
