from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldkit.acts import hubs
from fieldkit.acts.desk import Desk
from fieldkit.acts.hubs import CardTooLarge, HubIsNew, NoHubDatabase, NotACard, NotAPass, WrongCountry
from fieldkit.errors import NotAllowed, Refusal
from fieldkit.records import canonical
from fieldkit.store import holdings, machine
from sync import judge
from sync.client import Card

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
NONSENSE = [b"", b"[]", b"{}", b"PK\x03", b'{"format":2,"kind":"hub pass","study":"x"}', b"[" * 9999]


@pytest.fixture
def told(desks: Desks) -> hubs.Pass:
    return hubs.read_pass(hubs.write_pass(desks["coordinator"]))


def _when() -> str:
    return "2026-05-01T10:00"


def test_only_a_coordinator_writes_a_pass(refused: Refused) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", hubs.write_pass)


@pytest.mark.parametrize("content", NONSENSE)
def test_what_is_no_pass_or_card_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPass):
        hubs.read_pass(content)
    with pytest.raises(NotACard):
        hubs.read_card(content)


@pytest.mark.parametrize("changed", [{"countries": "CN"}, {"countries": [1]}, {"root": None}, {"kind": "hub card"}])
def test_a_pass_that_lacks_something_is_refused(desks: Desks, changed: dict[str, object]) -> None:
    facts = json.loads(hubs.write_pass(desks["coordinator"]))
    with pytest.raises(NotAPass):
        hubs.read_pass(canonical({**facts, **changed}))


@pytest.mark.parametrize("country", ["", "DE", "cn"])
def test_a_hub_elsewhere_is_refused_and_makes_nothing(told: hubs.Pass, tmp_path: Path, country: str) -> None:
    with pytest.raises(WrongCountry):
        hubs.opened(told, f"sqlite:///{tmp_path / 'hub.db'}", country, _when)
    assert list(tmp_path.glob("hub.db*")) == []


@pytest.mark.parametrize("database", ["sqlite:////no/such/folder/hub.db", "nonsense", "postgresql://x@127.0.0.1:1/x"])
def test_a_database_that_does_not_open_is_told(told: hubs.Pass, database: str) -> None:
    with pytest.raises(NoHubDatabase):
        hubs.opened(told, database, "CN", _when)


def test_a_hub_that_was_never_founded_was_not_restored(told: hubs.Pass, tmp_path: Path) -> None:
    with pytest.raises(HubIsNew):
        hubs.opened(told, f"sqlite:///{tmp_path / 'hub.db'}", "CN", _when, restored=True)


def test_a_hub_keeps_its_key_and_epoch_until_it_was_restored(told: hubs.Pass, tmp_path: Path) -> None:
    seen = []
    for restored in (False, False, True):
        centre = hubs.opened(told, f"sqlite:///{tmp_path / 'hub.db'}", "CN", _when, restored=restored)
        seen.append((centre.key, centre.status()["epoch"], centre.status()["restored"]))
        centre.close()
    assert seen[0] == seen[1]
    assert (seen[2][0], seen[2][2]) == (seen[0][0], True)
    assert seen[2][1] != seen[0][1]


def test_the_pass_and_the_card_hold_no_secret(desks: Desks, told: hubs.Pass) -> None:
    desk = desks["coordinator"]
    written = hubs.write_pass(desk)
    assert set(json.loads(written)) == {"format", "kind", "study", "root", "countries"}
    assert told == hubs.Pass(desk.device.study, desk.device.root, ("CN",))
    card = Card("study", "https://hub.example:8780", "key", "")
    assert hubs.read_card(hubs.write_card(card)) == card


def test_a_hub_recognises_whom_the_orders_recognise_and_no_others(desks: Desks, told: hubs.Pass) -> None:
    desk, rules = desks["coordinator"], hubs.rules(told)
    with desk.db.reading() as tables:
        found, everybody = holdings.introduction(tables), machine.everybody(tables)
    assert {id_: one.role for id_, one in rules.recognised(found).items()} == {
        id_: one.role for id_, one in everybody.devices.items()
    }
    assert rules.recognised([]) == {}
    assert judge.COORDINATOR in {one.role for one in rules.recognised(found).values()}


def test_only_a_coordinators_own_key_erases_a_child_at_the_hub(desks: Desks, told: hubs.Pass) -> None:
    rules = hubs.rules(told)
    with desks["coordinator"].db.reading() as tables:
        found, users = holdings.introduction(tables), machine.everybody(tables).users.values()
    allowed = {one.role: rules.may_erase(one.verify, found) for one in users}
    assert allowed == {"coordinator": True, "interviewer": False, "translator": False, "sg_lead": False}
    assert not rules.may_erase(desks["coordinator"].me.verify, [])
    assert not rules.may_erase(desks["coordinator"].device.pair.public["verify"], found)


def test_a_card_that_no_qr_code_holds_is_refused() -> None:
    chain = "x" * 3000
    with pytest.raises(CardTooLarge):
        hubs.picture(hubs.write_card(Card("study", "https://hub.example:8780", "key", chain)))


@pytest.mark.parametrize("certificate", ["", "-----BEGIN CERTIFICATE-----\nMIIB\n", "MIIB" * 400])
def test_the_qr_code_says_the_card_and_nothing_else(qr_says: Callable[[str], str], certificate: str) -> None:
    card = Card("study", "https://hub.example:8780", "key", certificate)
    drawn = hubs.picture(hubs.write_card(card))
    assert hubs.read_card(qr_says(drawn.decode()).encode()) == card
    assert drawn.startswith(b"<?xml")
    assert drawn == hubs.picture(hubs.write_card(card))
    assert drawn != hubs.picture(hubs.write_card(Card("study", "https://hub.example:8781", "key")))
