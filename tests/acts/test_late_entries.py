from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from fieldkit.acts import (
    answers,
    assents,
    cases,
    checks,
    closings,
    consents,
    interviews,
    late_entries,
    moments,
    people,
    questions,
    screenings,
    stops,
    tasks,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, NoClearYes, NotAgainToday
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.consents import GuardianAnswer, ItemsNotAsked
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing, GatesClosed, HeldThatDay
from fieldkit.acts.late_entries import DiscardedThatDay, HalfTheTimes, PaperTold, StaysEntered
from fieldkit.acts.people import NewChild
from fieldkit.acts.stops import ChoiceWaits
from fieldkit.acts.told import Seen
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules import consent
from fieldkit.rules.calendars import DayToCome, NoDay
from fieldkit.rules.closings import STOPPED
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.gates import Gate
from fieldkit.store import log
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
Later = Callable[[Desk, int], Desk]
Says = Callable[..., GuardianAnswer]
SURE = KEPT | {"V31": "date_right"}
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", reasons=SURE)


def sheet(desk: Desk, days: int = 0, **changes: Any) -> PaperTold:
    """A whole sheet of some days before the desk's today."""
    day = (desk.clock.today() - timedelta(days=days)).isoformat()
    return replace(PaperTold(day, "P-7，蓝纸袋", YES), **changes)


def said(**changes: Any) -> ChildAnswer:
    return replace(YES, **changes)


def enter(desk: Desk, subject: str, days: int = 0, **changes: Any) -> str:
    return late_entries.enter(desk, subject, sheet(desk, days, **changes))


def closed(told: Refusal) -> list[Gate]:
    gates = told.details["gates"]
    assert isinstance(gates, list)
    return gates


def failing(told: Refusal) -> set[str]:
    return {gate.id for gate in closed(told)}


def seen(desk: Desk, subject: str) -> list[str]:
    return [event.id for event in people.case(desk, subject).events]


def test_only_an_interviewer_types_an_interview_in(refused: Refused, consented: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: enter(desk, consented))
    refused(NotAllowed, "coordinator", lambda desk: late_entries.page(desk, consented, desk.today))


def test_what_no_consent_of_that_day_covers_is_not_typed_in_and_all_of_it_is_said_at_once(
    refused: Refused, child: str, desks: Desks, says: Callable[..., GuardianAnswer]
) -> None:
    assert failing(refused(GatesClosed, "interviewer", lambda desk: enter(desk, child))) == {"G04", "G14"}
    consents.record(desks["interviewer"], child, says(desks["interviewer"], child))

    told = refused(GatesClosed, "interviewer", lambda desk: enter(desk, child, 1))
    assert failing(told) == {"G04", "G14"}
    assert told.code == "V34"


def test_what_only_asks_wants_its_tap(refused: Refused, consented: str) -> None:
    told = refused(GatesClosed, "interviewer", lambda desk: enter(desk, consented, said=said(reasons={})))

    assert failing(told) == {"G09", "G10"}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"day": ""}, NoDay),
        ({"day": "gestern"}, NoDay),
        ({"day": "2999-01-01"}, DayToCome),
        ({"paper_ref": " "}, Missing),
        ({"begun": "morgens"}, Invalid),
        ({"begun": "14:05", "over": "14:05"}, Invalid),
        ({"begun": "14:05"}, HalfTheTimes),
        ({"over": "14:50"}, HalfTheTimes),
        ({"said": said(told=(1, 2))}, NoClearYes),
        ({"said": said(method="child_mark", words="")}, NoClearYes),
        ({"said": said(answer="no")}, NoClearYes),
        ({"said": said(adult_spoke=True)}, ReasonNeeded),
    ],
)
def test_a_sheet_that_leaves_something_open_is_not_typed_in(
    refused: Refused, consented: str, changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    refused(refusal, "interviewer", lambda desk: enter(desk, consented, **changes))


def test_a_child_who_is_unknown_or_withdrew_is_not_typed_in(refused: Refused, desks: Desks, consented: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    for subject in (consented, "nobody"):
        refused(NotFound, "interviewer", partial(enter, subject=subject))


def test_a_no_since_that_day_keeps_it_out_and_the_childs_own_next_yes_lets_it_in(
    refused: Refused, desks: Desks, consented: str, later: Later
) -> None:
    day_after = later(desks["interviewer"], 1)
    assents.record(day_after, consented, ChildAnswer("no"))
    evening = later(desks["interviewer"], 2)

    told = refused(GatesClosed, "interviewer", lambda _: enter(evening, consented, 2))
    assert failing(told) == {"G06"}

    again = said(follows=seen(evening, consented), reasons={**SURE, "again_own": "brought_up"})
    assents.record(evening, consented, again)
    assert enter(evening, consented, 2)


def test_the_other_parents_no_since_keeps_it_out(refused: Refused, desks: Desks, consented: str, later: Later) -> None:
    next_day = later(desks["interviewer"], 1)
    consents.record(next_day, consented, GuardianAnswer("father", {"participate": "no"}, []))

    told = refused(GatesClosed, "interviewer", lambda _: enter(next_day, consented, 1))
    assert failing(told) == {"G05", "G13"}


def test_a_parent_who_thinks_about_it_again_since_keeps_it_out(
    refused: Refused, desks: Desks, consented: str, later: Later, says: Callable[..., GuardianAnswer]
) -> None:
    next_day = later(desks["interviewer"], 1)
    consents.defer(next_day, consented, says(next_day, consented))

    told = refused(GatesClosed, "interviewer", lambda _: enter(next_day, consented, 1))
    assert failing(told) == {"G04"}


def test_a_yes_on_paper_does_not_answer_what_the_child_said_after_it(
    desks: Desks, consented: str, later: Later, changes: Changes
) -> None:
    next_day = later(desks["interviewer"], 1)
    assents.record(next_day, consented, YES)
    typed = enter(next_day, consented, 1, said=said(follows=seen(next_day, consented)))

    (today,) = [one for one in changes(next_day, "consent_event") if one.set["day"] == next_day.today]
    (paper,) = [one for one in changes(next_day, "consent_event") if one.set.get("entered_on")]
    assert today.id not in paper.set["follows"]
    assert (paper.set["day"], paper.session) == (desks["interviewer"].today, typed)
    assert people.case(next_day, consented).session == today.session  # still unused: today's own interview can start


def test_a_parents_yes_of_a_doubtful_day_waits_until_its_paper_says_the_day(
    refused: Refused, desks: Desks, child: str, later: Later, says: Says
) -> None:
    """The laptop's clock lay ten days behind when the mother signed."""
    desk, behind = desks["interviewer"], later(desks["interviewer"], -10)
    consents.record(behind, child, says(behind, child, reasons=SURE))

    told = refused(GatesClosed, "interviewer", lambda _: enter(desk, child))
    assert failing(told) == {"G04", "G14"}
    assert all("先核对日期" in gate.reason.zh for gate in closed(told) if gate.level == "block")

    consents.record(desk, child, says(desk, child, given_on=desk.today, follows=seen(desk, child)))
    assert enter(desk, child)


@pytest.mark.parametrize("answer", ["no", "think"])
def test_a_no_of_a_doubtful_day_is_not_taken_back_by_the_paper(
    refused: Refused, desks: Desks, consented: str, later: Later, answer: str
) -> None:
    desk, behind = desks["interviewer"], later(desks["interviewer"], -10)
    assents.record(behind, consented, ChildAnswer(answer))
    again = said(follows=seen(desk, consented), reasons={**SURE, "again_own": "brought_up"})

    assert "G06" in failing(refused(GatesClosed, "interviewer", lambda _: enter(desk, consented, said=again)))
    assents.record(desk, consented, again)
    assert enter(desk, consented)


def test_a_child_who_wanted_to_think_about_it_that_day_is_asked_in_person_first(
    refused: Refused, desks: Desks, consented: str, later: Later
) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("think"))
    desk = later(desks["interviewer"], 1)
    again = said(follows=seen(desk, consented))

    told = refused(GatesClosed, "interviewer", lambda _: enter(desk, consented, 1, said=again))
    assert failing(told) == {"G06", "G07"}
    assents.record(desk, consented, again)
    assert enter(desk, consented, 1)


def test_what_the_child_had_discarded_is_not_typed_in_again(
    refused: Refused, desks: Desks, consented: str, later: Later
) -> None:
    desk = later(desks["interviewer"], 1)
    typed = enter(desk, consented, 1)
    stops.finish(desk, typed, stops.begin(desk, typed, "stop_discard").mark)
    evening = later(desks["interviewer"], 2)
    again = said(follows=seen(evening, consented), reasons={**SURE, "again_own": "brought_up"})
    assents.record(evening, consented, again)

    refused(DiscardedThatDay, "interviewer", lambda _: enter(evening, consented, 2, said=again))
    refused(DiscardedThatDay, "interviewer", lambda _: late_entries.page(evening, consented, sheet(evening, 2).day))
    assert enter(evening, consented, said=said(answer="", told=()))  # another day is another talk


def test_after_a_sheet_of_today_no_talk_of_today_starts(refused: Refused, desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    typed = enter(desk, consented)
    whole = ClosingTold("core", setting="home_inside", others_present=("none",), minutes=50)
    closings.end(desk, typed, whole, Seen(closings.page(desk, typed).opened.base))
    assents.record(desk, consented, said(follows=seen(desk, consented)))

    assert people.case(desk, consented).step == cases.Step("none")
    refused(HeldThatDay, "interviewer", lambda _: interviews.start(desk, consented, SURE))


def whole(desk: Desk, typed: str) -> None:
    told = ClosingTold("core", setting="home_inside", others_present=("none",))
    closings.end(desk, typed, told, Seen(closings.page(desk, typed).opened.base))


def test_a_sheet_of_a_talk_that_followed_another_one_against_a_no_to_re_contact_is_not_typed_in(
    refused: Refused, desks: Desks, child: str, says: Says, later: Later
) -> None:
    first, desk = desks["interviewer"], later(desks["interviewer"], 3)
    answer = says(first, child)
    consents.record(first, child, replace(answer, items={**answer.items, "recontact": "no"}))
    whole(desk, enter(desk, child, 2, said=said(follows=seen(desk, child))))

    again = said(follows=seen(desk, child))
    told = refused(GatesClosed, "interviewer", lambda _: enter(desk, child, 1, said=again))
    assert [(gate.id, gate.step) for gate in closed(told) if gate.status == "fails"] == [("G04", None)]
    assert enter(desk, child, 3, said=again)  # of the day before the talk that was held


def test_a_re_contact_that_was_refused_after_a_talk_on_paper_does_not_keep_its_sheet_out(
    desks: Desks, consented: str, later: Later
) -> None:
    first, desk = desks["interviewer"], later(desks["interviewer"], 3)
    whole(desk, enter(desk, consented, 2, said=said(follows=seen(desk, consented))))
    for asker in ("guardian", "child"):
        withdrawals.withdraw_each(desk, [consented], "recontact", asker, "mother")

    assert enter(desk, consented, 1, said=said(follows=seen(first, consented)))


def stop(desk: Desk, interview: str, choice: str = "stop_keep") -> None:
    stops.finish(desk, interview, stops.begin(desk, interview, choice).mark)


def by_the_button(desk: Desk, typed: str) -> None:
    stop(desk, typed)


def by_the_closing(desk: Desk, typed: str) -> None:
    told = ClosingTold(STOPPED, setting="home_inside", others_present=("none",))
    closings.end(desk, typed, told, Seen(closings.page(desk, typed).opened.base))


@pytest.mark.parametrize("says_so", [by_the_button, by_the_closing])
def test_that_the_child_stopped_is_a_fact_of_that_day_and_cuts_nothing_else_off(
    desks: Desks, consented: str, later: Later, changes: Changes, says_so: Callable[[Desk, str], None]
) -> None:
    desk = later(desks["interviewer"], 1)
    assents.record(desk, consented, YES)
    talk = interviews.start(desk, consented, SURE)
    typed = enter(desk, consented, 1, said=said(follows=seen(desk, consented)))
    for _ in range(2):
        says_so(desk, typed)

    answers.save(desk, SaveAnswer(talk, "W1", "editor-1", "{}", "今天的"))
    answers.save(desk, SaveAnswer(typed, "W1", "editor-2", "{}", "纸上剩下的"))
    (event,) = [one for one in changes(desk, "consent_event") if one.set["act"] == "stopped"]
    that_day = desks["interviewer"].today
    assert (event.set["day"], event.set["session"], event.set["scope"]) == (that_day, typed, "stop_keep")
    assert event.set["entered_on"] == desk.today
    closed = closings.page(desk, typed)
    assert (closed.stopped, closed.ended) == (True, True)
    assert {one.set["ended_on"] for one in changes(desk, "closing") if "ended_on" in one.set} == {that_day}
    assert assents.record(later(desk, 2), consented, said(follows=seen(desk, consented)))
    assert checks.check(desk).problems == []


def test_a_child_who_stopped_today_on_paper_is_not_asked_again_today(
    refused: Refused, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    stop(desk, enter(desk, consented))

    refused(NotAgainToday, "interviewer", lambda _: assents.record(desk, consented, YES))


def test_only_of_a_sheet_the_closing_says_that_the_child_stopped(
    refused: Refused, desks: Desks, interview: str
) -> None:
    refused(Invalid, "interviewer", lambda desk: by_the_closing(desk, interview))


def test_the_end_of_a_sheet_is_of_its_own_day(desks: Desks, consented: str, later: Later, changes: Changes) -> None:
    desk = later(desks["interviewer"], 1)
    typed = enter(desk, consented, 1)
    whole = ClosingTold("core", setting="home_inside", others_present=("none",))
    closings.end(desk, typed, whole, Seen(closings.page(desk, typed).opened.base))

    assert changes(desk, "closing")[-1].set["ended_on"] == desks["interviewer"].today


def test_a_talk_and_a_sheet_that_was_closed_or_typed_in_elsewhere_stay(
    refused: Refused, desks: Desks, consented: str, interview: str, later: Later
) -> None:
    refused(NotAllowed, "coordinator", lambda desk: late_entries.wrong_day(desk, consented, interview))
    refused(StaysEntered, "interviewer", lambda desk: late_entries.wrong_day(desk, consented, interview))
    refused(NotFound, "interviewer", lambda desk: late_entries.wrong_day(desk, consented, "nothing"))
    desk = later(desks["interviewer"], 1)
    typed = enter(desk, consented, said=said(follows=seen(desk, consented)))
    elsewhere = replace(desk, device=replace(desk.device, id="another"))

    refused(StaysEntered, "interviewer", lambda _: late_entries.wrong_day(elsewhere, consented, typed))
    stop(desk, typed)
    refused(StaysEntered, "interviewer", lambda _: late_entries.wrong_day(desk, consented, typed))


def test_the_sheet_of_another_child_stays(refused: Refused, desks: Desks, consented: str, other_child: str) -> None:
    typed = enter(desks["interviewer"], consented)

    refused(NotFound, "interviewer", lambda desk: late_entries.wrong_day(desk, other_child, typed))


def test_a_sheet_typed_in_under_the_wrong_day_goes_without_a_word_of_the_childs(
    desks: Desks, consented: str, later: Later, words: Callable[[Desk], str], changes: Changes
) -> None:
    desk = later(desks["interviewer"], 3)
    typed = enter(desk, consented, 2, begun="14:05", over="14:50")
    answers.save(desk, SaveAnswer(typed, "W1", "editor-1", "", "下了一场雨"))

    late_entries.wrong_day(desk, consented, typed)
    assert "下了一场雨" not in words(desk)
    case = people.case(desk, consented)
    assert case.interviews == []
    assert [event.act for event in case.events] == ["given", "given", "voided"]
    assert (case.assent, case.session) == ("voided", "")

    right = enter(desk, consented, 1, said=said(follows=seen(desk, consented)))
    answers.save(desk, SaveAnswer(right, "W1", "editor-2", "", "下了一场雨"))
    assert enter(desk, consented, 2, said=said(follows=seen(desk, consented)))  # and that day as well, if there was one
    assert checks.check(desk).problems == []
    assert changes(desk, "nonparticipation") == []


def test_a_no_that_the_wrong_sheet_took_back_stands_again(
    refused: Refused, desks: Desks, consented: str, later: Later
) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    desk = later(desks["interviewer"], 2)
    again = said(follows=seen(desk, consented), reasons={**SURE, "again_own": "brought_up"})
    typed = enter(desk, consented, 1, said=again)
    assert people.case(desk, consented).step.code != "child_said_no"

    late_entries.wrong_day(desk, consented, typed)
    assert people.case(desk, consented).step.code == "child_said_no"
    refused(ReasonNeeded, "interviewer", lambda _: enter(desk, consented, 1, said=replace(again, reasons=SURE)))


def test_a_yes_that_was_said_to_the_laptop_that_day_outlives_the_wrong_sheet(desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    typed = enter(desk, consented, said=said(answer="", told=()))
    late_entries.wrong_day(desk, consented, typed)

    assert [event.act for event in people.case(desk, consented).events] == ["given", "given"]
    again = interviews.start(desk, consented, SURE)
    assert answers.save(desk, SaveAnswer(again, "W1", "editor-1", "", "下雨"))


def test_a_sheet_of_which_nothing_was_to_stay_is_not_taken_out_as_one_of_a_wrong_day(
    refused: Refused, desks: Desks, consented: str
) -> None:
    typed = enter(desks["interviewer"], consented)
    mark = stops.begin(desks["interviewer"], typed, "stop_discard").mark
    overdue = replace(desks["interviewer"], clock=replace(desks["interviewer"].clock, run="after a power cut"))

    refused(ChoiceWaits, "interviewer", lambda _: late_entries.wrong_day(overdue, consented, typed))
    waiting = stops.waiting(overdue, typed)
    assert waiting is not None
    assert waiting.mark == mark


def test_the_wrong_sheet_is_gone_whole_or_not_at_all(
    desks: Desks, consented: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    typed = enter(desks["interviewer"], consented)

    broken(1, lambda: late_entries.wrong_day(desks["interviewer"], consented, typed))
    assert questions.page(desks["interviewer"], typed).writable


def test_one_interview_a_day_holds_for_that_day_as_well(
    refused: Refused, desks: Desks, consented: str, interview: str, later: Later
) -> None:
    refused(HeldThatDay, "interviewer", lambda desk: enter(desk, consented))
    next_day = later(desks["interviewer"], 1)
    refused(HeldThatDay, "interviewer", lambda _: enter(next_day, consented, 1))
    assert interview

    enter(next_day, consented)
    refused(HeldThatDay, "interviewer", lambda _: enter(next_day, consented))


def test_the_typed_interview_and_the_yes_are_one_transaction(
    desks: Desks, consented: str, changes: Changes, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    desk = desks["interviewer"]
    broken(2, lambda: enter(desk, consented))

    typed = enter(desk, consented)
    (opened,), (guide,) = changes(desk, "interview"), changes(desk, "guide_version")
    guardian, child = changes(desk, "consent_event")
    assert (opened.record, opened.session, child.session) == (typed, typed, typed)
    assert set(opened.grounds) == {guardian.id, child.id}
    begun = {"guide_version": guide.id, "started_on": desk.today, "interviewer": desk.me.code}
    late = {"entered_on": desk.today, "paper_ref": "P-7，蓝纸袋"}
    assert opened.set == {**begun, **late, "asked": {"G09": "kept", "G10": "not_at_home"}}
    assert (child.set["entered_on"], child.set["day"], child.set["told"]) == (desk.today, desk.today, [1, 2, 3])


def test_a_yes_of_that_day_that_is_on_record_is_not_asked_for_again(
    desks: Desks, consented: str, changes: Changes, later: Later
) -> None:
    """The battery died right after the child had said yes."""
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    next_day = later(desk, 1)
    assert late_entries.page(next_day, consented, desk.today).form is None

    typed = enter(next_day, consented, 1, said=said(answer="", told=()))
    assert [one.session for one in changes(desk, "consent_event")][1:] == [typed]


def test_it_is_asked_in_the_form_of_the_age_and_the_version_of_that_day(
    desks: Desks, consented: str, later: Later, newer: Callable[..., None]
) -> None:
    desk = desks["interviewer"]
    long_after = later(desk, 3 * 365)
    page = late_entries.page(long_after, consented, desk.today)

    assert page.form is not None
    assert (page.form.doc_kind, page.case.age_group) == ("assent_12_13", "a12_13")
    assert people.case(long_after, consented).age_group == "a14_17"
    newer("major", "assent_12_13")
    assert late_entries.page(desk, consented, desk.today).form.version == "2"  # type: ignore[union-attr]


def test_who_was_fourteen_that_day_answered_item_by_item(
    refused: Refused, desks: Desks, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    grown = people.register(desk, NewChild("阿宁", "", "A03", "f", f"{desk.clock.today().year - 15}-01"))
    screenings.record(desk, grown, screenings.all_fit())
    consents.record(desk, grown, says(desk, grown))
    form = late_entries.page(desk, grown, desk.today).form
    assert form is not None
    assert form.doc_kind == "consent_14_17"

    refused(ItemsNotAsked, "interviewer", lambda _: enter(desk, grown))
    items = {item.code: "yes" for item in form.items}
    refused(NoClearYes, "interviewer", lambda _: enter(desk, grown, said=said(items={**items, "notes": "no"})))
    assert enter(desk, grown, said=said(items=items))


def test_the_help_card_is_judged_as_it_stood_that_day(
    desks: Desks, consented: str, later: Later, refused: Refused
) -> None:
    desk = later(desks["interviewer"], 100)
    with desk.db.writing() as tables:
        for line in list(tables.table("help_numbers").rows):
            rung = {"site": line["site"], "line": line["line"], "verified_on": desk.today}
            log.append_over(tables, desk.pen, Draft("help_number", rung))

    told = refused(GatesClosed, "interviewer", lambda _: enter(desk, consented, 5))
    assert failing(told) == {"G08"}
    assert enter(desk, consented, 100)


def test_no_clock_of_this_laptop_runs_for_what_was_held_on_paper(
    desks: Desks, consented: str, changes: Changes, later: Later
) -> None:
    desk = desks["interviewer"]
    typed = enter(desk, consented)
    for days, question in enumerate(("W1", "W2", "L1")):
        answers.save(later(desk, days), SaveAnswer(typed, question, f"editor-{days}", "{}", "下雨"))
    interviews.choose_mode(desk, typed, "core")
    moments.note(desk, typed, "came_in", "carer")
    interviews.beat(desk, typed)

    ours = [one for one in changes(desk, "") if one.session == typed]
    assert {one.elapsed for one in ours} == {None}
    page = questions.page(later(desk, 2), typed, "W")
    assert (page.minutes, page.around.rest, page.around.listening) == (None, None, ())
    assert {line.minute for line in page.questions} == {None}
    assert [line.text_now for line in page.questions][:2] == ["下雨", "下雨"]
    assert page.paper == interviews.Paper(desk.today, "P-7，蓝纸袋")
    assert page.writable
    assert checks.check(desk).problems == []


def test_an_interview_at_the_laptop_has_no_sheet(desks: Desks, interview: str) -> None:
    page = questions.page(desks["interviewer"], interview)

    assert (page.paper, page.minutes) == (None, 0)


def test_after_a_later_no_nothing_more_is_typed(refused: Refused, desks: Desks, consented: str) -> None:
    typed = enter(desks["interviewer"], consented)
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "guardian")

    refused(
        ConsentMissing, "interviewer", lambda desk: answers.save(desk, SaveAnswer(typed, "W1", "editor-1", "", "下雨"))
    )
    withdrawals.withdraw_each(desks["interviewer"], [consented])
    refused(NotFound, "interviewer", partial(questions.page, interview=typed))


def test_what_is_to_be_discarded_is_gone(desks: Desks, consented: str, words: Callable[[Desk], str]) -> None:
    desk = desks["interviewer"]
    typed = enter(desk, consented)
    answers.save(desk, SaveAnswer(typed, "W1", "editor-1", "", "下了一场雨"))
    assert "下了一场雨" in words(desk)

    stops.finish(desk, typed, stops.begin(desk, typed, "stop_discard").mark)
    assert "下了一场雨" not in words(desk)
    assert people.case(desk, consented).interviews == []


def test_that_nothing_of_a_sheet_may_stay_is_no_word_about_today(desks: Desks, consented: str, later: Later) -> None:
    desk = later(desks["interviewer"], 3)
    typed = enter(desk, consented, 2)
    stops.finish(desk, typed, stops.begin(desk, typed, "stop_discard").mark)

    stopped = [one for one in people.case(desk, consented).events if one.scope == "stop_discard"]
    assert [(one.act, one.day, one.session) for one in stopped] == [("stopped", sheet(desk, 2).day, typed)]
    assert typed in consent.discarded(stopped)
    assert not consent.open_noes(stopped)


@pytest.mark.parametrize(("begun", "over", "minutes"), [("", "", None), ("14：05", "14:50", 45)])
def test_a_stop_or_an_end_says_no_minutes_but_those_of_the_sheet(
    desks: Desks, consented: str, begun: str, over: str, minutes: int | None
) -> None:
    desk = desks["interviewer"]
    typed = enter(desk, consented, begun=begun, over=over)
    stops.finish(desk, typed, stops.begin(desk, typed, "stop_keep").mark)

    page = closings.page(desk, typed)
    assert (page.minutes, page.ended) == (minutes, True)
    assert [one.code for one in page.hints] == []


def test_the_minutes_of_the_sheet_can_be_typed_at_the_end(desks: Desks, consented: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    typed = enter(desk, consented)
    whole = ClosingTold("core", setting="home_inside", others_present=("none",), minutes=5)
    hints = closings.end(desk, typed, whole, Seen(closings.page(desk, typed).opened.base))
    assert [one.code for one in hints] == ["V32"]
    assert changes(desk, "closing")[-1].set["duration_ms"] == 5 * 60_000

    closings.end(desk, typed, replace(whole, minutes=None), Seen(closings.page(desk, typed).opened.base))
    assert closings.page(desk, typed).minutes is None
    assert {one.elapsed for one in changes(desk, "closing")} == {None}


def test_an_interview_of_an_earlier_day_waits_tonight_until_it_is_closed(
    desks: Desks, consented: str, later: Later
) -> None:
    evening = later(desks["interviewer"], 1)
    typed = enter(evening, consented, 1)

    waiting = tasks.waiting(evening, people.listing(evening)).first
    assert ("closing", typed) in [(one.code, one.event) for one in waiting]


def test_a_talk_of_today_goes_on_after_another_one_was_typed_in(desks: Desks, consented: str, later: Later) -> None:
    today = later(desks["interviewer"], 1)
    assents.record(today, consented, YES)
    talk = interviews.start(today, consented, SURE)
    enter(today, consented, 1, said=said(follows=seen(today, consented)))

    assert people.case(today, consented).step == cases.Step("continue", talk)
