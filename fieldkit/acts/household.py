"""The household of a child: what is told of child, parents, guardians and carers, section by section, in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from fieldkit.acts import situations
from fieldkit.acts.cases import case_within, in_short, row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Version, opened, undecided
from fieldkit.acts.people import check_born
from fieldkit.acts.told import ChildFacts, IdentityTold, ParentTold, PersonTold, Seen
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value, natural_id
from fieldkit.rules import ages, calendars, consent, findings, guardians, left_behind, names, ways
from fieldkit.rules.ages import BirthDate, Told
from fieldkit.rules.consent import ADULT, CARER, GUARDIAN
from fieldkit.rules.findings import HINT, Finding
from fieldkit.rules.guardians import OnRecord
from fieldkit.rules.left_behind import ParentFacts
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

PARENTS = (left_behind.FATHER, left_behind.MOTHER)
WANTED = ("grade", "boarding", "siblings", "recruited_via", "migration")


class NamesTooEarly(Refusal):
    """Before a guardian's yes the vault holds the contact slip and nothing else (`domain.md` §1.8)."""

    code = "names_too_early"
    message = N_("Names, birth date and addresses are kept only once a guardian has agreed. Nothing was saved.")


@dataclass(frozen=True)
class Section:
    """One section as it is stored now: values by field, what an edit of it goes over, and where people disagree."""

    record: str
    values: Mapping[str, Value]
    seen: Seen
    versions: Mapping[str, Sequence[Version]]

    @property
    def conflict(self) -> bool:
        """Tell whether people wrote different things here, and nobody has decided."""
        return any(undecided(ones) for ones in self.versions.values())


@dataclass(frozen=True)
class Household:
    """All sections, and what is computed from them."""

    child: Section
    parents: Mapping[str, Section]
    persons: Sequence[Section]
    identity: Section | None
    siblings: Sequence[str]
    status: str
    migration: str
    missing: Sequence[str]
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Summary:
    """What the child's page says of the household: what is still to fill in, and hints."""

    missing: Sequence[str]
    hints: Sequence[Finding]


@only(INTERVIEWER, COORDINATOR)
def view(desk: Desk, subject: str) -> Household:
    """Return the household of a child; raises NotFound."""
    with desk.db.reading() as tables:
        in_short(desk, tables, subject)
        told = _parents(tables, subject)
        return Household(
            child=section(tables, "participant", subject),
            parents={one: section(tables, "parent", _parent_id(subject, one)) for one in PARENTS},
            persons=[person_section(tables, row["id"]) for row in people.rows(tables, "persons", subject)],
            identity=_identity(desk, tables, subject),
            siblings=[one["case_code"] for one in people.siblings(tables, subject)],
            status=status_of(desk, people.looked_up(tables), row_within(tables, subject)),
            migration=left_behind.migration(told),
            missing=missing(tables, subject),
            findings=_findings(desk, tables, subject),
        )


def summary(desk: Desk, subject: str) -> Summary:
    """Return what the child's page shows of the household."""
    with desk.db.reading() as tables:
        found = _findings(desk, tables, subject)
        return Summary(missing(tables, subject), [one for one in found if one.level == HINT])


def missing(tables: Tables, subject: str) -> list[str]:
    """Return what is still to fill in, as codes of `household_missing`; it stops nothing."""
    child = people.row(tables, "participants", "id = ?", subject) or {}
    known = people.row(tables, "identities", "subject = ?", subject) or {}
    parents = {row["parent"] for row in people.rows(tables, "parents", subject)}
    carers = [row for row in people.rows(tables, "persons", subject) if row["care_type"] and not row["ended_on"]]
    found = [name for name in WANTED if child.get(name) in (None, "")]
    found += [one for one in PARENTS if one not in parents]
    found += [] if carers and child.get("carer") else ["carer"]
    return found + [name for name in ("birth_date", "school") if not known.get(name)]


@only(INTERVIEWER)
def save_child(desk: Desk, subject: str, told: ChildFacts, seen: Seen) -> None:
    """Keep what is told of the child; raises NotFound, Invalid, ReasonNeeded (V08)."""
    if told.siblings is not None and not 0 <= told.siblings <= 12:
        raise Invalid(field=N_("the number of siblings"))
    with desk.db.writing() as tables:
        case_within(desk, tables, subject)
        found = _grade_findings(desk, tables, subject, told.grade)
        findings.check_answered(found, seen.reasons)
        facts = _values(told, "sibling") | _household(tables, subject, told.sibling) | _reasons(found, seen)
        draft = Draft("participant", facts, record=subject, subject=subject)
        log.save_over(tables, desk.pen, draft, subject, seen.base)


@only(INTERVIEWER)
def save_parent(desk: Desk, subject: str, parent: str, told: ParentTold, seen: Seen) -> None:
    """Keep what is told of one parent; raises NotFound, Invalid, AwayTooLong, V14, V16, ReasonNeeded (V15, V17)."""
    if parent not in PARENTS:
        raise NotFound
    if told.home_visits is not None and not 0 <= told.home_visits <= 365:
        raise Invalid(field=N_("the visits a year"))
    with desk.db.writing() as tables:
        case_within(desk, tables, subject)
        values, found = _judge_parent(desk, tables, subject, parent, told)
        findings.check_answered(found, seen.reasons)
        values |= {"child": subject, "parent": parent} | _reasons(found, seen)
        record = _parent_id(subject, parent)
        log.save_over(tables, desk.pen, Draft("parent", values, subject=subject), record, seen.base)


def _judge_parent(
    desk: Desk, tables: Tables, subject: str, parent: str, told: ParentTold
) -> tuple[dict[str, Value], list[Finding]]:
    """Return what to keep of a parent, the start as a year where the child's age then was told, and what asks."""
    born = situations.born_of(people.looked_up(tables), subject)
    span, today = _span(desk, tables, subject), desk.clock.today()
    facts = ParentFacts(parent, **{name: getattr(told, name) for name in _FACTS})
    left_behind.check(facts, today, born.earliest.year if born else None, span[1] if span else None)
    values = _values(told, "start_age")
    if told.away_since:
        values["away_since"] = names.typed(told.away_since)
    if told.start_age is not None and not told.away_since:
        if born is None:
            raise Invalid(field=N_("since when away, as a year while the birth date is not known"))
        values["away_since"] = str(born.earliest.year + told.start_age)
    return values, left_behind.findings(facts, today, _birth_years(born, span, today))


def _birth_years(born: BirthDate | None, span: tuple[int, int] | None, today: date) -> tuple[int, int] | None:
    """Return the first and the last year in which the child may be born; *span*: its youngest and its oldest age."""
    if born is not None:
        return born.earliest.year, born.earliest.year
    return (today.year - span[1] - 1, today.year - span[0]) if span else None


@only(INTERVIEWER)
def save_person(desk: Desk, subject: str, person: str, told: PersonTold, seen: Seen) -> str:
    """Keep what is told of an adult; return the role that they are kept in.

    Whoever is said to be a guardian without being one by law is kept as a carer (`domain.md` D1). Raises NotFound,
    Missing, NoPaper, TooLong, ReasonNeeded (V18, or somebody like them is on record), NamesTooEarly.
    """
    if not told.relation:
        raise Missing(field=N_("who this is to the child"))
    ways.check_paper(told.basis_evidence, told.basis_paper)
    name = names.check(told.name, N_("the name of this adult")) if told.name else ""
    with desk.db.writing() as tables:
        case_within(desk, tables, subject)
        _check_own(tables, subject, person)
        role = _role(told)
        found = left_behind.carer_findings(told.relation, told.age_band, told.care_type, age=None)
        found += _known(tables, subject, person, OnRecord(told.relation, role))
        findings.check_answered(found, seen.reasons)
        facts = _values(told, "name", "phone") | {"role": role} | _reasons(found, seen)
        log.save_over(tables, desk.pen, Draft("person", facts, record=person, subject=subject), person, seen.base)
        if told.name or told.phone:
            _check_names_allowed(desk, tables, subject)
            named = {"person": person, "name": name, "phone": told.phone}
            draft = Draft("person_name", named, subject=subject)
            log.save_over(tables, desk.pen, draft, natural_id("person_name", person), seen.named_base)
        return role


def is_shown(told: PersonTold) -> bool:
    """Tell whether nobody has to ask for the paper that shows what is told of an adult: a parent needs none."""
    seen = told.basis_evidence == ways.SEEN and ways.is_paper(told.basis_paper)
    return seen or told.relation in consent.PARENTS


@only(INTERVIEWER)
def end_role(desk: Desk, subject: str, person: str, ended_on: str, why: str) -> None:
    """Keep that somebody is no longer guardian or carer, since when and why.

    Raises NotFound, Missing, NoDay, DayToCome.
    """
    if not why:
        raise Missing(field=N_("why it ended"))
    last = calendars.past_day(ended_on, N_("Since which day"), desk.clock.today())
    with desk.db.writing() as tables:
        case_within(desk, tables, subject)
        if people.row(tables, "persons", "id = ? AND subject = ?", person, subject) is None:
            raise NotFound
        facts = {"ended_on": last.isoformat(), "ended_why": why}
        base = log.encode_base(log.standing_of(tables, person))
        log.save_over(tables, desk.pen, Draft("person", facts, record=person, subject=subject), person, base)


@only(INTERVIEWER)
def save_identity(desk: Desk, subject: str, told: IdentityTold, seen: Seen) -> list[Finding]:
    """Keep who the child is; return what does not fit (V03, V04). Raises NotFound, NamesTooEarly, V01, V02, V05."""
    with desk.db.writing() as tables:
        case_within(desk, tables, subject)
        _check_names_allowed(desk, tables, subject)
        values, found = _values(told), list[Finding]()
        if told.birth_date:
            born = check_born(desk, tables, subject, told.birth_date, told.birth_calendar)
            values["birth_date"] = names.typed(told.birth_date)
            today = desk.clock.today()
            values["birth_precision"] = ages.precision(born)
            found = ages.findings(born, today, Told(told.birth_calendar, told.told_age, told.told_kind, told.zodiac))
            _note_age(desk, tables, subject, born)
        record = natural_id("identity", subject)
        draft = Draft("identity", values, record=record, subject=subject)
        log.save_over(tables, desk.pen, draft, record, seen.base)
        return [one for one in found if one.level == HINT]


def section(tables: Tables, kind: str, record: str) -> Section:
    """Return one record as a section."""
    row = people.row(tables, _TABLES[kind], "id = ?", record) or {}
    found = opened(tables, record)
    return Section(record, row, Seen(found.base), found.versions)


def person_section(tables: Tables, person: str) -> Section:
    """Return one adult, with name and phone where the vault is held."""
    facts, named = section(tables, "person", person), section(tables, "person_name", natural_id("person_name", person))
    known = {name: named.values.get(name) for name in ("name", "phone")}
    seen = Seen(facts.seen.base, named.seen.base)
    return Section(person, {**facts.values, **known}, seen, {**facts.versions, **named.versions})


_TABLES = {
    "participant": "participants",
    "parent": "parents",
    "person": "persons",
    "person_name": "person_names",
    "identity": "identities",
}
_FACTS = ("alive", "living_with", "away_since", "months_away", "work_place", "capacity", "start_age")


def _values(told: object, *without: str) -> dict[str, Value]:
    names = [one.name for one in fields(told) if one.name not in without]  # type: ignore[arg-type]
    return {name: getattr(told, name) for name in names}


def _reasons(found: Sequence[Finding], seen: Seen) -> dict[str, Value]:
    return {"reasons": {one.code: seen.reasons[one.code] for one in found if one.code in seen.reasons}}


def _parent_id(subject: str, parent: str) -> str:
    return natural_id("parent", subject, parent)


def _role(told: PersonTold) -> str:
    wanted = told.role or (GUARDIAN if told.relation in consent.PARENTS else CARER)
    lawful = consent.may_consent(told.relation, told.basis, told.capacity)
    return CARER if wanted == GUARDIAN and not lawful else wanted


def _known(tables: Tables, subject: str, person: str, told: OnRecord) -> list[Finding]:
    of_all = {
        row["id"]: OnRecord(row["relation"], row["role"] or "") for row in people.rows(tables, "persons", subject)
    }
    before = of_all.pop(person, None)
    return guardians.findings(told, before, of_all.values())


def _check_own(tables: Tables, subject: str, person: str) -> None:
    """A person is one child's; an id that another record has is none of ours."""
    known = log.of_record(tables, person)
    if not person or any(one.subject != subject or one.kind != "person" for one in known):
        raise NotFound


def _check_names_allowed(desk: Desk, tables: Tables, subject: str) -> None:
    if not _stands(desk, tables, subject):
        raise NamesTooEarly


def _stands(desk: Desk, tables: Tables, subject: str) -> bool:
    events = case_within(desk, tables, subject).events
    adult = [event for event in events if event.actor == ADULT]
    return consent.guardian_ok(events, "participate") or consent.says_yes(adult, "participate")


def _identity(desk: Desk, tables: Tables, subject: str) -> Section | None:
    return section(tables, "identity", natural_id("identity", subject)) if _stands(desk, tables, subject) else None


def _household(tables: Tables, subject: str, sibling: str) -> dict[str, Value]:
    """Children of one household carry the id of one of them."""
    if not sibling.strip():
        return {}
    code = sibling.strip().upper()
    other = people.row(tables, "participants", "case_code = ? AND id != ?", code, subject)
    if other is None or people.is_hidden(tables, other["id"]):
        raise Invalid(field=N_("the case code of the other child"))
    return {"household": other["household"] or other["id"]}


def _note_age(desk: Desk, tables: Tables, subject: str, born: BirthDate) -> None:
    """The age at enrolment is computed where the vault is, and copied (`domain.md` §1.4)."""
    row = people.row(tables, "participants", "id = ?", subject) or {}
    age = ages.full_years(born.latest, date.fromisoformat(row.get("registered_on") or desk.today))
    base = log.encode_base(log.standing_of(tables, subject))
    draft = Draft("participant", {"age_at_enrol": age}, record=subject, subject=subject)
    log.save_over(tables, desk.pen, draft, subject, base)


def _span(desk: Desk, tables: Tables, subject: str) -> tuple[int, int] | None:
    row = people.row(tables, "participants", "id = ?", subject) or {"id": subject}
    return _span_of(desk, people.looked_up(tables), row)


def _span_of(desk: Desk, rows: people.Rows, row: people.Row) -> tuple[int, int] | None:
    """Return the youngest and the oldest age that is possible today, from the birth date or from the age group."""
    born, today = situations.born_of(rows, row["id"]), desk.clock.today()
    if born is not None:
        return ages.full_years(born.latest, today), ages.full_years(born.earliest, today)
    return ages.SPANS.get(row.get("age_group", ""))


def _youngest(desk: Desk, tables: Tables, subject: str) -> int | None:
    span = _span(desk, tables, subject)
    return span[0] if span else None


def status_of(desk: Desk, rows: people.Rows, row: people.Row) -> str:
    """Return the code of `lbc_status` of the child in *row*: every age that is possible has to give the same."""
    told = [_facts_of(one) for one in rows("parents", "subject", row["id"])]
    found = {left_behind.status(told, age, today=desk.clock.today()) for age in _span_of(desk, rows, row) or ()}
    return found.pop() if len(found) == 1 else left_behind.UNKNOWN


def _grade_findings(desk: Desk, tables: Tables, subject: str, grade: str) -> list[Finding]:
    span = _span(desk, tables, subject)
    return ages.unusual_grade(grade, *span) if span else []


def _parents(tables: Tables, subject: str) -> list[ParentFacts]:
    return [_facts_of(row) for row in people.rows(tables, "parents", subject)]


def _facts_of(row: people.Row) -> ParentFacts:
    alive, living, since, place, capacity = (
        row[name] or "" for name in ("alive", "living_with", "away_since", "work_place", "capacity")
    )
    return ParentFacts(row["parent"], alive, living, since, row["months_away"], place, capacity)


def _findings(desk: Desk, tables: Tables, subject: str) -> list[Finding]:
    """Return hints and marks of a household as it stands: V40, V03, V04, V06, V07, V19."""
    found = [Finding("V40", HINT, _SIBLING)] if people.siblings(tables, subject) else []
    born = situations.born_of(people.looked_up(tables), subject)
    row = people.row(tables, "identities", "subject = ?", subject)
    if row and born:
        told = Told(row["birth_calendar"] or "gregorian", row["told_age"], row["told_kind"] or "", row["zodiac"])
        found += ages.findings(born, desk.clock.today(), told)
    age = _youngest(desk, tables, subject)
    for one in people.rows(tables, "persons", subject):
        if not one["ended_on"]:
            found += left_behind.carer_findings(one["relation"], one["age_band"] or "", one["care_type"] or "", age)
    return found


_SIBLING = N_("Another child of this household takes part too: never mention what the other one said.")
