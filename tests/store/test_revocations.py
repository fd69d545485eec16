"""A device that was taken out, on three real machines beside a model: what counts is computed from the set alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fieldkit.clock import Clock
from fieldkit.rules import revocations as rules
from fieldkit.rules.revocations import RELEASE, REVOKE
from fieldkit.store import epochs, holdings, intake, log, machine, rebuild, removals, replica, revocations
from fieldkit.store import people as store_people
from fieldkit.store.database import Database
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Draft, Pen
from sync import orders

KEY, CENTRE, LAPTOPS = bytes(range(48)), "C1", ("L1", "L2")
MACHINES = (*LAPTOPS, CENTRE)
Trio = dict[str, Database]
BEGUN = [("write", "L1", None), ("carry", "L1", CENTRE), ("revoke", CENTRE, "L1"), ("write", "L1", None)]
LATER = [("carry", "L1", "L2"), ("carry", "L1", CENTRE), ("release", CENTRE, "L1"), ("carry", CENTRE, "L2")]
FREE = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(MACHINES), st.none()),
        st.tuples(st.just("carry"), st.sampled_from(MACHINES), st.sampled_from(MACHINES)),
        st.tuples(st.sampled_from(["revoke", "release"]), st.just(CENTRE), st.sampled_from(LAPTOPS)),
    ),
    max_size=9,
)
STEPS = st.builds(  # half of the histories begin with a laptop that was taken out and writes on
    lambda before, between, after: [*before, *between, *after],
    st.sampled_from([[], BEGUN]),
    FREE,
    st.sampled_from([[], LATER]),
)


def write(store: Database, at: str, value: str) -> str:
    with store.writing() as tables:
        draft = Draft("participant", {"site": value}, record="kid", subject="kid")
        made = log.append(tables, Pen("li", at, "A", Clock()), draft).id
        replica.seal(tables)
    return made


def give(store: Database, chief: KeyPair, kind: str, device: str) -> None:
    """Let C1 take a device out, or let count what it has of it."""
    with store.writing() as tables:
        ends = {stream: [name for _, name in found] for stream, found in holdings.ends_of(tables, device).items()}
        body = {"version": 1, "device": device, "why": "lost", "streams": ends, "orders": []}
        order = orders.sign(kind, "study-1", body, chief.signer)
        replica.StoreReplica(tables, "own").receive([order.content], [], [])


def known(store: Database) -> set[str]:
    with store.reading() as tables:
        return {row[0] for row in tables.execute("SELECT id FROM changes WHERE kind = 'participant'")}


@dataclass
class Model:
    """What each machine holds, and knows to be recognised: how many of a laptop's changes, from its first on."""

    written: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in MACHINES})
    held: dict[str, dict[str, int]] = field(default_factory=lambda: {at: dict.fromkeys(MACHINES, 0) for at in MACHINES})
    heard: dict[str, dict[str, int]] = field(default_factory=lambda: {at: {} for at in MACHINES})

    def carry(self, giver: str, taker: str) -> None:
        for of in MACHINES:
            self.held[taker][of] = max(self.held[taker][of], self.held[giver][of])
        for out, number in self.heard[giver].items():
            self.heard[taker][out] = max(self.heard[taker].get(out, 0), number)

    def shown(self, at: str) -> set[str]:
        return {
            one
            for of in MACHINES
            for one in self.written[of][: min(self.held[at][of], self.heard[at].get(of, 999) if of != at else 999)]
        }


def run(stores: Trio, chief: KeyPair, carry: Callable[[Database, Database], object], steps: list[Any]) -> None:
    """Do *steps* on the machines and in the model; at the end everybody hears of everything."""
    model = Model()
    last = [("carry", one, other) for one in MACHINES for other in MACHINES] * 2
    for what, at, other in (*steps, *last):
        if what == "write":
            model.written[at].append(write(stores[at], at, f"A{len(model.written[at]):02d}"))
            model.held[at][at] += 1
        elif what == "carry" and at != other:
            carry(stores[at], stores[other])
            model.carry(at, other)
        elif what in {"revoke", "release"} and (what == "release") == (other in model.heard[CENTRE]):
            give(stores[CENTRE], chief, what, other)
            model.heard[CENTRE][other] = model.held[CENTRE][other]
        for name, store in stores.items():
            if name in model.heard[CENTRE]:  # it lacks the others' new keys, and keeps its own words
                assert known(store) >= set(model.written[name])
            else:
                assert known(store) == model.shown(name), name
    for store in stores.values():
        with store.reading() as tables:
            assert rebuild.differences(tables) == []
            assert replica.broken_chains(tables) == []
    staying = [name for name in MACHINES if name not in model.heard[CENTRE]]
    assert len({str(digests(stores[name])) for name in staying}) == 1


def digests(store: Database) -> dict[str, str]:
    with store.reading() as tables:
        return rebuild.digests(tables)


@pytest.fixture
def machines(trio_made: Path) -> Callable[[], Any]:
    """Open a copy of the three machines, each time anew."""

    class Copy:
        def __enter__(self) -> Trio:
            self.folder = TemporaryDirectory()
            root = shutil.copytree(trio_made, Path(self.folder.name) / "trio")
            self.stores = {name: Database(root / f"{name}.db", KEY) for name in MACHINES}
            return self.stores

        def __exit__(self, *_: object) -> None:
            for store in self.stores.values():
                store.close()
            self.folder.cleanup()

    return Copy


FREELY = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FREELY
@given(steps=STEPS)
def test_what_counts_of_a_device_that_was_taken_out_is_the_same_in_any_order(
    machines: Callable[[], Any], people: dict[str, KeyPair], carry: Callable[..., object], steps: list[Any]
) -> None:
    with machines() as stores:
        run(stores, people["chen"], carry, steps)


def _on_arrival(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(intake.Intake, "park", lambda _: None)


def _for_good(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(intake.Intake, "wake", lambda _: None)


def _all_of_it(patch: pytest.MonkeyPatch) -> None:
    true = intake.beyond
    patch.setattr(intake, "beyond", lambda links, brought, _ends: true(links, brought, ()))


def _nothing_of_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(revocations, "gone", lambda _: {})


def _by_the_last_order_alone(patch: pytest.MonkeyPatch) -> None:
    def forgets(gone: rules.Gone, order: Any) -> rules.Gone:
        return rules.Gone(gone.why, gone.keys, {}, frozenset()) if order.kind == RELEASE else true(gone, order)

    true = rules._recognising
    patch.setattr(rules, "_recognising", forgets)


@pytest.mark.parametrize("plant", [_on_arrival, _for_good, _all_of_it, _nothing_of_it, _by_the_last_order_alone])
def test_a_planted_bug_is_found(
    machines: Callable[[], Any],
    people: dict[str, KeyPair],
    carry: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    plant(monkeypatch)

    @settings(FREELY, max_examples=60, phases=[Phase.generate], database=None, derandomize=True)
    @given(steps=STEPS)
    def search(steps: list[Any]) -> None:
        with machines() as stores:
            run(stores, people["chen"], carry, steps)

    with pytest.raises(AssertionError):
        search()


def test_a_stranger_and_an_interviewer_take_nobody_out(trio: Trio, people: dict[str, KeyPair]) -> None:
    for signer in (KeyPair.make(), people["li"], people["wang"]):
        give(trio[CENTRE], signer, REVOKE, "L1")
    with trio[CENTRE].reading() as tables:
        assert machine.everybody(tables).gone == {}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": 2, "device": "L1", "why": "lost", "streams": {}, "orders": []},
        {"version": 1, "device": "L1", "why": "ugly", "streams": {}, "orders": []},
        {"version": 1, "device": "L1", "why": "lost", "streams": {"s": "h"}, "orders": []},
        {"version": 1, "device": "L1", "why": "lost", "streams": [], "orders": []},
        {"version": 1, "device": "L1", "why": "lost", "streams": {}, "orders": [7]},
        {"version": 1, "device": 7, "why": "lost", "streams": {}, "orders": []},
        {"version": 1, "device": "L9", "why": "lost", "streams": {}, "orders": []},
    ],
)
def test_an_order_of_another_shape_takes_nobody_out(
    trio: Trio, people: dict[str, KeyPair], body: dict[str, Any]
) -> None:
    with trio[CENTRE].writing() as tables:
        order = orders.sign(REVOKE, "study-1", body, people["chen"].signer)
        replica.StoreReplica(tables, "own").receive([order.content], [], [])
        assert machine.everybody(tables).gone == {}
        assert epochs.due(tables) == []


@pytest.mark.parametrize("signer", ["wang", "L2"])
def test_an_order_to_erase_a_child_that_its_signer_could_never_give_hides_nobody(
    trio: Trio, people: dict[str, KeyPair], carry: Callable[..., object], signer: str
) -> None:
    write(trio["L1"], "L1", "A01")
    carry(trio["L1"], trio[CENTRE])
    with trio["L2"].reading() as tables:
        keys = {**people, "L2": machine.recall_self(tables).pair}
    with trio[CENTRE].writing() as tables:
        body = removals.body_of(tables, "A", "kid")
        order = orders.sign(removals.KIND, "study-1", body, keys[signer].signer)
        replica.StoreReplica(tables, "stick").receive([order.content], [], [])
    give(trio[CENTRE], people["chen"], REVOKE, "L2")
    with trio[CENTRE].reading() as tables:
        assert "L2" in machine.everybody(tables).gone
        assert not revocations.hides(tables, "kid")
        assert not store_people.is_hidden(tables, "kid")


def test_a_key_that_the_taken_out_device_hands_round_is_no_key(
    trio: Trio, people: dict[str, KeyPair], carry: Callable[..., object]
) -> None:
    give(trio[CENTRE], people["chen"], REVOKE, "L1")
    with trio["L1"].writing() as tables:
        me, everybody = machine.recall_self(tables), machine.everybody(tables)
        readers = {id_: one.box for id_, one in everybody.devices.items()}
        body = epochs._body("research/A", 2**40, frozenset({"L9"}), bytes(32), readers)
        order = orders.sign(epochs.KIND, "study-1", body, me.pair.signer)
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
    carry(trio["L1"], trio[CENTRE])
    with trio[CENTRE].reading() as tables:
        assert machine.drawer_key(tables, "research/A", 2**40) is None
