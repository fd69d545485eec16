"""What waits for whoever filled it in, and can only protect a child, is asked about before anybody starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from fieldkit.acts import assents, cards, consents, duplicates, halts, interviews, people, withdrawals
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import GatesClosed
from fieldkit.acts.people import NewChild
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.rules.consent import GUARDIAN
from fieldkit.rules.members import COORDINATOR

Desks = dict[str, Desk]
Says = Callable[..., GuardianAnswer]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意")


def by(desk: Desk, code: str) -> Desk:
    return replace(desk, me=replace(desk.me, code=code))


def waits(desk: Desk, child: str) -> list[tuple[str, str]]:
    return [(one.id, one.name) for one in people.case(desk, child).halts]


def test_nobody_but_its_author_says_that_it_is_written_down_before_it_is(
    refused: Refused, desks: Desks, child: str
) -> None:
    desk = desks["interviewer"]
    halts.keep(by(desk, "another"), "form", [child])

    refused(NotAllowed, "translator sg_lead", lambda desk: halts.settle(desk, "form"))
    refused(NotFound, "interviewer", lambda desk: halts.settle(desk, "form"))
    halts.drop(desk, "form")
    assert waits(desk, child) == [("form", "another")]
    for _tap in range(2):
        halts.settle(by(desk, "another"), "form")
    assert waits(desk, child) == []


@pytest.mark.parametrize("whose", ["child", "guardian", "a part"])
def test_a_colleague_says_it_once_what_the_child_or_the_family_said_is_written_down(
    refused: Refused, desks: Desks, consented: str, says: Says, whose: str
) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, ChildAnswer("think", (), "child_oral", "想想"))  # before it waited
    halts.keep(by(desk, "another"), "form", [consented])
    (waiting,) = people.case(desk, consented).halts
    refused(NotFound, "interviewer", partial(halts.settle, id_="form"))
    assert not halts.may_settle(desk, waiting)

    if whose == "child":
        assents.record(desk, consented, ChildAnswer("no", (), "child_oral", "不想"))
    elif whose == "a part":
        withdrawals.withdraw_each(desk, [consented], "quote", "guardian", "mother")
    else:
        follows = [one.id for one in people.case(desk, consented).events if one.actor == GUARDIAN]
        consents.defer(desk, consented, says(desk, consented, follows=follows))
    assert halts.may_settle(desk, waiting)
    halts.settle(desk, "form")
    assert waits(desk, consented) == []


def test_of_a_form_about_two_children_a_colleague_says_it_once_it_is_written_down_for_both(
    refused: Refused, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    other = people.register(desk, NewChild("晓光", "", "A03", "m", f"{desk.clock.today().year - 11}-02"))
    halts.keep(by(desk, "another"), "form", [consented, other])
    assents.record(desk, consented, ChildAnswer("no", (), "child_oral", "不想"))

    refused(NotFound, "interviewer", partial(halts.settle, id_="form"))


def test_a_coordinator_says_it_where_its_author_has_left(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    halts.keep(by(desk, "another"), "form", [child])

    halts.settle(replace(desk, me=replace(desk.me, role=COORDINATOR)), "form")
    assert waits(desk, child) == []


def test_start_asks_about_what_waits_of_whomever(refused: Refused, desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    assents.record(desk, consented, YES)
    halts.keep(by(desk, "another"), "form", [consented])

    for wrong in ({}, {"G13": "kept"}):
        start = partial(interviews.start, subject=consented, reasons={**KEPT, **wrong})
        gates = refused(GatesClosed, "interviewer", start).details["gates"]
        assert isinstance(gates, list)
        assert [gate.id for gate in gates] == ["G13"]
    assert interviews.start(desk, consented, {**KEPT, "G13": "cleared_up"})


def test_what_waits_of_one_form_for_two_children_is_forgotten_for_both_and_nothing_else_is(
    desks: Desks, child: str
) -> None:
    desk = desks["interviewer"]
    other = people.register(desk, NewChild("晓光", "", "A03", "m", f"{desk.clock.today().year - 11}-02"))
    halts.keep(desk, "form", [child, other])
    halts.keep(desk, "form2", [child])

    halts.drop(desk, "form")
    assert (waits(desk, child), waits(desk, other)) == ([("form2", desk.me.name)], [])


def test_of_a_child_who_is_known_twice_it_waits_under_both_records(desks: Desks, child: str, consented: str) -> None:
    desk = desks["interviewer"]
    other = people.register(desk, NewChild("晓光", "", "A03", "f", f"{desk.clock.today().year - 12}-01"))
    duplicates.link(desk, consented, other, next(iter(duplicates.REASONS)))
    halts.keep(desk, "form", [other])

    assert waits(desk, child) == waits(desk, other) == [("form", desk.me.name)]


@pytest.mark.parametrize("answered", [True, False])
def test_a_stop_that_a_child_tapped_waits_for_whoever_handed_the_card_over(
    desks: Desks, consented: str, interview: str, *, answered: bool
) -> None:
    desk = desks["interviewer"]
    card = cards.to_talk(desk, interview)
    cards.tap(card, cards.STOP, desk.clock)
    cards.keep_stop(desk, card)
    assert waits(desk, consented) == [("", desk.me.name)]

    if answered:
        cards.answer(card, card.number)
        cards.keep_stop(desk, card)
    assert waits(desk, consented) == ([] if answered else [("", desk.me.name)])
