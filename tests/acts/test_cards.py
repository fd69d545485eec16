from __future__ import annotations

from datetime import datetime

import pytest

from fieldkit.acts import cards, stops
from fieldkit.acts.cards import Card
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, NotAllowed, NotFound
from fieldkit.store import cards as store

Desks = dict[str, Desk]


@pytest.mark.parametrize("role", ["coordinator", "translator", "sg_lead"])
def test_only_an_interviewer_hands_the_card_over(desks: Desks, child: str, role: str) -> None:
    for act in (cards.to_answer, cards.to_talk):
        with pytest.raises(NotAllowed):
            act(desks[role], child)


def test_there_is_no_card_for_what_is_not_here(desks: Desks) -> None:
    for act in (cards.to_answer, cards.to_talk):
        with pytest.raises(NotFound):
            act(desks["interviewer"], "nobody")


@pytest.mark.parametrize(
    ("stage", "sign"), [("ask", "stop"), ("ask", "3"), ("talk", "yes"), ("talk", "6"), ("ask", "")]
)
def test_what_does_not_stand_on_the_card_is_no_sign(stage: str, sign: str) -> None:
    card = Card("x", "李岚", stage)

    with pytest.raises(Invalid):
        cards.tap(card, sign, Clock())

    assert card.taps == {}


def test_the_last_sign_of_each_kind_stands(desks: Desks, interview: str) -> None:
    card = cards.to_talk(desks["interviewer"], interview)
    for sign in ("rest", "2", "skip"):
        cards.tap(card, sign, Clock())

    assert [(kind, one.sign, one.number) for kind, one in card.taps.items()] == [("wish", "skip", 3), ("face", "2", 2)]
    assert card.number == 3


def test_of_two_taps_at_once_the_second_waits_until_the_first_has_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    card, moment, got_through = Card("x", "李岚", "talk"), Clock().now(), []

    def now(_clock: Clock) -> datetime:
        got_through.append(card.gate.acquire(blocking=False))
        return moment

    monkeypatch.setattr(Clock, "now", now)
    cards.tap(card, "stop", Clock())

    assert got_through == [False]
    assert card.gate.acquire(blocking=False)


def test_no_later_tap_takes_the_place_of_a_stop_that_nobody_answered(desks: Desks, interview: str) -> None:
    card = cards.to_talk(desks["interviewer"], interview)
    for sign in ("stop", "rest", "skip", "3"):
        cards.tap(card, sign, Clock())

    assert card.stop is not None
    assert card.stop.number == 1


def test_a_stop_waits_until_exactly_that_stop_is_answered(desks: Desks, interview: str) -> None:
    card = cards.to_talk(desks["interviewer"], interview)
    cards.tap(card, "stop", Clock())
    cards.tap(card, "stop", Clock())
    cards.answer(card, 1)
    assert card.stop is not None, "the child tapped once more since"

    cards.tap(card, "3", Clock())
    cards.answer(card, 3)
    assert [one.number for one in card.standing()] == [2, 3], "a face is no stop"

    cards.answer(card, 2)
    assert card.stop is None
    assert [one.number for one in card.standing()] == [3]
    cards.answer(card, 1)
    assert card.stop is None
    cards.tap(card, "stop", Clock())
    assert card.stop is not None


def test_a_tap_has_arrived_once_a_page_has_shown_it(desks: Desks, interview: str) -> None:
    card = cards.to_talk(desks["interviewer"], interview)
    for sign in ("2", "stop"):
        cards.tap(card, sign, Clock())
    card.seen.add(1)
    assert not card.arrived

    card.seen.add(2)
    assert card.arrived
    cards.tap(card, "5", Clock())
    assert not card.arrived


def test_a_card_is_over_with_its_interview_and_the_three_answers_are_not(
    desks: Desks, child: str, interview: str
) -> None:
    desk = desks["interviewer"]
    card = cards.to_talk(desk, interview)
    assert not cards.is_over(desk, card)
    assert not cards.is_over(desk, cards.to_answer(desk, child))

    stops.finish(desk, interview, stops.begin(desk, interview, "stop_discard").mark)
    assert cards.is_over(desk, card)


def test_a_tap_writes_nothing(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    with desk.db.reading() as tables:
        before = tables.execute("SELECT count(*) FROM changes").fetchone()[0]
    cards.tap(cards.to_answer(desk, child), "no", Clock())

    with desk.db.reading() as tables:
        assert tables.execute("SELECT count(*) FROM changes").fetchone()[0] == before


def test_a_copy_of_the_laptop_knows_of_no_stop_and_neither_does_the_log(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    card = cards.to_talk(desk, interview)
    cards.tap(card, "stop", Clock())
    with desk.db.reading() as tables:
        before = tables.execute("SELECT count(*) FROM changes").fetchone()[0]
    cards.keep_stop(desk, card)

    left = cards.left(desk)
    assert left is not None
    assert (left.place, left.by, left.stop) == (interview, desk.me.code, card.stop)
    with desk.db.writing() as tables:
        assert tables.execute("SELECT count(*) FROM changes").fetchone()[0] == before
        store.forget(tables)
    assert cards.left(desk) is None


def test_a_stop_of_an_interview_that_has_ended_is_left_by_nobody(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    card = cards.to_talk(desk, interview)
    cards.tap(card, "stop", Clock())
    cards.keep_stop(desk, card)
    stops.finish(desk, interview, stops.begin(desk, interview, "stop_keep").mark)

    assert cards.left(desk) is None
