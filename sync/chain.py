"""Streams as trees that are nearly always lines: what continues what (`README.md`, "Chains"). Pure functions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from sync.block import Block
from sync.canonical import digest, encode
from sync.header import Header

KNOWN, NEW, GAP = "known", "new", "gap"
StreamLinks = Mapping[str, tuple[int, str | None]]  # block hash -> (position, hash before)
Links = Mapping[str, StreamLinks]  # by stream
End = tuple[int, str]
T = TypeVar("T", covariant=True)
Ends = Mapping[str, Sequence[End]]  # by stream


def classify(links: Links, block_hash: str, header: Header) -> str:
    """Return `known`, `new` (it continues a chain that the holder has, a branch too) or `gap` (a hole before it)."""
    stream = links.get(header.stream, {})
    if block_hash in stream:
        return KNOWN
    if header.previous is None:
        return NEW if header.position == 1 else GAP
    before = stream.get(header.previous)
    return NEW if before is not None and before[0] == header.position - 1 else GAP


class InOrder(Generic[T]):
    """What comes in order by itself, one after another: nobody has to hold all of it at once."""

    @abstractmethod
    def __iter__(self) -> Iterator[T]:
        """Yield one after another."""


def in_order(blocks: Iterable[Block]) -> Iterable[Block]:
    """Return *blocks* so that each comes after the one it continues, however they arrived."""
    return blocks if isinstance(blocks, InOrder) else sorted(blocks, key=order_of)


def order_of(block: Block) -> tuple[str, int, str]:
    """Return by what blocks are sorted."""
    return block.header.stream, block.header.position, block.hash


def ends(links: Links, stream: str) -> list[End]:
    """Return the ends of a stream as (length, hash): none, one, or several after a branch."""
    held = links.get(stream, {})
    continued = {previous for _, previous in held.values()}
    return sorted((position, name) for name, (position, _) in held.items() if name not in continued)


def opening_hash(links: Links, orders: Iterable[str]) -> str:
    """Return the small hash that opens an exchange: equal means that both hold the same, orders (by id) included."""
    return opening_of({stream: ends(links, stream) for stream in links}, orders)


def opening_of(held: Ends, orders: Iterable[str]) -> str:
    """Return the opening hash of who holds streams with these ends, and these orders."""
    listed = {stream: [list(end) for end in found] for stream, found in held.items() if found}
    return digest(encode([listed, sorted(set(orders))]))


def behind(links: StreamLinks, names: Iterable[str]) -> set[str]:
    """Return every block that lies at or before one of *names*; names that are not held count for nothing."""
    found: set[str] = set()
    waiting = [name for name in names if name in links]
    while waiting:
        name = waiting.pop()
        before = links[name][1]
        if name not in found:
            found.add(name)
            waiting += [before] if before is not None and before in links else []
    return found


def beyond(links: StreamLinks, names: Iterable[str]) -> list[End]:
    """Return, in chain order, the blocks that somebody lacks who holds *names* and all that lies before them."""
    held = behind(links, names)
    return sorted((position, name) for name, (position, _) in links.items() if name not in held)


def sample(links: StreamLinks) -> list[str]:
    """Return the ends and, ever more widely spaced, what lies before: enough to find where two histories parted."""
    last = max((position for position, _ in links.values()), default=0)
    wanted = {last - (2**step) for step in range(last.bit_length())}
    continued = {previous for _, previous in links.values()}
    return sorted(name for name, (position, _) in links.items() if position in wanted or name not in continued)
