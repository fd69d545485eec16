"""A minor change of a form is told at the next contact, and that it was told is kept (`domain.md` §3.7)."""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.acts import clocks, events, forms, promises, situations
from fieldkit.acts.cases import Case, case_within
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import NotFound
from fieldkit.rules import consent, states, versions
from fieldkit.rules.consent import Event
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.versions import FormVersion, NewerVersion
from fieldkit.store import log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair

LEAD = "lead"  # who leads the study stands in the head of a form, not in its sentences
NOTHING = Pair("", "")


@dataclass(frozen=True)
class Changed:
    """One sentence, by its id, as the family heard it and as it is now; what is new was empty, what went is."""

    id: str
    before: Pair
    now: Pair


@dataclass(frozen=True)
class Telling:
    """Whom to tell: the event in which they said yes; what is new, whom to ring now, and up to which text."""

    event: Event
    changed: list[Changed]
    phone: str
    text_hash: str


def waiting(desk: Desk, one: Case) -> list[Event]:
    """Return the yeses of this child's family since which a form changed a little, and nobody told them."""
    with desk.db.reading() as tables:
        return _untold(one, situations.form_versions(tables), clocks.closing_day(desk, tables))


@only(INTERVIEWER)
def of_event(desk: Desk, subject: str, event: str) -> Telling:
    """Return what is to be told to whoever said yes in *event*; raises NotFound where nothing is."""
    with desk.db.reading() as tables:
        one = case_within(desk, tables, subject)
        said, heard, now = _of(desk, tables, one, event)
        before, after = _words(desk, tables, one, heard), _words(desk, tables, one, now)
        phone = forms.placeholder_values(desk, tables, one, now)["phone"].zh
    ids = dict.fromkeys([*after, *before])
    pairs = [Changed(id_, before.get(id_, NOTHING), after.get(id_, NOTHING)) for id_ in ids]
    return Telling(said, [one for one in pairs if one.before != one.now], phone, now.text_hash)


@only(INTERVIEWER)
def keep(desk: Desk, subject: str, event: str, text_hash: str) -> None:
    """Keep that they were told what is new up to *text_hash*, the text that was on the screen: `informed_only`.

    It changes nothing of what they agreed to. Raises NotFound, also where they were told already; NewerVersion.
    """
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        said, _, now = _of(desk, tables, one, event)
        if now.text_hash != text_hash:
            raise NewerVersion
        told = events.begin(desk, one, now, said.actor, said.person, said.relation, [said.id])
        facts = {**told, "act": consent.INFORMED_ONLY}
        log.append(tables, desk.pen, Draft("consent_event", facts, subject=one.id))


def _of(desk: Desk, tables: Tables, one: Case, event: str) -> tuple[Event, FormVersion, FormVersion]:
    """Return the yes, the version that was heard, and the one that counts today; raises NotFound."""
    known, day = situations.form_versions(tables), clocks.closing_day(desk, tables)
    said = next((yes for yes in _untold(one, known, day) if yes.id == event), None)
    if said is None:
        raise NotFound
    heard = next(form for form in known if form.text_hash == said.form_text_hash)
    return said, heard, versions.current(known, heard.doc_kind, day)


def _untold(one: Case, known: list[FormVersion], day: str) -> list[Event]:
    return states.untold(one.events, one.adults, known, day, grown=one.adult)


def _words(desk: Desk, tables: Tables, one: Case, form: FormVersion) -> dict[str, Pair]:
    lead = promises.facts_under(tables, form).get("pi_name", promises.BLANK)
    return {LEAD: Pair(lead, lead)} | forms.worded(desk, tables, one, form)
