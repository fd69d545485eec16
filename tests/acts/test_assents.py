from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import answers, assents, clocks, consents, forms, interviews, people, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, GuardianFirst, NoClearYes, NotAgainToday
from fieldkit.acts.consents import GuardianAnswer, ItemsNotAsked
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing, GatesClosed
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules import consent
from fieldkit.rules.ages import OutOfRange
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.studies import StudyClosed
from fieldkit.rules.versions import FormNotInForce
from fieldkit.store import log
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")
BROUGHT_UP = {"again_own": "brought_up"}


def test_only_an_interviewer_asks_the_child(refused: Refused, consented: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: assents.record(desk, consented, YES))


def test_the_child_is_asked_after_a_guardian(refused: Refused, agreed_by_grandmother: str) -> None:
    for said in (YES, ChildAnswer("think")):
        told = refused(GuardianFirst, "interviewer", partial(assents.record, subject=agreed_by_grandmother, said=said))
        assert told.code == "guardian_first"


def test_a_closed_study_takes_a_child_s_no_and_nothing_else(
    refused: Refused, desks: Desks, consented: str, closed: Callable[[], None]
) -> None:
    closed()

    for said in (YES, ChildAnswer("think")):
        refused(StudyClosed, "interviewer", partial(assents.record, subject=consented, said=said))
    assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    assert people.case(desks["interviewer"], consented).events[-1].act == "declined"


def test_who_thinks_about_it_in_the_middle_of_a_talk_halts_it_after_the_close_too(
    desks: Desks, interview: str, consented: str, closed: Callable[[], None]
) -> None:
    closed()
    assert people.case(desks["interviewer"], consented).step.code == "continue"

    assents.record(desks["interviewer"], consented, ChildAnswer("think"))
    assert people.case(desks["interviewer"], consented).thinks_in(interview)


def test_who_thinks_about_it_in_the_middle_of_a_talk_is_heard_while_the_guardian_thinks_too(
    desks: Desks, interview: str, consented: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    follows = [event.id for event in people.case(desk, consented).events if event.actor == consent.GUARDIAN]
    consents.defer(desk, consented, says(desk, consented, follows=follows))

    assents.record(desk, consented, ChildAnswer("think"))
    assert people.case(desk, consented).thinks_in(interview)


def test_who_thinks_about_a_yes_while_the_guardian_thinks_is_asked_anew_after_the_guardians_yes(
    refused: Refused, desks: Desks, consented: str, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    follows = [event.id for event in people.case(desk, consented).events if event.actor == consent.GUARDIAN]
    put_off = consents.defer(desk, consented, says(desk, consented, follows=follows))
    assents.record(desk, consented, ChildAnswer("think"))
    consents.record(desk, consented, says(desk, consented, follows=[*follows, put_off]))

    assert people.case(desk, consented).step.code == "ask_child"
    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))


def test_what_is_no_clear_yes_is_refused(refused: Refused, consented: str) -> None:
    for told, method in (
        ((), ""),
        ((1, 2), "child_oral"),
        ((1, 2, 3), ""),
        ((1, 2, 3), "nod"),
        ((1, 2, 3), "child_mark"),
    ):
        said = ChildAnswer("yes", told, method)
        assert refused(NoClearYes, "interviewer", partial(assents.record, subject=consented, said=said)).code == "V29"


def test_an_answer_that_does_not_exist_is_refused(refused: Refused, consented: str) -> None:
    refused(Invalid, "interviewer", lambda desk: assents.record(desk, consented, ChildAnswer("maybe")))


def test_a_child_who_is_unknown_or_withdrew_is_not_asked(refused: Refused, desks: Desks, consented: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    for subject in (consented, "nobody"):
        refused(NotFound, "interviewer", partial(assents.record, subject=subject, said=YES))


def test_a_yes_is_one_event_of_a_session_of_its_own(desks: Desks, consented: str, changes: Changes) -> None:
    event = assents.record(desks["interviewer"], consented, YES)

    change = changes(desks["interviewer"], "consent_event")[-1]
    assert (change.id, change.record, change.drawer, change.subject) == (event, event, "consent/A", consented)
    assert (change.set["actor"], change.set["act"], change.set["form"]) == ("child", "given", "assent_12_13")
    assert change.set["items"] == {"participate": "yes", "notes": "yes", "store": "yes"}
    assert change.session == change.set["session"] != ""
    assert (change.set["told"], change.set["words"], change.set["follows"]) == ([1, 2, 3], "愿意", [])


def too_young(desk: Desk, subject: str) -> None:
    """The birth date was put right after a parent had agreed: nobody of this age is asked."""
    with desk.db.writing() as tables:
        tables.execute("UPDATE participants SET age_group = 'u9' WHERE id = ?", [subject])


def test_a_child_who_turns_out_to_be_too_young_is_asked_for_no_yes(
    refused: Refused, desks: Desks, consented: str
) -> None:
    too_young(desks["interviewer"], consented)

    assert refused(OutOfRange, "interviewer", partial(assents.record, subject=consented, said=YES)).code == "V02"


@pytest.mark.parametrize("answer", ["no", "silent"])
def test_the_no_of_a_child_who_turns_out_to_be_too_young_is_kept(
    desks: Desks, consented: str, changes: Changes, answer: str
) -> None:
    too_young(desks["interviewer"], consented)

    assents.record(desks["interviewer"], consented, ChildAnswer(answer))

    event = changes(desks["interviewer"], "consent_event")[-1]
    assert (event.set["act"], event.set["form"], event.subject) == ("declined", "assent_9_11", consented)


@pytest.mark.parametrize("answer", ["no", "silent"])
def test_a_no_is_kept_and_counted_without_a_reason(desks: Desks, consented: str, changes: Changes, answer: str) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer(answer))

    event = changes(desks["interviewer"], "consent_event")[-1]
    (trace,) = changes(desks["interviewer"], "nonparticipation")
    assert (event.set["act"], event.set["words"], event.drawer) == ("declined", "", "consent/A")
    assert (trace.set["reason"], trace.drawer) == ("child_no", "consent/A")
    assert trace.set.keys() == {"reason", "site", "sex", "age_group", "day"}
    assert people.nonparticipation(desks["interviewer"]) == {"child_no": 1}
    assert people.case(desks["interviewer"], consented).status == "declined"


def test_after_a_no_there_is_no_second_attempt_the_same_day(refused: Refused, desks: Desks, consented: str) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("silent"))

    for said in (YES, ChildAnswer("no"), ChildAnswer("think")):
        told = refused(NotAgainToday, "interviewer", partial(assents.record, subject=consented, said=said))
        assert told.code == "not_again_today"
    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert people.case(desks["interviewer"], consented).step.code == "not_today"


@pytest.mark.parametrize("days", [-1, -10])
def test_a_clock_that_went_back_makes_no_new_day_to_ask_on_and_a_stated_date_does(
    refused: Refused, desks: Desks, consented: str, later: Callable[[Desk, int], Desk], days: int
) -> None:
    said_no = assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    again = replace(YES, follows=[said_no], reasons={**BROUGHT_UP, "V31": "date_right"})

    refused(NotAgainToday, "interviewer", lambda desk: assents.record(later(desk, days), consented, again))
    back = later(desks["interviewer"], days)
    assert people.case(back, consented).step.code == "not_today"
    assert people.today(back).cases[0].step.code == "not_today"
    tomorrow = clocks.state(back, later(back, 1).today, again.reasons)
    assents.record(tomorrow, consented, again)


def test_a_stop_in_the_middle_is_a_no_of_that_day_too(
    refused: Refused, desks: Desks, interview: str, consented: str
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "child")

    refused(NotAgainToday, "interviewer", lambda desk: assents.record(desk, consented, YES))


def test_another_day_the_childs_own_yes_lifts_its_no_by_name(
    desks: Desks, consented: str, changes: Changes, later: Callable[[Desk, int], Desk]
) -> None:
    said_no = assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    tomorrow = later(desks["interviewer"], 1)
    again = ChildAnswer("yes", (1, 2, 3), "child_mark", "画了一个勾", follows=[said_no])
    with pytest.raises(ReasonNeeded) as told:
        assents.record(tomorrow, consented, again)
    assert [one.code for one in told.value.findings] == ["again_own"]
    assents.record(tomorrow, consented, replace(again, reasons=BROUGHT_UP))

    event = changes(desks["interviewer"], "consent_event")[-1]
    assert (event.set["act"], event.set["lifts"], event.set["follows"]) == ("reconsented", [said_no], [said_no])
    assert interviews.start(tomorrow, consented, KEPT)


def test_a_clock_that_runs_on_lifts_nothing(
    refused: Refused, desks: Desks, consented: str, later: Callable[[Desk, int], Desk]
) -> None:
    assents.record(desks["interviewer"], consented, YES)
    assents.record(later(desks["interviewer"], 1), consented, ChildAnswer("no"))

    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    refused(GatesClosed, "interviewer", lambda desk: interviews.start(later(desk, 9), consented, KEPT))


def test_thinking_about_it_is_neither_a_no_nor_a_yes(refused: Refused, desks: Desks, consented: str) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("think"))

    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    assert people.nonparticipation(desks["interviewer"]) == {}
    assert assents.record(desks["interviewer"], consented, YES)


def test_the_childs_no_counts_although_the_guardian_said_yes_again(
    refused: Refused, desks: Desks, consented: str, says: Callable[..., GuardianAnswer]
) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    again = says(desks["interviewer"], consented)
    consents.record(desks["interviewer"], consented, again)

    refused(GatesClosed, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))


def test_a_child_who_said_no_twice_counts_once_and_not_at_all_after_an_interview(
    desks: Desks, consented: str, later: Callable[[Desk, int], Desk]
) -> None:
    desk = desks["interviewer"]
    said = [assents.record(later(desk, days), consented, ChildAnswer("no")) for days in (0, 1)]
    assert people.nonparticipation(desk) == {"child_no": 1}
    tomorrow = later(desk, 2)
    assents.record(tomorrow, consented, replace(YES, follows=said, reasons=BROUGHT_UP))
    interviews.start(tomorrow, consented, KEPT)

    assert people.nonparticipation(desk) == {}


def test_from_fourteen_on_the_child_signs_a_form_of_its_own(
    desks: Desks, changes: Changes, says: Callable[..., GuardianAnswer]
) -> None:
    desk = desks["interviewer"]
    older = people.register(desk, NewChild("阿远", "", "A03", "m", f"{Clock().today().year - 15}-01"))
    consents.record(desk, older, says(desk, older))
    with pytest.raises(ItemsNotAsked):
        assents.record(desk, older, YES)
    form = forms.child_form(desk, older)
    optional = dict.fromkeys([item.code for item in form.items if not item.necessary], "no")
    with pytest.raises(ItemsNotAsked):
        assents.record(desk, older, replace(YES, items=optional))
    assents.record(desk, older, replace(YES, items={item.code: "yes" for item in form.items} | optional))

    signed = changes(desk, "consent_event")[-1].set
    assert signed["form"] == "consent_14_17"
    assert signed["items"]["audio"] == "no"
    assert signed["items"]["participate"] == "yes"


@pytest.mark.parametrize("item", ["participate", "notes", "store"])
def test_a_young_persons_no_to_what_is_necessary_is_a_no_of_that_day(
    desks: Desks, says: Callable[..., GuardianAnswer], item: str
) -> None:
    desk = desks["interviewer"]
    older = people.register(desk, NewChild("阿远", "", "A03", "m", f"{Clock().today().year - 15}-01"))
    consents.record(desk, older, says(desk, older))
    agreed = {one.code: "yes" for one in forms.child_form(desk, older).items}
    assents.record(desk, older, replace(YES, items={**agreed, item: "no"}))
    assert people.case(desk, older).assent == "declined"
    assert people.nonparticipation(desk) == {"child_no": 1}

    with pytest.raises(NotAgainToday):
        assents.record(desk, older, replace(YES, items=agreed, reasons=BROUGHT_UP))


def test_a_young_person_can_put_an_item_right_before_the_start(
    desks: Desks, says: Callable[..., GuardianAnswer]
) -> None:
    """Another answer is no second tap on the same one."""
    desk = desks["interviewer"]
    older = people.register(desk, NewChild("阿远", "", "A03", "m", f"{Clock().today().year - 15}-01"))
    consents.record(desk, older, says(desk, older))
    agreed = {one.code: "yes" for one in forms.child_form(desk, older).items}
    first = assents.record(desk, older, replace(YES, items=agreed))
    second = assents.record(desk, older, replace(YES, items={**agreed, "audio": "no"}, follows=[first]))

    assert second != first
    session = people.case(desk, older).session
    assert consent.child_ok(people.case(desk, older).events, "notes", session)
    assert not consent.child_ok(people.case(desk, older).events, "audio", session)


def test_thinking_about_it_after_a_yes_takes_the_yes_away(desks: Desks, consented: str) -> None:
    """Also from a page that was opened before the yes."""
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    assents.record(desk, consented, ChildAnswer("think"))

    with pytest.raises(GatesClosed):
        interviews.start(desk, consented, KEPT)


def test_who_thinks_about_a_yes_that_another_laptop_begins_a_talk_on_halts_that_talk(
    desks: Desks, consented: str
) -> None:
    """The second laptop knows the yes, and not yet that the talk has begun."""
    desk = desks["interviewer"]
    yes = assents.record(desk, consented, YES)
    session = people.case(desk, consented).session
    assents.record(desk, consented, ChildAnswer("think", follows=[yes]))

    assert people.case(desk, consented).events[-1].session == session
    assert consent.thinks_in(people.case(desk, consented).events, session)


def test_who_thinks_about_it_after_the_date_changed_halts_the_talk_that_is_open(desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    talk = interviews.start(desk, consented, KEPT)
    after = replace(desk, clock=Clock(timedelta(days=1)))
    follows = [event.id for event in people.case(after, consented).events if event.actor == consent.CHILD]
    assents.record(after, consented, ChildAnswer("think", follows=follows))

    assert people.case(after, consented).thinks_in(talk)


def test_who_thinks_about_it_in_the_middle_of_a_talk_permits_nothing_more_until_they_go_on(
    desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    talk = interviews.start(desk, consented, KEPT)
    assents.record(desk, consented, ChildAnswer("think"))
    note = SaveAnswer(talk, "W1", "editor-number-1", "", "下雨了")
    with pytest.raises(ConsentMissing):
        answers.save(desk, note)
    assert people.case(desk, consented).step.code == "ask_child"

    follows = [event.id for event in people.case(desk, consented).events if event.actor == consent.CHILD]
    assents.record(desk, consented, replace(YES, follows=follows))
    answers.save(desk, note)
    step = people.case(desk, consented).step
    assert (step.code, step.interview) == ("continue", talk)


@pytest.mark.parametrize("session", ["another-talk-0001", ""])
def test_who_thinks_about_it_before_another_laptop_permits_nothing_more_in_this_talk_until_they_go_on(
    desks: Desks, consented: str, session: str
) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    talk = interviews.start(desk, consented, KEPT)
    facts = {"actor": "child", "person": consented, "act": "deferred", "day": desk.today, "follows": []}
    with desk.db.writing() as tables:
        log.append(tables, desk.pen, Draft("consent_event", {**facts, "session": session}, subject=consented))
    note = SaveAnswer(talk, "W1", "editor-number-1", "", "下雨了")
    with pytest.raises(ConsentMissing):
        answers.save(desk, note)
    assert people.case(desk, consented).step.code == "ask_child"

    follows = [event.id for event in people.case(desk, consented).events if event.actor == consent.CHILD]
    assents.record(desk, consented, replace(YES, follows=follows))
    answers.save(desk, note)
    assert people.case(desk, consented).step.interview == talk


@pytest.mark.parametrize(("change_class", "asked"), [("editorial", False), ("minor", False), ("major", True)])
def test_only_a_major_change_of_the_childs_form_asks_the_child_again(
    desks: Desks, consented: str, newer: Callable[..., None], change_class: str, asked: bool
) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    newer(change_class, "assent_12_13")
    assert ("G06" in {gate.id for gate in people.case(desk, consented).gates if gate.status == "fails"}) == asked
    if asked:
        with pytest.raises(GatesClosed):
            interviews.start(desk, consented, KEPT)
        follows = [event.id for event in people.case(desk, consented).events if event.actor == consent.CHILD]
        assents.record(desk, consented, replace(YES, follows=follows))

    assert interviews.start(desk, consented, KEPT)


def test_a_childs_no_is_kept_before_any_guardian_was_asked(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    assents.record(desk, child, ChildAnswer("no"))

    assert people.case(desk, child).step.code == "not_today"


def test_a_no_has_no_way_in_which_it_was_said(desks: Desks, consented: str, changes: Changes) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("no", (), "child_oral"))

    assert "method" not in changes(desks["interviewer"], "consent_event")[-1].set


def test_without_a_form_in_force_a_childs_yes_is_refused_and_its_no_is_kept(
    refused: Refused, desks: Desks, consented: str, no_form_in_force: None
) -> None:
    refused(FormNotInForce, "interviewer", lambda desk: assents.record(desk, consented, YES))

    assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    assert people.case(desks["interviewer"], consented).assent == "declined"


def test_a_childs_no_after_its_yes_is_kept(desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    assents.record(desk, consented, ChildAnswer("no"))

    assert people.case(desk, consented).assent == "declined"
    with pytest.raises(GatesClosed):
        interviews.start(desk, consented, KEPT)


def test_the_same_yes_twice_is_one(desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]

    assert assents.record(desk, consented, YES) == assents.record(desk, consented, YES)


def test_a_power_cut_leaves_no_half_no(
    desks: Desks, consented: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    broken(1, lambda: assents.record(desks["interviewer"], consented, YES))
    broken(2, lambda: assents.record(desks["interviewer"], consented, ChildAnswer("no")))
