"""What waits to be done: computed, gone by itself when it is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fieldkit.acts import (
    answers,
    assents,
    closings,
    consents,
    interviews,
    moments,
    people,
    questions,
    stops,
    tasks,
    visits,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import Seen
from fieldkit.rules import notes
from fieldkit.rules.ways import Evidence
from fieldkit.store import machine
from fieldkit.store import tasks as store

Desks = dict[str, Desk]
Says = Callable[..., GuardianAnswer]
CALL = {"number_source": "carer", "id_check": "yes", "on_speaker": "yes"}
PHONE = Evidence(
    "phone_witness", b"", "absent", witness_name="张某", witness_relation="neighbour", witness_fit=True, call=CALL
)


def codes(desk: Desk) -> list[tuple[str, str]]:
    return [(task.code, task.due) for task in tasks.waiting(desk, people.listing(desk)).first]


def test_with_nothing_promised_nothing_waits(desks: Desks, consented: str) -> None:
    assert codes(desks["interviewer"]) == []


def test_a_consent_by_phone_waits_for_its_paper_until_it_is_brought(desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    event = consents.record(desk, child, says(desk, child, way=PHONE))

    assert codes(desk) == [("paper", "")]
    consents.bring_paper(desk, child, event, "P-7", "绿色纸袋")
    assert codes(desk) == []


def test_who_wants_to_think_is_asked_again_on_the_day_they_named(desks: Desks, child: str, says: Says) -> None:
    desk = desks["interviewer"]
    said, day = says(desk, child), (desk.clock.today() + timedelta(days=49)).isoformat()
    consents.defer(desk, child, said, day)

    assert codes(desk) == [("ask_again", day)]
    follows = [event.id for event in people.case(desk, child).events]
    consents.record(desk, child, replace(said, follows=follows))
    assert codes(desk) == []


def test_nobody_is_rung_or_visited_again_whose_family_took_that_back(desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    day = (desk.clock.today() + timedelta(days=5)).isoformat()
    visits.record(desk, consented, "not_home", next_on=day)
    assert [code for code, _ in codes(desk)] == ["visit"]
    withdrawals.withdraw_each(desk, [consented], "recontact", "guardian", "mother")

    assert codes(desk) == []


def test_nobody_is_visited_again_who_was_heard_and_did_not_allow_re_contact(
    desks: Desks, consented: str, interview: str, says: Says
) -> None:
    desk = desks["interviewer"]
    fathers = says(desk, consented, relation="father")
    consents.record(desk, consented, replace(fathers, items={**fathers.items, "recontact": "no"}))
    thinks = [event.id for event in people.case(desk, consented).events]
    consents.defer(desk, consented, replace(fathers, follows=thinks), (desk.clock.today() + timedelta(9)).isoformat())
    assert "ask_again" in dict(codes(desk))
    told = ClosingTold("full", setting="home_yard", others_present=("none",))
    closings.end(desk, interview, told, Seen())

    assert "ask_again" not in dict(codes(desk))


def test_a_word_that_nobody_understood_waits_until_somebody_knows_it(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    other = replace(desk, me=replace(desk.me, code="somebody-else"))
    answers.save(desk, SaveAnswer(interview, "W2", "editor-one", "{}", f"俺老外{notes.DOUBTED}来送伞"))
    answers.save(desk, SaveAnswer(interview, "W1", "editor-two", "{}", "没有不懂的"))

    (task,) = [one for one in tasks.waiting(desk, people.listing(desk)).first if one.code == "words"]
    assert (task.event, task.question) == (interview, "W2")
    assert codes(other) == []
    answers.save(desk, SaveAnswer(interview, "W2", "editor-one", "{}", "俺老外（外公）来送伞"))
    assert "words" not in dict(codes(desk))


def test_a_word_of_a_talk_that_the_child_stopped_waits_for_nobody_since_nothing_is_written_there_any_more(
    desks: Desks, interview: str
) -> None:
    desk = desks["interviewer"]
    text = f"俺老外{notes.DOUBTED}来送伞"
    answers.save(desk, SaveAnswer(interview, "W2", "editor-one", "{}", text))
    assert "words" in dict(codes(desk))

    stops.finish(desk, interview, stops.begin(desk, interview, "stop_keep").mark)

    assert "words" not in dict(codes(desk))
    page = questions.page(desk, interview, "W")
    assert [one.text_now for one in page.questions if one.id == "W2"] == [text]


def upset(desk: Desk) -> list[tuple[str, str]]:
    return [one for one in codes(desk) if one[0] == "aftercare"]


def test_who_was_very_upset_is_asked_how_they_are_within_three_days(
    desks: Desks, consented: str, interview: str, later: Callable[[Desk, int], Desk]
) -> None:
    desk = desks["interviewer"]
    moments.note(desk, interview, "distress_1")
    assert upset(desk) == []

    for _ in range(2):
        moments.note(desk, interview, "distress_2")
    assert upset(desk) == [("aftercare", (desk.clock.today() + timedelta(days=3)).isoformat())]
    assert upset(replace(desk, me=replace(desk.me, code="somebody-else"))) == []

    visits.record(desk, consented, "met")  # of the day itself
    visits.record(later(desk, 1), consented, "not_home")
    assert len(upset(later(desk, 1))) == 1
    visits.record(later(desk, 2), consented, "met")
    assert upset(later(desk, 2)) == []


@pytest.mark.parametrize("choice", ["stop_keep", "stop_discard"])
def test_who_was_very_upset_and_stopped_is_asked_how_they_are_whatever_stays_of_the_talk(
    desks: Desks, consented: str, interview: str, later: Callable[[Desk, int], Desk], choice: str
) -> None:
    desk = desks["interviewer"]
    moments.note(desk, interview, "distress_2")
    stops.finish(desk, interview, stops.begin(desk, interview, choice).mark)

    (task,) = [one for one in tasks.waiting(desk, people.listing(desk)).first if one.code == "aftercare"]
    assert (task.due, task.case.id) == ((desk.clock.today() + timedelta(days=3)).isoformat(), consented)
    assert upset(replace(desk, me=replace(desk.me, code="somebody-else"))) == []
    visits.record(desk, consented, "met")  # of the day itself
    visits.record(later(desk, 1), consented, "not_home")
    assert len(upset(later(desk, 1))) == 1
    visits.record(later(desk, 2), consented, "met")
    assert upset(later(desk, 2)) == []


def test_who_was_a_little_upset_and_wants_nothing_kept_leaves_no_task(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    moments.note(desk, interview, "distress_1")
    stops.finish(desk, interview, stops.begin(desk, interview, "stop_discard").mark)

    assert codes(desk) == []


def test_a_reminder_that_outlives_a_talk_holds_no_word_of_it_and_is_nobodys_of_a_child_who_withdrew(
    desks: Desks, consented: str, interview: str
) -> None:
    desk = desks["interviewer"]
    answers.save(desk, SaveAnswer(interview, "W1", "editor-one", "{}", "qx7vk2mpz9"))
    moments.note(desk, interview, "distress_2", question="W1")
    stops.finish(desk, interview, stops.begin(desk, interview, "stop_discard").mark)

    with desk.db.reading() as tables:
        kept = machine.recall(tables, f"aftercare:{interview}")
        assert [dict(one) for one in tables.table("moments").rows] == []
    assert json.loads(kept or b"{}") == {"subject": consented, "interviewer": desk.me.code, "day": desk.today}
    withdrawals.withdraw_each(desk, [consented], relation="mother")
    assert upset(desk) == []


def test_who_was_very_upset_and_is_interviewed_again_was_met(
    desks: Desks, consented: str, interview: str, later: Callable[[Desk, int], Desk]
) -> None:
    desk, then = desks["interviewer"], later(desks["interviewer"], 1)
    moments.note(desk, interview, "distress_2")
    assents.record(then, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))
    interviews.start(then, consented, KEPT)

    assert upset(then) == []


@pytest.mark.parametrize("which", ["without_memo", "never_ended", "with_doubted_words", "unseen_since_upset"])
def test_of_what_waits_for_interviews_thirty_are_read_and_the_rest_is_counted(
    desks: Desks, consented: str, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    def waits(*asked: Any) -> tuple[list[dict[str, str]], int]:
        assert asked[-1] == 30
        return [{"id": f"S{place}", "subject": consented, "started_on": "2026-11-20"} for place in range(30)], 45

    monkeypatch.setattr(store, which, waits)
    found = tasks.waiting(desks["interviewer"], people.listing(desks["interviewer"]))

    assert (len(found.first), found.more) == (30, 15)


@pytest.mark.parametrize(("days", "due"), [(-1, False), (0, True), (29, True), (31, False)])
def test_a_fourteenth_birthday_is_announced_thirty_days_ahead(
    desks: Desks, child: str, says: Says, days: int, due: bool
) -> None:
    desk = desks["interviewer"]
    birthday = desk.clock.today() + timedelta(days=days)
    birthday -= timedelta(days=(birthday.month, birthday.day) == (2, 29))
    born = birthday.replace(year=birthday.year - 14)
    consents.record(desk, child, says(desk, child, birth_date=born.isoformat()))

    day = birthday + timedelta(days=1)
    assert codes(desk) == ([("turns_14", day.isoformat())] if due else [])


def test_a_minor_change_of_the_form_is_told_at_the_next_contact(desks: Desks, consented: str, newer: Any) -> None:
    newer("minor")

    assert codes(desks["interviewer"]) == [("tell_change", "")]


def test_an_editorial_change_is_nobodys_task(desks: Desks, consented: str, newer: Any) -> None:
    newer("editorial")

    assert codes(desks["interviewer"]) == []
