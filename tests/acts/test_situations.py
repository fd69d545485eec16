"""Who is of age: by a day that is believed, never by a clock that is off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from fieldkit.acts import assents, clocks, consents, events, exports, forms, interviews, people, stops, withdrawals
from fieldkit.acts.assents import ChildAnswer, NotAgainToday
from fieldkit.acts.cases import Step
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.guardians import NotOfAge
from fieldkit.acts.interviews import GatesClosed
from fieldkit.records import Change, Value, natural_id
from fieldkit.rules import consent
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.store import log, standing
from fieldkit.store.log import Draft
from sync.replica import Report

Desks = dict[str, Desk]
Born = Callable[[Desk, str, str], None]
Later = Callable[[Desk, int], Desk]
Carry = Callable[[Desk, Desk], Report]
Says = Callable[..., GuardianAnswer]
AHEAD = 2300  # days: more than six years
RIGHT = {"V31": "date_right"}
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")


def gate(desk: Desk, subject: str, wanted: str) -> tuple[str, str | None]:
    (found,) = [one for one in people.case(desk, subject).gates if one.id == wanted]
    return found.status, found.step


def spoken(desk: Desk, subject: str, act: str, **more: Value) -> str:
    """Write down what was said as a grown-up, as a laptop with a wrong clock of an earlier version kept it."""
    form = forms.form_for(desk, "adult_18", people.case(desk, subject)).text_hash
    said = {"actor": "adult_participant", "person": subject, "act": act, "day": desk.today, "form_text_hash": form}
    asked = {"items": dict.fromkeys(consent.NECESSARY, "yes" if act == "given" else "no"), "session": "S1"}
    with desk.db.writing() as tables:
        facts = {**said, **asked, **more}
        return log.append(tables, desk.pen, Draft("consent_event", facts, subject=subject, session="S1")).id


def test_a_child_of_twelve_is_not_of_age_by_a_clock_that_is_six_years_ahead(
    desks: Desks, child: str, says: Says, later: Later
) -> None:
    wrong = later(desks["interviewer"], AHEAD)
    assert people.case(wrong, child).age_group == "a12_13"
    assert people.case(wrong, child).step.code == "set_date"
    assert gate(wrong, child, "G04") == ("fails", "set_date")
    with pytest.raises(NotOfAge):
        consents.record(wrong, child, says(wrong, child, relation="self", reasons=RIGHT))
    with pytest.raises(GatesClosed):
        interviews.start(wrong, child, KEPT)


def test_whose_own_no_comes_after_the_date_was_put_right_has_it_kept_as_a_childs(
    desks: Desks, consented: str, says: Says
) -> None:
    desk = desks["interviewer"]
    consents.record(desk, consented, says(desk, consented, relation="self", items={"participate": "no"}))

    said = people.case(desk, consented).events[-1]
    assert (said.actor, said.person, said.act) == ("child", consented, "declined")
    assert people.case(desk, consented).step.code == "not_today"


def test_a_date_that_a_person_states_is_believed(desks: Desks, child: str, says: Says, later: Later) -> None:
    desk = later(desks["interviewer"], AHEAD)
    desk = clocks.state(desk, desk.today, RIGHT)
    assert people.case(desk, child).age_group == "a18"

    consents.record(desk, child, says(desk, child, relation="self"))
    assert gate(desk, child, "G04")[0] == "holds"


def test_what_was_written_after_a_yes_by_a_wrong_clock_is_held_everywhere_and_leaves_in_no_dataset(
    desks: Desks, child: str, later: Later, carry: Callable[[Desk, Desk], object]
) -> None:
    desk = desks["interviewer"]
    yes = spoken(later(desk, AHEAD), child, "given")
    with desk.db.writing() as tables:
        note: dict[str, Value] = {"interview": "S1", "question": "W1", "text": "没人同意的话", "outcome": "answered"}
        draft = Draft("answer", note, subject=child, session="S1", grounds=(yes,))
        change: Change = log._change(tables, desk.pen, draft)
        log.insert(tables, change, change.encoded(), batch="stick", block=None)
        log.settle(tables, [change])
        assert standing.held(tables)(change)
        assert child not in {row["id"] for row in exports.in_use(desk, tables)}
    carry(desk, desks["coordinator"])
    with desks["coordinator"].db.reading() as tables:
        assert tables.table("answers").count == 0
        assert child not in {row["id"] for row in exports.in_use(desks["coordinator"], tables)}


def test_a_no_said_as_a_grown_up_by_a_wrong_clock_is_the_childs_and_every_gate_says_so(
    desks: Desks, consented: str, later: Later
) -> None:
    desk = desks["interviewer"]
    no = spoken(later(desk, AHEAD), consented, "declined")
    assert people.case(desk, consented).step.code == "child_said_no"
    assert gate(desk, consented, "G06") == ("fails", "ask_child")

    with pytest.raises(ReasonNeeded):
        assents.record(desk, consented, replace(YES, follows=(no,)))
    assents.record(desk, consented, replace(YES, follows=(no,), reasons={"again_own": "brought_up"}))
    assert people.case(desk, consented).events[-1].lifts == (no,)
    assert interviews.start(desk, consented, KEPT)


def test_who_stops_is_not_asked_again_that_day_whatever_they_once_were_taken_for(
    desks: Desks, consented: str, later: Later
) -> None:
    desk = desks["interviewer"]
    spoken(later(desk, AHEAD), consented, "given")
    assents.record(desk, consented, YES)
    stops.begin(desk, interviews.start(desk, consented, KEPT), "stop_keep", "mark-1")
    stops.finish_due(desk, all_of_them=True)

    assert people.case(desk, consented).step.code == "not_today"
    with pytest.raises(NotAgainToday):
        assents.record(desk, consented, YES)


def test_who_is_of_age_by_one_of_two_birth_dates_is_asked_with_the_guardians_yes(
    desks: Desks, consented: str, says: Says
) -> None:
    desk = desks["interviewer"]
    for years in (16, 18):
        born = Draft(
            "identity",
            {"birth_date": f"{desk.clock.today().year - years}-01-01"},
            natural_id("identity", consented),
            consented,
        )
        with desk.db.writing() as tables:
            log.append(tables, desk.pen, born)
    assert people.case(desk, consented).age_group == "a14_17"

    consents.record(desk, consented, says(desk, consented, items={"participate": "no"}))
    with pytest.raises(NotOfAge):
        consents.record(desk, consented, says(desk, consented, relation="self"))
    assert gate(desk, consented, "G05") == ("fails", None)


@pytest.mark.parametrize("by", ["guardian", "both"])
@pytest.mark.parametrize("years", [17, 18])
def test_an_old_stop_of_a_guardian_that_came_as_a_notice_keeps_only_a_child_from_talking(
    desks: Desks, consented: str, says: Says, carry: Carry, born: Born, later: Later, by: str, years: int
) -> None:
    desk, centre = desks["interviewer"], desks["coordinator"]
    carry(desk, centre)
    withdrawals.withdraw_each(centre, [people.case(desk, consented).case_code], "stop_keep", by)
    carry(centre, desk)
    tomorrow = later(desk, 1)
    born(tomorrow, consented, (tomorrow.clock.today() - timedelta(days=365 * years + 30)).isoformat())
    if years < 18:
        with pytest.raises(NotOfAge):
            consents.record(tomorrow, consented, says(tomorrow, consented, relation="self"))
        assert gate(tomorrow, consented, "G05") == ("fails", None)
        return

    seen = events.follows(people.case(tomorrow, consented), "adult_participant")
    why = {**RIGHT, "again_own": "brought_up"}
    consents.record(tomorrow, consented, says(tomorrow, consented, relation="self", follows=seen, reasons=why))
    assert interviews.start(tomorrow, consented, {**KEPT, **RIGHT})


def test_a_no_at_seventeen_is_taken_back_by_the_own_yes_at_eighteen(
    desks: Desks, born: Born, consented: str, says: Says, later: Later
) -> None:
    assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    desk = later(desks["interviewer"], 1)
    born(desk, consented, "2005-01-01")
    assert people.case(desk, consented).step.code == "child_said_no"

    follows = [event.id for event in people.case(desk, consented).events if event.actor == "child"]
    said = says(desk, consented, relation="self", follows=follows)
    with pytest.raises(ReasonNeeded):
        consents.record(desk, consented, said)
    consents.record(desk, consented, replace(said, reasons={"again_own": "brought_up"}))
    assert people.case(desk, consented).events[-1].lifts == tuple(follows)
    talk = interviews.start(desk, consented, KEPT)
    assert people.case(desk, consented).step == Step("continue", talk)
    assert people.case(desk, consented).status == "in_progress"
