from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from fieldkit.acts import consents, household, identities, people
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import IdentityTold, Seen
from fieldkit.errors import Missing, NotAllowed, Refusal
from fieldkit.records import Change, Value, natural_id
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.identities import FromPaper, StandsTwice
from fieldkit.store import log
from fieldkit.store import people as rows
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Changes = Callable[[Desk, str], list[Change]]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Says = Callable[..., GuardianAnswer]
BOTH = {"real_name", "birth_date"}


@pytest.fixture
def named(desks: Desks, child: str, says: Says) -> str:
    """A child whose mother signed with name and birth date."""
    born = f"{desks['interviewer'].clock.today().year - 12}-01-09"
    consents.record(desks["interviewer"], child, says(desks["interviewer"], child, birth_date=born))
    return child


def identity(desk: Desk, subject: str) -> dict[str, Value]:
    with desk.db.reading() as tables:
        return rows.row(tables, "identities", "subject = ?", subject) or {}


def other_day(desk: Desk) -> str:
    return f"{desk.clock.today().year - 12}-01-10"


def book(desk: Desk, subject: str) -> None:
    """The interviewer reads the date in the household book."""
    kept = str(identity(desk, subject)["birth_date"])
    seen = household.view(desk, subject).identity
    assert seen is not None
    household.save_identity(desk, subject, IdentityTold(kept, "gregorian", "household_book"), Seen(seen.seen.base))


def test_only_an_interviewer_asks_what_is_on_record(refused: Refused, named: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: identities.on_record(desk, named))


def test_another_name_or_birth_date_with_a_second_signature_asks_whether_it_is_the_same_child(
    refused: Refused, desks: Desks, named: str, says: Says
) -> None:
    desk = desks["interviewer"]
    before = identity(desk, named)
    for wrong in ({"real_name": "王别名"}, {"birth_date": other_day(desk)}):
        said = says(desk, named, relation="father", **wrong)
        refusal = refused(ReasonNeeded, "interviewer", partial(consents.record, subject=named, said=said))
        assert isinstance(refusal, ReasonNeeded)
        assert [one.code for one in refusal.findings] == ["same_child"]
    assert identity(desk, named) == before


def test_a_reason_for_another_name_is_kept_with_the_consent(
    desks: Desks, named: str, says: Says, changes: Changes
) -> None:
    desk, told = desks["interviewer"], {"same_child": "was_wrong"}
    consents.record(desk, named, says(desk, named, relation="father", real_name="刘全", reasons=told))

    assert identity(desk, named)["real_name"] == "刘全"
    assert changes(desk, "consent_event")[-1].set["reasons"] == told


def test_name_and_date_left_empty_keep_what_stands(desks: Desks, named: str, says: Says) -> None:
    desk, before = desks["interviewer"], identity(desks["interviewer"], named)
    assert identities.on_record(desk, named) == BOTH
    consents.record(desk, named, says(desk, named, relation="father", real_name=""))

    assert identity(desk, named) == before
    assert (before["real_name"], before["birth_source"]) == ("刘某", "told_parent")


def test_a_name_that_nobody_knows_yet_is_not_left_empty(refused: Refused, desks: Desks, child: str, says: Says) -> None:
    assert identities.on_record(desks["interviewer"], child) == set()
    said = says(desks["interviewer"], child, real_name="")

    refused(Missing, "interviewer", lambda desk: consents.record(desk, child, said))


def test_a_date_from_the_household_book_is_neither_replaced_nor_called_told(
    refused: Refused, desks: Desks, named: str, says: Says
) -> None:
    desk = desks["interviewer"]
    book(desk, named)
    before = identity(desk, named)
    said = says(desk, named, relation="father", birth_date=other_day(desk), reasons={"same_child": "was_wrong"})
    refused(FromPaper, "interviewer", lambda desk: consents.record(desk, named, said))
    consents.record(desk, named, replace(said, birth_date=str(before["birth_date"])))

    assert identity(desk, named) == before
    assert before["birth_source"] == "household_book"


def test_two_dates_that_stand_are_not_settled_by_a_signature(
    refused: Refused, desks: Desks, named: str, says: Says
) -> None:
    desk, record = desks["interviewer"], natural_id("identity", named)
    with desk.db.writing() as tables:  # another laptop, which did not see the mother's
        log.append(tables, desk.pen, Draft("identity", {"birth_date": other_day(desk)}, record=record, subject=named))
    assert identity(desk, named)["conflict"]
    shown = str(identity(desk, named)["birth_date"])
    third = says(desk, named, relation="father", birth_date="2013", reasons={"same_child": "was_wrong"})
    refused(StandsTwice, "interviewer", lambda desk: consents.record(desk, named, third))
    for told in (shown, ""):
        consents.record(desk, named, replace(third, birth_date=told))

    assert identity(desk, named)["conflict"]
    with desk.db.reading() as tables:
        assert len(log.heads_of(tables, record)["birth_date"]) == 2


def test_who_has_come_of_age_and_is_known_by_name_signs_in_that_name(
    desks: Desks, named: str, says: Says, born: Callable[[Desk, str, str], None]
) -> None:
    desk = desks["interviewer"]
    born(desk, named, "2005-01")
    said = says(desk, named, relation="self", real_name="", signer_name="")
    consents.record(desk, named, said)

    assert people.case(desk, named).step.code != "ask_adult"
    with desk.db.reading() as tables:
        row = rows.row(tables, "person_names", "subject = ? AND name = ?", named, "刘某")
        assert row is not None
        assert row["person"] == named
