"""A guardian's consent: who may give it, what it takes, and the names that belong to the yes.

A participant who has come of age consents in the same steps, alone (`domain.md` D3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fieldkit.acts import clocks, editors, events, forms, guardians, identities, pseudonyms, situations, slips
from fieldkit.acts.cases import Case, case_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import SELF, FormView
from fieldkit.acts.guardians import PARENT, NotAGuardian, WhichGuardian
from fieldkit.acts.people import case, check_born
from fieldkit.clock import new_id
from fieldkit.errors import Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value, natural_id
from fieldkit.rules import calendars, consent, names, ways
from fieldkit.rules.consent import ADULT, CHILD, GUARDIAN, NO, YES
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.rules.pseudonyms import WORDS
from fieldkit.rules.ways import CannotRead, Evidence
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.keys import unb64
from fieldkit.store.log import Draft

_WHOSE_NO = {GUARDIAN: "guardian_no", ADULT: "guardian_no", CHILD: "child_no"}


class ItemsNotAsked(Refusal):
    """V22: every item is asked on its own line."""

    code = "V22"
    message = N_("Some items have not been asked one by one. Go back and ask them.")
    status = 422


class FormMoved(Refusal):
    """Another version of the form came into force while this one was being read aloud."""

    code = "form_moved"
    message = N_("The form changed while you were reading it. Nothing was saved. Begin again and read the new words.")


class PhoneNotAllowed(Refusal):
    """The ethics approval does not say that a guardian may consent by phone (`domain.md` §3.5)."""

    code = "phone_not_allowed"
    message = N_("The ethics approval does not allow consent by phone. Arrange a day on which a parent is at home.")


@dataclass(frozen=True)
class GuardianAnswer:
    """What a guardian said and how; all of it is stored in one transaction, or nothing is.

    `way`: what the yes leaves behind, a signature on the screen unless given; `given_on`: the day of an answer that is
    written down later, from paper or after its form waited; `basis_evidence`: what shows that somebody who is no parent
    is the guardian, a code, and `basis_paper`: which paper was seen; `reasons`: rule code to reason code; `text_hash`:
    of the form that was read; `bases`: what `opened` returned when the steps began, so that names that came in
    meanwhile are not overwritten; `person`: which adult it is, by id, where several of one relation are on record.
    """

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
    basis: str = ""
    basis_evidence: str = ""
    basis_paper: str = ""
    way: Evidence | None = None
    given_on: str = ""
    birth_calendar: str = "gregorian"
    lang_used: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    text_hash: str = ""
    bases: Mapping[str, str] = field(default_factory=dict)
    person: str = ""

    @property
    def evidence(self) -> Evidence:
        """Return what stands for the yes."""
        return self.way or Evidence(ways.SIGNATURE, self.signature_png)


@only(INTERVIEWER)
def record(desk: Desk, subject: str, said: GuardianAnswer) -> str:
    """Keep a guardian's answer; return the event's id. A no needs no form, and keeps no name (`design.md` §6).

    Raises NotFound, NotAGuardian (V20), WhichGuardian, NotOfAge, OfAgeNow, FormMoved, FormNotInForce (V21),
    StudyClosed, PhoneNotAllowed, ItemsNotAsked (V22), NoSignature (V23), CannotRead, UnfitWitness (V24), CallNotChecked
    (V26), NotToBeRecorded (V27), NotUnderstood (V28), ReasonNeeded (V25, V31, or another name or date is on record),
    FromPaper, StandsTwice, Missing, Invalid, and what `rules.ages` (V01) and `rules.pseudonyms` (V10-V12) refuse.
    """
    form = forms.guardian_form(desk, subject, check_day(desk, said.given_on), said.relation)
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        event = _begin(desk, tables, one, form, said) | {"items": _asked(form, said)}
        if _is_no(said):  # without it there is no interview, and no name to keep
            slips.purge_within(desk, tables, one.id)  # the contact slip goes with the no
            return events.decline(desk, tables, one, event, _WHOSE_NO[str(event["actor"])])
        guardians.check_may_say_yes(one, said.relation)
        said = _by_known_name(tables, one.id, said)
        _check_given(desk, tables, one.id, form, said)
        noes = [no for no in events.lifted(one, event) if not said.evidence.on_paper or no.day < str(event["day"])]
        asked = [*ways.findings(said.evidence), *consent.asked_again(str(event["actor"]), noes)]
        asked += identities.findings(tables, one.id, said.real_name, said.birth_date, said.birth_calendar)
        clocks.check_answered(desk, tables, said.reasons, asked)
        return _give(desk, tables, one, said, event | events.lifting(noes))


def _by_known_name(tables: Tables, subject: str, said: GuardianAnswer) -> GuardianAnswer:
    """Return *said* with the name that is on record where nobody has to say it again; of age they sign in their own."""
    name = said.real_name if names.plain(said.real_name) else identities.known_of(tables, subject).real_name
    own = said.relation == SELF and not said.signer_name
    return replace(said, real_name=name, signer_name=name if own else said.signer_name)


def _asked(form: FormView, said: GuardianAnswer) -> dict[str, str]:
    """Return the answers without those to what this family is not asked for, which may have been asked before."""
    left_out = {item.code for item in form.left_out}
    return {code: word for code, word in said.items.items() if code not in left_out}


def _is_no(said: GuardianAnswer) -> bool:
    return NO in map(said.items.get, consent.NECESSARY)


@only(INTERVIEWER)
def inform(desk: Desk, subject: str, said: GuardianAnswer) -> str:
    """Keep that a call dropped, or that the guardian was only told: what was asked so far is void (§3.5, step 9).

    Raises StudyClosed.
    """
    return _undecided(desk, subject, said, {"act": consent.INFORMED_ONLY, "call": dict(said.evidence.call)})


@only(INTERVIEWER)
def defer(desk: Desk, subject: str, said: GuardianAnswer, again_on: str = "") -> str:
    """Keep that the guardian is thinking about it, and when to ask again. Raises NoDay, DayToAskAgain.

    It is kept whenever it is said, as a no is: it may halt a talk.
    """
    asked, said_on = again_on.strip(), calendars.civil_day(check_day(desk, said.given_on))
    day = calendars.coming_day(asked, N_("Ask again on"), said_on).isoformat() if asked else ""
    return _undecided(desk, subject, said, {"act": consent.DEFERRED, "again_on": day})


def _undecided(desk: Desk, subject: str, said: GuardianAnswer, told: Mapping[str, Value]) -> str:
    form = forms.guardian_form(desk, subject, check_day(desk, said.given_on), said.relation)
    puts_off = told["act"] == consent.DEFERRED
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        if not puts_off:
            situations.check_open(desk, tables, check_day(desk, said.given_on))
        event = _begin(desk, tables, one, form, said, puts_off=puts_off) | {**told, "method": said.evidence.method}
        return log.append(tables, desk.pen, Draft("consent_event", event, subject=one.id)).id


def check_day(desk: Desk, given_on: str) -> str:
    """Return the day for which a consent is judged: *given_on*, or today. Raises NoDay, DayToCome."""
    if not given_on:
        return desk.today
    return calendars.past_day(given_on, N_("Day on the paper"), desk.clock.today()).isoformat()


def dated(desk: Desk, given_on: str) -> dict[str, Value]:
    """Return what an answer says of its day, and of today where it is written down later. Raises NoDay, DayToCome."""
    return {"day": check_day(desk, given_on), **({"entered_on": desk.today} if given_on else {})}


def _begin(
    desk: Desk, tables: Tables, one: Case, form: FormView, said: GuardianAnswer, *, puts_off: bool = False
) -> dict[str, Value]:
    when = dated(desk, said.given_on)
    day = str(when["day"])
    later = {event.id for event in one.events if event.day > day}  # a paper does not follow what was said after it
    seen = [name for name in said.follows if name not in later]
    if said.relation == SELF:  # of whom the date has been put right since: it is the child's own word
        own = events.begin(desk, one, form, ADULT if one.adult else CHILD, one.id, SELF, seen)
        of_paper = day != desk.today and not puts_off
        return own | {"session": new_id() if of_paper else events.session(one, desk.today, puts_off=puts_off)} | when
    judged = clocks.closing_day(desk, tables, day)
    basis = _basis(tables, one.id, said, judged, agrees=not (puts_off or _is_no(said)))
    seen_paper = _seen_paper(said)
    noted = basis if basis == PARENT or seen_paper else ""  # what nobody has shown stands in the event alone
    person = events.person(desk, tables, one.id, said.relation, noted, seen_paper, day=judged, which=said.person)
    event = events.begin(desk, one, form, GUARDIAN, person, said.relation, seen)
    return event | {"guardian_basis": basis, **when}


def _basis(tables: Tables, subject: str, said: GuardianAnswer, day: str, *, agrees: bool) -> str:
    """Return the legal basis of the adult who speaks; raises NotAGuardian (V20), WhichGuardian."""
    known = people.adult(tables, subject, said.relation, day, said.person)
    found = situations.adult_of(tables, subject, said.relation, known)
    basis = PARENT if said.relation in consent.PARENTS else said.basis or found.basis
    if not agrees:  # also of a parent whose record is disputed: nobody's no waits for that
        if not consent.may_consent(said.relation, basis):
            raise NotAGuardian
        return basis
    if basis != PARENT and not _is_shown(said, known, basis):
        raise NotAGuardian
    if guardians.are_several(tables, subject, said.relation, day, said.person):
        raise WhichGuardian
    guardians.check_guardian(found, basis, day)
    return basis


def _is_shown(said: GuardianAnswer, known: people.Row | None, basis: str) -> bool:
    """Tell whether a paper shows the legal *basis*: one seen now, or, where nothing is said now, one on record for it.

    Word of mouth is none.
    """
    if said.basis_evidence:
        return bool(_seen_paper(said))
    if known is None or known["basis"] != basis:
        return False
    return ways.is_shown(known["basis_evidence"] or "", known["basis_paper"] or "")


def _seen_paper(said: GuardianAnswer) -> str:
    seen = said.basis_evidence == ways.SEEN and ways.is_paper(said.basis_paper)
    return said.basis_paper.strip() if seen else ""


def _give(desk: Desk, tables: Tables, one: Case, said: GuardianAnswer, event: dict[str, Value]) -> str:
    signed = {
        "act": "given",
        "understanding": list(said.understanding),
        "lang_used": said.lang_used,
        "read_aloud_by": desk.me.code,
        "reasons": dict(said.reasons),
        **events.left_behind(said.evidence),
    }
    facts = {**signed, **event}  # an event that takes noes back has said its act already
    kept = log.append(tables, desk.pen, Draft("consent_event", facts, subject=one.id, session=event.get("session")))
    _write_names(desk, tables, one, said, event["person"], kept.id)
    return kept.id


def _check_given(desk: Desk, tables: Tables, subject: str, form: FormView, said: GuardianAnswer) -> None:
    if said.text_hash not in {"", form.text_hash}:
        raise FormMoved
    form.check_in_force()
    if said.evidence.method in ways.BY_PHONE and not forms.allows_phone(desk):
        raise PhoneNotAllowed
    if any(said.items.get(item.code) not in {YES, NO} for item in form.items):
        raise ItemsNotAsked
    forms.check_understood(form, said.understanding)
    if said.birth_date:
        check_born(desk, tables, subject, said.birth_date, said.birth_calendar)
    for name, words in _NAMES.items():
        names.check(getattr(said, name), words)
    events.check_evidence(tables, said.evidence, said.relation, [said.signer_name])
    day = clocks.closing_day(desk, tables, check_day(desk, said.given_on))
    adult = people.adult(tables, subject, said.relation, day, said.person)
    if said.evidence.method == ways.SIGNATURE and adult and adult["reads_zh"] == NO:
        raise CannotRead


_NAMES = {
    "real_name": N_("the real name"),
    "signer_name": N_("the name of the guardian"),
    "pseudonym_zh": WORDS,
}


def _write_names(desk: Desk, tables: Tables, one: Case, said: GuardianAnswer, person: str, event_id: str) -> None:
    """Names, birth date and signature reach the disk in the transaction of the yes, never before."""
    called = pseudonyms.checked(tables, one, said.pseudonym_zh, said.pseudonym_en, said.real_name, [said.signer_name])
    identity = identities.told(tables, one.id, said.real_name, said.birth_date, said.birth_calendar)
    family = {"carer": said.carer, "migration": said.migration}
    facts = {**called, **{name: code for name, code in family.items() if code}}  # what nobody said wipes nothing
    log.append(tables, desk.pen, Draft("evidence", events.evidence(said.evidence, event_id), subject=one.id))
    named = {"person": person, "name": names.plain(said.signer_name)}
    records = _records(one.id, person)
    for kind, told in {"identity": identity, "person_name": named, "participant": facts}.items():
        draft = Draft(kind, told, record=records[kind], subject=one.id)
        log.save_over(tables, desk.pen, draft, records[kind], said.bases.get(kind, ""))


def _records(subject: str, person: str) -> dict[str, str]:
    """Return, by kind, the records that the names of a consent are written to."""
    vault = {"identity": natural_id("identity", subject), "person_name": natural_id("person_name", person)}
    return {**vault, "participant": subject}


@only(INTERVIEWER)
def opened(desk: Desk, subject: str, relation: str, person: str = "") -> dict[str, str]:
    """Return, by kind, what the names on the sign page are based on while the steps with *relation* begin."""
    with desk.db.reading() as tables:
        known = people.adult(tables, subject, relation, clocks.closing_day(desk, tables), person) or {"id": ""}
        records = _records(subject, str(known["id"]))
        return {kind: editors.opened(tables, record).base for kind, record in records.items()}


@only(INTERVIEWER)
def bring_paper(desk: Desk, subject: str, event_id: str, paper_ref: str, paper_place: str) -> None:
    """Keep that the signed paper of a consent by phone has come, and where it lies. Raises NotFound, Missing."""
    if not ways.is_paper(paper_ref):
        raise Missing(field=N_("the number on the paper form"))
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        if event_id not in {event.id for event in one.events}:
            raise NotFound
        brought = {"event": event_id, "brought_on": desk.today}
        paper = brought | {"paper_ref": paper_ref.strip(), "paper_place": paper_place.strip()}
        log.append_over(tables, desk.pen, Draft("paper", paper, subject=one.id))


@only(COORDINATOR)
def void(desk: Desk, subject: str, event_id: str, reason: str) -> str:
    """Declare an event void: not a guardian, the wrong child, pressure. It stays on record (`domain.md` §3.3).

    Raises NotFound, Missing.
    """
    if not reason.strip():
        raise Missing(field=N_("the reason"))
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        found = next((event for event in one.events if event.id == event_id and event.act != consent.VOIDING), None)
        if found is None:
            raise NotFound
        return void_within(desk, tables, subject, found, reason.strip())


def void_within(desk: Desk, tables: Tables, subject: str, event: consent.Event, reason: str) -> str:
    """Keep in the caller's transaction that *event* is void; return the id of what says so."""
    facts = {"actor": event.actor, "person": event.person, "act": consent.VOIDING, "voids": [event.id]}
    return events.keep(desk, tables, subject, {**facts, "day": desk.today, "words": reason})


@only(INTERVIEWER)
def signature(desk: Desk, subject: str, event_id: str) -> bytes:
    """Return the signature of an event as PNG; raises NotFound."""
    case(desk, subject)
    with desk.db.reading() as tables:
        row = people.row(tables, "evidence", "event = ? AND subject = ?", event_id, subject)
    if row is None or not row["signature"]:
        raise NotFound
    return unb64(row["signature"])
