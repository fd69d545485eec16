from __future__ import annotations

from datetime import datetime

import pytest

from fieldkit.acts import cards
from fieldkit.acts.cards import Card
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, NotAllowed, NotFound

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
    for sign in ("rest", "2", "stop"):
        cards.tap(card, sign, Clock())

    assert [(kind, one.sign, one.number) for kind, one in card.taps.items()] == [("wish", "stop", 3), ("face", "2", 2)]
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


def test_a_tap_writes_nothing(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    with desk.db.reading() as tables:
        before = tables.execute("SELECT count(*) FROM changes").fetchone()[0]
    cards.tap(cards.to_answer(desk, child), "no", Clock())

    with desk.db.reading() as tables:
        assert tables.execute("SELECT count(*) FROM changes").fetchone()[0] == before
