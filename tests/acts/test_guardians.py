"""Whom a family's consent can come from: said before anybody is read to, and kept to when they sign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import consents, events, guardians, household, people
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.guardians import NoGuardianNow, NotOfAge, OfAgeNow, WhichGuardian
from fieldkit.acts.told import ParentTold, PersonTold, Seen
from fieldkit.clock import new_id
from fieldkit.errors import NotAllowed, Refusal

Desks = dict[str, Desk]
Says = Callable[..., GuardianAnswer]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Born = Callable[[Desk, str, str], None]
Happens = Callable[[Desk, str], object]


def ended(desk: Desk, child: str) -> None:
    mother = new_id()
    household.save_person(desk, child, mother, PersonTold(relation="mother", role="guardian"), Seen())
    household.end_role(desk, child, mother, desk.today, "court")


def parent(told: ParentTold) -> Happens:
    return lambda desk, child: household.save_parent(desk, child, "mother", told, Seen())


def minor(desk: Desk, child: str) -> None:
    told = PersonTold(relation="mother", role="guardian", age_band="u18")
    household.save_person(desk, child, new_id(), told, Seen(reasons={"V18": "for_now"}))


def test_only_an_interviewer_asks_who_may_consent(refused: Refused, child: str) -> None:
    everybody_else = "coordinator translator sg_lead"
    refused(NotAllowed, everybody_else, lambda desk: guardians.check_may_answer(desk, child, "mother", ""))
    refused(NotAllowed, everybody_else, lambda desk: guardians.out_of_question(desk, child))


@pytest.mark.parametrize(
    "happens", [ended, parent(ParentTold(alive="no")), parent(ParentTold(alive="yes", capacity="lacks")), minor]
)
def test_a_mother_of_whom_the_household_says_that_she_is_no_guardian_is_not_read_to(
    desks: Desks, child: str, says: Says, happens: Happens
) -> None:
    desk = desks["interviewer"]
    guardians.check_may_answer(desk, child, "mother", "")
    assert guardians.out_of_question(desk, child) == []

    happens(desk, child)
    with pytest.raises(NoGuardianNow):
        guardians.check_may_answer(desk, child, "mother", "")
    assert guardians.out_of_question(desk, child) == ["mother"]
    with pytest.raises(NoGuardianNow):
        consents.record(desk, child, says(desk, child))
    consents.record(desk, child, says(desk, child, items={"participate": "no"}))


@pytest.mark.parametrize("evidence", ["told", "none"])
def test_of_a_mother_no_paper_is_asked_whatever_the_household_says_of_one(
    desks: Desks, child: str, says: Says, evidence: str
) -> None:
    desk = desks["interviewer"]
    told = PersonTold(relation="mother", role="guardian", basis_evidence=evidence)
    household.save_person(desk, child, new_id(), told, Seen())
    consents.record(desk, child, says(desk, child))

    assert people.case(desk, child).consent == "given"
    assert guardians.out_of_question(desk, child) == []


@pytest.mark.parametrize("relation", ["uncle_aunt", "sib_adult"])
def test_who_is_under_eighteen_consents_for_nobody_whatever_paper_there_is(
    desks: Desks, child: str, says: Says, relation: str
) -> None:
    desk = desks["interviewer"]
    shown = {"basis": "court", "basis_evidence": "seen_paper", "basis_paper": "判决书第3号"}
    told = PersonTold(relation=relation, role="guardian", age_band="u18", **shown)
    reasons = {"V18": "for_now"}
    household.save_person(desk, child, new_id(), told, Seen(reasons=reasons))
    with pytest.raises(NoGuardianNow):
        guardians.check_may_answer(desk, child, relation, "court")
    with pytest.raises(NoGuardianNow):
        consents.record(desk, child, says(desk, child, relation=relation, **shown))


def test_who_is_not_of_age_is_not_led_through_an_adults_consent(desks: Desks, child: str) -> None:
    with pytest.raises(NotOfAge):
        guardians.check_may_answer(desks["interviewer"], child, "self", "")


def test_of_who_has_come_of_age_nobody_else_is_led_through_a_consent(desks: Desks, child: str, born: Born) -> None:
    desk = desks["interviewer"]
    birthday = desk.clock.today() - timedelta(days=20)
    born(desk, child, birthday.replace(year=birthday.year - 18).isoformat())

    guardians.check_may_answer(desk, child, "self", "")
    for relation in ("mother", "pgm"):
        with pytest.raises(OfAgeNow):
            guardians.check_may_answer(desk, child, relation, "")


def test_a_carer_is_no_guardian_and_asked_for_an_agreement(desks: Desks, child: str) -> None:
    guardians.check_may_answer(desks["interviewer"], child, "pgm", "")


def test_where_neither_parent_can_consent_the_guardian_by_law_is_asked(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    for one, expected in (("mother", False), ("father", True)):
        household.save_parent(desk, child, one, ParentTold(alive="no"), Seen())
        case = people.case(desk, child)
        assert (case.parents_out, case.step.code == "ask_by_law") == (expected, expected)
        assert case.status == "consent_pending"
    now = people.today(desk).now
    assert now is not None
    assert (now.id, now.step) == (child, case.step)


def test_a_paper_is_judged_for_its_day_before_anybody_copies_it(desks: Desks, child: str) -> None:
    desk, before = desks["interviewer"], (desks["interviewer"].clock.today() - timedelta(days=3)).isoformat()
    ended(desk, child)

    guardians.check_may_answer(desk, child, "mother", "", before)
    with pytest.raises(NoGuardianNow):
        guardians.check_may_answer(desk, child, "mother", "", desk.today)


def test_of_two_uncles_it_is_said_which_one_agrees_before_anybody_is_read_to(
    refused: Refused, desks: Desks, child: str, uncles: tuple[str, str], says: Says, law: dict[str, str]
) -> None:
    desk = desks["interviewer"]
    for person in ("", "nobody"):
        told = says(desk, child, **law, person=person)
        asks = partial(guardians.check_may_answer, subject=child, relation="uncle_aunt", basis="court", person=person)
        refused(WhichGuardian, "interviewer", asks)
        refused(WhichGuardian, "interviewer", partial(consents.record, subject=child, said=told))
    guardians.check_may_answer(desk, child, "uncle_aunt", "court", person=uncles[1])
    guardians.check_may_answer(desk, child, "mother", "")


def test_of_two_uncles_neither_takes_back_what_the_other_refused(
    desks: Desks, child: str, uncles: tuple[str, str], says: Says, law: dict[str, str]
) -> None:
    desk, (uncle, aunt) = desks["interviewer"], uncles
    consents.record(desk, child, says(desk, child, **law, person=uncle))
    consents.record(desk, child, says(desk, child, **law, person=aunt, items={"participate": "no"}))
    seen = events.follows(people.case(desk, child), "guardian")
    again = {**law, "follows": seen, "reasons": {"again_family": "came_back"}}

    consents.record(desk, child, says(desk, child, **again, person=uncle))
    assert people.case(desk, child).consent == "declined"
    consents.record(desk, child, says(desk, child, **again, person=aunt))
    assert people.case(desk, child).consent == "given"
    assert {event.person for event in people.case(desk, child).events} == {uncle, aunt}


def test_where_the_role_of_one_of_two_uncles_has_ended_the_other_one_speaks(
    desks: Desks, child: str, uncles: tuple[str, str], says: Says, law: dict[str, str]
) -> None:
    desk, (uncle, aunt) = desks["interviewer"], uncles
    household.end_role(desk, child, uncle, desk.today, "custody")
    consents.record(desk, child, says(desk, child, **law))

    assert [event.person for event in people.case(desk, child).events] == [aunt]
