from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldkit.records import Change
from fieldkit.store import log, machine, rebuild
from fieldkit.store.database import Database, Tables
from fieldkit.store.log import Draft, Pen

SPOILED = {
    "UPDATE answers SET text = 'never said'": "answers: 1 differ",
    "UPDATE answers SET conflict = 1": "answers: 1 differ",
    "DELETE FROM answers": "answers: 1 differ",
    "UPDATE consent_events SET act = 'declined' WHERE actor = 'child'": "consent_events: 1 differ",
    "DELETE FROM heads WHERE field = 'text'": "heads: differ",
    "INSERT INTO heads VALUES ('R', 'text', 'C')": "heads: differ",
    "DELETE FROM search_rows": "search: differs",
    "UPDATE standings SET hidden = 1": "standings: 1 differ",
    "UPDATE grown SET since = '2000-01-01'": "grown: 1 differ",
    "DELETE FROM changes WHERE kind = 'participant'": "participants: 1 differ",
}


@pytest.fixture
def used(tables: Tables, pen: Pen, say: Callable[..., str], answer: Callable[..., Change]) -> Tables:
    """A child with both consents and one note."""
    log.append(tables, pen, Draft("participant", {"site": "A03"}, record="kid", subject="kid"))
    log.append(tables, pen, Draft("identity", {"birth_date": "2014-05"}, record="who", subject="kid"))
    answer((say("guardian"), say("child")))
    return tables


@pytest.mark.parametrize(("spoil", "said"), SPOILED.items())
def test_whatever_differs_from_the_log_is_named(used: Tables, spoil: str, said: str) -> None:
    used.execute(spoil)
    assert said in rebuild.differences(used)


def test_state_that_follows_from_the_log_differs_nowhere(used: Tables) -> None:
    assert rebuild.differences(used) == []


def test_a_row_that_no_change_made_is_named(used: Tables) -> None:
    used.execute("INSERT INTO slips (id, called) SELECT record, 'a stranger' FROM changes WHERE kind = 'participant'")
    assert rebuild.differences(used) == ["slips: 1 differ"]


def test_each_drawer_has_a_digest_of_its_own(tables: Tables, pen: Pen) -> None:
    for drawer in ("research/A", "vault/A"):
        machine.keep_key(tables, drawer, 1, bytes(32))
    before = rebuild.digests(tables)
    log.append(tables, pen, Draft("slip", {"called": "小满"}, record="R", subject="kid"))
    after = rebuild.digests(tables)
    assert before.keys() == after.keys() == {"research/A", "vault/A"}
    assert before["research/A"] == after["research/A"]
    assert before["vault/A"] != after["vault/A"]


def test_a_change_that_is_no_head_is_part_of_the_digest(tables: Tables, pen: Pen) -> None:
    machine.keep_key(tables, "vault/A", 1, bytes(32))
    old = log.append(tables, pen, Draft("slip", {"called": "小满"}, record="R"))
    log.append(tables, pen, Draft("slip", {"called": "小禾"}, record="R", over={"called": [old.id]}))
    with_both = rebuild.digests(tables)
    tables.execute("DELETE FROM changes WHERE id = ?", [old.id])
    assert rebuild.differences(tables) == []
    assert rebuild.digests(tables) != with_both


def test_an_order_changes_every_digest(tables: Tables) -> None:
    for drawer in ("research/A", "vault/A"):
        machine.keep_key(tables, drawer, 1, bytes(32))
    before = rebuild.digests(tables)
    machine.keep_orders(tables, [("hash", "revoke", b"signed")])
    after = rebuild.digests(tables)
    assert all(before[drawer] != after[drawer] for drawer in before)


def test_a_digest_says_nothing_of_what_one_machine_is_or_judges(used: Tables, say: Callable[..., str]) -> None:
    machine.keep_key(used, "research/A", 1, bytes(32))
    before = rebuild.digests(used)["research/A"]
    event = used.execute("SELECT id FROM consent_events WHERE actor = 'guardian'").fetchone()[0]
    say("coordinator", "voided", items={}, voids=[event])  # the note is held from now on
    machine.remember(used, "last_written", "today")
    used.execute("UPDATE changes SET batch = 'stick', block = 'sealed'")
    assert used.table("answers").count == 0
    assert rebuild.digests(used)["research/A"] == before


def test_machines_with_the_same_changes_have_the_same_digests(trio: dict[str, Database]) -> None:
    found = []
    for store in trio.values():
        with store.reading() as tables:
            found.append(rebuild.digests(tables))
    assert found[0] == found[1] == found[2]
    assert len(set(found[0].values())) == len(found[0]) - 2  # three drawers are empty alike
