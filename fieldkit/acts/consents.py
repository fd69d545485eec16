"""A guardian's consent: who may give it, what it takes, and the names that belong to the yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fieldkit.acts import events, forms
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import FormView
from fieldkit.acts.people import Case, case, case_within
from fieldkit.errors import Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value, digest, natural_id
from fieldkit.rules import ages, consent, pseudonyms
from fieldkit.rules.consent import GUARDIAN, NO, YES
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.keys import b64, unb64
from fieldkit.store.log import Draft
from fieldkit.studies import Pair


class NotAGuardian(Refusal):
    """V20: only a guardian can give guardian consent; a carer's agreement is stored as what it is."""

    code = "V20"
    message = N_("This adult is not a guardian. Record a carer's agreement, and ask a parent for consent.")
    status = 422


class ItemsNotAsked(Refusal):
    """V22: every item is asked on its own line."""

    code = "V22"
    message = N_("Some items have not been asked one by one. Go back and ask them.")
    status = 422


@dataclass(frozen=True)
class GuardianAnswer:
    """What a guardian said and signed on the screen; all of it is stored in one transaction, or nothing is."""

    relation: str
    items: Mapping[str, str]
    understanding: Sequence[str]
    real_name: str = ""
    birth_date: str = ""
    pseudonym_zh: str = ""
    pseudonym_en: str = ""
    migration: str = ""
    carer: str = ""
    signer_name: str = ""
    signature_png: bytes = b""
    follows: Sequence[str] = ()


@only(INTERVIEWER)
def suggest_pseudonym(desk: Desk, subject: str, real_name: str = "") -> Pair:
    """Return a pseudonym that nobody has and that shares no character with the child's names (V10, V11)."""
    one = case(desk, subject)
    with desk.db.reading() as tables:
        taken = people.pseudonyms(tables)
    return pseudonyms.suggest(taken, (one.called or "") + real_name, len(taken) * 7 + sum(map(ord, one.case_code)))


@only(INTERVIEWER)
def record(desk: Desk, subject: str, said: GuardianAnswer) -> str:
    """Keep a guardian's answer; return the event's id. A no keeps no name and no signature (`design.md` §6).

    Raises NotFound, NotAGuardian (V20), ItemsNotAsked (V22), NotUnderstood (V28), NoSignature (V23), Missing, and what
    `rules.ages` (V01) and `rules.pseudonyms` (V10, V11) refuse.
    """
    form = forms.guardian_form(desk, subject)
    if not consent.may_consent(said.relation):
        raise NotAGuardian
    declined = said.items.get("participate") == NO
    if not declined:
        _check_given(form, said)
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        person = events.person(desk, tables, subject, said.relation, "parent")
        event = events.begin(desk, one, form, GUARDIAN, person, said.relation, said.follows)
        event |= {"items": dict(said.items), "guardian_basis": "parent"}
        if declined:
            return events.decline(desk, tables, one, event, "guardian_no")
        return _give(desk, tables, one, said, event)


def _give(desk: Desk, tables: Tables, one: Case, said: GuardianAnswer, event: dict[str, Value]) -> str:
    signed = {
        "act": "given",
        "method": "signature",
        "understanding": list(said.understanding),
        "evidence_hash": digest(said.signature_png),
        **events.lifting(one, event),
    }
    kept = log.append(tables, desk.pen, Draft("consent_event", event | signed, subject=one.id))
    _write_names(desk, tables, one, said, event["person"], kept.id)
    return kept.id


def _check_given(form: FormView, said: GuardianAnswer) -> None:
    if any(said.items.get(item.code) not in {YES, NO} for item in form.items):
        raise ItemsNotAsked
    forms.check_understood(form, said.understanding)
    if said.birth_date:
        ages.birth_date(said.birth_date)
    for name, words in _NAMES.items():
        if not getattr(said, name).strip():
            raise Missing(field=words)
    events.check_signature(said.signature_png)


_NAMES = {
    "real_name": N_("the child's real name"),
    "signer_name": N_("the name of the parent who signs"),
    "pseudonym_zh": N_("the pseudonym"),
}


def _write_names(desk: Desk, tables: Tables, one: Case, said: GuardianAnswer, person: str, event_id: str) -> None:
    """Names, birth date and signature reach the disk in the transaction of the yes, never before."""
    pseudonym = Pair(said.pseudonym_zh.strip(), said.pseudonym_en.strip())
    pseudonyms.check(
        pseudonym,
        people.pseudonyms(tables) if pseudonym != one.pseudonym else [],
        said.real_name + (one.called or ""),
    )
    identity = {"real_name": said.real_name.strip(), "birth_date": said.birth_date}
    evidence = {"event": event_id, "signature": b64(said.signature_png)}
    facts = {
        "pseudonym_zh": pseudonym.zh,
        "pseudonym_en": pseudonym.en,
        "migration": said.migration,
        "carer": said.carer,
    }
    over = _over(tables, one.id, facts)
    named = natural_id("identity", one.id)
    for draft in (
        Draft("identity", identity, record=named, subject=one.id, over=_over(tables, named, identity)),
        Draft("person_name", {"person": person, "name": said.signer_name.strip()}, subject=one.id),
        Draft("evidence", evidence, subject=one.id),
        Draft("participant", facts, record=one.id, subject=one.id, over=over),
    ):
        log.append(tables, desk.pen, draft)


def _over(tables: Tables, record: str, fields: Mapping[str, Value]) -> dict[str, list[str]]:
    return {name: ids for name, ids in log.heads_of(tables, record).items() if name in fields}


@only(INTERVIEWER)
def signature(desk: Desk, subject: str, event_id: str) -> bytes:
    """Return the signature of an event as PNG; raises NotFound."""
    case(desk, subject)
    with desk.db.reading() as tables:
        row = people.row(tables, "evidence", "event = ? AND subject = ?", event_id, subject)
    if row is None or not row["signature"]:
        raise NotFound
    return unb64(row["signature"])
