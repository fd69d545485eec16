"""What the answers of guardians, carers and children share: each is one immutable event, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fieldkit.acts.desk import Desk
from fieldkit.acts.forms import FormView
from fieldkit.acts.people import Case
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value
from fieldkit.rules import consent
from fieldkit.rules.consent import CARER, GUARDIAN
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

PNG = b"\x89PNG\r\n\x1a\n"
LONGEST_SIGNATURE = 300 * 1024


class NoSignature(Refusal):
    """V23: neither a signature on the screen nor a paper with a witness."""

    code = "V23"
    message = N_(
        "There is no signature yet. Sign on the screen; for a thumbprint note the paper form, the reason and the "
        "witness."
    )
    status = 422


def follows(one: Case, actor: str) -> list[str]:
    """Return the ids of *actor*'s events that are on the screen: they go into the form and come back with it."""
    return [event.id for event in one.events if event.actor == actor]


def check_signature(content: bytes) -> None:
    """Raise NoSignature (V23) for what is no picture, Invalid for one that is too large."""
    if not content.startswith(PNG):
        raise NoSignature
    if len(content) > LONGEST_SIGNATURE:
        raise Invalid(field=N_("the signature"))


def person(desk: Desk, tables: Tables, subject: str, relation: str, basis: str) -> str:
    """Return the record id of this child's *relation*: of one mother there is one record."""
    found = people.row(tables, "persons", "subject = ? AND relation = ?", subject, relation)
    if found is not None:
        return str(found["id"])
    facts = {"relation": relation, "role": GUARDIAN if basis else CARER, "basis": basis}
    return log.append(tables, desk.pen, Draft("person", facts, record=new_id(), subject=subject)).record


def begin(
    desk: Desk, one: Case, form: FormView, actor: str, person: str, relation: str, seen: Sequence[str]
) -> dict[str, Value]:
    """Return what every event says: who, on which text, at which age, that day, after which of their own words.

    *seen*: the ids of *actor*'s events that were on the screen; those of this *person* are what the event follows.
    """
    mine = {event.id for event in one.events if event.actor == actor and event.person == person}
    return {
        "actor": actor,
        "person": person,
        "relation": relation,
        "form": form.doc_kind,
        "form_text_hash": form.text_hash,
        "age_group": one.age_group,
        "day": desk.today,
        "follows": sorted(mine & set(seen)),
    }


def lifting(one: Case, event: Mapping[str, Value]) -> dict[str, Value]:
    """Return what makes a yes lift, by name, this person's own open noes that were on the screen: nothing else does."""
    noes = [no.id for no in consent.open_noes(one.events, {event["actor"]}) if no.id in event["follows"]]
    return {"act": "reconsented", "lifts": noes} if noes else {}


def decline(desk: Desk, tables: Tables, one: Case, event: Mapping[str, Value], reason: str) -> str:
    """Keep a no, and count it without a name; no reason is asked for."""
    said_no = {**event, "act": "declined"}
    kept = log.append(tables, desk.pen, Draft("consent_event", said_no, subject=one.id, session=event.get("session")))
    trace = {"reason": reason, "site": one.site, "sex": one.sex, "age_group": one.age_group, "day": desk.today}
    log.append(tables, desk.pen, Draft("nonparticipation", trace, record=new_id(), subject=one.id))
    return kept.id
