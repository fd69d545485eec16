"""Consent, assent and carer agreement: each is one immutable event, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldkit.acts.desk import Desk, only
from fieldkit.acts.people import Case, case
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value, digest, natural_id
from fieldkit.rules import ages, consent, guides, pseudonyms
from fieldkit.rules.consent import CARER, CHILD, GUARDIAN, NECESSARY, NO, YES
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, people, strings
from fieldkit.store.database import Tables
from fieldkit.store.keys import b64, unb64
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study

PNG = b"\x89PNG\r\n\x1a\n"
LONGEST_SIGNATURE = 300 * 1024
UNDERSTOOD = "ok"
BLOCKS = (1, 2, 3)


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


class NotUnderstood(Refusal):
    """V28: a teach-back question was not answered right."""

    code = "V28"
    message = N_("Not everything was understood yet. Explain it again, then ask once more.")
    status = 422


class NoSignature(Refusal):
    """V23: neither a signature on the screen nor a paper with a witness."""

    code = "V23"
    message = N_(
        "There is no signature yet. Sign on the screen, or note the paper form, the reason and the witness."
    )
    status = 422


class UnfitWitness(Refusal):
    """V24: the witness is of the team, or the signer."""

    code = "V24"
    message = N_(
        "The witness has to be an adult who can read, not of the team and not the person who agrees."
    )
    status = 422


class NoClearYes(Refusal):
    """V29: silence, a nod or an unticked script is not assent."""

    code = "V29"
    message = N_("No clear yes from the child yet. Say all three parts, and note how the child said yes.")
    status = 422


class NotAgainToday(Refusal):
    """The child said no today (`domain.md` §3.9)."""

    code = "not_again_today"
    message = N_("The child said no today. Do not ask again today.")


class GuardianFirst(Refusal):
    """The child is asked once a guardian has agreed."""

    code = "guardian_first"
    message = N_("Ask the child once a guardian has agreed. A parent's consent is still missing.")


@dataclass(frozen=True)
class FormItem:
    """One consent item as it is asked: a label and the sentence read aloud."""

    code: str
    label: Pair
    sentence: Pair
    necessary: bool


@dataclass(frozen=True)
class FormView:
    """A form version with its words as published here, placeholders filled."""

    doc_kind: str
    version: str
    text_hash: str
    title: Pair
    read_aloud: list[Pair]
    teach_back: list[Pair]
    items: list[FormItem]


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


@dataclass(frozen=True)
class CarerAnswer:
    """A carer's agreement (配合确认): never a substitute for consent (`domain.md` §3.1)."""

    relation: str
    method: str
    agreed: bool
    understanding: Sequence[str] = ()
    no_sign_reason: str = ""
    witness_name: str = ""
    witness_relation: str = ""
    paper_ref: str = ""
    paper_place: str = ""
    signature_png: bytes = b""
    follows: Sequence[str] = ()


@dataclass(frozen=True)
class ChildAnswer:
    """The child's own answer: yes, no, think (再想想) or silent; how, and which script blocks were said."""

    answer: str
    told: Sequence[int] = ()
    method: str = ""
    words: str = ""
    follows: Sequence[str] = field(default_factory=tuple)


def guardian_form(desk: Desk, subject: str) -> FormView:
    """Return the guardian's form."""
    return form_for(desk, "guardian_info_consent", case(desk, subject))


def carer_form(desk: Desk, subject: str) -> FormView:
    """Return the carer's form."""
    return form_for(desk, "carer_agreement", case(desk, subject))


def child_form(desk: Desk, subject: str) -> FormView:
    """Return the form for this child's age group."""
    one = case(desk, subject)
    return form_for(desk, ages.child_form(one.age_group), one)


def form_for(desk: Desk, doc_kind: str, one: Case) -> FormView:
    """Return the approved form *doc_kind* with the words of its own strings; raises NotFound where there is none."""
    built = next(form for form in load_study().forms if form.doc_kind == doc_kind)
    with desk.db.reading() as tables:
        row = strings.form(tables, doc_kind)
        if row is None:
            raise NotFound
        texts = strings.texts_with(tables, row["strings"])
    ids = load_study().form_parts(doc_kind)
    values = _values(desk, one)

    def words(string_id: str) -> Pair:
        return guides.fill_pair(texts[string_id], values)

    return FormView(
        doc_kind=doc_kind,
        version=row["version"],
        text_hash=row["text_hash"],
        title=words(ids.title),
        read_aloud=[words(one_id) for one_id in ids.read_aloud],
        teach_back=[words(one_id) for one_id in ids.teach_back],
        items=[
            FormItem(item.code, words(ids.labels[item.code]), words(ids.sentences[item.code]), item.necessary)
            for item in built.items
        ],
    )


def opening(desk: Desk, subject: str) -> list[list[Pair]]:
    """Return the opening script in its three blocks, filled; the line about recording is left out: there is no recorder."""
    one = case(desk, subject)
    values = _values(desk, one)
    texts = _current_texts(desk)
    lines = [line for line in load_study().scripts["opening"] if line.needs != "audio"]
    return [
        [guides.fill_pair(texts[line.id], values) for line in lines if line.block == block]
        for block in BLOCKS
    ]


def _current_texts(desk: Desk) -> dict[str, Pair]:
    with desk.db.reading() as tables:
        newest = strings.newest_version(tables)
        return strings.published(tables, newest) if newest else {}


def _values(desk: Desk, one: Case) -> dict[str, Pair]:
    study = load_study()
    carer = guides.carer_name(one.carer)
    called = one.called or one.case_code
    return {
        "institution": study.institution,
        "me": Pair(desk.me.name, desk.me.name),
        "child_called": Pair(called, called),
        "minutes": Pair(str(study.minutes), str(study.minutes)),
        "place": study.place,
        "team": study.team,
        "retention_until": Pair(study.retention_until, study.retention_until),
        "phone": Pair(study.phone, study.phone),
        "carer": carer,
        "away": guides.away_name(one.migration),
    }


def follows(one: Case, actor: str) -> list[str]:
    """Return the ids of *actor*'s events that are on the screen: they go into the form and come back with it."""
    return [event.id for event in one.events if event.actor == actor]


@only(INTERVIEWER)
def suggest_pseudonym(desk: Desk, subject: str, real_name: str = "") -> Pair:
    """Return a pseudonym that nobody has and that shares no character with the child's names (V10, V11)."""
    one = case(desk, subject)
    with desk.db.reading() as tables:
        taken = _pseudonyms(tables)
    return pseudonyms.suggest(
        taken, (one.called or "") + real_name, len(taken) * 7 + sum(map(ord, one.case_code))
    )


def _pseudonyms(tables: Tables) -> list[Pair]:
    rows = tables.query("SELECT pseudonym_zh, pseudonym_en FROM participants WHERE pseudonym_zh IS NOT NULL")
    return [Pair(row["pseudonym_zh"], row["pseudonym_en"] or "") for row in rows]


@only(INTERVIEWER)
def record_guardian(desk: Desk, subject: str, said: GuardianAnswer) -> str:
    """Keep a guardian's answer; return the event's id. A no keeps no name and no signature (`design.md` §6).

    Raises NotFound, NotAGuardian (V20), ItemsNotAsked (V22), NotUnderstood (V28), NoSignature (V23), Missing, and what
    `rules.pseudonyms` refuses (V10, V11).
    """
    one = case(desk, subject)
    form = guardian_form(desk, subject)
    if not consent.may_consent(said.relation):
        raise NotAGuardian
    agreed = said.items.get("participate") == YES
    if said.items.get("participate") != NO:
        _check_given(form, said)
    with desk.db.writing() as tables:
        person = _person(desk, tables, subject, said.relation, "parent")
        event = _event(desk, one, form, GUARDIAN, person, said.relation, said.follows)
        event |= {
            "act": "given" if agreed else "declined",
            "items": dict(said.items),
            "guardian_basis": "parent",
        }
        event |= _lifting(one, GUARDIAN, person) if agreed else {}
        if not agreed:
            return _declined(desk, tables, one, event, "guardian_no")
        event |= {
            "method": "signature",
            "understanding": list(said.understanding),
            "evidence_hash": digest(said.signature_png),
        }
        kept = log.append(tables, desk.pen, Draft("consent_event", event, subject=subject))
        _write_names(desk, tables, one, said, person, kept.id)
        return kept.id


def _check_given(form: FormView, said: GuardianAnswer) -> None:
    if any(said.items.get(item.code) not in {YES, NO} for item in form.items):
        raise ItemsNotAsked
    _check_understood(form, said.understanding)
    for name in ("real_name", "signer_name", "pseudonym_zh"):
        if not getattr(said, name).strip():
            raise Missing(field=name)
    _check_png(said.signature_png)


def _check_understood(form: FormView, understanding: Sequence[str]) -> None:
    if len(understanding) < len(form.teach_back) or any(answer != UNDERSTOOD for answer in understanding):
        raise NotUnderstood


def _check_png(content: bytes) -> None:
    if not content.startswith(PNG):
        raise NoSignature
    if len(content) > LONGEST_SIGNATURE:
        raise Invalid(field="signature")


def _person(desk: Desk, tables: Tables, subject: str, relation: str, basis: str) -> str:
    """Return the record id of this child's *relation*: of one mother there is one record."""
    found = people.row(tables, "persons", "subject = ? AND relation = ?", subject, relation)
    if found is not None:
        return str(found["id"])
    person = new_id()
    role = GUARDIAN if basis else CARER
    log.append(
        tables,
        desk.pen,
        Draft("person", {"relation": relation, "role": role, "basis": basis}, record=person, subject=subject),
    )
    return person


def _event(
    desk: Desk, one: Case, form: FormView, actor: str, person: str, relation: str, seen: Sequence[str]
) -> dict[str, Value]:
    mine = set(follows(one, actor))
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


def _lifting(one: Case, actor: str, person: str) -> dict[str, Value]:
    """A yes after this person's own no lifts it by name: nothing else does."""
    noes = [event.id for event in consent.open_noes(one.events, {actor}) if event.person == person]
    return {"act": "reconsented", "lifts": noes} if noes else {}


def _declined(desk: Desk, tables: Tables, one: Case, event: Mapping[str, Value], reason: str) -> str:
    """Keep a no, and count it without a name; no reason is asked for."""
    kept = log.append(
        tables, desk.pen, Draft("consent_event", event, subject=one.id, session=event.get("session"))
    )
    trace = {
        "reason": reason,
        "site": one.site,
        "sex": one.sex,
        "age_group": one.age_group,
        "day": desk.today,
    }
    log.append(tables, desk.pen, Draft("nonparticipation", trace, record=new_id(), subject=one.id))
    return kept.id


def _write_names(
    desk: Desk, tables: Tables, one: Case, said: GuardianAnswer, person: str, event_id: str
) -> None:
    """Names, birth date and signature reach the disk in the transaction of the yes, never before."""
    pseudonym = Pair(said.pseudonym_zh.strip(), said.pseudonym_en.strip())
    pseudonyms.check(
        pseudonym,
        _pseudonyms(tables) if pseudonym != one.pseudonym else [],
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
def record_carer(desk: Desk, subject: str, said: CarerAnswer) -> str:
    """Keep a carer's agreement or refusal; return the event's id.

    Raises NotFound, NotUnderstood (V28), NoSignature (V23), UnfitWitness (V24).
    """
    one = case(desk, subject)
    form = carer_form(desk, subject)
    if said.agreed:
        _check_understood(form, said.understanding)
        _check_carer_method(said)
    with desk.db.writing() as tables:
        person = _person(
            desk, tables, subject, said.relation, "parent" if consent.may_consent(said.relation) else ""
        )
        event = _event(desk, one, form, CARER, person, said.relation, said.follows)
        event |= {
            "act": "given" if said.agreed else "declined",
            "method": said.method,
            "witness_relation": said.witness_relation,
        }
        event |= {"no_sign_reason": said.no_sign_reason, "evidence_hash": digest(said.signature_png)}
        kept = log.append(tables, desk.pen, Draft("consent_event", event, subject=subject))
        if said.agreed:
            paper = {
                "paper_ref": said.paper_ref,
                "paper_place": said.paper_place,
                "witness": said.witness_name,
            }
            evidence = {"event": kept.id, "signature": b64(said.signature_png), **paper}
            log.append(tables, desk.pen, Draft("evidence", evidence, subject=subject))
        return kept.id


def _check_carer_method(said: CarerAnswer) -> None:
    if said.method == "signature":
        _check_png(said.signature_png)
        return
    if said.method != "thumbprint" or not all(
        (said.no_sign_reason, said.witness_name.strip(), said.paper_ref.strip())
    ):
        raise NoSignature
    if said.witness_relation in {"", "team", said.relation}:
        raise UnfitWitness


@only(INTERVIEWER)
def record_child(desk: Desk, subject: str, said: ChildAnswer) -> str:
    """Keep the child's own answer; return the event's id. A no, or no answer, is a decline; no reason is asked for.

    Raises NotFound, NotAgainToday, GuardianFirst, NoClearYes (V29).
    """
    one = case(desk, subject)
    if any(
        event.actor == CHILD and event.day == desk.today and event.act == "declined" for event in one.events
    ):
        raise NotAgainToday
    if not all(consent.guardian_ok(one.events, item) for item in NECESSARY):
        raise GuardianFirst
    if said.answer == "yes" and not (
        set(said.told) >= set(BLOCKS) and said.method in {"child_oral", "child_mark"}
    ):
        raise NoClearYes
    form = child_form(desk, subject)
    event = _event(desk, one, form, CHILD, subject, "", said.follows)
    event |= {
        "session": new_id(),
        "method": said.method,
        "words": said.words.strip(),
        "told": sorted(set(said.told)),
    }
    with desk.db.writing() as tables:
        return _keep_child(desk, tables, one, said, event)


def _keep_child(desk: Desk, tables: Tables, one: Case, said: ChildAnswer, event: dict[str, Value]) -> str:
    if said.answer in {"no", "silent"}:
        return _declined(desk, tables, one, event | {"act": "declined"}, "child_no")
    if said.answer == "yes":
        event |= {"act": "given", "items": dict.fromkeys(NECESSARY, YES), **_lifting(one, CHILD, one.id)}
    else:
        event |= {"act": "deferred"}
    return log.append(
        tables, desk.pen, Draft("consent_event", event, subject=one.id, session=event["session"])
    ).id


@only(INTERVIEWER)
def signature(desk: Desk, subject: str, event_id: str) -> bytes:
    """Return the signature of an event as PNG; raises NotFound."""
    case(desk, subject)
    with desk.db.reading() as tables:
        row = people.row(tables, "evidence", "event = ? AND subject = ?", event_id, subject)
    if row is None or not row["signature"]:
        raise NotFound
    return unb64(row["signature"])
