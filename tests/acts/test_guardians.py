"""Whom a family's consent can come from: said before anybody is read to, and kept to when they sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
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
from fieldkit.records import Value, natural_id
from fieldkit.store import log
from fieldkit.store import people as rows
from fieldkit.store.clocks import trust
from fieldkit.store.log import Draft

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


def gone(desk: Desk, child: str) -> None:
    for one in ("mother", "father"):
        household.save_parent(desk, child, one, ParentTold(alive="no"), Seen())


def adopted(desk: Desk, child: str) -> str:
    told = PersonTold(relation="adoptive", role="guardian")
    household.save_person(desk, child, adopts := new_id(), told, Seen())
    return adopts


def apart(desk: Desk, child: str, kind: str, record: str, told: dict[str, Value]) -> None:
    """Somebody else wrote this, without having seen what stands."""
    with desk.db.writing() as tables:
        log.append(tables, desk.pen, Draft(kind, told, record=record, subject=child))


def test_who_adopted_a_child_is_a_parent_and_asked_like_one(
    desks: Desks, child: str, says: Says, agreed_by_grandmother: str
) -> None:
    desk = desks["interviewer"]
    gone(desk, child)
    assert people.case(desk, child).parents_out
    adopted(desk, child)
    case = people.case(desk, child)
    assert (case.parents_out, case.step.code) == (False, "call_parents")
    assert guardians.out_of_question(desk, child) == ["father", "mother"]

    guardians.check_may_answer(desk, child, "adoptive", "")
    consents.record(desk, child, says(desk, child, relation="adoptive"))
    case = people.case(desk, child)
    assert (case.consent, case.step.code) == ("given", "ask_child")


def test_who_adopted_a_child_and_can_consent_no_more_leaves_it_to_the_guardian_by_law(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    gone(desk, child)
    household.end_role(desk, child, adopted(desk, child), desk.today, "death")

    assert guardians.out_of_question(desk, child) == ["adoptive", "father", "mother"]
    assert people.case(desk, child).step.code == "ask_by_law"

    told = PersonTold(relation="adoptive", role="guardian")
    household.save_person(desk, child, new_id(), told, Seen(reasons={"known_adult": "another"}))
    assert guardians.out_of_question(desk, child) == ["father", "mother"]
    assert people.case(desk, child).step.code == "ask_guardian"


@pytest.fixture
def back(desks: Desks, consented: str, later: Callable[[Desk, int], Desk]) -> Desk:
    """The mother's role has ended today, and then the clock went back three days."""
    desk = desks["interviewer"]
    with desk.db.reading() as tables:
        mother = rows.adult(tables, consented, "mother", desk.today)
    assert mother is not None
    household.end_role(desk, consented, mother["id"], desk.today, "court")
    with desk.db.writing() as tables:
        trust(tables, desk.clock.today())
    return later(desk, -3)


def test_a_clock_that_went_back_makes_nobody_a_guardian_again(back: Desk, consented: str, says: Says) -> None:
    assert people.case(back, consented).consent == "needs_reconfirm"
    assert not guardians.is_guardian(back, consented, "mother")
    assert guardians.out_of_question(back, consented) == ["mother"]
    with pytest.raises(NoGuardianNow):
        guardians.check_may_answer(back, consented, "mother", "")
    with pytest.raises(NoGuardianNow):
        consents.record(back, consented, says(back, consented, reasons={"V31": "date_right"}))


def test_under_a_clock_that_went_back_the_yes_is_of_who_followed_the_mother(
    back: Desk, desks: Desks, consented: str, says: Says
) -> None:
    told, reasons = PersonTold(relation="mother", role="guardian"), {"known_adult": "instead"}
    household.save_person(desks["interviewer"], consented, second := new_id(), told, Seen(reasons=reasons))
    guardians.check_may_answer(back, consented, "mother", "")
    consents.record(back, consented, says(back, consented, reasons={"V31": "date_right"}))

    case = people.case(back, consented)
    assert (case.consent, case.events[-1].person) == ("given", second)


def test_a_paper_is_judged_for_its_own_day_under_a_clock_that_went_back_too(back: Desk, consented: str) -> None:
    before = (back.clock.today() - timedelta(days=3)).isoformat()
    guardians.check_may_answer(back, consented, "mother", "", before)
    assert guardians.is_guardian(back, consented, "mother", day=before)


@pytest.mark.parametrize("other", [{"role": "carer"}, {"basis_evidence": "told"}])
def test_whether_a_grandmother_is_the_guardian_by_law_is_not_decided_by_who_wrote_last(
    desks: Desks, child: str, says: Says, law: dict[str, str], other: dict[str, Value]
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, child, says(desk, child, **{**law, "relation": "pgm"}))
    assert people.case(desk, child).consent == "given"
    apart(desk, child, "person", people.case(desk, child).events[-1].person, other)

    assert people.case(desk, child).consent != "given"


def test_two_versions_of_a_father_send_nobody_to_the_guardian_by_law_and_his_yes_waits_until_one_is_chosen(
    desks: Desks, child: str, says: Says
) -> None:
    desk, father = desks["interviewer"], new_id()
    parent(ParentTold(alive="no"))(desk, child)
    told = PersonTold(relation="father", role="guardian", age_band="u50")
    household.save_person(desk, child, father, told, Seen())
    apart(desk, child, "person", father, {"age_band": "u18"})

    case = people.case(desk, child)
    assert (case.parents_out, list(case.disputed), case.step.code) == (False, ["father"], "choose_version")
    assert (case.status, case.conflict) == ("consent_pending", True)
    (gate,) = [one for one in case.gates if one.id == "G04"]
    assert (gate.step, "两个版本" in gate.reason.zh) == ("choose_version", True)
    assert guardians.out_of_question(desk, child) == ["father", "mother"]
    with pytest.raises(NoGuardianNow):
        consents.record(desk, child, says(desk, child, relation="father"))
    now = people.today(desk).now
    assert (now and now.id) == child

    with desk.db.reading() as tables:
        seen = household.person_section(tables, father).seen
    household.save_person(desk, child, father, told, seen)
    assert people.case(desk, child).step.code == "ask_guardian"
    consents.record(desk, child, says(desk, child, relation="father"))
    assert people.case(desk, child).consent == "given"


def test_two_versions_of_what_does_not_decide_leave_a_father_the_guardian(desks: Desks, child: str, says: Says) -> None:
    """Both wrote the whole page; they differ in the schooling alone."""
    desk, father = desks["interviewer"], new_id()
    parent(ParentTold(alive="no"))(desk, child)
    told = PersonTold(relation="father", role="guardian", age_band="u50", education="primary")
    household.save_person(desk, child, father, told, Seen())
    apart(desk, child, "person", father, {**asdict_of(told), "education": "none"})

    case = people.case(desk, child)
    assert (case.conflict, list(case.disputed), case.step.code) == (True, [], "ask_guardian")
    consents.record(desk, child, says(desk, child, relation="father"))
    assert people.case(desk, child).consent == "given"


def asdict_of(told: PersonTold) -> dict[str, Value]:
    return {name: value for name, value in asdict(told).items() if name not in {"name", "phone"}}


@pytest.mark.parametrize(("first", "second"), [("yes", "no"), ("no", "yes"), ("unknown", "no")])
def test_whether_a_father_is_alive_is_no_matter_of_who_wrote_last(
    desks: Desks, child: str, says: Says, first: str, second: str
) -> None:
    desk = desks["interviewer"]
    parent(ParentTold(alive="no"))(desk, child)
    household.save_parent(desk, child, "father", ParentTold(alive=first), Seen())
    of_father: dict[str, Value] = {"child": child, "parent": "father", "alive": second}
    apart(desk, child, "parent", natural_id("parent", child, "father"), of_father)

    case = people.case(desk, child)
    assert (case.parents_out, list(case.disputed), case.step.code) == (False, ["father"], "choose_version")
    with pytest.raises(NoGuardianNow):
        consents.record(desk, child, says(desk, child, relation="father"))


@pytest.mark.parametrize(("first", "second", "out"), [("yes", "unknown", False), ("no", "no", True)])
def test_two_versions_that_say_the_same_of_whether_a_father_can_consent_are_no_dispute(
    desks: Desks, child: str, first: str, second: str, out: bool
) -> None:
    desk = desks["interviewer"]
    parent(ParentTold(alive="no"))(desk, child)
    household.save_parent(desk, child, "father", ParentTold(alive=first, occupation="driver"), Seen())
    of_father: dict[str, Value] = {"child": child, "parent": "father", "alive": second, "occupation": "farming"}
    apart(desk, child, "parent", natural_id("parent", child, "father"), of_father)

    case = people.case(desk, child)
    assert (case.conflict, list(case.disputed), case.parents_out) == (True, [], out)


def test_a_yes_of_whom_two_versions_stand_says_so_and_not_that_the_guardian_changed(
    desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    with desk.db.reading() as tables:
        mother = rows.adult(tables, consented, "mother", desk.today)
    assert mother is not None
    apart(desk, consented, "person", mother["id"], {"capacity": "has"})
    apart(desk, consented, "person", mother["id"], {"capacity": "lacks"})

    case = people.case(desk, consented)
    assert (case.consent, case.step.code) == ("needs_reconfirm", "choose_version")
