"""What `sync` needs of a holder of blocks; it cannot look inside a payload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sync.block import Block
from sync.chain import Ends, StreamLinks
from sync.chunk import Chunk


class StreamInfo(NamedTuple):
    """A stream, its drawer, and the device whose key signs its blocks."""

    stream: str
    drawer: str
    device: str


@dataclass(frozen=True)
class Report:
    """What became of a batch. Blocks are counted once, under the first that applies; so are their changes.

    Not part of `received`: `gaps` were not stored and are asked for again, `damaged` copies are no blocks, `newer` ones
    were made by a later version and passed over. `torn`: the file ends too early; what was intact counts.
    Chunks are counted apart: `chunks_new` of them were kept, `chunks_known` were here, `chunks_blocked` were erased,
    `chunks_parked` are of a device that is not known here yet: they were not kept, and have to be brought again.
    Of a bundle in several files `bundle` is a number for all of them, `part` that of this one, and `parts`, in the
    last one only, how many there are.
    """

    received: int = 0
    known: int = 0
    blocked: int = 0
    foreign: int = 0
    parked: int = 0
    new: int = 0
    damaged: int = 0
    gaps: int = 0
    torn: bool = False
    changes_blocked: int = 0
    changes_held: int = 0
    changes_known: int = 0
    changes_parked: int = 0
    changes_new: int = 0
    newer: int = 0
    chunks_new: int = 0
    chunks_known: int = 0
    chunks_blocked: int = 0
    chunks_parked: int = 0
    bundle: int = 0
    part: int = 0
    parts: int = 0

    @property
    def chunks(self) -> int:
        """Return the number of chunks."""
        return self.chunks_new + self.chunks_known + self.chunks_blocked + self.chunks_parked

    @property
    def changes(self) -> int:
        """Return the number of changes in the blocks that were new and readable."""
        read = self.changes_held + self.changes_known + self.changes_new
        return self.changes_blocked + self.changes_parked + read

    def adds_up(self) -> bool:
        """Tell whether every block was counted exactly once."""
        return self.received == self.known + self.blocked + self.foreign + self.parked + self.new


class Replica(Protocol):
    """A holder of orders and blocks."""

    def study(self) -> str:
        """Return the study's id."""

    def orders(self) -> Iterable[bytes]:
        """Return all orders, as they were signed."""

    def streams(self) -> Iterable[StreamInfo]:
        """Return all streams."""

    def blocks(self) -> Iterable[Block]:
        """Yield all blocks in chain order."""

    def chunks(self) -> Iterable[Chunk]:
        """Yield all chunks, one at a time in memory."""

    def receipts(self) -> Iterable[bytes]:
        """Return the newest receipt of each coordinator's computer that is known here, as it was signed."""

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Iterable[Block]) -> Report:
        """Take in what is new: orders first, then streams, then blocks."""

    def witness(self, found: Sequence[bytes]) -> int:
        """Keep receipts, the newest of each signer; return how many of them no coordinator's computer signed."""


class Holder(Protocol):
    """A holder that speaks with a hub. Each call stands for itself; `receive` is on the disk when it returns."""

    def study(self) -> str:
        """Return the study's id."""

    def order_ids(self) -> list[str]:
        """Return the id of every order."""

    def orders_named(self, ids: Iterable[str]) -> list[bytes]:
        """Return these orders, as they were signed."""

    def introduction(self) -> list[bytes]:
        """Return the orders by which a hub can tell that this device belongs to the study."""

    def ends(self) -> Ends:
        """Return the ends of every stream that has blocks."""

    def links(self, stream: str) -> StreamLinks:
        """Return what continues what in one stream."""

    def infos(self, streams: Iterable[str]) -> list[StreamInfo]:
        """Return what is known of these streams."""

    def waits(self, info: StreamInfo) -> bool:
        """Tell whether what lies in this stream is taken in more easily once that of others is here."""

    def pick(self, stream: str, names: Sequence[str]) -> Iterable[Block]:
        """Yield the blocks of one stream with these hashes, in this order."""

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Sequence[Block]) -> Report:
        """Take in one piece: orders first, then streams, then blocks; all of it or nothing."""

    def chunks_held(self) -> Mapping[str, Sequence[str]]:
        """Return the names of the chunks that are here, sorted, by attachment."""

    def chunks_lacking(self) -> Mapping[str, Sequence[str]]:
        """Return the names of the chunks that are wanted here and are not, by attachment."""

    def pick_chunks(self, names: Sequence[str]) -> Iterable[Chunk]:
        """Yield these chunks, one at a time in memory."""

    def receive_chunks(self, brought: Sequence[Chunk]) -> None:
        """Keep chunks; they are on the disk when it returns."""
