"""Whom a family's consent can come from, known before anybody is read to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fieldkit.acts import clocks, situations
from fieldkit.acts.cases import Case, case_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import SELF
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import consent
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.states import Adult
from fieldkit.store import people, standing
from fieldkit.store.database import Tables

PARENT = "parent"


@dataclass(frozen=True)
class Named:
    """A guardian of one child who can be named: by *relation*, and by id, *person*, where several are of one."""

    relation: str
    person: str = ""


class NotAGuardian(Refusal):
    """V20: only a guardian can give guardian consent; a carer's agreement is stored as what it is."""

    code = "V20"
    message = N_(
        "This adult is not a guardian, or no paper shows it. Record a carer's agreement, and ask a guardian for "
        "consent."
    )
    status = 422


class NoGuardianNow(NotAGuardian):
    """V20: who would be a guardian is none by what the household says."""

    code = "no_guardian_now"
    message = N_(
        "By the household page this adult is no guardian today: dead, under 18, without the capacity, or the role has "
        "ended, or two records disagree. If that is wrong, put it right there; otherwise ask the other guardian. "
        "Nothing was saved."
    )


class NotOfAge(Refusal):
    """D3: somebody answers for themselves who is not of age, or only by a clock that nobody believes."""

    code = "not_of_age"
    message = N_(
        "They are not 18 by a date that anybody has confirmed. If they are, put today's date right on the page "
        "“Today”; if not, ask a guardian. Nothing was saved."
    )


class OfAgeNow(Refusal):
    """A guardian consents for somebody who has come of age (`domain.md` §3.8)."""

    code = "of_age_now"
    message = N_(
        "They are 18 by now and decide themselves: a guardian's yes counts no more. Nothing was saved; ask them."
    )


class WhichGuardian(Refusal):
    """Several of one relation are on record, and each takes back their own no alone: who it is has to be said."""

    code = "which_guardian"
    message = N_(
        "More than one such adult is on record for this child, and it is not said which of them agrees. Nothing was "
        "saved. Begin again from the child's page and choose who it is."
    )
    status = 422


def check_may_say_yes(one: Case, relation: str) -> None:
    """Raise OfAgeNow for a guardian of who has come of age, NotOfAge for who answers for themselves and has not."""
    if one.adult and relation != SELF:
        raise OfAgeNow
    if relation == SELF and not one.adult:
        raise NotOfAge


def check_guardian(found: Adult, basis: str, day: str) -> None:
    """Raise NotAGuardian, NoGuardianNow (V20) unless this adult, on that legal basis, consents for the child."""
    if consent.may_consent(found.relation, basis) and not replace(found, basis=basis, role="").is_guardian(day):
        raise NoGuardianNow
    if not consent.may_consent(found.relation, basis):
        raise NotAGuardian


@only(INTERVIEWER)
def several(desk: Desk, subject: str, relation: str, *, on_paper: bool) -> list[str]:
    """Return, by id, who of one *relation* is on record today, where only they know which of them speaks; else nobody.

    *on_paper*: it may have been one whose role has ended since.
    """
    with desk.db.reading() as tables:
        day = "" if on_paper else clocks.closing_day(desk, tables)
        found = [one["id"] for one in _on_record(tables, subject, relation, day)]
        return found if len(found) > 1 else []


@only(INTERVIEWER)
def nameable(desk: Desk, subject: str) -> list[Named]:
    """Return who can be named as a guardian of this child today, besides its parents: on record as one, or heard."""
    with desk.db.reading() as tables:
        day = clocks.closing_day(desk, tables)
        known = {one["relation"] for one in people.rows(tables, "persons", subject) if one["role"] == consent.GUARDIAN}
        heard = {event.relation for event in standing.events(tables, subject) if event.actor == consent.GUARDIAN}
        others = sorted((known | heard) - {"", SELF, *consent.ONE_EACH})
        found = {relation: _on_record(tables, subject, relation, day) for relation in others}
    several = [Named(relation, one["id"]) for relation, ones in found.items() if len(ones) > 1 for one in ones]
    each = {*others} - {one.relation for one in several}
    return [*map(Named, sorted(each)), *several]


def are_several(tables: Tables, subject: str, relation: str, day: str, person: str = "") -> bool:
    """Tell whether more than one of this child's *relation* is on record on *day*, and *person* is none of them."""
    known = {one["id"] for one in _on_record(tables, subject, relation, "")}
    return len(_on_record(tables, subject, relation, day)) > 1 and person not in known


def _on_record(tables: Tables, subject: str, relation: str, day: str) -> list[people.Row]:
    """Return those whose role has not ended by *day*, empty for ever; a child has one mother, one father, one self."""
    if relation in {*consent.ONE_EACH, SELF}:
        return []
    known = people.adults(tables, subject, relation)
    return [one for one in known if not day or not one["ended_on"] or one["ended_on"] > day]


@only(INTERVIEWER)
def is_guardian(desk: Desk, subject: str, relation: str, *, day: str = "", person: str = "") -> bool:
    """Tell whether this child's *relation* is on record as a guardian on *day*, today unless given.

    *person*: which one of several, by id.
    """
    with desk.db.reading() as tables:
        day = clocks.closing_day(desk, tables, day)
        known = people.adult(tables, subject, relation, day, person)
        return situations.adult_of(tables, subject, relation, known).is_guardian(day)


@only(INTERVIEWER)
def basis_on_record(desk: Desk, subject: str, relation: str, *, day: str = "", person: str = "") -> str:
    """Return the legal basis on which this child's *relation*, no parent, is on record as a guardian on *day* (today).

    Also where its paper is not named or two versions stand: nobody's no waits for that. Empty for whoever is none.
    *person*: which one of several, by id.
    """
    with desk.db.reading() as tables:
        known = people.adult(tables, subject, relation, clocks.closing_day(desk, tables, day), person)
    guards = known is not None and known["role"] == consent.GUARDIAN and consent.may_consent(relation, known["basis"])
    return str(known["basis"] or "") if known and guards else ""


@only(INTERVIEWER)
def check_may_answer(desk: Desk, subject: str, relation: str, basis: str, day: str = "", person: str = "") -> None:
    """Raise NotOfAge, OfAgeNow, WhichGuardian, NoGuardianNow (V20) before anybody is read to, not after they signed.

    *day*: of a paper, the day on it; *person*: which one of several, by id.
    """
    with desk.db.reading() as tables:
        one = case_within(desk, tables, subject)
        check_may_say_yes(one, relation)
        if not one.adult and consent.may_consent(relation, basis):
            day = clocks.closing_day(desk, tables, day)
            if are_several(tables, subject, relation, day, person):
                raise WhichGuardian
            known = people.adult(tables, subject, relation, day, person)
            basis = PARENT if relation in consent.PARENTS else basis
            check_guardian(situations.adult_of(tables, subject, relation, known), basis, day)


@only(INTERVIEWER)
def out_of_question(desk: Desk, subject: str) -> list[str]:
    """Return the parents of whom the household says that they cannot consent today."""
    with desk.db.reading() as tables:
        day = clocks.closing_day(desk, tables)
        return situations.out_of_question(tables, people.looked_up(tables), subject, day)
