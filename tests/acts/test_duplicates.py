"""The same child twice: only who holds the names may say so, nothing is changed by it, and it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import (
    answers,
    assents,
    checks,
    consents,
    duplicates,
    events,
    exports,
    interviews,
    people,
    removals,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, GuardianFirst
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.duplicates import CodeIsItsOwn, DecidedMeanwhile, OfTwoTeams, VaultNotHeld
from fieldkit.acts.interviews import ConsentMissing, GatesClosed
from fieldkit.acts.people import NewChild, NoSerialLeft
from fieldkit.clock import Clock, new_id
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.store import duplicates as stored
from fieldkit.store import log, rebuild
from fieldkit.store import people as rows
from fieldkit.store.database import Database
from fieldkit.store.log import Draft
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
Joins = Callable[[str, str, str], Desk]
Changes = Callable[[Desk, str], list[Change]]
Says = Callable[..., GuardianAnswer]
Later = Callable[[Desk, int], Desk]
WHY = "asked_family"


@pytest.fixture
def again(desks: Desks, interview: str, consented: str) -> str:
    """满子, who was registered once more by the same phone, after 小满 was interviewed."""
    born = f"{Clock().today().year - 12}-01"
    return people.register(
        desks["interviewer"], NewChild("满子", "0394-0000000", "A03", "f", born, reasons={"alike": "another"})
    )


@pytest.fixture
def centre(desks: Desks, again: str, carry: Carry) -> Desk:
    """The vault officer, who has read all of it."""
    carry(desks["interviewer"], desks["coordinator"])
    return desks["coordinator"]


@pytest.fixture
def linked(desks: Desks, consented: str, again: str) -> Desk:
    """The interviewer's laptop, where the two are one child."""
    duplicates.link(desks["interviewer"], again, consented, WHY)
    return desks["interviewer"]


def base(desk: Desk, first: str, second: str) -> str:
    return duplicates.one(desk, first, second).base


def without_vault(desk: Desk) -> Database:
    with desk.db.writing() as tables:
        tables.execute("DELETE FROM drawer_keys WHERE drawer LIKE 'vault/%'")
    return desk.db


def test_neither_translator_nor_lead_looks_at_children(refused: Refused, consented: str, again: str) -> None:
    others = "translator sg_lead"
    refused(NotAllowed, others, duplicates.listing)
    refused(NotAllowed, others, duplicates.waiting)
    refused(NotAllowed, others, lambda desk: duplicates.linked_with(desk, consented))
    refused(NotAllowed, others, lambda desk: duplicates.one(desk, consented, again))
    refused(NotAllowed, others, lambda desk: duplicates.link(desk, consented, again, WHY))
    refused(NotAllowed, others, lambda desk: duplicates.unlink(desk, consented, again))


def test_where_the_vault_is_not_held_nobody_compares_children(
    refused: Refused, centre: Desk, consented: str, again: str
) -> None:
    assert len(duplicates.listing(centre)) == 1
    without_vault(centre)

    assert duplicates.listing(centre) == []
    refused(VaultNotHeld, "coordinator", lambda desk: duplicates.one(desk, consented, again))
    refused(VaultNotHeld, "coordinator", lambda desk: duplicates.link(desk, consented, again, WHY))
    refused(VaultNotHeld, "coordinator", lambda desk: duplicates.unlink(desk, consented, again))


@pytest.mark.parametrize("reason", ["", "whatever"])
def test_without_a_reason_nobody_is_linked(refused: Refused, consented: str, again: str, reason: str) -> None:
    refused(Missing, "interviewer", lambda desk: duplicates.link(desk, consented, again, reason))


def test_a_child_is_not_linked_with_itself_or_with_nobody(refused: Refused, consented: str, again: str) -> None:
    refused(Invalid, "interviewer", lambda desk: duplicates.link(desk, consented, consented, WHY))
    refused(NotFound, "interviewer", lambda desk: duplicates.link(desk, consented, "nobody", WHY))
    refused(NotFound, "interviewer", lambda desk: duplicates.unlink(desk, "nobody", again))


def test_a_hidden_child_is_neither_listed_nor_linked(
    refused: Refused, desks: Desks, consented: str, again: str
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")

    assert duplicates.listing(desks["interviewer"]) == []
    refused(NotFound, "interviewer", lambda desk: duplicates.one(desk, consented, again))
    refused(NotFound, "interviewer", lambda desk: duplicates.link(desk, again, consented, WHY))


def test_children_of_two_teams_are_not_linked(
    refused: Refused, desks: Desks, centre: Desk, joins: Joins, consented: str, carry: Carry
) -> None:
    other = joins("何平", "interviewer", "B")
    born = f"{Clock().today().year - 12}-01"
    far = people.register(other, NewChild("小满", "0394-0000000", "A03", "f", born))
    carry(other, centre)

    assert far not in {side.case.id for pair in duplicates.listing(centre) for side in (pair.left, pair.right)}
    refused(OfTwoTeams, "coordinator", lambda desk: duplicates.link(desk, far, consented, WHY))


def test_a_page_that_was_opened_before_a_decision_decides_nothing(
    refused: Refused, linked: Desk, consented: str, again: str
) -> None:
    refused(DecidedMeanwhile, "interviewer", lambda desk: duplicates.unlink(desk, consented, again))
    refused(Invalid, "interviewer", lambda desk: duplicates.unlink(desk, consented, again, base="[]"))
    duplicates.unlink(linked, consented, again, base(linked, consented, again))


def test_a_pair_is_shown_with_its_reasons_and_two_children_are_never_asked_about_again(
    desks: Desks, centre: Desk, consented: str, again: str, carry: Carry
) -> None:
    for desk in (desks["interviewer"], centre):
        (pair,) = duplicates.listing(desk)
        assert (pair.left.case.id, pair.right.case.id) == (consented, again)
        assert pair.likeness.reasons == ("name_part", "phone", "site")
        assert (pair.state, pair.disputed) == ("", False)
    duplicates.unlink(centre, again, consented)
    carry(centre, desks["interviewer"])

    assert duplicates.listing(centre) == duplicates.listing(desks["interviewer"]) == []
    assert duplicates.one(centre, consented, again).state == "apart"
    assert {case.id for case in people.listing(centre)} >= {consented, again}


def test_after_linking_there_is_one_child_and_either_code_finds_it(linked: Desk, consented: str, again: str) -> None:
    one = people.case(linked, consented)
    other = people.case(linked, again)

    assert [case.id for case in people.listing(linked)] == [consented]
    assert (one.also, one.main) == ((other.case_code,), "")
    assert (other.also, other.main) == ((one.case_code,), consented)
    assert one.step == other.step  # the talk that is open today goes on
    assert [case.id for case in people.find(linked, other.case_code)] == [consented]
    assert duplicates.listing(linked) == []
    assert [case.id for case in duplicates.linked_with(linked, consented)] == [again]


def test_linking_changes_nothing_but_the_link_and_unlinking_restores_all(
    desks: Desks, consented: str, again: str, changes: Changes
) -> None:
    desk = desks["interviewer"]
    before, cases = changes(desk, ""), people.listing(desk)
    duplicates.link(desk, consented, again, WHY)
    (link,) = changes(desk, stored.KIND)

    assert changes(desk, "") == [*before, link]
    assert (link.subject, link.drawer) == (None, f"research/{desk.device.team}")
    assert set(link.set) == {"first", "second", "state", "reason"}
    duplicates.unlink(desk, again, consented, base(desk, consented, again))
    assert people.listing(desk) == cases
    assert changes(desk, "")[: len(before)] == before
    assert checks.check(desk).problems == []


def test_nothing_is_written_by_half(
    broken: Callable[[int, Callable[[], object]], None], desks: Desks, consented: str, again: str
) -> None:
    broken(1, partial(duplicates.link, desks["interviewer"], consented, again, WHY))


def test_a_no_of_either_hides_both_until_it_is_unlinked(linked: Desk, consented: str, again: str) -> None:
    code = people.case(linked, again).case_code
    withdrawals.withdraw_each(linked, [code], requested_by="child")

    assert people.listing(linked) == []
    for subject in (consented, again):
        with pytest.raises(NotFound):
            people.case(linked, subject)
    assert checks.check(linked).problems == []


def test_a_guardians_no_to_the_other_record_stops_what_is_open(
    desks: Desks, linked: Desk, consented: str, again: str, interview: str
) -> None:
    answers.save(linked, SaveAnswer(interview, "W1", new_id(), "{}", "奶奶在家"))
    withdrawals.withdraw_each(linked, [again], scope="stop_keep", requested_by="child")

    with pytest.raises(ConsentMissing):
        answers.save(linked, SaveAnswer(interview, "W2", new_id(), "{}", "还有一句"))
    assert people.case(linked, consented).step.code in {"not_today", "child_said_no"}


def test_a_yes_to_one_record_opens_nothing_for_the_other(
    linked: Desk, consented: str, again: str, later: Callable[[Desk, int], Desk]
) -> None:
    tomorrow = later(linked, 1)
    with pytest.raises(GuardianFirst):
        assents.record(tomorrow, again, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))
    with pytest.raises(GatesClosed):
        interviews.start(tomorrow, again)
    assert (people.case(tomorrow, again).step.code, people.case(tomorrow, consented).consent) == ("none", "given")


def test_a_withdrawn_child_is_deleted_with_both_records(
    desks: Desks, linked: Desk, consented: str, again: str, carry: Carry
) -> None:
    withdrawals.withdraw_each(linked, [consented], relation="mother")
    carry(linked, desks["coordinator"])
    centre = desks["coordinator"]

    due = removals.due(centre)
    assert {one.id for one in due} <= {consented, again}
    removals.confirm(centre, due[0].id, centre.today, told_all=True)
    assert removals.due(centre) == []
    assert people.listing(centre) == []  # the other record does not come back
    assert checks.check(centre).problems == []


def test_links_in_opposite_directions_are_one_link(
    desks: Desks, centre: Desk, consented: str, again: str, carry: Carry
) -> None:
    desk = desks["interviewer"]
    duplicates.link(desk, consented, again, WHY)
    duplicates.link(centre, again, consented, "papers")
    carry(desk, centre)
    carry(centre, desk)

    for one in (desk, centre):
        assert duplicates.listing(one) == []
        assert duplicates.one(one, consented, again).state == duplicates.one(one, again, consented).state == "linked"
        assert [case.id for case in people.listing(one)] == [consented]
        with one.db.reading() as tables:
            assert tables["same_children"].count == 1
            assert stored.disputed(tables) == []
    assert checks.check(desk).digests == checks.check(centre).digests


def test_linked_here_and_kept_apart_there_is_shown_and_decided_once(
    desks: Desks, centre: Desk, consented: str, again: str, carry: Carry
) -> None:
    desk = desks["interviewer"]
    duplicates.link(desk, consented, again, WHY)
    duplicates.unlink(centre, consented, again)
    carry(desk, centre)
    carry(centre, desk)

    for one in (desk, centre):
        (pair,) = duplicates.listing(one)
        assert pair.disputed
        assert [case.id for case in people.listing(one)] == [consented]  # meanwhile the stricter: one child
    duplicates.unlink(centre, consented, again, base(centre, consented, again))
    carry(centre, desk)
    for one in (desk, centre):
        assert duplicates.listing(one) == []
        assert {case.id for case in people.listing(one)} == {consented, again}
        assert checks.check(one).problems == []


def test_a_link_that_arrives_before_or_after_a_withdrawal_hides_both(
    desks: Desks, centre: Desk, consented: str, again: str, carry: Carry
) -> None:
    desk = desks["interviewer"]
    withdrawals.withdraw_each(centre, [people.case(desk, again).case_code], requested_by="guardian")
    duplicates.link(desk, consented, again, WHY)
    carry(desk, centre)
    assert people.listing(centre) == []
    carry(centre, desk)

    assert people.listing(desk) == []
    for one in (desk, centre):
        with one.db.reading() as tables:
            assert rebuild.differences(tables) == []


def test_three_records_of_one_child_are_one(desks: Desks, linked: Desk, consented: str, again: str) -> None:
    born = f"{Clock().today().year - 12}-01"
    third = people.register(linked, NewChild("阿满", "0394-0000000", "A03", "f", born, reasons={"alike": "another"}))
    duplicates.link(linked, again, third, WHY)

    assert [case.id for case in people.listing(linked)] == [consented]
    assert len(people.case(linked, consented).also) == 2
    duplicates.unlink(linked, again, consented, base(linked, again, consented))
    assert {case.id for case in people.listing(linked)} == {consented, again}


def test_the_dataset_knows_one_child_with_all_its_talks(
    desks: Desks, consented: str, again: str, interview: str, carry: Carry
) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", new_id(), "{}", "奶奶在家"))
    duplicates.link(desks["interviewer"], consented, again, WHY)
    carry(desks["interviewer"], desks["coordinator"])
    data = exports.dataset(replace(desks["coordinator"]))

    assert data.interviews == 1
    assert {row.case_code for row in data.rows} == {people.case(desks["interviewer"], consented).case_code}


@pytest.fixture
def clash(desks: Desks, consented: str, again: str) -> tuple[str, str]:
    """A laptop that was set up anew handed out a code once more: who keeps it, and who does not."""
    with desks["interviewer"].db.writing() as tables:
        code = rows.row(tables, "participants", "id = ?", consented) or {}
        draft = Draft("participant", {"case_code": code["case_code"]}, record=again, subject=again)
        log.append_over(tables, desks["interviewer"].pen, draft)
    return min(consented, again), max(consented, again)


def test_nobody_but_the_coordinator_gives_a_new_code(
    refused: Refused, clash: tuple[str, str], desks: Desks, carry: Carry
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    others = "interviewer translator sg_lead"
    refused(NotAllowed, others, duplicates.clashes)
    refused(NotAllowed, others, lambda desk: duplicates.renumber(desk, clash[1]))
    refused(CodeIsItsOwn, "coordinator", lambda desk: duplicates.renumber(desk, clash[0]))
    refused(NotFound, "coordinator", lambda desk: duplicates.renumber(desk, "nobody"))


def test_without_a_free_serial_no_code_is_given(
    refused: Refused, clash: tuple[str, str], desks: Desks, carry: Carry
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    used_up = replace(desks["coordinator"].device, serials=(1, 1))

    refused(NoSerialLeft, "coordinator", lambda desk: duplicates.renumber(replace(desk, device=used_up), clash[1]))


def test_the_later_one_gets_a_new_code_and_the_old_one_still_means_it(
    desks: Desks, clash: tuple[str, str], interview: str, consented: str, carry: Carry
) -> None:
    desk, centre, (keeps, other) = desks["interviewer"], desks["coordinator"], clash
    carry(desk, centre)
    (found,) = duplicates.clashes(centre)
    old = found.code
    assert (found.keeps.id, found.other.id) == clash
    new = duplicates.renumber(centre, other)
    carry(centre, desk)

    assert duplicates.clashes(centre) == []
    for one in (desk, centre):
        assert people.case(one, keeps).case_code == old
        assert people.case(one, other).case_code == new != old
        assert {case.id for case in people.find(one, old)} == {keeps, other}
        assert [line.id for line in people.case(one, consented).interviews] == [interview]
        assert checks.check(one).problems == []
    with pytest.raises(CodeIsItsOwn):
        duplicates.renumber(centre, other)


def test_two_records_of_one_child_may_have_one_code(desks: Desks, clash: tuple[str, str], carry: Carry) -> None:
    duplicates.link(desks["interviewer"], *clash, WHY)
    carry(desks["interviewer"], desks["coordinator"])

    assert duplicates.clashes(desks["coordinator"]) == []


def test_what_is_disputed_of_either_record_shows_on_the_one_child(
    desks: Desks, centre: Desk, consented: str, again: str, carry: Carry
) -> None:
    desk = desks["interviewer"]
    for one, grade in ((desk, "P5"), (centre, "P6")):
        facts = Draft("participant", {"grade": grade}, record=again, subject=again)
        with one.db.writing() as tables:
            log.append(tables, one.pen, replace(facts, drawer=f"research/{desk.device.team}"))
    duplicates.link(desk, consented, again, WHY)
    assert not people.case(desk, consented).conflict
    carry(centre, desk)

    assert people.case(desk, consented).conflict
    assert [case.conflict for case in people.listing(desk)] == [True]


def test_a_child_that_thinks_about_it_on_the_other_record_stops_the_talk_until_it_says_yes_again(
    linked: Desk, consented: str, again: str, interview: str, says: Callable[..., GuardianAnswer]
) -> None:
    consents.record(linked, again, says(linked, again))
    note = SaveAnswer(interview, "W1", "editor-number-1", "", "放学以后下雨了。")
    answers.save(linked, note)
    assents.record(linked, again, ChildAnswer("think"))
    assert people.case(linked, consented).step.code == "ask_child"
    with pytest.raises(ConsentMissing):
        answers.save(linked, replace(note, text="孩子还在想的时候写的。"))

    case = people.case(linked, consented)
    yes = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", follows=tuple(events.follows(case, "child")))
    assents.record(linked, consented, yes)
    assert people.case(linked, consented).step.code == "continue"
    assert answers.save(linked, replace(note, text="孩子又说愿意。"))


def test_second_thoughts_of_the_mother_on_the_other_record_hold_the_talk_and_end_where_they_are_seen(
    linked: Desk, consented: str, again: str, interview: str, says: Callable[..., GuardianAnswer]
) -> None:
    note = SaveAnswer(interview, "W1", "editor-number-1", "", "放学以后下雨了。")
    answers.save(linked, note)
    consents.defer(linked, again, says(linked, again))
    assert [people.case(linked, one).consent for one in (consented, again)] == ["deferred", "deferred"]
    with pytest.raises(ConsentMissing):
        answers.save(linked, replace(note, text="妈妈还在想的时候写的。"))

    case = people.case(linked, consented)
    consents.record(linked, consented, says(linked, consented, follows=events.follows(case, "guardian")))
    assert people.case(linked, consented).consent == "given"
    assert answers.save(linked, replace(note, text="妈妈又说愿意。"))
    assert checks.check(linked).ok


def test_a_yes_under_one_record_comes_after_what_the_child_withdrew_under_the_other(
    linked: Desk, consented: str, again: str
) -> None:
    """Otherwise each talk under this one would be one that the child left (`rules/consent.left`)."""
    withdrawals.withdraw_each(linked, [again], "stop_keep", "child")
    one = people.case(linked, consented)

    (no,) = (event for event in one.binding if event.act == "withdrawn")
    assert no.id in events.follows(one, "child")


def test_a_no_under_one_record_is_taken_back_where_it_is_seen(
    linked: Desk, consented: str, again: str, says: Callable[..., GuardianAnswer]
) -> None:
    consents.record(linked, again, says(linked, again, items={"participate": "no"}))
    case = people.case(linked, consented)
    assert (case.step.code, case.to_take_back) == ("guardian_said_no", True)
    back = {"V31": "date_right", "again_family": "came_back"}
    seen = events.follows(case, "guardian")
    consents.record(linked, consented, says(linked, consented, follows=seen, reasons=back))
    assert people.case(linked, consented).consent == "given"

    assents.record(linked, again, ChildAnswer("no"))
    tomorrow = replace(linked, clock=replace(linked.clock, ahead=timedelta(days=1)))
    follows = tuple(events.follows(people.case(tomorrow, consented), "child"))
    reasons = {"V31": "date_right", "again_own": "brought_up"}
    yes = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", follows=follows, reasons=reasons)
    assents.record(tomorrow, consented, yes)
    assert people.case(tomorrow, consented).step.code == "start"


BACK = {"V31": "date_right", "again_own": "brought_up", "again_family": "came_back"}


def agrees(desk: Desk, subject: str) -> None:
    """The child says yes under one of its records, to all that is known of it."""
    seen = tuple(events.follows(people.case(desk, subject), "child"))
    said = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", follows=seen, reasons=BACK)
    assents.record(desk, subject, said)


def test_what_the_child_took_back_under_the_other_record_stops_no_talk(
    linked: Desk, consented: str, again: str, says: Says, later: Later
) -> None:
    consents.record(linked, again, says(linked, again))
    assents.record(linked, consented, ChildAnswer("no"))
    tomorrow = later(linked, 1)
    agrees(tomorrow, again)
    agrees(tomorrow, consented)

    assert people.case(tomorrow, consented).step.code == "start"
    assert interviews.start(tomorrow, consented, {**KEPT, **BACK})
    assert checks.check(linked).ok


def consents_again(desk: Desk, subject: str, says: Says) -> None:
    seen = events.follows(people.case(desk, subject), "guardian")
    consents.record(desk, subject, says(desk, subject, follows=seen, reasons=BACK))


@pytest.mark.parametrize("how", ["declined", "withdrawn"])
def test_what_the_mother_took_back_under_the_other_record_stops_no_talk(
    linked: Desk, consented: str, again: str, says: Says, later: Later, how: str
) -> None:
    if how == "declined":
        consents.record(linked, consented, says(linked, consented, items={"participate": "no"}))
    else:
        withdrawals.withdraw_each(linked, [consented], "stop_keep", relation="mother")
    tomorrow = later(linked, 1)
    consents_again(tomorrow, again, says)
    if how == "declined":  # her word on taking part is a no here, until she says yes here
        assert people.case(tomorrow, consented).consent == "given_partial"
        consents_again(tomorrow, consented, says)
    assert people.case(tomorrow, consented).consent == "given"
    agrees(tomorrow, consented)

    assert interviews.start(tomorrow, consented, {**KEPT, **BACK})
    assert checks.check(linked).ok


def test_a_stop_that_came_as_a_notice_and_was_taken_back_under_the_other_record_stops_no_talk(
    desks: Desks, linked: Desk, consented: str, again: str, says: Says, later: Later, carry: Carry
) -> None:
    consents.record(linked, again, says(linked, again))
    carry(linked, desks["coordinator"])
    withdrawals.withdraw_each(desks["coordinator"], [consented], "stop_keep", "child")
    carry(desks["coordinator"], linked)
    tomorrow = later(linked, 1)
    agrees(tomorrow, again)
    agrees(tomorrow, consented)

    assert interviews.start(tomorrow, consented, {**KEPT, **BACK})


@pytest.fixture
def aunt(desks: Desks, child: str, says: Says, law: dict[str, str]) -> str:
    """The other record of the child, under which an aunt said no; an uncle agreed under its first one."""
    desk, born = desks["interviewer"], f"{Clock().today().year - 12}-01"
    consents.record(desk, child, says(desk, child, **law))
    other = people.register(desk, NewChild("满子", "0394-0000000", "A03", "f", born, reasons={"alike": "another"}))
    consents.record(desk, other, says(desk, other, **law, items={"participate": "no"}))
    duplicates.link(desk, child, other, WHY)
    return other


def test_an_uncle_under_one_record_does_not_take_back_what_an_aunt_refused_under_the_other(
    desks: Desks, child: str, aunt: str, says: Says, law: dict[str, str]
) -> None:
    desk = desks["interviewer"]
    for subject, noes, consent in ((child, 1, "declined"), (aunt, 0, "given")):
        case = people.case(desk, subject)
        assert (len(case.noes_elsewhere), case.to_take_back) == (noes, not noes)
        seen = [event.id for event in case.binding]
        consents.record(desk, subject, says(desk, subject, **law, follows=seen, reasons=BACK))
        assert people.case(desk, subject).consent == consent
        assert len(people.case(desk, subject).events[-1].lifts) == 1 - noes

    assert people.case(desk, child).consent == "given"
    assert people.case(desk, child).noes_elsewhere == set()


def test_what_a_mother_refused_under_the_other_record_is_taken_back_here(
    linked: Desk, consented: str, again: str, says: Says
) -> None:
    consents.record(linked, again, says(linked, again, items={"participate": "no"}))

    assert people.case(linked, consented).noes_elsewhere == set()
