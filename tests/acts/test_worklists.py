from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from fieldkit.acts import closings, consents, people, removals, withdrawals, worklists
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import Seen
from fieldkit.acts.worklists import NoSuchChild, NotToBeAsked, TakenOff, TickedOff
from fieldkit.errors import Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.calendars import NoDay
from fieldkit.rules.names import TooLong
from fieldkit.store import people as rows
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
WHAT, DUE = "再去一次，问清楚爸爸在哪里", "2026-12-01"


def code_of(desk: Desk, subject: str) -> str:
    with desk.db.reading() as tables:
        return str((rows.row(tables, "participants", "id = ?", subject) or {})["case_code"])


@pytest.fixture
def asked(desks: Desks, consented: str, carry: Carry) -> str:
    """The coordinator asked team A to visit the child again, and the team's laptop knows; the item's id."""
    carry(desks["interviewer"], desks["coordinator"])
    worklists.put(desks["coordinator"], "A", WHAT, code_of(desks["coordinator"], consented), DUE)
    carry(desks["coordinator"], desks["interviewer"])
    return worklists.mine(desks["interviewer"])[0].id


def test_only_a_coordinator_fills_a_list_and_only_an_interviewer_ticks(refused: Refused, asked: str) -> None:
    put = partial(worklists.put, team="A", what=WHAT, codes="x", due=DUE)
    refused(NotAllowed, "interviewer translator sg_lead", worklists.teams)
    refused(NotAllowed, "interviewer translator sg_lead", worklists.listing)
    refused(NotAllowed, "interviewer translator sg_lead", put)
    refused(NotAllowed, "interviewer translator sg_lead", partial(worklists.on_list, item=asked))
    refused(NotAllowed, "interviewer translator sg_lead", partial(worklists.take_off, item=asked))
    refused(NotAllowed, "coordinator translator sg_lead", worklists.mine)
    refused(NotAllowed, "coordinator translator sg_lead", partial(worklists.find, item=asked))
    refused(NotAllowed, "coordinator translator sg_lead", partial(worklists.tick, item=asked, came="去了"))


@pytest.mark.parametrize(
    ("refusal", "wrong"),
    [
        (NotFound, {"team": "Z"}),
        (Missing, {"what": " "}),
        (TooLong, {"what": "字" * 501}),
        (Missing, {"codes": "，"}),
        (NoSuchChild, {"codes": "ZK-A03-999"}),
        (NoDay, {"due": "soon"}),
    ],
)
def test_what_is_no_task_is_refused(
    refused: Refused, desks: Desks, asked: str, consented: str, refusal: type[Refusal], wrong: dict[str, str]
) -> None:
    said = {"team": "A", "what": WHAT, "codes": code_of(desks["coordinator"], consented), "due": DUE, **wrong}
    refused(refusal, "coordinator", partial(worklists.put, **said))


def test_what_came_of_it_has_to_be_said(refused: Refused, asked: str) -> None:
    refused(Missing, "interviewer", partial(worklists.tick, item=asked, came=" "))
    refused(TooLong, "interviewer", partial(worklists.tick, item=asked, came="字" * 501))
    refused(NotFound, "interviewer", partial(worklists.tick, item="x", came="去了"))


def test_an_item_is_ticked_off_once_and_the_tick_travels_back(
    desks: Desks, asked: str, consented: str, carry: Carry, refused: Refused
) -> None:
    worklists.tick(desks["interviewer"], asked, "爸爸在东莞")
    assert worklists.mine(desks["interviewer"]) == []
    refused(NotFound, "interviewer", partial(worklists.tick, item=asked, came="又去了"))

    carry(desks["interviewer"], desks["coordinator"])
    (item,) = worklists.listing(desks["coordinator"])
    assert (item.what, item.due, item.subject) == (WHAT, DUE, consented)
    assert [(one.came, one.author) for one in item.done] == [("爸爸在东莞", "李岚")]


def test_only_what_stands_on_a_list_is_taken_off(
    desks: Desks, asked: str, consented: str, carry: Carry, refused: Refused
) -> None:
    refused(NotFound, "coordinator", partial(worklists.take_off, item="x"))
    worklists.tick(desks["interviewer"], asked, "爸爸在东莞")
    carry(desks["interviewer"], desks["coordinator"])
    refused(TickedOff, "coordinator", partial(worklists.on_list, item=asked))
    refused(TickedOff, "coordinator", partial(worklists.take_off, item=asked))
    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")
    carry(desks["interviewer"], desks["coordinator"])
    refused(NotFound, "coordinator", partial(worklists.take_off, item=asked))


def test_what_is_taken_off_is_hidden_for_the_team_and_says_who_and_when(
    desks: Desks, asked: str, carry: Carry, refused: Refused, changes: Callable[[Desk, str], list[Change]]
) -> None:
    desk = desks["coordinator"]
    for _ in range(2):  # a second tap
        worklists.take_off(desk, asked)
    (item,) = worklists.listing(desk)
    assert [(one.author, one.day) for one in item.off] == [("陈静", desk.today)]
    assert [one.id for one in worklists.mine(desks["interviewer"])] == [asked]

    carry(desk, desks["interviewer"])
    assert worklists.mine(desks["interviewer"]) == []
    told = refused(TakenOff, "interviewer", partial(worklists.tick, item=asked, came="去了"))
    assert (told.code, told.status) == ("taken_off", 410)
    refused(TakenOff, "interviewer", partial(worklists.find, item=asked))
    assert [(one.drawer, set(one.set)) for one in changes(desks["interviewer"], "work_removal")] == [
        ("research/A", {"item", "day"})
    ]


def test_a_tick_that_was_on_its_way_stands_beside(desks: Desks, asked: str, carry: Carry) -> None:
    worklists.take_off(desks["coordinator"], asked)
    worklists.tick(desks["interviewer"], asked, "爸爸在东莞")
    carry(desks["interviewer"], desks["coordinator"])

    (item,) = worklists.listing(desks["coordinator"])
    assert ([one.came for one in item.done], len(item.off)) == (["爸爸在东莞"], 1)


def test_each_child_has_an_item_of_its_own(desks: Desks, consented: str, other_child: str, carry: Carry) -> None:
    desk = desks["coordinator"]
    carry(desks["interviewer"], desk)
    codes = [code_of(desk, one) for one in (consented, other_child)]

    assert worklists.put(desk, "A", WHAT, f"{codes[0]}、 {codes[1].lower()}，{codes[0]}", DUE) == 2
    assert {one.subject for one in worklists.listing(desk)} == {consented, other_child}


def test_a_list_reaches_its_own_team_and_no_other(
    desks: Desks, asked: str, joins: Callable[[str, str, str], Desk], carry: Carry, refused: Refused,
    changes: Callable[[Desk, str], list[Change]], consented: str,
) -> None:  # fmt: skip
    other = joins("周敏", "interviewer", "B")
    carry(desks["coordinator"], other)

    assert worklists.mine(other) == []
    assert changes(other, "work_item") == []
    assert [one.drawer for one in changes(desks["interviewer"], "work_item")] == ["research/A"]
    code = code_of(desks["coordinator"], consented)
    refused(NoSuchChild, "coordinator", partial(worklists.put, team="B", what=WHAT, codes=code, due=DUE))


def test_the_list_of_another_team_lies_in_its_drawer(
    desks: Desks, joins: Callable[[str, str, str], Desk], carry: Carry, changes: Callable[[Desk, str], list[Change]]
) -> None:
    other, desk = joins("周敏", "interviewer", "B"), desks["coordinator"]
    child = people.register(other, NewChild("小禾", "", "A03", "f", f"{other.clock.today().year - 12}-01"))
    carry(other, desk)
    worklists.put(desk, "B", WHAT, code_of(desk, child), DUE)
    for team in (other, desks["interviewer"]):
        carry(desk, team)

    assert [one.drawer for one in changes(desk, "work_item")] == ["research/B"]
    assert [one.subject for one in worklists.mine(other)] == [child]
    assert changes(desks["interviewer"], "work_item") == []


def test_nothing_of_a_child_who_withdrew_is_on_a_list(
    desks: Desks, asked: str, consented: str, carry: Carry, refused: Refused, words: Callable[[Desk], str]
) -> None:
    worklists.tick(desks["interviewer"], asked, "爸爸在东莞")
    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")
    carry(desks["interviewer"], desks["coordinator"])
    desk, code = desks["coordinator"], code_of(desks["coordinator"], consented)

    assert worklists.mine(desks["interviewer"]) == worklists.listing(desk) == []
    refused(NoSuchChild, "coordinator", partial(worklists.put, team="A", what=WHAT, codes=code, due=DUE))
    removals.confirm(desk, consented, desk.today, told_all=True)
    assert WHAT not in words(desk)
    assert "爸爸在东莞" not in words(desk)


def test_a_family_that_is_not_to_be_rung_again_is_on_no_list(
    desks: Desks, asked: str, consented: str, carry: Carry, refused: Refused
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother", scope="recontact")
    carry(desks["interviewer"], desks["coordinator"])

    assert worklists.mine(desks["interviewer"]) == worklists.listing(desks["coordinator"]) == []
    code = code_of(desks["coordinator"], consented)
    refused(NotToBeAsked, "coordinator", partial(worklists.put, team="A", what=WHAT, codes=code, due=DUE))


def test_a_family_that_was_heard_and_did_not_allow_re_contact_is_on_no_list(
    desks: Desks,
    asked: str,
    consented: str,
    interview: str,
    says: Callable[..., GuardianAnswer],
    carry: Carry,
    refused: Refused,
) -> None:
    laptop, desk = desks["interviewer"], desks["coordinator"]
    fathers = says(laptop, consented, relation="father")
    consents.record(laptop, consented, replace(fathers, items={**fathers.items, "recontact": "no"}))
    carry(laptop, desk)
    put = partial(worklists.put, team="A", what=WHAT, codes=code_of(desk, consented), due=DUE)
    assert put(desk) == 1  # nobody was heard yet
    told = ClosingTold("core", setting="home_yard", others_present=("none",))
    closings.end(laptop, interview, told, Seen())
    carry(laptop, desk)

    assert worklists.mine(laptop) == worklists.listing(desk) == []
    refused(NotToBeAsked, "coordinator", put)
