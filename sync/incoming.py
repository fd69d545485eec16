"""What was intact in a bundle: the reading half, which trusts nothing (`README.md`, "Bundles")."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from sync import chunk as chunks
from sync import frames, orders, receipts
from sync.block import Block, payload_intact
from sync.canonical import decode, decode_object
from sync.chain import InOrder, order_of
from sync.chunk import Chunk
from sync.errors import BadHash, ForeignStudy, Malformed, NotABundle, SyncError, UnknownFormat
from sync.frames import Reader
from sync.replica import StreamInfo

FORMAT = 1
T = TypeVar("T")


class Part(NamedTuple):
    """Which file this is of a bundle that needed several: a number for the bundle, its own from 1, how many there are.

    All 0 where a bundle is one file; `of` is 0 in all files but the last.
    """

    bundle: int
    number: int
    of: int


WHOLE = Part(0, 0, 0)


class Lying(InOrder[T]):
    """What lies intact in the file at *path*: where each begins is noted, and each is read again once it is its turn.

    Iterating raises OSError, also where the file is not any more what it was.
    """

    def __init__(self, path: Path, parse: Callable[[bytes], T], order: Callable[[T], Any]) -> None:
        self._path = path
        self._parse = parse
        self._order = order
        self._places: list[tuple[Any, int, int]] = []

    def __len__(self) -> int:
        return len(self._places)

    def note(self, content: bytes, at: int) -> None:
        """Note *content*, which begins at byte *at*; raises what makes it unfit."""
        self._places.append((self._order(self._parse(content)), at, len(content)))

    def __iter__(self) -> Iterator[T]:
        with self._path.open("rb") as file:
            for _, at, length in sorted(self._places):
                file.seek(at)
                yield self._again(file.read(length))

    def _again(self, content: bytes) -> T:
        try:
            return self._parse(content)
        except SyncError as error:
            raise OSError(errno.EIO, "is not any more what it was", str(self._path)) from error


@dataclass
class Incoming:
    """What was intact in a bundle, but for its blocks and chunks.

    `torn`: something is missing at its end or in between; `damaged`: frames that are not what was once written;
    `newer`: frames of a later version, passed over; `part`: of a bundle in several files, which one this is.
    Checked were signatures of orders and receipts, and hashes of payloads, not yet the signatures of blocks and chunks.
    """

    study: str = ""
    orders: list[bytes] = field(default_factory=list)
    streams: list[StreamInfo] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    torn: bool = True
    damaged: int = 0
    newer: int = 0
    part: Part = WHOLE

    def block(self, content: bytes, at: int) -> None:
        """Take a block from its frame, whose content begins at byte *at*."""
        raise NotImplementedError

    def chunk(self, content: bytes, at: int) -> None:
        """Take a chunk from its frame, whose content begins at byte *at*."""
        raise NotImplementedError


@dataclass
class Piece(Incoming):
    """A small bundle, all of it in memory."""

    blocks: list[Block] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)

    def block(self, content: bytes, at: int) -> None:  # noqa: ARG002
        """Take a block."""
        self.blocks.append(parse_block(content))

    def chunk(self, content: bytes, at: int) -> None:  # noqa: ARG002
        """Take a chunk."""
        self.chunks.append(parse_chunk(content))


class Arrived(Incoming):
    """A bundle of any size: its blocks and chunks stay in the file until it is their turn."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.blocks = Lying(path, parse_block, order_of)
        self.chunks = Lying(path, parse_chunk, lambda one: (one.label.attachment, one.label.number, one.name))

    def block(self, content: bytes, at: int) -> None:
        """Note where a block lies."""
        self.blocks.note(content, at)

    def chunk(self, content: bytes, at: int) -> None:
        """Note where a chunk lies."""
        self.chunks.note(content, at)


def read(path: Path) -> Arrived:
    """Return what is intact in the file at *path*; raises OSError, NotABundle, UnknownFormat.

    Blocks and chunks stay where they lie until they are asked for: memory grows with their number, not their size.
    """
    if path.exists() and not path.is_file():  # a pipe would let us wait for ever
        raise NotABundle
    found = Arrived(path)
    with path.open("rb") as file:
        _read(file, found)
    return found


def read_piece(content: bytes) -> Piece:
    """Return what is intact in a small bundle; raises NotABundle, UnknownFormat."""
    found = Piece()
    _read(BytesIO(content), found)
    return found


def _read(file: BinaryIO, found: Incoming) -> None:
    reader = Reader(file)
    for kind, content in reader:
        _take(found, kind, content, reader.at)
    found.torn = reader.torn or not found.study
    found.damaged += reader.damaged


def _take(found: Incoming, kind: bytes, content: bytes, at: int) -> None:
    """Put one intact frame where it belongs; before the head nothing belongs anywhere."""
    if kind == frames.HEAD:
        _head(found, content)
    elif found.study:
        try:
            _TAKERS[kind](found, content, at)
        except (UnknownFormat, KeyError):
            found.newer += 1
        except SyncError:
            found.damaged += 1


def _head(found: Incoming, content: bytes) -> None:
    """Take the study from the head; a second head, or one that is not well formed, counts as damaged."""
    try:
        facts = decode_object(content, FORMAT)
    except Malformed:
        facts = {}
    study = facts.get("study")
    if found.study or not isinstance(study, str):
        found.damaged += 1
    else:
        found.study = study


def _order(found: Incoming, content: bytes, _at: int) -> None:
    if orders.parse(content).study != found.study:
        raise ForeignStudy
    found.orders.append(content)


def _stream(found: Incoming, content: bytes, _at: int) -> None:
    facts = decode(content)
    if not (isinstance(facts, list) and len(facts) == 3 and all(isinstance(part, str) for part in facts)):
        raise Malformed("stream")
    found.streams.append(StreamInfo(*facts))


def _receipt(found: Incoming, content: bytes, _at: int) -> None:
    if receipts.parse(content).study != found.study:
        raise ForeignStudy
    found.receipts.append(content)


def _part(found: Incoming, content: bytes, _at: int) -> None:
    facts = decode(content)
    if not (isinstance(facts, list) and len(facts) == 3 and all(type(one) is int and one >= 0 for one in facts)):
        raise Malformed("part")
    found.part = Part(*facts)


def parse_block(content: bytes) -> Block:
    """Return the block in a frame; raises Malformed, UnknownFormat, BadHash."""
    header, payload = _apart(content)
    block = Block(header, payload or None)
    if not payload_intact(block) and block.payload is not None:
        raise BadHash  # a holder that cannot check the signature yet would keep it in the good copy's place
    return block


def parse_chunk(content: bytes) -> Chunk:
    """Return the chunk in a frame; raises Malformed, UnknownFormat, BadHash."""
    found = Chunk(*_apart(content))
    if not chunks.intact(found):
        raise BadHash
    return found


_TAKERS: dict[bytes, Callable[[Incoming, bytes, int], None]] = {
    frames.ORDER: _order,
    frames.STREAM: _stream,
    frames.RECEIPT: _receipt,
    frames.BLOCK: lambda found, content, at: found.block(content, at),
    frames.CHUNK: lambda found, content, at: found.chunk(content, at),
    frames.PART: _part,
}


def _apart(content: bytes) -> tuple[bytes, bytes]:
    """Return header or label, and what follows; raises Malformed."""
    end = 4 + int.from_bytes(content[:4], "big")
    if end > len(content):
        raise Malformed("length")
    return content[4:end], content[end:]
