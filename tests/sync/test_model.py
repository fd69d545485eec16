"""Any sequence of writes, erasures, cuts, branches, crashes, restores: at the end all hold the same, nothing is lost.

Planted bugs must be caught: a machine that finds nothing wrong with them would find nothing wrong with ours.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from sync import chain, client, receipts
from sync.centre import Centre
from sync.errors import Refused, Unreachable
from sync.hub_store import Strip

WHO = st.sampled_from(["L1", "L2", "C1"])
DRAWERS = st.sampled_from(["research/A", "vault/A"])
CHILDREN = st.sampled_from(["river", "cloud"])
LIMITED = settings(
    max_examples=300,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


class Crash(Exception):
    """The hub is killed while it commits."""


class Exchanges(RuleBasedStateMachine):
    """Two laptops, a coordinator and a hub; beside them a model that remembers only what was written and erased."""

    make_station: Callable[[str], Any]
    make_laptop: Callable[..., Any]

    @initialize()
    def begin(self) -> None:
        self.folder = Path(mkdtemp(prefix="fieldkit-hub-"))
        self.station = self.make_station(f"sqlite:///{self.folder / 'hub.db'}")
        roles = {"L1": "interviewer", "L2": "interviewer", "C1": "coordinator"}
        self.laptops = {device: self.make_laptop(device, role) for device, role in roles.items()}
        self.backups: dict[str, dict[str, Any]] = {}
        self.numbers = count(1)

    @rule(who=WHO, drawer=DRAWERS, alias=CHILDREN)
    def write(self, who: str, drawer: str, alias: str) -> None:
        self.laptops[who].write(drawer, f'{{"n":{next(self.numbers)}}}', alias)

    @rule(who=WHO, number=st.integers(0, 99))
    def branch(self, who: str, number: int) -> None:
        """What a laptop does that was restored from a backup: it writes after an older block of its own."""
        own = self._own(who)
        if own:
            after = self.laptops[who].held[own[number % len(own)]]
            text = f'{{"n":{next(self.numbers)}}}'
            self.laptops[who].write(after.header.drawer, text, after.header.alias, at=after.hash)

    @rule(who=WHO, number=st.integers(0, 99))
    def erase(self, who: str, number: int) -> None:
        own = self._own(who)
        if own:
            self.laptops[who].erase(own[number % len(own)])

    @rule(drawer=DRAWERS, alias=CHILDREN)
    def erase_child(self, drawer: str, alias: str) -> None:
        self.laptops["C1"].erase_child(drawer, alias)

    @rule(who=WHO)
    def exchange(self, who: str) -> None:
        self._sync(who, None)

    @rule(who=WHO, after=st.integers(0, 9), arrives=st.booleans())
    def cut(self, who: str, after: int, arrives: bool) -> None:
        with suppress(Unreachable):
            self._sync(who, self.station.breaking(after, arrives=arrives))

    @rule(who=WHO)
    def kill_the_hub_at_its_commit(self, who: str) -> None:
        add = Strip.add

        def crash(strip: Strip, one: Any) -> None:
            add(strip, one)
            raise Crash

        Strip.add = crash  # type: ignore[method-assign,assignment]
        try:
            with suppress(Refused):
                self._sync(who, None)
        finally:
            Strip.add = add  # type: ignore[method-assign]
        self.station.start()

    @rule(who=WHO)
    def back_up_a_laptop(self, who: str) -> None:
        laptop = self.laptops[who]
        self.backups[who] = {name: dict(getattr(laptop, name)) for name in ("held", "held_streams")}

    @rule(who=WHO)
    def restore_a_laptop(self, who: str) -> None:
        """It writes on after its old end: a branch. Its orders come back with it (`erased.log`)."""
        for name, value in self.backups.get(who, {}).items():
            setattr(self.laptops[who], name, dict(value))
        self.laptops[who]._empty()

    @rule()
    def back_up_the_hub(self) -> None:
        (self.folder / "copy.db").unlink(missing_ok=True)
        with closing(sqlite3.connect(self.folder / "hub.db")) as at:
            at.execute("VACUUM INTO ?", [str(self.folder / "copy.db")])

    @rule()
    def restore_the_hub(self) -> None:
        if (self.folder / "copy.db").exists():
            self.station.store.close()
            for left in self.folder.glob("hub.db*"):
                left.unlink()
            shutil.copy(self.folder / "copy.db", self.folder / "hub.db")
            self.station.restore(f"epoch-{next(self.numbers)}")

    def _own(self, who: str) -> list[str]:
        laptop = self.laptops[who]
        return sorted(n for n, one in laptop.held.items() if laptop.held_streams[one.header.stream].device == who)

    def _sync(self, who: str, way: httpx.BaseTransport | None) -> None:
        laptop = self.laptops[who]
        done = self.station.sync(laptop, transport=way)
        event(f"exchange: done {done.done}, restored {done.restored}")
        assert all(report.damaged == report.gaps == 0 for report in done.reports)
        assert done.aside == {}
        if done.done:
            assert set(laptop.held) <= set(self.station.payloads())

    def teardown(self) -> None:
        if not hasattr(self, "laptops"):
            return
        try:
            self._end()
        finally:
            self.station.store.close()
            shutil.rmtree(self.folder)

    def _end(self) -> None:
        """Everybody meets the hub: then all hold the same, and what was to be empty is empty."""
        alive = {name for laptop in self.laptops.values() for name in laptop.held}
        for _ in range(3):
            for who in ("C1", "L1", "L2"):
                self._sync(who, None)
        held = self.station.payloads()
        assert alive <= set(held)
        assert len({laptop.opening() for laptop in self.laptops.values()}) == 1
        assert all(laptop.payloads() == held for laptop in self.laptops.values())
        again = self.station.sync(self.laptops["L1"], self.station.sync(self.laptops["L1"]).receipt)
        assert again.done
        assert (again.progress, again.orders_sent) == (client.Progress(), 0)


class Branches(Exchanges):
    """Each history begins with a laptop that was restored from a backup, whose first branch the hub has."""

    @initialize(drawer=DRAWERS, alias=CHILDREN)
    def begin(self, drawer: str, alias: str) -> None:
        super().begin()
        self.write("L1", drawer, alias)
        self.back_up_a_laptop("L1")
        self.write("L1", drawer, alias)
        self.exchange("L1")
        self.restore_a_laptop("L1")
        self.write("L1", drawer, alias)


class Killed(Exchanges):
    """Each history begins with a hub that is killed at its first commit."""

    @initialize(drawer=DRAWERS, alias=CHILDREN)
    def begin(self, drawer: str, alias: str) -> None:
        super().begin()
        self.write("L1", drawer, alias)
        self.kill_the_hub_at_its_commit("L1")


def run(station_class: Any, laptop: Any, limits: settings, of: type[Exchanges] = Exchanges) -> None:
    machine = type(of.__name__, (of,), {"make_station": station_class, "make_laptop": laptop})
    run_state_machine_as_test(machine, settings=limits)


@pytest.fixture
def station_class(stations: Callable[[], Any]) -> Any:
    return staticmethod(type(stations()))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_all_hold_the_same_at_the_end_whatever_happened(station_class: Any, laptop: Any) -> None:
    run(station_class, laptop, LIMITED)


def _by_position(links: Any, name: str, header: Any) -> str:
    """Planted: whoever has something at a position has this block."""
    positions = {position for position, _ in links.get(header.stream, {}).values()}
    if header.position in positions:
        return chain.KNOWN
    return chain.NEW if header.position - 1 in positions | {0} else chain.GAP


def _orders_last(self: Any) -> None:
    """Planted: blocks first, orders after them."""
    said = self._compare()
    streams = receipts.ends(said["streams"])
    with suppress(Refused):
        self._fetch_blocks(streams)
        self._fetch_orders(said["has"])
    self._bring_blocks(streams)
    self._bring_orders(said["lacks"])
    self._ask_receipt()


_TAKE_STREAM = Centre._take_stream


def _answers_first(self: Any, run: Any, claimed: str, sender: str) -> dict[str, str]:
    """Planted: the answer does not wait for the commit."""
    with suppress(Crash):
        return _TAKE_STREAM(self, run, claimed, sender)
    return {one.hash: chain.NEW for one in run}


def _all_held(_: Any, _stream: str, ends: Any) -> list[list[Any]]:
    return [list(end) for end in ends]


def hashes_do_not_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(chain, "classify", _by_position)


def orders_come_last(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(client._Talk, "round", _orders_last)


def acknowledged_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Centre, "_held", _all_held)
    patch.setattr(Centre, "_take_stream", _answers_first)


@pytest.mark.parametrize(
    ("plant", "of"),
    [(hashes_do_not_count, Branches), (orders_come_last, Exchanges), (acknowledged_before_the_commit, Killed)],
)
def test_a_planted_bug_is_caught(
    plant: Callable[[pytest.MonkeyPatch], None],
    of: type[Exchanges],
    station_class: Any,
    laptop: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What shows only in rare histories is looked for in histories that begin so."""
    plant(monkeypatch)
    with pytest.raises((AssertionError, Refused, RuntimeError, ExceptionGroup)):
        run(station_class, laptop, settings(LIMITED, max_examples=100, derandomize=True), of)
