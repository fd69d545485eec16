"""What the answers of guardians, carers and children share: each is one immutable event, whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fieldkit.acts import clocks
from fieldkit.acts.cases import Case
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import FormView
from fieldkit.clock import new_id
from fieldkit.errors import Invalid
from fieldkit.i18n import N_
from fieldkit.records import Value, canonical, digest
from fieldkit.rules import consent, ways
from fieldkit.rules.consent import CARER, DEFERRED, GUARDIAN
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.versions import FormVersion
from fieldkit.rules.ways import Evidence, NoSignature
from fieldkit.store import log, machine, people
from fieldkit.store.clocks import trust
from fieldkit.store.database import Tables
from fieldkit.store.keys import b64
from fieldkit.store.log import Draft

PNG = b"\x89PNG\r\n\x1a\n"
LONGEST_SIGNATURE = 300 * 1024


def follows(one: Case, actor: str) -> list[str]:
    """Return the ids of *actor*'s events that are on the screen: they go into the form and come back with it."""
    return [event.id for event in _mine(one, actor)]


def _mine(one: Case, actor: str) -> list[consent.Event]:
    """Of a child who is known twice, also what they put off or refused on another record: one yes ends it for both."""
    own = {event.id for event in one.events}
    said = [event for event in one.binding if event.actor in consent.voices(actor)]
    return [event for event in said if event.id in own or event.act in _OF_BOTH]


_OF_BOTH = consent.REFUSING | {DEFERRED}


@only(INTERVIEWER)
def check_way(desk: Desk, said: Evidence, relation: str) -> None:
    """Raise what makes *said* unfit before anything is read aloud: V23, V24, V26, V27, Invalid."""
    with desk.db.reading() as tables:
        check_evidence(tables, said, relation)


def check_evidence(tables: Tables, said: Evidence, relation: str, signer: Collection[str] = ()) -> None:
    """Raise what `rules.ways` refuses (V23, V24, V26, V27); Invalid for a picture that is too large.

    *signer*: the name of the adult who agrees, where it is known; no witness bears it, nor one of the team's.
    """
    if said.signature and not said.signature.startswith(PNG):
        raise NoSignature
    if len(said.signature) > LONGEST_SIGNATURE:
        raise Invalid(field=N_("the signature"))
    team = [member.name for member in machine.everybody(tables).users.values()]
    ways.check(said, relation, [*team, *signer])


def evidence(said: Evidence, event: str) -> dict[str, Value]:
    """Return the vault's record of what stands for a yes; a thumbprint is noted, never pictured (`domain.md` D8)."""
    return {
        "event": event,
        "signature": b64(said.signature),
        "paper_ref": said.paper_ref.strip(),
        "paper_place": said.paper_place.strip(),
        "witness": said.witness_name.strip(),
        "recording_place": said.recording_place.strip(),
    }


def left_behind(said: Evidence) -> dict[str, Value]:
    """Return what an event says of its evidence, so that others can judge it without the vault."""
    return {
        "method": said.method,
        "no_sign_reason": said.no_sign_reason,
        "witness_relation": said.witness_relation,
        "call": dict(said.call),
        "evidence_hash": digest(canonical(evidence(said, ""))),
    }


def person(
    desk: Desk,
    tables: Tables,
    subject: str,
    relation: str,
    basis: str,
    paper: str = "",
    *,
    day: str = "",
    which: str = "",
) -> str:
    """Return the record id of this child's *relation*: of one mother there is one record.

    *paper*: which one was seen that shows the legal *basis* of somebody who is no parent; *day*: the one by which it is
    judged who that is, today's unless given; *which*: the one who speaks, by id, where several are on record.
    """
    shown = {"basis_evidence": "seen_paper", "basis_paper": paper} if paper else {}
    found = people.adult(tables, subject, relation, day or clocks.closing_day(desk, tables), which)
    if found is not None:
        _note_basis(desk, tables, found, {"basis": basis, **shown})
        return str(found["id"])
    facts = {"relation": relation, "role": GUARDIAN if basis else CARER, "basis": basis, **shown}
    return log.append(tables, desk.pen, Draft("person", facts, record=new_id(), subject=subject)).record


def _note_basis(desk: Desk, tables: Tables, known: people.Row, told: dict[str, str]) -> None:
    """A carer who became the guardian by law is one from now on; a paper that is named anew goes with it."""
    if not told["basis"] or all(known[name] == value for name, value in told.items()):
        return
    facts = {"role": GUARDIAN, **told}
    log.append_over(tables, desk.pen, Draft("person", facts, record=known["id"], subject=known["subject"]))


def begin(
    desk: Desk, one: Case, form: FormView | FormVersion, actor: str, person: str, relation: str, seen: Sequence[str]
) -> dict[str, Value]:
    """Return what every event says: who, on which text, at which age, that day, after which of their own words.

    *seen*: the ids of *actor*'s events that were on the screen; those of this *person* are what the event follows.
    """
    me = consent.Event("", actor, "", person, relation)
    mine = [event for event in _mine(one, actor) if consent.one_person(event, me)]
    return {
        "actor": actor,
        "person": person,
        "relation": relation,
        "form": form.doc_kind,
        "form_text_hash": form.text_hash,
        "age_group": one.age_group,
        "day": desk.today,
        "follows": sorted({event.id for event in mine} & set(seen)),
    }


def when(desk: Desk, said_on: str) -> dict[str, Value]:
    """Return what an event says of its day: the one on which it was said, unless that is still to come (§3.9).

    *said_on*: the day of a form that waited, today where it is empty.
    """
    return {"day": said_on, "entered_on": desk.today} if "" < said_on < desk.today else {"day": desk.today}


def session(one: Case, day: str, *, puts_off: bool) -> str:
    """Return the talk that the participant's answer of *day* is about: the open one, put off or gone on with, or a new.

    What is put off is also the talk that a yes of that day opens, perhaps on another laptop already,
    and one that was begun before the date changed.
    """
    talk = one.talk_of(day)
    if puts_off:
        begun = next((line.id for line in reversed(one.interviews) if not line.ended), "")
        return talk or one.session or begun or new_id()
    return talk if talk and one.thinks_in(talk) else new_id()


def lifted(one: Case, event: Mapping[str, Value]) -> list[consent.Event]:
    """Return this person's own open noes that were on the screen: what a yes may take back, and nothing else.

    Of a child who is known twice also what was taken back under another record alone: of a notice the database asks for
    the yes under this one (`store/walls.py`).
    """
    actors = consent.voices(event["actor"])
    noes = {no.id: no for said in (one.binding, one.events) for no in consent.open_noes(said, actors)}
    return [no for no in noes.values() if no.id in event["follows"]]


def lifting(noes: Sequence[consent.Event]) -> dict[str, Value]:
    """Return what makes a yes take back *noes* by name."""
    return {"act": "reconsented", "lifts": [no.id for no in noes]} if noes else {}


def keep(desk: Desk, tables: Tables, subject: str, values: Mapping[str, Value]) -> str:
    """Keep an event in the drawer of the child's team, as a coordinator may sit in another; return its id."""
    drawer = f"consent/{people.team(tables, subject)}"
    return log.append(tables, desk.pen, Draft("consent_event", values, subject=subject, drawer=drawer)).id


def decline(desk: Desk, tables: Tables, one: Case, event: Mapping[str, Value], reason: str) -> str:
    """Keep a no, and count it without a name; no reason is asked for.

    A day that a person stated cannot be called another after it (V31). One that nobody believes stays in doubt: by it
    children would come of age.
    """
    said_no = {**event, "act": "declined"}
    kept = log.append(tables, desk.pen, Draft("consent_event", said_no, subject=one.id, session=event.get("session")))
    trace = {"reason": reason, "site": one.site, "sex": one.sex, "age_group": one.age_group, "day": desk.today}
    log.append(tables, desk.pen, Draft("nonparticipation", trace, record=new_id(), subject=one.id))
    if desk.clock.stated:
        trust(tables, desk.clock.today())
    return kept.id
