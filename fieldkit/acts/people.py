"""Children: register one, look at one, and list them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from fieldkit.acts import clocks, sites, situations
from fieldkit.acts.cases import Case, all_in_short, case_within, in_short, row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.sites import SITE
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import ages, calendars, consent, findings, names, slips
from fieldkit.rules.ages import BirthDate
from fieldkit.rules.consent import Event
from fieldkit.rules.findings import Finding
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.rules.slips import Slip
from fieldkit.store import log, people, search, standing
from fieldkit.store import slips as held
from fieldkit.store.clocks import flagged
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

SEXES = ("m", "f")
CALLED, SITE_CODE, SEX = N_("what the child is called"), N_("the site code"), N_("girl or boy")
PHONE, GIVEN_BY = N_("the phone"), N_("who gave the number")


class NoSerialLeft(Refusal):
    """This laptop's block of case serials for the site is used up."""

    code = "no_serial"
    message = N_("This laptop has handed out all its case codes for this site. Ask the coordinator for a new block.")


@dataclass(frozen=True)
class NewChild:
    """What may be written down before a guardian has answered: site, sex, age group, and the contact slip.

    `birth_date` ("2014-05" or "2014-05-09", or of the lunar `calendar`) is used to compute the age group and is not
    kept (`design.md` §6). `reasons`: rule code to reason code.
    """

    called: str
    phone: str
    site: str
    sex: str
    birth_date: str
    calendar: str = "gregorian"
    told_age: str = ""
    given_by: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Today:
    """The day's list: the one card that matters now, and everybody."""

    now: Case | None
    cases: list[Case]


@only(INTERVIEWER)
def last_site(desk: Desk) -> str:
    """Return the site of the child whom this person registered last, an empty string before the first one.

    Raises StudyClosed: nobody is asked for words that could not be kept.
    """
    with desk.db.reading() as tables:
        situations.check_open(desk, tables)
        return people.last_site(tables, desk.me.code)


@only(INTERVIEWER)
def register(desk: Desk, child: NewChild) -> str:
    """Write down a child to be asked; return the participant's id.

    Raises StudyClosed, Missing, Invalid, TooLong, ReasonNeeded (V31, or a child like this one is here), and what
    `rules.ages` and `rules.calendars` refuse (V01, V02, V05, a told age).
    """
    group = check(desk, child)
    with desk.db.writing() as tables:
        situations.check_open(desk, tables)
        clocks.check_answered(desk, tables, child.reasons, slips.asked(alike(tables, child)))
        return register_within(desk, tables, child, group)


def alike(tables: Tables, child: NewChild) -> list[Slip]:
    """Return the children of the same site who are called the same, or have the same phone."""
    return slips.alike(Slip("", "", child.called, child.phone), slips_at(tables, child.site.upper()))


def slips_at(tables: Tables, site: str) -> dict[str, list[Slip]]:
    """Return the contact slips of the children of *site* by their marks."""
    return slips.by_mark(Slip(*one) for one in held.held_at(tables, site))


def check(desk: Desk, child: NewChild) -> str:
    """Return the age group of a child who may be written down. Raises what `register` raises."""
    names.check(child.called, CALLED)
    names.check_length(child.phone, PHONE)
    names.check_length(child.given_by, GIVEN_BY)
    if child.phone.strip() and not any(map(str.isdecimal, child.phone)):
        raise Invalid(field=PHONE)
    if not SITE.fullmatch(child.site.upper()):
        raise Invalid(field=SITE_CODE)
    if child.sex not in SEXES:
        raise Invalid(field=SEX)
    ages.told_age(child.told_age)
    born = ages.birth_date(child.birth_date, child.calendar)
    group = ages.age_group(born, desk.clock.today())
    _check_range(born, desk.clock.today())
    return group


def check_born(desk: Desk, tables: Tables, subject: str, text: str, calendar: str) -> BirthDate:
    """Return a birth date that a registered child can have. Raises V01, V05, and V02.

    The range is that of the study on the day of registration: a child grows out of it and stays.
    """
    born = ages.birth_date(text, calendar)
    ages.age_group(born, desk.clock.today())
    row = people.row(tables, "participants", "id = ?", subject) or {}
    _check_range(born, date.fromisoformat(row.get("registered_on") or desk.today))
    return born


def _check_range(born: BirthDate, day: date) -> None:
    study = load_study()
    ages.check_range(born, day, study.age_min, study.age_max)


def hints(desk: Desk, child: NewChild) -> list[Finding]:
    """Return what to look at again about the told age and date (V03, V04); it stops nothing and nothing is kept."""
    born = ages.birth_date(child.birth_date, child.calendar)
    told = ages.Told(calendars.named(child.calendar), ages.told_age(child.told_age))
    return [one for one in ages.findings(born, desk.clock.today(), told) if one.level == findings.HINT]


def case_prefix(site: str) -> str:
    """Return what every case code of a site begins with: `ZK-A03-`."""
    return f"{load_study().code}-{site}-"


def register_within(desk: Desk, tables: Tables, child: NewChild, group: str) -> str:
    """Write down a child of the age group *group* in the caller's transaction; return the participant's id.

    Raises StudyClosed, NoSerialLeft.
    """
    situations.check_open(desk, tables)
    site = child.site.upper()
    prefix = case_prefix(site)
    serial = people.next_serial(tables, prefix, desk.device.serials)
    if serial is None:
        raise NoSerialLeft
    sites.ensure(tables, desk, site)
    subject = new_id()
    facts = {
        "case_code": f"{prefix}{serial:03d}",
        "site": site,
        "sex": child.sex,
        "age_group": group,
        "registered_on": desk.today,
        "slip_code": slips.code(secrets.choice),
    }
    log.append(tables, desk.pen, Draft("participant", facts, record=subject, subject=subject))
    slip = {name: names.plain(getattr(child, name)) for name in ("called", "phone", "given_by")}
    log.append(tables, desk.pen, Draft("slip", slip, record=new_id(), subject=subject))
    return subject


def case(desk: Desk, subject: str) -> Case:
    """Return one child; raises NotFound, also for a child who withdrew (their page says nothing any more)."""
    with desk.db.reading() as tables:
        return case_within(desk, tables, subject)


def gates_of(desk: Desk, subject: str) -> Case:
    """Return one child in short, with every gate; raises NotFound."""
    with desk.db.reading() as tables:
        return in_short(desk, tables, subject)


@only(INTERVIEWER)
def to_ask(desk: Desk, subject: str) -> Case:
    """Return one child of whose family somebody is about to ask something: an interviewer asks. Raises NotFound."""
    return case(desk, subject)


def said_today(desk: Desk, one: Case) -> Event | None:
    """Return what an adult of this family said last, where it was written down today."""
    adults = {consent.GUARDIAN, consent.CARER, consent.ADULT}
    said = [event for event in one.events if event.actor in adults and event.act != consent.VOIDING]
    return next((event for event in said[::-1] if desk.today in {event.day, event.entered_on}), None)


def listing(desk: Desk) -> list[Case]:
    """Return every child in use, by case code; of a child whose day is quiet in short (see `Case`)."""
    with desk.db.reading() as tables:
        common = situations.ground(desk, tables, people.read_at_once(tables))
        return all_in_short(desk, tables, common, people.participants(tables))


def today(desk: Desk) -> Today:
    """Return the day's list, and the child whose next step is first in line."""
    cases = listing(desk)
    waiting = [one for one in cases if one.step.code in _URGENCY]
    return Today(min(waiting, key=_place_in_line, default=None), cases)


def _place_in_line(one: Case) -> int:
    """Return a low number for what comes first: a talk that is open, also where it waits for somebody."""
    return -1 if one.step.interview else _URGENCY.index(one.step.code)


def suspicious(desk: Desk, subject: str) -> set[str]:
    """Return the ids of a child's records and interviews that were written under a wrong clock; raises NotFound."""
    with desk.db.reading() as tables:
        row_within(tables, subject)
        return flagged(tables, subject)


@only(INTERVIEWER, COORDINATOR)
def find(desk: Desk, words: str) -> list[Case]:
    """Return the children whom *words* mean: by code, by pseudonym or called name, or by what they said."""
    wanted = words.strip()
    with desk.db.reading() as tables:
        said = {*search.find(tables, wanted), *(people.named(tables, wanted) if wanted else ())}
    return [one for one in listing(desk) if one.id in said or _called_so(one, wanted)]


def nonparticipation(desk: Desk) -> dict[str, int]:
    """Return how many children do not take part, by reason."""
    with desk.db.reading() as tables:
        return standing.nonparticipation(tables)


_TO_ASK = ("ask_child", "ask_adult", "ask_guardian", "ask_by_law", "call_parents")
_URGENCY = ("continue", "start", "set_date", "name_paper", "choose_version", *_TO_ASK, "screen")


def _called_so(one: Case, wanted: str) -> bool:
    names = [one.case_code, *one.also, one.called or "", *(one.pseudonym or ())]
    return bool(wanted) and any(wanted.lower() in name.lower() for name in names)
