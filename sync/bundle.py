"""A bundle: one file for a USB stick, whole or absent when written, hostile when read (`README.md`, "Bundles")."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from sync.block import Block
from sync.canonical import decode, encode
from sync.errors import ForeignStudy, Malformed, NotABundle, SyncError, UnknownFormat
from sync.replica import Replica, Report, StreamInfo

MAGIC = b"FIELDKIT-BUNDLE\n"
FORMAT = 1
HEAD, ORDER, STREAM, BLOCK, END = b"H", b"O", b"S", b"B", b"E"
KINDS = (HEAD, ORDER, STREAM, BLOCK, END)
LARGEST_FRAME = 64 * 1024 * 1024
CHECK = 16
Frame = tuple[bytes, bytes]


@dataclass(frozen=True)
class BundleInfo:
    """What was written: counts and the size in bytes."""

    path: Path
    orders: int
    blocks: int
    bytes: int


@dataclass
class Incoming:
    """What was intact in a file. `torn`: it ends too early; `damaged`: frames whose bytes were changed."""

    study: str = ""
    orders: list[bytes] = field(default_factory=list)
    streams: list[StreamInfo] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    torn: bool = True
    damaged: int = 0


def write(path: Path, replica: Replica) -> BundleInfo:
    """Write all that *replica* holds to *path*: temporary name, flush, read back, verify, rename.

    Raises OSError, and then nothing of this call is left and a file that was there before stays.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            counts = _write_frames(file, replica)
            file.flush()
            os.fsync(file.fileno())
        _read_back(draft, counts)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)
    return BundleInfo(path, counts["orders"], counts["blocks"], path.stat().st_size)


def read(path: Path) -> Incoming:
    """Return what is intact in the file at *path*. Raises OSError, NotABundle, UnknownFormat."""
    found = Incoming()
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise NotABundle
        for kind, content in _frames(file, found):
            _take(found, kind, content)
    if not found.study:
        raise NotABundle
    return found


def exchange(path: Path, replica: Replica) -> Report:
    """Let *replica* receive the bundle at *path*; raises what `read` raises, and ForeignStudy."""
    found = read(path)
    if found.study != replica.study():
        raise ForeignStudy
    report = replica.receive(found.orders, found.streams, found.blocks)
    return replace(report, torn=found.torn, damaged=report.damaged + found.damaged)


def _write_frames(file: BinaryIO, replica: Replica) -> dict[str, int]:
    counts = {"orders": 0, "streams": 0, "blocks": 0}
    file.write(MAGIC)
    _put(file, HEAD, encode({"format": FORMAT, "study": replica.study()}))
    for order in replica.orders():
        _put(file, ORDER, order)
        counts["orders"] += 1
    for stream in replica.streams():
        _put(file, STREAM, encode(list(stream)))
        counts["streams"] += 1
    for block in replica.blocks():
        header = block.header_bytes
        _put(file, BLOCK, len(header).to_bytes(4, "big") + header + (block.payload or b""))
        counts["blocks"] += 1
    _put(file, END, encode(counts))
    return counts


def _put(file: BinaryIO, kind: bytes, content: bytes) -> None:
    frame = kind + len(content).to_bytes(4, "big") + content
    file.write(frame + blake2b(frame, digest_size=CHECK).digest())


def _read_back(draft: Path, counts: dict[str, int]) -> None:
    found = read(draft)
    same = (len(found.orders), len(found.streams), len(found.blocks)) == tuple(counts.values())
    if found.torn or found.damaged or not same:
        raise OSError(f"{draft.name} does not read back as it was written")


def _frames(file: BinaryIO, found: Incoming) -> Iterator[Frame]:
    """Yield intact frames; a changed one is counted and passed over, a length that leads astray ends the reading."""
    while True:
        start = file.read(5)
        kind, length = start[:1], int.from_bytes(start[1:], "big")
        if len(start) < 5 or kind not in KINDS or length > LARGEST_FRAME:
            return
        content, check = file.read(length), file.read(CHECK)
        if len(content) < length or len(check) < CHECK:
            return
        if blake2b(start + content, digest_size=CHECK).digest() != check:
            found.damaged += 1
            continue
        yield kind, content


def _take(found: Incoming, kind: bytes, content: bytes) -> None:
    try:
        _TAKERS[kind](found, content)
    except UnknownFormat:
        raise
    except SyncError:
        found.damaged += 1


def _head(found: Incoming, content: bytes) -> None:
    facts: Any = decode(content)
    if not isinstance(facts, dict) or not isinstance(facts.get("study"), str):
        raise Malformed("head")
    if facts.get("format") != FORMAT:
        raise UnknownFormat
    found.study = facts["study"]


def _stream(found: Incoming, content: bytes) -> None:
    facts = decode(content)
    if not (isinstance(facts, list) and len(facts) == 3 and all(isinstance(part, str) for part in facts)):
        raise Malformed("stream")
    found.streams.append(StreamInfo(*facts))


def _block(found: Incoming, content: bytes) -> None:
    end = 4 + int.from_bytes(content[:4], "big")
    block = Block(content[4:end], content[end:])
    _ = block.header  # refuses here what is no header
    found.blocks.append(block)


def _end(found: Incoming, _content: bytes) -> None:
    found.torn = False


def _order(found: Incoming, content: bytes) -> None:
    found.orders.append(content)


_TAKERS = {HEAD: _head, ORDER: _order, STREAM: _stream, BLOCK: _block, END: _end}


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
