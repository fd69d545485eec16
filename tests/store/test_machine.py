from __future__ import annotations

from fieldkit.store import machine
from fieldkit.store.database import Database, Tables
from fieldkit.store.keys import KeyPair
from fieldkit.store.machine import Self


def test_a_drawer_without_its_key_is_nobodys(tables: Tables) -> None:
    assert machine.drawer_key(tables, "vault/B") is None
    machine.keep_key(tables, "vault/A", 1, b"a" * 32)
    assert machine.drawer_key(tables, "vault/B") is None
    assert machine.drawer_key(tables, "vault/A", 2) is None


def test_one_writes_with_the_newest_key_and_reads_with_the_one_that_is_named(tables: Tables) -> None:
    for epoch in (2, 10, 1):
        machine.keep_key(tables, "vault/A", epoch, bytes([epoch]) * 32)
    assert machine.drawer_key(tables, "vault/A") == (10, b"\x0a" * 32)
    assert machine.drawer_key(tables, "vault/A", 2) == (2, b"\x02" * 32)
    assert machine.drawers(tables) == {"vault/A": {str(epoch): bytes([epoch]) * 32 for epoch in (1, 2, 10)}}


def test_a_key_that_is_known_is_never_replaced(tables: Tables) -> None:
    machine.keep_key(tables, "study", 1, b"first" * 6 + b"..")
    machine.keep_key(tables, "study", 1, b"other" * 6 + b"..")
    assert machine.drawer_key(tables, "study") == (1, b"first" * 6 + b"..")


def test_local_facts_are_kept_replaced_and_forgotten(tables: Tables) -> None:
    assert machine.recall(tables, "last_written") is None
    machine.remember(tables, "last_written", "周一")
    machine.remember(tables, "last_written", b"\xff\x00")
    assert machine.recall(tables, "last_written") == b"\xff\x00"
    machine.forget(tables, "last_written")
    assert machine.recall(tables, "last_written") is None


def test_a_machine_knows_itself_again(tables: Tables) -> None:
    me = Self("D1", "L1", "study-1", "root", "A", "interviewer", KeyPair.make(), (101, 199))
    machine.remember_self(tables, me)
    assert machine.recall_self(tables) == me


def test_an_order_that_is_known_stays_as_it_is(tables: Tables) -> None:
    machine.keep_orders(tables, [("hash", "user", b"as it was signed")])
    machine.keep_orders(tables, [("hash", "user", b"something else"), ("other", "user", b"2")])
    assert machine.orders(tables) == [b"as it was signed", b"2"]


def test_everybody_is_whom_the_signed_orders_name(trio: dict[str, Database]) -> None:
    with trio["L1"].reading() as tables:
        assert sorted(machine.everybody(tables).devices) == ["C1", "L1", "L2"]
