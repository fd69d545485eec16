"""The coordinator lets a child be gone whose family asked for it; each machine says when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fieldkit.acts import (
    answers,
    assents,
    checks,
    consents,
    demo,
    exports,
    handover,
    interviews,
    people,
    questions,
    removals,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, NotAgainToday
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing, GatesClosed
from fieldkit.acts.people import NewChild
from fieldkit.acts.removals import CAME_BACK, MISTAKE, NotTheirWish, NotTold, NotWithdrawn, TeamUnknown, ToldBeforeAsked
from fieldkit.clock import Clock
from fieldkit.errors import Missing, NotAllowed, NotFound, Refusal
from fieldkit.rules.calendars import DayToCome, NoDay
from fieldkit.rules.consent import Event
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.store import aftercare, log, standing
from fieldkit.store.aftercare import Aftercare
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from fieldkit.store.log import Draft
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Says = Callable[..., GuardianAnswer]
Carry = Callable[[Desk, Desk], Report]
WORDS = "wq7xk2pz9vtb4 下雨放学的时候奶奶来接"


@pytest.fixture
def told(desks: Desks, consented: str, interview: str, carry: Carry, tmp_path: Path) -> str:
    """A child with a note whose mother withdrew everything; the coordinator holds it all. Returns its case code."""
    desk = desks["interviewer"]
    line = questions.page(desk, interview).questions[0]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, WORDS))
    handover.write(desk, tmp_path / "day3.fieldkit")
    code = people.case(desk, consented).case_code
    withdrawals.withdraw_each(desk, [consented], requested_by="guardian", relation="mother")
    carry(desk, desks["coordinator"])
    return code


def day(desk: Desk, back: int = 0) -> str:
    return (desk.clock.today() - timedelta(days=back)).isoformat()


def test_only_a_coordinator_may(refused: Refused, consented: str, told: str) -> None:
    for act in (removals.due, removals.gone, partial(removals.one, subject=consented)):
        refused(NotAllowed, "interviewer translator sg_lead", act)
    refused(
        NotAllowed,
        "interviewer translator sg_lead",
        lambda desk: removals.confirm(desk, consented, day(desk), told_all=True),
    )


def test_a_child_who_did_not_withdraw_or_whom_nobody_knows_is_left_alone(
    refused: Refused, desks: Desks, consented: str, interview: str, carry: Carry
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    refused(NotWithdrawn, "coordinator", lambda desk: removals.confirm(desk, consented, day(desk), told_all=True))
    refused(NotFound, "coordinator", lambda desk: removals.confirm(desk, "nobody", day(desk), told_all=True))
    assert removals.due(desks["coordinator"]) == []


def test_keeping_what_was_said_asks_for_no_deleting(desks: Desks, consented: str, carry: Carry) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], scope="stop_keep")
    carry(desks["interviewer"], desks["coordinator"])

    with pytest.raises(NotWithdrawn):
        removals.confirm(desks["coordinator"], consented, day(desks["coordinator"]), told_all=True)


def test_the_day_on_which_the_family_was_told_is_a_day_that_has_been(
    refused: Refused, consented: str, told: str
) -> None:
    refused(NoDay, "coordinator", lambda desk: removals.confirm(desk, consented, "", told_all=True))
    refused(ToldBeforeAsked, "coordinator", lambda desk: removals.confirm(desk, consented, day(desk, 1), told_all=True))
    refused(NotTold, "coordinator", lambda desk: removals.confirm(desk, consented, day(desk), told_all=False))
    refused(DayToCome, "coordinator", lambda desk: removals.confirm(desk, consented, day(desk, -2), told_all=True))


def test_what_waits_is_listed_with_who_asked_and_until_when(desks: Desks, consented: str, told: str) -> None:
    desk = desks["coordinator"]
    (found,) = removals.due(desk)

    assert (found.id, found.case_codes, found.asked_by) == (consented, (told,), "guardian")
    assert (found.since, found.until) == (day(desk), day(desk, -15))
    assert found.removes["interview"] == 1
    assert found.removes["answer"] == 1
    assert "consent_event" not in found.removes
    assert removals.one(desk, consented) == found


def test_a_withdrawal_by_notice_waits_too(desks: Desks, consented: str, interview: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    code = people.case(desks["coordinator"], consented).case_code
    withdrawals.withdraw_each(desks["sg_lead"], [code])
    carry(desks["sg_lead"], desks["coordinator"])
    (found,) = removals.due(desks["coordinator"])

    assert (found.id, found.since, found.asked_by) == (consented, day(desks["sg_lead"]), "guardian")


def test_a_child_that_is_gone_is_nowhere_and_its_trace_stays(
    desks: Desks, consented: str, told: str, carry: Carry, clear: Callable[[Database], bytes]
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    with laptop.db.writing():
        laptop.db.leave_no_trace()
    assert WORDS[:13].encode() in clear(laptop.db)
    removals.confirm(desk, consented, day(desk), told_all=True)
    for one in (laptop, desks["sg_lead"], desks["translator"]):
        carry(desk, one)
    for one in (desk, laptop):
        with one.db.reading() as tables:
            kinds = {row[0] for row in tables.execute("SELECT kind FROM changes WHERE subject = ?", [consented])}
        assert kinds == {"consent_event", "tombstone"}
        with pytest.raises(NotFound):
            people.case(one, consented)
        assert checks.check(one).problems == []
        assert WORDS[:13].encode() not in clear(one.db)
    assert removals.due(desk) == []
    with pytest.raises(NotFound):
        removals.confirm(desk, consented, day(desk), told_all=True)


def test_of_a_child_that_is_gone_no_reminder_is_left(
    desks: Desks, consented: str, told: str, carry: Carry, clear: Callable[[Database], bytes]
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    with laptop.db.writing() as tables:
        aftercare.keep(tables, "a talk of which nothing stays", Aftercare(consented, laptop.me.code, day(laptop)))

    removals.confirm(desk, consented, day(desk), told_all=True)
    carry(desk, laptop)

    assert b"a talk of which nothing stays" not in clear(laptop.db)


@pytest.fixture
def grown(desks: Desks, consented: str, interview: str, carry: Carry, born: Callable[[Desk, str, str], None]) -> str:
    """Somebody of whom also the coordinator knows that they are of age; returns their case code."""
    desk = desks["interviewer"]
    born(desk, consented, "2005-01-01")
    with desk.db.writing() as tables:
        log.append_over(
            tables, desk.pen, Draft("participant", {"age_group": "a18"}, record=consented, subject=consented)
        )
    carry(desk, desks["coordinator"])
    return people.case(desk, consented).case_code


def test_who_was_of_age_when_a_guardian_asked_is_hidden_and_deleted_only_where_they_want_it(
    refused: Refused, desks: Desks, consented: str, grown: str
) -> None:
    desk = desks["coordinator"]
    withdrawals.withdraw_each(desk, [grown], requested_by="guardian")
    with pytest.raises(NotFound):
        people.case(desk, consented)
    assert removals.one(desk, consented).of_age
    refused(NotTheirWish, "coordinator", lambda desk: removals.confirm(desk, consented, day(desk), told_all=True))

    removals.confirm(desk, consented, day(desk), told_all=True, own_wish=True)
    assert [one.requested_by for one in removals.gone(desk)] == ["adult"]


@pytest.mark.parametrize("asker", ["child", "both"])
def test_who_is_of_age_and_asked_themselves_is_not_asked_again(
    desks: Desks, consented: str, grown: str, asker: str
) -> None:
    desk = desks["coordinator"]
    withdrawals.withdraw_each(desk, [grown], requested_by=asker)

    assert not removals.one(desk, consented).of_age
    removals.confirm(desk, consented, day(desk), told_all=True)
    assert [one.requested_by for one in removals.gone(desk)] == [asker]


def test_each_machine_says_that_it_is_done(desks: Desks, consented: str, told: str, carry: Carry) -> None:
    desk = desks["coordinator"]
    removals.confirm(desk, consented, day(desk), told_all=True)
    (gone,) = removals.gone(desk)
    assert (gone.case_code, gone.told_on, len(gone.on), len(gone.waits_for)) == (told, day(desk), 1, 3)
    assert gone.removed["answer"] == 1
    for role in ("interviewer", "sg_lead", "translator"):
        carry(desk, desks[role])
        carry(desks[role], desk)
    (gone,) = removals.gone(desk)

    assert (len(gone.on), gone.waits_for) == (4, ())


def test_a_computer_that_knows_nothing_of_the_team_deletes_nothing(desks: Desks, consented: str, told: str) -> None:
    desk = desks["coordinator"]
    with desk.db.writing() as tables:
        tables.execute("DELETE FROM team_secrets")
    with pytest.raises(TeamUnknown):
        removals.confirm(desk, consented, day(desk), told_all=True)

    assert removals.one(desk, consented).case_codes == (told,)
    assert removals.gone(desk) == []


def test_a_child_of_another_team_is_gone_on_all_its_machines(
    desks: Desks, tmp_path: Path, passphrase: str, carry: Carry
) -> None:
    desk = desks["coordinator"]
    other = demo.join(desk, Folder.open(tmp_path / "B"), "王宁", "interviewer", passphrase, "B")
    child = people.register(other, NewChild("阿宁", "", "A03", "m", f"{Clock().today().year - 11}-01"))
    withdrawals.withdraw_each(other, [child])
    carry(other, desk)
    removals.confirm(desk, child, day(desk), told_all=True)
    carry(desk, other)
    carry(other, desk)
    for one in (desk, other):
        with one.db.reading() as tables:
            kinds = {row[0] for row in tables.execute("SELECT kind FROM changes WHERE subject = ?", [child])}
        assert kinds == {"consent_event", "tombstone"}
    assert len(removals.gone(desk)[0].on) == 2
    found = [checks.check(one).digests for one in (desk, other)]
    assert found[0]["research/B"] == found[1]["research/B"]
    other.db.close()
    other.folder.close()


def test_a_child_who_is_gone_is_known_by_its_code(desks: Desks, consented: str, told: str, carry: Carry) -> None:
    desk = desks["coordinator"]
    kept = removals.confirm(desk, consented, day(desk), told_all=True)

    assert removals.tombstone_of(desk, consented) == kept
    assert withdrawals.withdraw_each(desk, [told])[0].gone
    assert not withdrawals.withdraw_each(desk, ["ZK-A09-099"])[0].gone


def test_what_a_family_is_told_leaves_no_kind_out() -> None:
    assert removals.summed({"answer": 2, "interview": 1, "closing": 1, "of a later version": 3}) == [
        ("Interviews", 2),
        ("Notes on questions", 2),
        ("Other records about the child", 3),
    ]


def test_an_old_stick_brings_nothing_back_on_day_twelve_nor_on_day_thirteen(
    desks: Desks, consented: str, told: str, tmp_path: Path, carry: Carry
) -> None:
    """Story 8, over sticks alone; the clock of the laptop is never asked."""
    desk = desks["coordinator"]
    removals.confirm(desk, consented, day(desk), told_all=True)
    for _ in range(2):
        report = handover.read(desk, tmp_path / "day3.fieldkit")
        assert report.adds_up()
        with pytest.raises(NotFound):
            people.case(desk, consented)
    carry(desk, desks["sg_lead"])  # holds sealed copies only, and never saw that stick
    late = handover.read(desks["sg_lead"], tmp_path / "day3.fieldkit")

    assert late.adds_up()
    with desks["sg_lead"].db.reading() as tables:
        kept = tables.execute("SELECT count(*) FROM blocks WHERE payload IS NOT NULL AND drawer LIKE 'vault/%'")
        assert kept.fetchone()[0] == 0


def test_a_withdrawal_that_was_taken_back_meanwhile_deletes_nothing(
    desks: Desks, consented: str, told: str, carry: Carry
) -> None:
    desk = desks["coordinator"]
    (asked,) = [event for event in events(desk, consented) if event.act == "withdrawn"]
    with desk.db.writing() as tables:
        consents.void_within(desk, tables, consented, asked, "登记错了孩子")

    with pytest.raises(NotWithdrawn):
        removals.confirm(desk, consented, day(desk), told_all=True)


def test_a_withdrawal_is_lifted_with_a_reason_and_travels(
    refused: Refused, desks: Desks, consented: str, told: str, carry: Carry
) -> None:
    desk = desks["coordinator"]
    (only,) = (one.id for one in removals.one(desk, consented).asked)
    refused(
        NotAllowed,
        "interviewer translator sg_lead",
        lambda me: removals.lift(me, consented, [only], "登记错了孩子", MISTAKE),
    )
    wrong = "登记错了孩子"
    for which, reason, why in (
        ([only], " ", MISTAKE),
        ([], wrong, MISTAKE),
        (["no withdrawal"], wrong, MISTAKE),
        ([only], wrong, ""),
    ):
        with pytest.raises(Missing):
            removals.lift(desk, consented, which, reason, why)
    with pytest.raises(NotFound):
        removals.lift(desk, "nobody", [only], wrong, MISTAKE)

    assert removals.lift(desk, consented, [only], wrong, MISTAKE)
    with pytest.raises(NotWithdrawn):
        removals.lift(desk, consented, [only], wrong, MISTAKE)
    assert removals.due(desk) == []
    carry(desk, desks["interviewer"])
    assert people.case(desks["interviewer"], consented).consent == "given"


def test_a_withdrawal_by_notice_is_lifted_and_the_next_talk_can_begin(
    desks: Desks, consented: str, carry: Carry
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    carry(laptop, desk)
    withdrawals.withdraw_each(desk, [people.case(laptop, consented).case_code])
    (due,) = removals.due(desk)
    assert [(one.by, one.relation, one.author) for one in due.asked] == [("guardian", "", desk.me.name)]
    removals.lift(desk, due.id, [due.asked[0].id], "家里打电话来，愿意继续", CAME_BACK)
    carry(desk, laptop)

    assents.record(laptop, consented, YES)
    assert interviews.start(laptop, consented, demo.KEPT)


YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")


def test_one_lifting_takes_back_what_one_person_withdrew_and_the_child_is_seen_when_none_stands(
    desks: Desks, consented: str, told: str, carry: Carry
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    withdrawals.withdraw_each(laptop, [consented], relation="father")
    carry(laptop, desk)
    withdrawals.withdraw_each(desk, [told])
    asked = removals.one(desk, consented).asked
    by_whom = {one.relation: one for one in asked}
    assert {(one.relation, one.author) for one in asked} == {
        ("mother", laptop.me.name),
        ("father", laptop.me.name),
        ("", desk.me.name),
    }
    assert {one.day for one in asked} == {desk.today}

    assert not removals.lift(desk, consented, [by_whom["mother"].id], "母亲改主意了", CAME_BACK)
    carry(desk, laptop)
    with pytest.raises(NotFound):
        people.case(laptop, consented)
    assert [one.relation for one in removals.one(desk, consented).asked if one.relation] == ["father"]
    assert removals.lift(desk, consented, [by_whom[one].id for one in ("father", "")], "登记错了孩子", MISTAKE)
    carry(desk, laptop)
    assert people.case(laptop, consented).consent == "declined"  # the mother has not agreed anew


def test_a_guardian_who_takes_a_withdrawal_back_agrees_anew_and_nobody_does_it_for_them(
    desks: Desks, consented: str, told: str, carry: Carry, says: Says
) -> None:
    laptop = desks["interviewer"]
    _lifted(desks, carry, consented, CAME_BACK)
    assert exports.dataset(desks["coordinator"]).rows == []

    one = people.case(laptop, consented)
    assert (one.consent, one.step.code, one.to_take_back) == ("declined", "guardian_said_no", True)
    with pytest.raises(GatesClosed):
        interviews.start(laptop, consented, demo.KEPT)
    consents.record(laptop, consented, says(laptop, consented, relation="father"))
    assert people.case(laptop, consented).step.code == "on_hold"  # another guardian's yes takes nothing back
    seen = [event.id for event in people.case(laptop, consented).events]
    anew = says(laptop, consented, follows=seen, reasons={"V31": "date_right", "again_family": "came_back"})
    consents.record(laptop, consented, anew)
    assert people.case(laptop, consented).consent == "given"


def test_what_the_child_withdrew_is_not_lifted_before_it_is_said_whether_it_said_it(
    desks: Desks, consented: str, carry: Carry
) -> None:
    desk = desks["coordinator"]
    withdrawals.withdraw_each(desks["interviewer"], [consented], requested_by="both")
    carry(desks["interviewer"], desk)
    own, mine = sorted(removals.one(desk, consented).asked, key=lambda one: one.by)
    assert (mine.by, own.by) == ("guardian", "child")

    for which in ([own.id], [mine.id, own.id]):
        with pytest.raises(Missing):
            removals.lift(desk, consented, which, "妈妈说孩子又愿意了", "")
    assert not removals.lift(desk, consented, [mine.id], "妈妈说孩子又愿意了", CAME_BACK)


@pytest.mark.parametrize("where", ["laptop", "centre"])
def test_a_child_that_withdrew_and_wants_again_is_asked_anew_on_another_day(
    desks: Desks, consented: str, interview: str, carry: Carry, where: str
) -> None:
    """The talk that it left stays ended, in whatever way it comes back."""
    desk, laptop = desks["coordinator"], desks["interviewer"]
    carry(laptop, desk)
    code = people.case(laptop, consented).case_code
    withdrawals.withdraw_each(laptop if where == "laptop" else desk, [code], requested_by="child")
    _lifted(desks, carry, consented, CAME_BACK)

    one = people.case(laptop, consented)
    assert (one.step.code, one.assent) == ("not_today", "withdrawn")
    with pytest.raises(ConsentMissing):
        answers.save(laptop, SaveAnswer(interview, "W1", "editor-2", "", "又写一句"))
    with pytest.raises(NotAgainToday):
        assents.record(laptop, consented, YES)

    next_day = replace(laptop, clock=replace(laptop.clock, ahead=timedelta(days=1)))
    seen = [event.id for event in people.case(next_day, consented).events]
    assert people.case(next_day, consented).step.code == "child_said_no"
    with pytest.raises(ReasonNeeded) as asked:
        assents.record(next_day, consented, replace(YES, follows=seen))
    assert [one.code for one in asked.value.findings] == ["again_own"]
    anew = replace(YES, follows=seen, reasons={"again_own": "brought_up"})
    assents.record(next_day, consented, anew)
    other = interviews.start(next_day, consented, demo.KEPT)
    assert other != interview
    with pytest.raises(ConsentMissing):
        answers.save(next_day, SaveAnswer(interview, "W1", "editor-3", "", "又写一句"))
    assert checks.check(desk).ok
    assert checks.check(laptop).ok


def test_a_talk_of_a_day_that_comes_again_by_a_clock_is_not_gone_on_with(
    desks: Desks, consented: str, interview: str, carry: Carry
) -> None:
    """The coordinator's clock is a day behind, so that the no is of yesterday by what it says."""
    desk, laptop = desks["coordinator"], desks["interviewer"]
    carry(laptop, desk)
    slow = replace(desk, clock=replace(desk.clock, ahead=timedelta(days=-1)))
    withdrawals.withdraw_each(slow, [people.case(laptop, consented).case_code], requested_by="child")
    _lifted(desks, carry, consented, CAME_BACK)
    seen = [event.id for event in people.case(laptop, consented).events]
    assents.record(laptop, consented, replace(YES, follows=seen, reasons={"again_own": "brought_up"}))

    assert people.case(laptop, consented).step.code == "start"
    assert interviews.start(laptop, consented, demo.KEPT) != interview
    with pytest.raises(ConsentMissing):
        answers.save(laptop, SaveAnswer(interview, "W1", "editor-2", "", "又写一句"))


def test_what_was_written_down_by_mistake_the_child_never_said(
    desks: Desks, consented: str, interview: str, carry: Carry
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    withdrawals.withdraw_each(laptop, [consented], requested_by="child")
    carry(laptop, desk)
    _lifted(desks, carry, consented, MISTAKE)

    assert people.case(laptop, consented).step.code == "continue"
    answers.save(laptop, SaveAnswer(interview, "W1", "editor-2", "", "又写一句"))


def test_what_a_child_said_before_it_left_is_in_use_again_once_it_wants_to(
    desks: Desks, consented: str, interview: str, carry: Carry
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    answers.save(laptop, SaveAnswer(interview, "W1", "editor-1", "", WORDS))
    withdrawals.withdraw_each(laptop, [consented], requested_by="child")
    carry(laptop, desk)
    assert exports.dataset(desk).rows == []
    _lifted(desks, carry, consented, CAME_BACK)

    found = exports.dataset(desk)
    assert (len(found.rows), found.left_out_withdrawn) == (1, 0)


def _lifted(desks: Desks, carry: Carry, subject: str, why: str) -> None:
    """Lift all that was withdrawn at the centre, and carry it there and back."""
    desk, laptop = desks["coordinator"], desks["interviewer"]
    carry(laptop, desk)
    (due,) = removals.due(desk)
    removals.lift(desk, due.id, [one.id for one in due.asked], "妈妈11月25日打电话来说的", why)
    carry(desk, laptop)


def events(desk: Desk, subject: str) -> list[Event]:
    with desk.db.reading() as tables:
        return standing.events(tables, subject)
