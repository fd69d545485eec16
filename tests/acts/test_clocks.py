from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Self

import pytest

from fieldkit.acts import (
    answers,
    assents,
    clocks,
    closings,
    consents,
    datasets,
    forms,
    interviews,
    people,
    questions,
    readiness,
    situations,
    slips,
    visits,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, NotAgainToday
from fieldkit.acts.clocks import DateNotDoubted
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import Seen
from fieldkit.clock import Clock, new_id
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.calendars import NoDay
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.studies import StudyClosed
from fieldkit.rules.ways import Evidence
from fieldkit.store import people as rows
from fieldkit.studies import Pair
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Later = Callable[[Desk, int], Desk]
Carry = Callable[[Desk, Desk], Report]
Says = Callable[..., GuardianAnswer]
PAPER = Evidence("signature", paper_ref="P-7", paper_place="牛皮纸袋 A03", on_paper=True)
SIBLING = NewChild("阿宁", "", "A03", "m", f"{Clock().today().year - 11}-01")
SURE = {"V31": "date_right", "alike": "another"}


def days_on(desk: Desk, days: int) -> str:
    return (date.fromisoformat(desk.today) + timedelta(days=days)).isoformat()


def test_only_an_interviewer_says_what_the_date_is(refused: Refused, child: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: clocks.state(desk, desk.today, SURE))


def test_a_date_that_nobody_doubts_is_not_moved(refused: Refused, desks: Desks, child: str) -> None:
    for days in (-1, 0, 1, 400):
        moved = partial(clocks.state, day=days_on(desks["interviewer"], days), reasons=SURE)
        told = refused(DateNotDoubted, "interviewer", moved)
        assert told.code == "date_not_doubted"


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-02-30", "0001-01-01", "1999-12-31", "9999-12-31"])
def test_what_is_no_date_of_this_century_is_refused(desks: Desks, child: str, later: Later, day: str) -> None:
    with pytest.raises(Invalid):
        clocks.state(later(desks["interviewer"], 9), day, SURE)


def test_today_is_stated_whatever_the_keyboard(desks: Desks, child: str, later: Later) -> None:
    at = later(desks["interviewer"], 9)
    wide = at.today.translate({ord("-"): "－", **{ord(str(one)): chr(0xFF10 + one) for one in range(10)}})

    assert clocks.state(at, wide, SURE).today == at.today


def test_v31_a_day_far_from_every_record_wants_a_reason(desks: Desks, child: str, later: Later) -> None:
    at = later(desks["interviewer"], 9)
    for days in (-10, 400, 4000):
        with pytest.raises(ReasonNeeded) as told:
            clocks.state(at, days_on(at, days), {})
        assert [one.code for one in told.value.findings] == ["V31"]
    assert clocks.state(at, days_on(at, 400), SURE).today == days_on(at, 400)


def test_a_slip_of_the_finger_can_be_put_right_until_something_is_recorded(desks: Desks, child: str) -> None:
    at = replace(desks["interviewer"], clock=Clock(timedelta(days=-2000)))
    wrong = clocks.state(at, days_on(desks["interviewer"], 3), SURE)
    assert clocks.look(wrong).stated == wrong.today
    right = clocks.state(wrong, days_on(desks["interviewer"], 2), SURE)
    assert right.today == days_on(desks["interviewer"], 2)

    people.register(right, NewChild("小河", "", "A03", "m", f"{right.clock.today().year - 12}-01", reasons=SURE))
    assert clocks.look(right).stated == right.today  # it stays visible while it counts
    with pytest.raises(DateNotDoubted):
        clocks.state(right, days_on(right, 1), SURE)


def test_once_the_clock_is_right_it_is_believed_again_whatever_was_recorded_meanwhile(
    desks: Desks, child: str, later: Later
) -> None:
    at = later(desks["interviewer"], 80)
    wrong = clocks.state(at, days_on(at, 240), SURE)
    people.register(wrong, NewChild("小河", "", "A03", "m", f"{wrong.clock.today().year - 12}-01", reasons=SURE))
    right = clocks.state(wrong, at.today, SURE)

    assert (right.today, clocks.look(right).stated) == (at.today, "")


def test_a_second_slip_of_the_finger_is_measured_from_the_records_and_not_from_the_first(
    desks: Desks, child: str, later: Later
) -> None:
    at = later(desks["interviewer"], 9)
    first = clocks.state(at, days_on(at, 300), {})
    with pytest.raises(ReasonNeeded):
        clocks.state(first, days_on(at, 600), {})


def test_after_a_childs_no_the_day_cannot_be_called_another(desks: Desks, consented: str) -> None:
    """The clock fell back by years and the date was stated; the child says no; then somebody states the day after."""
    at = replace(desks["interviewer"], clock=Clock(timedelta(days=-2000)))
    today = clocks.state(at, desks["interviewer"].today, SURE)
    assents.record(today, consented, ChildAnswer("no"))
    with pytest.raises(DateNotDoubted):
        clocks.state(today, days_on(today, 1), SURE)

    again = ChildAnswer("yes", (1, 2, 3), "child_oral", reasons={**SURE, "again_own": "brought_up"})
    with pytest.raises(NotAgainToday):
        assents.record(today, consented, again)


def test_a_no_under_a_date_that_nobody_believes_ends_no_doubt(desks: Desks, consented: str) -> None:
    """Or by one child's no on a laptop six years ahead all children of it would come of age."""
    ahead = replace(desks["interviewer"], clock=Clock(timedelta(days=2300)))
    assents.record(ahead, consented, ChildAnswer("no"))

    with ahead.db.reading() as tables:
        assert clocks.doubted(ahead, tables)
        assert clocks.believed(ahead, tables).isoformat() == desks["interviewer"].today
    assert not people.case(ahead, consented).adult


def test_a_stated_date_alone_empties_no_contact_slip(desks: Desks, child: str) -> None:
    """A typo by a decade costs no family its telephone number."""
    at = replace(desks["interviewer"], clock=Clock(timedelta(days=-2000)))
    typo = clocks.state(at, days_on(desks["interviewer"], 3650), SURE)

    assert slips.purge_old(typo) == 0
    assert people.case(typo, child).called == "小满"


def test_the_same_clock_confirmed_is_believed(desks: Desks, child: str, later: Later) -> None:
    at = later(desks["interviewer"], 40)
    confirmed = clocks.state(at, at.today, {})
    with confirmed.db.reading() as tables:
        assert clocks.credible(confirmed, tables)
    assert slips.purge_old(confirmed) == 1


def test_a_no_some_days_after_a_date_was_stated_ends_the_doubt(desks: Desks, consented: str) -> None:
    """What is recorded under a stated date is compared as that date: the doubt that it met is not left open."""
    first = desks["interviewer"]
    clocks.state(replace(first, clock=Clock(timedelta(days=-2000))), first.today, SURE)
    later = replace(first, clock=Clock(timedelta(days=-1995), timedelta(days=2000)))
    assents.record(later, consented, ChildAnswer("no", reasons=SURE))

    assert not clocks.look(later).doubted
    with pytest.raises(DateNotDoubted):
        clocks.state(later, days_on(later, 1), SURE)


FALLEN_BACK = Clock(timedelta(days=-2000))


def marked(desk: Desk, child: str) -> bool:
    """A visit is noted at *desk*; is it suspicious?"""
    before = {one.id for one in visits.of_child(desk, child)}
    visits.record(desk, child, "not_home")
    new = {one.id for one in visits.of_child(desk, child)} - before
    return new <= people.suspicious(desk, child)


def test_what_is_recorded_under_a_wrong_clock_is_flagged_and_ends_no_doubt(desks: Desks, child: str) -> None:
    wrong = replace(desks["interviewer"], clock=FALLEN_BACK)

    assert people.suspicious(wrong, child) == set()
    assert [marked(wrong, child), marked(wrong, child)] == [True, True]
    assert clocks.look(wrong).doubted


def test_what_is_recorded_under_a_stated_date_is_flagged_until_the_clock_is_right(desks: Desks, child: str) -> None:
    wrong = replace(desks["interviewer"], clock=FALLEN_BACK)
    stated = clocks.state(wrong, desks["interviewer"].today, SURE)
    under = marked(stated, child)
    right = clocks.state(replace(stated, clock=Clock(stated=stated.clock.stated)), desks["interviewer"].today, SURE)

    assert [under, marked(right, child)] == [True, False]


def test_a_clock_that_ran_ahead_by_years_flags_its_records_and_none_of_those_that_follow_its_repair(
    desks: Desks, child: str
) -> None:
    ahead = replace(desks["interviewer"], clock=Clock(timedelta(days=3650)))

    assert [marked(ahead, child), marked(desks["interviewer"], child)] == [True, False]


def test_the_next_day_is_believed(desks: Desks, child: str, later: Later) -> None:
    assert not marked(later(desks["interviewer"], 1), child)


@pytest.mark.parametrize("days", [3, 200])
def test_after_days_without_the_laptop_what_nobody_was_asked_about_ends_no_doubt_and_a_persons_word_does(
    desks: Desks, child: str, later: Later, days: int
) -> None:
    at = later(desks["interviewer"], days)
    assert marked(at, child)
    assert clocks.look(at).doubted
    clocks.state(at, at.today, SURE)

    assert not marked(at, child)
    assert not clocks.look(at).doubted


def test_a_clock_that_ran_ahead_unasked_leaves_the_records_after_its_repair_alone(
    desks: Desks, child: str, later: Later
) -> None:
    assert marked(later(desks["interviewer"], 200), child)

    assert not clocks.look(desks["interviewer"]).doubted
    assert not marked(desks["interviewer"], child)
    assert not marked(later(desks["interviewer"], 1), child)


def test_a_tap_that_the_date_is_right_ends_the_doubt_of_a_few_days(desks: Desks, consented: str, later: Later) -> None:
    at = later(desks["interviewer"], 5)
    with pytest.raises(ReasonNeeded):
        assents.record(at, consented, ChildAnswer("yes", (1, 2, 3), "child_oral"))
    assents.record(at, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", reasons=SURE))

    assert not clocks.look(at).doubted
    assert people.suspicious(at, consented) == set()


class Jumping(datetime):
    """A laptop whose date is years off, all of a sudden."""

    years = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        found = super().now(tz)
        return found.replace(year=found.year + cls.years, day=min(found.day, 28))


@pytest.mark.parametrize("years", [-7, 6])
def test_the_minutes_of_an_interview_stay_right_when_the_clock_jumps_by_years(
    desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    def after(minutes: int) -> Desk:
        return replace(desks["interviewer"], clock=replace(Clock(), ahead=timedelta(minutes=minutes)))

    def note(at: Desk, question: str) -> None:
        answers.save(at, SaveAnswer(interview, question, new_id(), "{}", "下雨了"))

    monkeypatch.setattr("fieldkit.clock.datetime", Jumping)
    note(after(0), "W1")
    monkeypatch.setattr(Jumping, "years", years)
    note(after(5), "W2")
    assert after(5).clock.today().year - datetime.now().astimezone().year == years
    assert questions.page(after(9), interview, "W").minutes == 9
    monkeypatch.setattr(Jumping, "years", 0)
    note(after(12), "L1")

    base = closings.page(after(12), interview).opened.base
    told = ClosingTold("full", "", "home_yard", "", "private", ("none",), "zhoukou", "", "during")
    closings.end(after(12), interview, told, Seen(base))

    assert [line.minute for line in questions.page(after(12), interview, "W").questions[:2]] == [0, 5]
    assert closings.page(after(30), interview).minutes == 12


@pytest.mark.parametrize("years", [-7, 6])
def test_a_date_that_jumps_in_the_midst_of_a_talk_is_said_and_ends_nothing_of_it(
    desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    me, day = desks["interviewer"], desks["interviewer"].today
    assert questions.page(me, interview).jumped_to == ""
    monkeypatch.setattr("fieldkit.clock.datetime", Jumping)
    monkeypatch.setattr(Jumping, "years", years)

    page = questions.page(me, interview)
    assert (page.jumped_to, page.left_open_on, page.writable) == (me.today, "", True)
    assert me.today != day
    told = ClosingTold("full", "", "home_yard", "", "private", ("none",), "zhoukou", "", "during")
    closings.end(me, interview, told, Seen(closings.page(me, interview).opened.base))
    with me.db.reading() as tables:
        closing = rows.row(tables, "closings", "interview = ?", interview)
    assert closing is not None
    assert closing["ended_on"] == day


def test_a_date_that_a_person_stated_in_the_midst_of_a_talk_has_not_jumped(
    desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me, day = desks["interviewer"], desks["interviewer"].today
    monkeypatch.setattr("fieldkit.clock.datetime", Jumping)
    monkeypatch.setattr(Jumping, "years", 6)
    stated = clocks.state(me, day, {})

    page = questions.page(stated, interview)
    assert (page.jumped_to, page.left_open_on) == ("", "")


def test_a_talk_that_was_left_open_is_said_to_be_so_in_another_run_of_the_program(
    desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me, day = desks["interviewer"], desks["interviewer"].today
    me.folder.dates.clear()
    monkeypatch.setattr("fieldkit.clock.datetime", Jumping)
    monkeypatch.setattr(Jumping, "years", 6)

    page = questions.page(me, interview)
    assert (page.jumped_to, page.left_open_on) == ("", day)


@pytest.fixture
def fell_back(desks: Desks, consented: str, carry: Callable[[Desk, Desk], Report]) -> str:
    """The laptop believes itself three days back; the child says yes and an interview is held then. Returns its id."""
    wrong = replace(desks["interviewer"], clock=Clock(timedelta(days=-3)))
    assents.record(wrong, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", reasons=SURE))
    held = interviews.start(wrong, consented, {**KEPT, **SURE})
    carry(desks["interviewer"], desks["coordinator"])
    return held


def says(desk: Desk, device: str, days: int, seen: list[str] | None = None) -> str:
    """The coordinator says that the last days of a laptop were *days* later; returns the repair's id."""
    known = clocks.of_device(desk, device)
    run = known.runs[-1]
    right = (date.fromisoformat(run.day) + timedelta(days=days)).isoformat()
    on_screen = [one.id for one in known.repairs] if seen is None else seen
    clocks.repair(desk, device, (run.first, run.first), right, "battery", on_screen)
    before = {one.id for one in known.repairs}
    return next(one.id for one in clocks.of_device(desk, device).repairs if one.id not in before)


def test_only_a_coordinator_says_which_days_were_meant(refused: Refused, desks: Desks, fell_back: str) -> None:
    device = desks["interviewer"].device.id
    for act in (
        clocks.clashing,
        partial(clocks.of_device, device=device),
        partial(clocks.repair, device=device, span=(1, 1), right="2026-11-24", reason="battery", seen=[]),
    ):
        refused(NotAllowed, "interviewer translator sg_lead", act)


@pytest.mark.parametrize(
    ("refusal", "wrong"),
    [
        (Invalid, {"right": "1999-01-01"}),
        (NoDay, {"right": "soon"}),
        (Invalid, {"reason": "because"}),
        (Invalid, {"span": (0, 0)}),
        (Invalid, {"span": (9**9, 1)}),
        (NotFound, {"device": "nobody"}),
    ],
)
def test_a_repair_of_nothing_or_to_no_day_is_refused(
    refused: Refused, desks: Desks, fell_back: str, refusal: type[Refusal], wrong: dict[str, Any]
) -> None:
    device = desks["interviewer"].device.id
    first = clocks.of_device(desks["coordinator"], device).runs[-1].first
    told = {"device": device, "span": (first, first), "right": "2026-11-24", "reason": "battery", "seen": [], **wrong}

    said = refused(refusal, "coordinator", partial(clocks.repair, **told))
    if "right" in wrong:
        assert "头一天其实是" in said.sentence("zh_CN")  # as the page calls it


def test_the_day_that_was_meant_stands_beside_the_believed_one_and_nothing_is_rewritten(
    desks: Desks, consented: str, fell_back: str, changes: Callable[[Desk, str], list[Change]]
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    before = [one.encoded() for one in changes(desk, "")]
    says(desk, laptop.device.id, 3)

    meant = clocks.put_right(desk, consented)
    assert meant[fell_back] == (laptop.today,)
    assert people.case(desk, consented).interviews[0].started_on == days_on(laptop, -3)
    found = [one.encoded() for one in changes(desk, "") if one.kind != "clock_repair"]
    assert found == before


def test_both_days_are_exported(desks: Desks, consented: str, fell_back: str) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    says(desk, laptop.device.id, 3)
    found = datasets.merged(desk)

    for table, day in (("interviews", "started_on"), ("consents", "day")):
        rows = [dict(zip(found[table].columns, row, strict=True)) for row in found[table].rows]
        assert (days_on(laptop, -3), laptop.today) in {(row[day], row[f"{day}_put_right"]) for row in rows}
    assert {row[-1] for row in found["consents"].rows} == {"", laptop.today}  # the mother's day was right


def test_it_decides_no_order_and_no_consent(desks: Desks, consented: str, fell_back: str) -> None:
    desk = desks["coordinator"]
    before = people.case(desk, consented)
    says(desk, desks["interviewer"].device.id, 4000)

    assert people.case(desk, consented) == before


def test_two_coordinators_who_say_different_things_show_both_until_one_decides(
    desks: Desks,
    consented: str,
    fell_back: str,
    joins: Callable[[str, str, str], Desk],
    carry: Callable[[Desk, Desk], Report],
) -> None:
    desk, device = desks["coordinator"], desks["interviewer"].device.id
    other = joins("孙宁", "coordinator", "A")
    carry(desk, other)
    says(desk, device, 3)
    says(other, device, 4)
    carry(other, desk)
    carry(desk, other)

    laptop = desks["interviewer"]
    for one in (desk, other):
        assert clocks.put_right(one, consented)[fell_back] == (laptop.today, days_on(laptop, 1))
        assert list(clocks.clashing(one)) == [device]
    says(desk, device, 4)
    assert clocks.clashing(desk) == {}
    assert clocks.put_right(desk, consented)[fell_back] == (days_on(laptop, 1),)


def test_a_repair_that_came_while_the_page_was_open_is_not_replaced(desks: Desks, fell_back: str) -> None:
    desk, device = desks["coordinator"], desks["interviewer"].device.id
    says(desk, device, 3)
    says(desk, device, 4, seen=[])

    assert clocks.of_device(desk, device).clashes


def test_what_a_laptop_writes_once_its_clock_is_right_is_not_moved(
    desks: Desks, consented: str, fell_back: str, carry: Callable[[Desk, Desk], Report]
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    says(desk, laptop.device.id, 3)
    before = clocks.put_right(desk, consented)
    assents.record(laptop, consented, ChildAnswer("think", reasons=SURE))
    carry(laptop, desk)

    assert clocks.put_right(desk, consented) == before


def test_a_clock_that_went_back_opens_no_study_that_was_closed(
    refused: Refused, desks: Desks, consented: str, says: Says, later: Later, carry: Carry
) -> None:
    """However often a tap says that its date is right; a paper is judged for the day that it bears (D4)."""
    laptop, closed = desks["interviewer"], desks["coordinator"].today
    other = people.register(laptop, replace(SIBLING, site="B07"))
    readiness.keep(desks["coordinator"], {"closed_on": closed})
    carry(desks["coordinator"], laptop)
    back = later(laptop, -10)

    with pytest.raises(StudyClosed):
        people.register(back, replace(SIBLING, called="阿宝", reasons=SURE))
    for day in ("", back.today):
        with pytest.raises(StudyClosed):
            consents.record(back, other, says(back, other, given_on=day, reasons=SURE))
    with pytest.raises(StudyClosed):
        consents.inform(back, other, says(back, other))
    with pytest.raises(StudyClosed):
        assents.record(back, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", reasons=SURE))
    found = people.case(back, consented)
    assert (found.closed_since, found.step.code) == (closed, "closed")
    assert "G01" in {gate.id for gate in found.gates if gate.status == "fails"}
    assert situations.closed_since(back) == closed

    consents.record(back, other, says(back, other, way=PAPER, given_on=days_on(back, -2), reasons=SURE))
    assert people.case(laptop, other).consent == "given"


def test_a_clock_that_went_back_brings_no_replaced_form_back(
    desks: Desks, consented: str, says: Says, later: Later, carry: Carry
) -> None:
    laptop, centre, kind = desks["interviewer"], desks["coordinator"], "guardian_info_consent"
    shown = forms.texts(centre, kind)
    forms.rewrite(
        centre, kind, {shown.lines[0].id: Pair("知情同意书（新）", "Consent (new)")}, "major", shown.text_hash
    )
    new = forms.texts(centre, kind).text_hash
    readiness.stamp(centre, {new: "{}"}, centre.today, "YS-2", centre.today)
    carry(centre, laptop)
    back = later(laptop, -10)

    assert people.case(back, consented).consent == "needs_reconsent"
    assert forms.guardian_form(back, consented).text_hash == new
    assert forms.blank(back, kind).text_hash == new
    assert forms.guardian_form(back, consented, days_on(back, -2)).text_hash == shown.text_hash


def test_on_an_ordinary_day_what_ends_is_judged_by_today(desks: Desks, consented: str, later: Later) -> None:
    """And a clock that runs ahead closes what it says to be over: nothing is opened by it."""
    laptop = desks["interviewer"]
    for at in (laptop, later(laptop, 1), later(laptop, 400)):
        with at.db.reading() as tables:
            assert clocks.closing_day(at, tables) == at.today
            assert clocks.closing_day(at.on(days_on(at, -3)), tables) == days_on(at, -3)
