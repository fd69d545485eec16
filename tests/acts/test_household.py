"""The household: refusals first, then that a section is kept, that nobody overwrites, and what is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from fieldkit.acts import household, people, situations
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import ChildFacts, IdentityTold, ParentTold, PersonTold, Seen
from fieldkit.clock import Clock, new_id
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.ages import InTheFuture, NoBirthDate, OutOfRange
from fieldkit.rules.calendars import DayToCome, NoDay
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.left_behind import AwayInFuture, AwayTooLong, StartsTooLate
from fieldkit.rules.names import NoName, TooLong
from fieldkit.rules.ways import NoPaper
from fieldkit.store import people as store

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
YEAR = Clock().today().year
NEW = Seen()
GRANDMOTHER = PersonTold("pgm", care_type="grandparents", age_band="60_69")
OUT = ParentTold("yes", "no", "2019-03", months_away=11, work_place="other_province", capacity="has")


def test_only_an_interviewer_writes_down_a_household(refused: Refused, child: str) -> None:
    others = "coordinator translator sg_lead"
    refused(NotAllowed, others, partial(household.save_child, subject=child, told=ChildFacts("p6"), seen=NEW))
    refused(NotAllowed, others, partial(household.save_parent, subject=child, parent="father", told=OUT, seen=NEW))
    refused(NotAllowed, others, lambda desk: household.save_person(desk, child, new_id(), GRANDMOTHER, NEW))
    refused(NotAllowed, others, partial(household.save_identity, subject=child, told=IdentityTold(), seen=NEW))
    refused(
        NotAllowed, others, partial(household.end_role, subject=child, person="x", ended_on="2026-01-01", why="moved")
    )


def test_before_the_yes_nothing_of_the_vault_is_kept(refused: Refused, child: str) -> None:
    early = household.NamesTooEarly
    refused(
        early, "interviewer", partial(household.save_identity, subject=child, told=IdentityTold("2014-05"), seen=NEW)
    )
    for named in (replace(GRANDMOTHER, name="王某"), replace(GRANDMOTHER, phone="0394-0000000")):
        refused(early, "interviewer", lambda desk, told=named: household.save_person(desk, child, "P" * 22, told, NEW))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        (replace(OUT, away_since=f"{YEAR + 1}-12"), AwayInFuture),
        (replace(OUT, away_since="三年前"), Invalid),
        (replace(OUT, away_since="1900-01"), AwayTooLong),
        (replace(OUT, months_away=13), Invalid),
        (replace(OUT, home_visits=-1), Invalid),
        (replace(OUT, start_age=14), StartsTooLate),
        (replace(OUT, away_since="", start_age=3), Invalid),  # no birth date: no year can be said
        (replace(OUT, months_away=3), ReasonNeeded),
        (replace(OUT, away_since="", months_away=3), ReasonNeeded),
    ],
)
def test_what_cannot_be_of_a_parent_is_refused(
    refused: Refused, child: str, told: ParentTold, refusal: type[Refusal]
) -> None:
    refused(refusal, "interviewer", partial(household.save_parent, subject=child, parent="mother", told=told, seen=NEW))


def test_what_cannot_be_of_a_child_or_an_adult_is_refused(refused: Refused, child: str, other_child: str) -> None:
    def person(refusal: type[Refusal], told: PersonTold, id_: str) -> None:
        refused(refusal, "interviewer", lambda desk: household.save_person(desk, child, id_, told, NEW))

    for wrong, refusal in (
        (ChildFacts(siblings=13), Invalid),
        (ChildFacts(sibling="ZK-X99-001"), Invalid),
        (ChildFacts("p1"), ReasonNeeded),
    ):
        refused(refusal, "interviewer", partial(household.save_child, subject=child, told=wrong, seen=NEW))
    person(Missing, PersonTold(), new_id())
    person(ReasonNeeded, PersonTold("sib_minor"), new_id())
    person(NotFound, GRANDMOTHER, "")
    person(NotFound, GRANDMOTHER, child)
    person(NotFound, GRANDMOTHER, other_child)


def test_a_birth_date_that_cannot_be_is_refused(refused: Refused, consented: str) -> None:
    for told, refusal in (
        (IdentityTold("2013-11-30", "lunar"), NoBirthDate),
        (IdentityTold("2014-04-31", "gregorian"), NoBirthDate),
        (IdentityTold(f"{YEAR + 1}-01", "gregorian"), InTheFuture),
        (IdentityTold(f"{YEAR - 8}-01", "gregorian"), OutOfRange),
        (IdentityTold(f"{YEAR - 30}-01", "gregorian"), OutOfRange),
    ):
        refused(refusal, "interviewer", partial(household.save_identity, subject=consented, told=told, seen=NEW))


def test_a_role_ends_on_a_day_with_a_reason(refused: Refused, desks: Desks, child: str) -> None:
    person = kept(desks, child, GRANDMOTHER)
    for refusal, day, why, who in (
        (Missing, "2026-01-01", "", person),
        (NoDay, "gestern", "moved", person),
        (DayToCome, f"{YEAR + 1}-12-31", "moved", person),
        (NotFound, "2026-01-01", "moved", "nobody"),
    ):
        refused(refusal, "interviewer", partial(household.end_role, subject=child, person=who, ended_on=day, why=why))


def test_the_day_on_which_a_role_ended_is_named_and_kept_as_one_whatever_the_keyboard(
    refused: Refused, desks: Desks, child: str
) -> None:
    desk, person = desks["interviewer"], kept(desks, child, GRANDMOTHER)
    told = refused(NoDay, "interviewer", lambda at: household.end_role(at, child, person, "gestern", "moved"))
    assert "Since which day" in told.sentence("en")

    household.end_role(desk, child, person, "２０２６－０１－０２", "moved")
    (one,) = [one for one in household.view(desk, child).persons if one.record == person]
    assert one.values["ended_on"] == "2026-01-02"


def kept(desks: Desks, child: str, told: PersonTold) -> str:
    person = new_id()
    household.save_person(desks["interviewer"], child, person, told, NEW)
    return person


def test_a_guardian_without_a_basis_is_kept_as_a_carer(desks: Desks, child: str) -> None:
    desk, claims = desks["interviewer"], PersonTold("pgm", role="guardian")

    assert household.save_person(desk, child, new_id(), claims, NEW) == "carer"
    assert household.save_person(desk, child, new_id(), replace(claims, basis="claimed_only"), NEW) == "carer"
    sure = Seen(reasons={"known_adult": "another"})
    assert household.save_person(desk, child, new_id(), replace(claims, basis="court"), sure) == "guardian"
    assert household.save_person(desk, child, new_id(), PersonTold("mother"), NEW) == "guardian"
    assert household.save_person(desk, child, new_id(), PersonTold("father", capacity="lacks"), NEW) == "carer"


def test_a_second_mother_is_asked_about_also_after_the_role_of_the_first_has_ended(
    refused: Refused, desks: Desks, child: str, changes: Changes
) -> None:
    desk, first, second = desks["interviewer"], kept(desks, child, PersonTold("mother")), new_id()
    household.end_role(desk, child, first, desk.today, "court")

    for reason in ("", "same"):
        seen = Seen(reasons={"known_adult": reason})
        again = partial(household.save_person, subject=child, person=second, told=PersonTold("mother"), seen=seen)
        told = refused(ReasonNeeded, "interviewer", again)
        assert isinstance(told, ReasonNeeded)
        assert [one.code for one in told.findings] == ["known_adult"]
    household.save_person(desk, child, second, PersonTold("mother"), Seen(reasons={"known_adult": "instead"}))

    assert changes(desk, "person")[-1].set["reasons"] == {"known_adult": "instead"}
    household.save_person(desk, child, second, PersonTold("mother", education="primary"), NEW)


@pytest.mark.parametrize("paper", ["没有", "无", "口头", " None ", "-"])
def test_words_that_name_no_paper_are_refused_as_one_that_was_seen(refused: Refused, child: str, paper: str) -> None:
    told = PersonTold("pgm", role="guardian", basis="court", basis_evidence="seen_paper", basis_paper=paper)

    refused(NoPaper, "interviewer", lambda desk: household.save_person(desk, child, new_id(), told, NEW))


def test_an_ended_role_is_seen_by_the_rules(desks: Desks, child: str) -> None:
    desk, person = desks["interviewer"], kept(desks, child, replace(GRANDMOTHER, role="guardian", basis="court"))
    household.end_role(desk, child, person, desk.today, "death")

    with desk.db.reading() as tables:
        adult = situations.adults(tables, store.looked_up(tables), child)[person]
    assert adult.ended_on == desk.today
    assert not adult.is_guardian(desk.today)
    assert "carer" in household.view(desk, child).missing


def test_a_section_is_kept_and_the_rest_may_wait(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    household.save_child(desk, child, ChildFacts("p6", "yes", 0, "teacher", "no", "both_away", "pgm"), NEW)
    household.save_parent(desk, child, "father", OUT, NEW)
    kept(desks, child, GRANDMOTHER)

    home = household.view(desk, child)
    assert home.child.values["siblings"] == 0
    assert home.missing == ["mother", "birth_date", "school"]
    assert (home.status, home.migration, home.identity) == ("unknown", "unknown", None)

    household.save_parent(desk, child, "mother", OUT, NEW)
    assert (household.view(desk, child).status, household.view(desk, child).migration) == ("yes_sc2016", "both_away")


def test_a_reason_that_was_tapped_is_kept(desks: Desks, child: str, changes: Changes) -> None:
    desk, short = desks["interviewer"], replace(OUT, away_since="", months_away=3)
    household.save_parent(desk, child, "father", short, Seen(reasons={"V15": "just_left", "V99": "x"}))

    assert changes(desk, "parent")[-1].set["reasons"] == {"V15": "just_left"}


def test_a_form_sent_twice_changes_nothing(desks: Desks, child: str, changes: Changes) -> None:
    desk, person = desks["interviewer"], new_id()
    for _ in range(2):
        household.save_child(desk, child, ChildFacts("p6"), NEW)
        household.save_parent(desk, child, "father", OUT, NEW)
        household.save_person(desk, child, person, GRANDMOTHER, NEW)

    assert [len(changes(desk, kind)) for kind in ("participant", "parent", "person")] == [2, 1, 1]
    assert not people.case(desk, child).conflict


def test_two_tabs_make_a_conflict_only_where_both_changed_the_same(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    household.save_child(desk, child, ChildFacts("p6", "no"), NEW)
    opened = household.view(desk, child).child.seen
    household.save_child(desk, child, ChildFacts("p6", "yes"), opened)
    household.save_child(desk, child, ChildFacts("j1", "no"), opened)

    home = household.view(desk, child)
    assert (home.child.values["grade"], home.child.values["boarding"], home.child.conflict) == ("j1", "yes", False)

    household.save_child(desk, child, ChildFacts("p5", "no"), opened)
    assert people.case(desk, child).conflict

    household.save_child(desk, child, ChildFacts("j1", "yes"), household.view(desk, child).child.seen)
    assert not people.case(desk, child).conflict


def test_two_versions_of_a_parent_show_on_the_childs_page(desks: Desks, child: str) -> None:
    for place in ("henan", "abroad"):
        household.save_parent(desks["interviewer"], child, "father", replace(OUT, work_place=place), NEW)

    assert people.case(desks["interviewer"], child).conflict
    assert household.view(desks["interviewer"], child).parents["father"].conflict


def test_who_the_child_is_goes_to_the_vault_with_hints(desks: Desks, consented: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    opened = household.view(desk, consented).identity
    assert opened is not None
    lunar = IdentityTold(f"{YEAR - 13}年冬月", "lunar", "told_carer", 16, "unclear", pet_names="毛毛")

    found = household.save_identity(desk, consented, lunar, opened.seen)

    assert [one.code for one in found] == ["V03", "V04"]
    identity = changes(desk, "identity")[-1]
    assert (identity.drawer, identity.set["birth_precision"]) == ("vault/A", "month")
    assert changes(desk, "participant")[-1].set["age_at_enrol"] in {11, 12}
    assert "birth_date" not in household.view(desk, consented).missing


def test_an_age_then_becomes_a_year_once_the_birth_date_is_known(desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    household.save_identity(desk, consented, IdentityTold(f"{YEAR - 12}-01", "gregorian"), NEW)
    told = replace(OUT, away_since="", start_age=3)
    household.save_parent(desk, consented, "father", told, NEW)

    assert household.view(desk, consented).parents["father"].values["away_since"] == str(YEAR - 9)


def test_names_and_phones_of_adults_lie_in_the_vault(desks: Desks, consented: str, changes: Changes) -> None:
    desk, person = desks["interviewer"], new_id()
    household.save_person(desk, consented, person, replace(GRANDMOTHER, name="张某", phone="0000"), NEW)

    assert changes(desk, "person_name")[-1].drawer == "vault/A"
    assert "name" not in changes(desk, "person")[-1].set
    (found,) = [one for one in household.view(desk, consented).persons if one.record == person]
    assert (found.values["name"], found.values["phone"]) == ("张某", "0000")


def test_children_of_one_household_hint_at_each_other(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    third, brother = (
        people.register(desk, NewChild(one, "", "A03", "m", f"{YEAR - 12}-01")) for one in ("阿平", "小川")
    )
    assert household.summary(desk, child).hints == []
    household.save_child(desk, brother, ChildFacts(sibling=people.case(desk, child).case_code.lower()), NEW)
    household.save_child(desk, third, ChildFacts(sibling=people.case(desk, brother).case_code), NEW)

    for one in (child, brother, third):
        assert [found.code for found in household.summary(desk, one).hints] == ["V40"]
    assert len(household.view(desk, child).siblings) == 2


def test_a_child_alone_is_marked_for_the_coordinator(desks: Desks, child: str) -> None:
    kept(desks, child, PersonTold("self", care_type="self"))

    assert [(one.code, one.level) for one in household.view(desks["interviewer"], child).findings] == [("V19", "flag")]


def test_a_power_cut_leaves_nothing_of_an_adult(
    desks: Desks, consented: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    told = replace(GRANDMOTHER, name="张某")
    for place in (1, 2):
        broken(place, lambda: household.save_person(desks["interviewer"], consented, new_id(), told, NEW))


def test_a_child_who_has_grown_out_of_the_range_since_the_registration_still_has_a_birth_date(
    desks: Desks, consented: str, later: Callable[[Desk, int], Desk]
) -> None:
    grown = later(desks["interviewer"], 366 * 6)
    household.save_identity(grown, consented, IdentityTold(f"{YEAR - 12}-01", "gregorian"), NEW)

    assert "birth_date" not in household.view(grown, consented).missing


@pytest.mark.parametrize(("name", "refusal"), [("\u200b\u202e", Missing), ("😀", NoName), ("长" * 41, TooLong)])
def test_what_is_no_name_of_an_adult_is_refused(
    refused: Refused, consented: str, name: str, refusal: type[Refusal]
) -> None:
    told = replace(GRANDMOTHER, name=name)
    refused(refusal, "interviewer", lambda desk: household.save_person(desk, consented, "P" * 22, told, NEW))
