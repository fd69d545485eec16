"""Whether a family that was heard already may be rung, visited or heard again (`domain.md` §1.11, §3.6, §3.9)."""

from __future__ import annotations

from collections.abc import Iterable

from fieldkit.i18n import N_
from fieldkit.rules import consent
from fieldkit.rules.consent import AGREEING, GUARDIAN, OWN, YES, Event
from fieldkit.rules.findings import ASK, Finding

ITEM = "recontact"


def left_alone(events: Iterable[Event], *, heard: bool, grown: bool) -> bool:
    """Tell whether nobody rings or visits a family: it took that back, or was *heard* and did not allow more."""
    events = list(events)
    if not heard:
        return consent.takes_back(events, ITEM)
    if consent.decides_alone(events, grown=grown):
        return not consent.usable(events, ITEM, grown=grown)
    return not family_allows(events, grown=grown) or bool(own_noes(events, ""))


def family_allows(events: Iterable[Event], *, grown: bool) -> bool:
    """Tell whether every guardian's last word allows re-contact; whoever decides alone needs nobody's."""
    events = consent.in_force(events)
    asked = [said for said in consent.by_person(events, GUARDIAN).values() if consent.last(said, ITEM)]
    allowed = bool(asked) and all(consent.says_yes(said, ITEM) for said in asked)
    return allowed or consent.decides_alone(events, grown=grown)


def own_noes(events: Iterable[Event], session: str) -> list[Event]:
    """Return the participant's own last words against re-contact that their yes of *session* did not know of.

    Whoever brings it up themselves talks: what they answer about re-contact on that day is about later talks, as the
    form says.
    """
    own = [event for event in consent.in_force(events) if event.actor in OWN]
    here = [event for event in own if session and event.session == session and event.act in AGREEING]
    known = {named for event in here for named in (event.id, *event.follows)}
    words = consent.last([event for event in own if event not in here], ITEM)
    return [one for one in words if one.id not in known and (one.act not in AGREEING or one.items[ITEM] != YES)]


def asked_again(actor: str, noes: Iterable[Event], heard: Iterable[Event], *, grown: bool) -> list[Finding]:
    """Return what is asked before *actor* is asked anew: after *noes*, and where a family is not to be contacted again.

    *heard*: what was said for a child who was heard already; nothing before that.
    """
    asked, heard = consent.asked_again(actor, noes), list(heard)
    if asked or not heard:
        return asked
    if actor == GUARDIAN:
        allowed = family_allows(heard, grown=grown)
        return [] if allowed else [Finding("again_family", ASK, FAMILY_NOT_AGAIN)]
    return [Finding("again_own", ASK, OWN_NOT_AGAIN)] if own_noes(heard, "") else []


FAMILY_NOT_AGAIN = N_("The family did not allow re-contact. Ask again only when the family itself comes back to it.")
OWN_NOT_AGAIN = N_("They did not want to be contacted again. Ask again only when they bring it up themselves.")
