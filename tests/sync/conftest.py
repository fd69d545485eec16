from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from sync import block, bundle, chain, orders
from sync.block import Block, Place
from sync.canonical import b64, digest
from sync.errors import SyncError
from sync.orders import Order
from sync.replica import Replica, Report, StreamInfo

STREAM = b64(b"stream of L1")
STUDY = "study-1"


class Shelf:
    """A replica in memory that can open nothing: what a hub or a stranger's laptop does with blocks."""

    def __init__(self, signer: SigningKey, brought: Sequence[Block], found: Sequence[Order], study: str) -> None:
        self._key = signer.verify_key
        self._study = study
        self._orders = {order.id: order.content for order in found}
        self._streams = {StreamInfo(STREAM, "research/A", "L1")} if brought else set()
        self._blocks: dict[str, Block] = {}
        self.receive([], [], brought)

    def study(self) -> str:
        return self._study

    def orders(self) -> Iterable[bytes]:
        return self._orders.values()

    def streams(self) -> Iterable[StreamInfo]:
        return sorted(self._streams)

    def blocks(self) -> Iterable[Block]:
        return chain.in_order(self._blocks.values())

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Iterable[Block]) -> Report:
        self._orders |= {digest(content): content for content in found}
        self._streams |= set(streams)
        report = Report()
        for one in chain.in_order(brought):
            report = self._count(report, self._take(one))
        return report

    def _take(self, one: Block) -> str:
        links: dict[str, dict[str, tuple[int, str | None]]] = {}
        for held in self._blocks.values():
            links.setdefault(held.header.stream, {})[held.hash] = (held.header.position, held.header.previous)
        standing = chain.classify(links, one.hash, one.header)
        if standing != chain.NEW:
            return {chain.GAP: "gaps"}.get(standing, standing)
        try:
            block.verify(one, self._key)
        except SyncError:
            return "damaged"
        self._blocks[one.hash] = one
        return "new"

    @staticmethod
    def _count(report: Report, name: str) -> Report:
        report = replace(report, **{name: getattr(report, name) + 1})
        return replace(report, received=report.received + (name in {"known", "new"}))


@pytest.fixture(scope="session")
def signer() -> SigningKey:
    """The key of device L1."""
    return SigningKey(bytes(range(32)))


@pytest.fixture(scope="session")
def key() -> bytes:
    """The key of the drawer `research/A`."""
    return bytes(range(100, 132))


@pytest.fixture(scope="session")
def place() -> Place:
    """The first place of L1's stream."""
    return Place(STREAM, 1, None, "research/A", 1, "river")


@pytest.fixture(scope="session")
def add(key: bytes, signer: SigningKey, place: Place) -> Callable[[Block | None, bytes], Block]:
    """Seal one change into the block that continues another one, or into the first."""

    def _add(after: Block | None, change: bytes) -> Block:
        if after is None:
            return block.seal(place, [change], key, signer)
        there = replace(place, position=after.header.position + 1, previous=after.hash)
        return block.seal(there, [change], key, signer)

    return _add


@pytest.fixture(scope="session")
def tree(add: Callable[[Block | None, bytes], Block]) -> list[Block]:
    """Five blocks: a line of three, and a branch of two after the first."""
    first = add(None, b'{"n":1}')
    second = add(first, b'{"n":2}')
    branch = add(first, b'{"n":"2, restored from a backup"}')
    return [first, second, add(second, b'{"n":3}'), branch, add(branch, b'{"n":"3, restored"}')]


@pytest.fixture(scope="session")
def order(signer: SigningKey) -> Order:
    """An order of a kind that nothing here knows."""
    return orders.sign("erase", STUDY, {"aliases": ["river"]}, signer)


@pytest.fixture(scope="session")
def shelf(signer: SigningKey) -> Callable[..., Replica]:
    """Make a replica of `STUDY` that holds what it is given: `shelf(blocks, orders, study)`."""

    def _shelf(brought: Sequence[Block] = (), found: Sequence[Order] = (), study: str = STUDY) -> Replica:
        return Shelf(signer, brought, found, study)

    return _shelf


@pytest.fixture(scope="session")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files that a property writes over and over again."""
    return tmp_path_factory.mktemp("stick")


@pytest.fixture(scope="session")
def whole(stick: Path, tree: list[Block], order: Order, shelf: Callable[..., Replica]) -> bytes:
    """The bytes of a bundle with one order, one stream and five blocks, two of them a branch."""
    path = stick / "whole.fieldkit"
    bundle.write(path, shelf(tree, [order]))
    return path.read_bytes()
