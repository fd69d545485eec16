"""Fresh keys: sealed to whoever may have them, by whoever reads the drawer; the vectors were written without this."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fieldkit.store import epochs, intake, machine
from fieldkit.store.database import Database, Tables
from fieldkit.store.keys import KeyPair, b64, unb64
from sync import chain, orders

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))["revocations"]
FRESH = VECTORS["fresh"]


@pytest.fixture
def machine_of_the_vectors(tables: Tables) -> Tables:
    """L2 of the vectors, with every order of theirs in which L1 is taken out."""
    pair = KeyPair(unb64(FRESH["sign"]), unb64(FRESH["box"]))
    me = machine.Self("L2", "L2", "study-1", VECTORS["root"], "A", "interviewer", pair, (1, 99))
    machine.remember_self(tables, me)
    machine.keep_key(tables, FRESH["drawer"], 1, bytes(32))
    named = [*VECTORS["cases"][2]["orders"], "fresh"]
    found = [orders.parse(VECTORS["order"][name].encode()) for name in named]
    machine.keep_orders(tables, [(one.id, one.kind, one.content) for one in found])
    return tables


def test_a_key_that_was_sealed_to_another_pair_is_no_key(machine_of_the_vectors: Tables) -> None:
    tables = machine_of_the_vectors
    machine.remember_self(tables, replace(machine.recall_self(tables), pair=KeyPair.make()))
    epochs.take_in(tables)
    assert machine.drawer_key(tables, FRESH["drawer"], FRESH["epoch"]) is None


def test_a_fresh_key_is_opened_by_whom_it_is_sealed_to(machine_of_the_vectors: Tables) -> None:
    tables = machine_of_the_vectors
    epochs.take_in(tables)
    assert machine.drawer_key(tables, FRESH["drawer"]) == (FRESH["epoch"], unb64(FRESH["key"]))
    assert [one["drawer"] for one in epochs.due(tables)] == []  # everybody who stays has it


def test_who_lacks_it_is_given_it_once_more_and_nobody_else(machine_of_the_vectors: Tables) -> None:
    tables = machine_of_the_vectors
    epochs.take_in(tables)
    late = KeyPair.make()
    body = {**json.loads(VECTORS["order"]["L2"])["body"], "id": "L9", **late.public}
    order = orders.sign("device", "study-1", body, KeyPair(bytes(range(1, 33)), bytes(32)).signer)
    machine.keep_orders(tables, [(order.id, order.kind, order.content)])

    (given,) = epochs.due(tables)
    assert (given["epoch"], set(given["sealed"]), given["after"]) == (FRESH["epoch"], {"L9"}, ["L1"])
    assert late.unseal(unb64(given["sealed"]["L9"])) == unb64(FRESH["key"])


@pytest.mark.parametrize("epoch", [0, 1, 2**32 - 1, True, "9"])
def test_an_epoch_out_of_its_range_is_no_key(machine_of_the_vectors: Tables, epoch: object) -> None:
    tables = machine_of_the_vectors
    me = machine.recall_self(tables)
    sealed = {"L2": json.loads(VECTORS["order"]["fresh"])["body"]["sealed"]["L2"]}
    body = {"version": 1, "drawer": "consent/A", "epoch": epoch, "after": [], "sealed": sealed}
    order = orders.sign(
        epochs.KIND, "study-1", body if epoch != 2**53 else {**body, "epoch": 2**53 - 1}, me.pair.signer
    )
    content = order.content if epoch != 2**53 else order.content.replace(b"9007199254740991", b"9007199254740992")
    machine.keep_orders(tables, [(order.id, order.kind, content)])
    epochs.take_in(tables)
    assert machine.drawer_key(tables, "consent/A") is None


@pytest.mark.parametrize("case", VECTORS["chain"]["beyond"])
def test_what_lies_beyond_the_ends_that_are_recognised(case: dict[str, Any]) -> None:
    links = {name: (position, previous) for name, (position, previous) in VECTORS["chain"]["links"].items()}
    assert sorted(intake.beyond(links, (), case["ends"])) == case["parked"]
    assert sorted(name for _, name in chain.beyond(links, case["ends"])) == case["parked"]


def test_a_store_without_anybody_taken_out_owes_no_key(trio: dict[str, Database]) -> None:
    for store in trio.values():
        with store.reading() as tables:
            assert epochs.due(tables) == []


def test_no_key_lies_in_the_clear_in_an_order() -> None:
    content = VECTORS["order"]["fresh"]
    assert FRESH["key"] not in content
    assert b64(unb64(FRESH["key"])[:16]) not in content
