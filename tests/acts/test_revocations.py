"""A lost computer is taken out: what it did so far counts, what comes of it later waits, new keys keep it out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fieldkit.acts import (
    answers,
    checks,
    devices,
    exchange,
    hubs,
    people,
    questions,
    removals,
    revocations,
    users,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.exchange import TakenOut
from fieldkit.acts.revocations import OutAlready, OutYourself, OwnComputer
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.store import machine, replica
from fieldkit.store.database import Tables
from fieldkit.store.folder import Folder
from sync import block as blocks
from sync import orders
from sync.client import Card
from sync.hub import create_app
from sync.hub_server import listening
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
Joins = Callable[[str, str, str], Desk]
BEFORE, AFTER = "hq3vwz8kd1pt 以前说的", "zn5c0rjx7ymf 以后写的"


def note(desk: Desk, interview: str, text: str) -> None:
    line = questions.page(desk, interview).questions[0]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, text))


def said(desk: Desk, interview: str) -> str:
    return questions.page(desk, interview).questions[0].text_now


def digests(desk: Desk) -> dict[str, str]:
    found = checks.check(desk)
    assert found.ok, found
    return dict(found.digests)


@pytest.fixture
def lost(desks: Desks, interview: str, carry: Carry) -> str:
    """An interviewer's laptop whose first note is at the centre, that was then taken out, and wrote on. Its id."""
    laptop, chief = desks["interviewer"], desks["coordinator"]
    note(laptop, interview, BEFORE)
    carry(laptop, chief)
    revocations.revoke(chief, laptop.device.id, "lost")
    note(laptop, interview, AFTER)
    return laptop.device.id


def test_only_a_coordinator_takes_out_and_lets_count(refused: Refused, desks: Desks) -> None:
    laptop = desks["interviewer"].device.id
    for act in (partial(revocations.revoke, device=laptop, why="lost"), partial(revocations.release, device=laptop)):
        refused(NotAllowed, "interviewer translator sg_lead", act)


def test_nobody_takes_out_the_own_computer_an_unknown_one_or_for_no_reason(refused: Refused, desks: Desks) -> None:
    laptop = desks["interviewer"].device.id
    refused(OwnComputer, "coordinator", lambda desk: revocations.revoke(desk, desk.device.id, "lost"))
    refused(NotFound, "coordinator", lambda desk: revocations.revoke(desk, "L77", "lost"))
    refused(Invalid, "coordinator", lambda desk: revocations.revoke(desk, laptop, "ugly"))
    refused(NotFound, "coordinator", lambda desk: revocations.release(desk, laptop))


def test_a_computer_is_taken_out_once(refused: Refused, lost: str) -> None:
    refused(OutAlready, "coordinator", lambda desk: revocations.revoke(desk, lost, "left"))


def test_what_came_before_counts_and_what_comes_later_waits_until_it_is_let_count(
    desks: Desks, interview: str, lost: str, carry: Carry
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    report = carry(laptop, chief)

    assert (report.new, report.changes_new) == (0, 0)
    assert report.parked > 0
    assert said(chief, interview) == BEFORE
    assert revocations.listing(chief)[lost].waiting == report.parked
    digests(chief)

    revocations.release(chief, laptop.device.name)

    assert said(chief, interview) == AFTER
    assert revocations.listing(chief)[lost].waiting == 0
    digests(chief)
    note(laptop, interview, BEFORE)
    carry(laptop, chief)
    assert revocations.listing(chief)[lost].waiting > 0  # it stays out: what it writes next waits again


def test_machines_agree_whichever_they_hear_of_first(desks: Desks, interview: str, carry: Carry, joins: Joins) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    first, second = joins("王越", "interviewer", "A"), joins("孙宁", "coordinator", "A")
    note(laptop, interview, BEFORE)
    carry(laptop, chief)
    revocations.revoke(chief, laptop.device.id, "lost")
    note(laptop, interview, AFTER)
    carry(laptop, first)
    assert said(first, interview) == AFTER  # it has not heard of it

    carry(chief, second)
    carry(laptop, second)
    carry(chief, first)
    carry(first, second)
    carry(second, chief)
    carry(chief, first)

    assert [said(desk, interview) for desk in (chief, first, second)] == [BEFORE] * 3
    assert digests(chief).items() >= digests(second).items() <= digests(first).items()
    revocations.release(second, laptop.device.id)
    carry(second, chief)
    carry(second, first)
    assert [said(desk, interview) for desk in (chief, first, second)] == [AFTER] * 3


def test_the_laptop_itself_goes_on_and_says_so(desks: Desks, interview: str, lost: str, carry: Carry) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    assert not revocations.taken_out(laptop)
    carry(chief, laptop)

    assert revocations.taken_out(laptop)
    assert not revocations.taken_out(chief)
    assert said(laptop, interview) == AFTER


def newest(tables: Tables, drawer: str) -> int:
    found = machine.drawer_key(tables, drawer)
    assert found is not None
    return found[0]


def test_the_others_write_under_keys_that_the_lost_laptop_does_not_have(
    desks: Desks, interview: str, lost: str, carry: Carry, joins: Joins
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    other = joins("王越", "interviewer", "A")  # invited after the keys were changed: the letter brings all of them
    note(other, interview, "新的钥匙")
    carry(other, chief)
    report = carry(other, laptop)

    assert said(chief, interview) == "新的钥匙"
    assert report.parked > 0
    assert said(laptop, interview) == AFTER
    with other.db.reading() as tables, laptop.db.reading() as old, chief.db.reading() as centre:
        for drawer in ("study", "notices", "consent/A", "research/A", "vault/A"):
            assert newest(tables, drawer) > newest(old, drawer) == 1 or drawer == "notices"
        assert newest(tables, "research/A") == newest(centre, "research/A")


def test_a_key_is_sealed_to_whoever_still_belongs_and_to_nobody_else(desks: Desks, lost: str) -> None:
    with desks["coordinator"].db.reading() as tables:
        found = [order for order in map(orders.parse, machine.orders(tables)) if order.kind == "drawer_key"]
        everybody = {*machine.everybody(tables).devices}
    sealed = {order.body["drawer"]: set(order.body["sealed"]) for order in found}

    assert lost not in set().union(*sealed.values())
    assert sealed["study"] == everybody - {lost}
    assert sealed["research/A"] == {desks["coordinator"].device.id}


def test_a_child_whom_a_coordinator_who_was_taken_out_erases_is_hidden_and_not_destroyed(
    desks: Desks, consented: str, interview: str, carry: Carry, joins: Joins
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    note(laptop, interview, BEFORE)
    carry(laptop, chief)
    second = joins("孙宁", "coordinator", "A")
    carry(chief, second)
    revocations.revoke(chief, second.device.id, "left")
    withdrawals.withdraw_each(second, [consented], requested_by="guardian", relation="mother")
    removals.confirm(second, consented, second.clock.today().isoformat(), told_all=True)
    carry(second, chief)
    carry(chief, laptop)

    for desk in (chief, laptop):
        with pytest.raises(NotFound):
            people.case(desk, consented)  # it hides, as a withdrawal does
        with desk.db.reading() as tables:
            assert tables.execute("SELECT count(*) FROM answers").fetchone()[0] == 1  # and destroys nothing
        digests(desk)


def test_the_hub_gives_nothing_to_it_and_keeps_what_it_leaves_for_the_coordinator(
    desks: Desks, interview: str, lost: str, tmp_path: object
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    centre = hubs.opened(hubs.read_pass(hubs.write_pass(chief)), f"sqlite:///{tmp_path}/hub.db", "CN", lambda: "now")
    with listening(create_app(centre), "127.0.0.1", 0) as server:
        card = hubs.write_card(Card(centre.study, f"http://127.0.0.1:{server.bind_addr[1]}", centre.key))
        for desk in (laptop, chief):
            exchange.take_card(desk, card)
        assert exchange.run(chief).done
        with pytest.raises(TakenOut):
            exchange.run(laptop)
        left = centre.status()["reasons"]["revoked"]
        assert left == centre.status()["quarantine"] > 0
        assert not revocations.taken_out(laptop)  # not even that it was taken out

        assert exchange.run(chief).done
        assert centre.status()["quarantine"] == 0
        assert revocations.listing(chief)[lost].waiting == left
        assert said(chief, interview) == BEFORE
        revocations.release(chief, lost)
        assert said(chief, interview) == AFTER
        assert exchange.run(chief).done
        assert exchange.run(chief).sent == 0
    centre.close()


def test_blocks_of_a_lost_laptop_keep_their_place(desks: Desks, interview: str, lost: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    with desks["coordinator"].db.reading() as tables:
        assert replica.broken_chains(tables) == []
        held = [one for one in replica.StoreReplica(tables).blocks() if one.payload is not None]
    assert all(blocks.payload_intact(one) for one in held)


def test_a_computer_that_was_taken_out_itself_orders_nothing_once_it_hears_of_it(
    desks: Desks, kept: Callable[[Desk], object], carry: Carry, joins: Joins, tmp_path: Path, passphrase: str
) -> None:
    chief, second = desks["coordinator"], joins("孙宁", "coordinator", "A")
    laptop = desks["interviewer"].device.id
    revocations.revoke(chief, second.device.id, "left")
    carry(chief, second)
    before = kept(second)
    for act in (partial(revocations.revoke, why="lost"), revocations.release):
        with pytest.raises(OutYourself):
            act(second, laptop)
    folder = Folder.open(tmp_path / "new")
    request = devices.request(folder, "周越", passphrase, "interviewer")
    folder.close()
    with pytest.raises(OutYourself):
        devices.invite(second, request, "interviewer", "A")
    assert kept(second) == before


def off_record(desk: Desk, interview: str) -> None:
    line = questions.page(desk, interview).questions[0]
    answers.off_record(desk, SaveAnswer(interview, line.id, line.editor, line.base, ""), line.text_now)


@pytest.mark.parametrize("heard", [False, True])
def test_off_the_record_on_a_lost_laptop_is_gone_there_and_hides_elsewhere_until_it_counts(
    desks: Desks, interview: str, carry: Carry, words: Callable[[Desk], str], heard: bool
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    note(laptop, interview, BEFORE)
    carry(laptop, chief)
    revocations.revoke(chief, laptop.device.id, "lost")
    if heard:
        carry(chief, laptop)
    off_record(laptop, interview)
    assert BEFORE not in words(laptop)
    carry(laptop, chief)

    assert said(chief, interview) == ""
    assert BEFORE in words(chief)  # it hides, and destroys nothing
    digests(chief)
    revocations.release(chief, laptop.device.id)
    assert BEFORE not in words(chief)
    digests(chief)


def test_two_computers_that_write_under_one_name_are_told(
    desks: Desks, interview: str, carry: Carry, tmp_path: Path, passphrase: str
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    note(laptop, interview, BEFORE)
    carry(laptop, chief)
    laptop.db.leave_no_trace()
    with laptop.db.writing():
        pass
    copy = shutil.copytree(laptop.folder.path, tmp_path / "copy", ignore=shutil.ignore_patterns("lock"))
    other = users.unlock(Folder.open(copy), laptop.me.code, passphrase, laptop.clock)
    assert revocations.copied(chief) == set()
    for desk, text in ((laptop, AFTER), (other, "另一台电脑写的")):
        note(desk, interview, text)
        carry(desk, chief)

    assert revocations.copied(chief) == {laptop.device.id}
    assert checks.check(chief).ok
    revocations.revoke(chief, laptop.device.id, "cloned")
    assert revocations.copied(chief) == set()
    other.db.close()
    other.folder.close()
