"""What a device that was taken out wants erased, beside a model: it counts, or it hides; parked it destroys nothing.

Each block holds one change, so that a chain is a row of changes and an end is how many of them there are.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from fieldkit.clock import Clock
from fieldkit.records import decode
from fieldkit.rules import revocations as rules
from fieldkit.rules.revocations import RELEASE, REVOKE
from fieldkit.store import erasures, holdings, intake, log, machine, parking, rebuild, replica
from fieldkit.store.database import Database
from fieldkit.store.intake import PARKED
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Draft, Pen
from sync import orders

KEY, OUT, CENTRE, MACHINES = bytes(range(48)), "L1", "C1", ("L1", "L2", "C1")
Trio = dict[str, Database]
Step = tuple[str, str, int]
CARRIES = [("carry", giver + taker, 0) for giver in MACHINES for taker in MACHINES if giver != taker]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(["L1", "L1", "L2"]), st.just(0)),
        st.tuples(st.just("erase"), st.just(OUT), st.integers(0, 3)),
        st.sampled_from(CARRIES),
        st.just(("revoke", CENTRE, 0)),
    ),
    max_size=12,
)
WRITTEN: list[Step] = [("write", OUT, 0), ("write", OUT, 0), ("carry", "L1C1", 0)]
AFTER = [*WRITTEN, ("carry", "C1L2", 0), ("revoke", CENTRE, 0), ("erase", OUT, 0)]
HISTORIES: list[list[Step]] = [
    [*AFTER, ("carry", "L1C1", 0), ("revoke", CENTRE, 0)],  # parked, then let count
    [*AFTER, ("carry", "L1L2", 0), ("carry", "C1L2", 0), ("carry", "L2C1", 0)],  # carried out where nobody had heard
    [*AFTER, ("write", OUT, 0), ("carry", "L1C1", 0), ("revoke", CENTRE, 0), ("carry", "C1L2", 0)],
    [("write", OUT, 0), ("erase", OUT, 0), ("carry", "L1C1", 0), ("revoke", CENTRE, 0), ("carry", "C1L2", 0)],
    [("write", OUT, 0), ("carry", "L1L2", 0), ("erase", OUT, 0), ("carry", "L1C1", 0), ("revoke", CENTRE, 0)],
    [*WRITTEN, ("revoke", CENTRE, 0), ("carry", "C1L1", 0), ("erase", OUT, 0)],  # it has heard of it itself
    [*WRITTEN, ("carry", "L1L2", 0), ("write", OUT, 0), ("carry", "L1L2", 0), ("revoke", CENTRE, 0)],
]


@dataclass
class Model:
    """What each machine holds: so many changes of each device, orders to erase, and what it heard is recognised."""

    written: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in MACHINES})
    names: dict[str, str] = field(default_factory=dict)  # an order to erase -> the change
    held: dict[str, dict[str, int]] = field(default_factory=lambda: {at: dict.fromkeys(MACHINES, 0) for at in MACHINES})
    orders: dict[str, set[str]] = field(default_factory=lambda: {at: set() for at in MACHINES})
    heard: dict[str, set[tuple[int, frozenset[str]]]] = field(default_factory=lambda: {at: set() for at in MACHINES})
    gone: dict[str, set[str]] = field(default_factory=lambda: {at: set() for at in MACHINES})

    def counting(self, at: str) -> set[str]:
        """Return the orders to erase that count on a machine; its own always do."""
        if at == OUT or not self.heard[at]:
            return set(self.orders[at])
        return self.orders[at] & {one for _, kept in self.heard[at] for one in kept}

    def carry(self, giver: str, taker: str) -> None:
        self.orders[taker] |= self.orders[giver]
        self.heard[taker] |= self.heard[giver]
        for of in MACHINES:
            came = self.written[of][self.held[taker][of] : self.held[giver][of]]
            self.gone[taker] |= self.gone[giver] & set(came)
            self.held[taker][of] = max(self.held[taker][of], self.held[giver][of])

    def obey(self) -> None:
        for at in MACHINES:
            self.gone[at] |= {self.names[one] for one in self.counting(at)}

    def stored(self, at: str) -> set[str]:
        """Return the changes that count by their place, and were not destroyed."""
        found: set[str] = set()
        for of in MACHINES:
            heard = self.heard[at] if (of, at != of) == (OUT, True) else set()
            ends = max((end for end, _ in heard), default=len(self.written[of]))
            found |= {*self.written[of][: min(ends, self.held[at][of])]}
        return found - self.gone[at]

    def shown(self, at: str) -> set[str]:
        """Return what is seen: of what is stored, whatever no order that is known wants gone."""
        return self.stored(at) - {self.names[one] for one in self.orders[at]}


def write(store: Database, at: str, number: int) -> str:
    with store.writing() as tables:
        record = f"{at} {number}"
        draft = Draft("participant", {"site": record}, record=record, subject=record)
        made = log.append(tables, Pen("li", at, "A", Clock()), draft).id
        replica.seal(tables)
    return made


def erase(store: Database, name: str) -> str:
    with store.writing() as tables:
        known = set(holdings.order_ids(tables))
        body = tables.execute("SELECT body FROM changes WHERE id = ?", [name]).fetchone()[0]
        replica.erase(tables, [decode(bytes(body))])
        (made,) = set(holdings.order_ids(tables)) - known
    return made


def give(store: Database, chief: KeyPair, kind: str) -> None:
    """Let C1 take L1 out, or let count what it has of it, its orders too."""
    with store.writing() as tables:
        ends = {stream: [name for _, name in found] for stream, found in holdings.ends_of(tables, OUT).items()}
        key = machine.everybody(tables).devices[OUT].verify
        given_ = [one.id for one in map(orders.parse, machine.orders(tables)) if one.signer == key]
        body = {"version": 1, "device": OUT, "why": "lost", "streams": ends, "orders": given_}
        order = orders.sign(kind, "study-1", body, chief.signer)
        replica.StoreReplica(tables, "own").receive([order.content], [], [])


def step(stores: Trio, model: Model, chief: KeyPair, carry: Callable[..., Any], one: Step) -> None:
    what, at, number = one
    if what == "write":
        model.written[at].append(write(stores[at], at, len(model.written[at])))
        model.held[at][at] += 1
    elif what == "erase" and (left := [name for name in model.written[OUT] if name not in model.gone[OUT]]):
        name = left[number % len(left)]
        order = erase(stores[OUT], name)
        model.names[order] = name
        model.orders[OUT].add(order)
    elif what == "carry":
        giver, taker = at[:2], at[2:]
        carry(stores[giver], stores[taker])
        model.carry(giver, taker)
    elif what == "revoke":
        give(stores[CENTRE], chief, RELEASE if model.heard[CENTRE] else REVOKE)
        model.heard[CENTRE].add((model.held[CENTRE][OUT], frozenset(model.orders[CENTRE])))
    model.obey()


def run(stores: Trio, chief: KeyPair, carry: Callable[..., Any], steps: list[Step]) -> None:
    model = Model()
    for one in (*steps, *CARRIES, *CARRIES):
        step(stores, model, chief, carry, one)
        for at, store in stores.items():
            with store.reading() as tables:
                in_log = {row[0] for row in tables.execute("SELECT id FROM changes WHERE kind = 'participant'")}
                if at == OUT and model.heard[CENTRE]:  # it lacks the others' new keys
                    assert in_log & {*model.written[OUT]} == {*model.written[OUT]} - model.gone[OUT], one
                    continue
                seen = {row["id"] for row in tables.table("participants").rows}
                assert in_log == model.stored(at), (at, one)
                assert len(seen) == len(model.shown(at)), (at, one)
    for store in stores.values():
        with store.reading() as tables:
            assert rebuild.differences(tables) == []
            assert replica.broken_chains(tables) == []
    assert digests(stores["L2"]) == digests(stores[CENTRE])


def digests(store: Database) -> dict[str, str]:
    with store.reading() as tables:
        return {name: one for name, one in rebuild.digests(tables).items() if name == "research/A"}


Machines = Callable[[], Any]


@pytest.fixture(scope="module")
def machines(trio_made: Path) -> Machines:
    """Open a copy of the three machines, each time anew."""

    @contextmanager
    def copied() -> Iterator[Trio]:
        with TemporaryDirectory() as folder:
            root = shutil.copytree(trio_made, Path(folder) / "trio")
            stores = {name: Database(root / f"{name}.db", KEY) for name in MACHINES}
            try:
                yield stores
            finally:
                for store in stores.values():
                    store.close()

    return copied


def histories(test: Any) -> Any:
    for one in HISTORIES:
        test = example(steps=one)(test)
    return test


@settings(max_examples=15)
@histories
@given(steps=STEPS)
def test_what_it_wants_erased_counts_or_hides_and_is_destroyed_only_where_it_counts(
    machines: Machines, people: dict[str, KeyPair], carry: Callable[..., Any], steps: list[Step]
) -> None:
    with machines() as stores:
        run(stores, people["chen"], carry, steps)


def _parked_destroys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(erasures, "counts", lambda *_: True)


def _parked_does_not_hide(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(parking, "_park", lambda _: None)


def _forgets_the_orders_that_it_recognised(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "counts", lambda gone, _order, signer: all(signer not in one.keys for one in gone.values()))


def _its_own_machine_parks_too(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(erasures, "counts", lambda _tables, everybody, order, signer: everybody.counts(order, signer))


def _drops_what_lies_beyond(patch: pytest.MonkeyPatch) -> None:
    def keep(tables: Any, made: Any, judged: str) -> None:
        if judged != PARKED:
            true(tables, made, judged)

    true = intake.keep_block
    patch.setattr(intake, "keep_block", keep)


PLANTS = [
    _parked_destroys,
    _parked_does_not_hide,
    _forgets_the_orders_that_it_recognised,
    _its_own_machine_parks_too,
    _drops_what_lies_beyond,
]


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_found(
    machines: Machines,
    people: dict[str, KeyPair],
    carry: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    plant(monkeypatch)

    @settings(max_examples=60, phases=[Phase.explicit, Phase.generate], database=None, derandomize=True)
    @histories
    @given(steps=STEPS)
    def search(steps: list[Step]) -> None:
        with machines() as stores:
            run(stores, people["chen"], carry, steps)

    with pytest.raises((AssertionError, BaseExceptionGroup)):
        search()


@pytest.mark.parametrize("heard", [False, True])
def test_a_machine_that_joins_takes_empty_copies_from_who_carried_out_what_is_parked_now(
    trio: Trio, trio_made: Path, tmp_path: Path, people: dict[str, KeyPair], carry: Callable[..., Any], heard: bool
) -> None:
    first, second = (write(trio[OUT], OUT, number) for number in (1, 2))
    carry(trio[OUT], trio[CENTRE])
    erase(trio[OUT], first)
    carry(trio[OUT], trio["L2"])
    give(trio[CENTRE], people["chen"], REVOKE)
    carry(trio[CENTRE], trio["L2"])
    joined = Database(Path(shutil.copy2(trio_made / f"{CENTRE}.db", tmp_path / "joined.db")), KEY)
    if heard:  # its orders came before, as by a piece of a sync
        with trio["L2"].reading() as theirs, joined.writing() as tables:
            replica.StoreReplica(tables, "before").receive(machine.orders(theirs), [], [])
    report = carry(trio["L2"], joined)

    assert (report.damaged, report.gaps) == (0, 0)
    with joined.reading() as tables:
        assert [row[0] for row in tables.execute("SELECT id FROM changes WHERE device = ?", [OUT])] == [second]
        assert replica.broken_chains(tables) == []
    assert digests(joined) == digests(trio["L2"])
    joined.close()
