"""A bundle: one file for a USB stick, whole or absent when written, hostile when read (`README.md`, "Bundles")."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from sync import frames, orders, receipts
from sync.block import Block, payload_intact
from sync.canonical import decode, decode_object, encode, new_id
from sync.errors import BadHash, ForeignStudy, Malformed, NotABundle, Occupied, SyncError, UnknownFormat
from sync.frames import Reader, Writer
from sync.replica import Replica, Report, StreamInfo

FORMAT = 1


@dataclass(frozen=True)
class BundleInfo:
    """What was written: counts and the size in bytes."""

    path: Path
    orders: int
    blocks: int
    bytes: int


@dataclass
class Incoming:
    """What was intact in a file.

    `torn`: something is missing at its end or in between; `damaged`: frames that are not what was once written;
    `newer`: frames of a later version, passed over.
    Checked were signatures of orders and receipts, and hashes of payloads, not yet the signatures of blocks.
    """

    study: str = ""
    orders: list[bytes] = field(default_factory=list)
    streams: list[StreamInfo] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    torn: bool = True
    damaged: int = 0
    newer: int = 0


def write(path: Path, replica: Replica) -> BundleInfo:
    """Write all that *replica* holds to *path*: temporary name, flush, read back, verify, rename.

    Raises Occupied, OSError, or what *replica* raises; then nothing of this call is left and a file that was there
    before stays.
    """
    if not _gives_way(path):
        raise Occupied(path)
    draft = path.with_name(f"{path.name}.{new_id(6)}.part")
    try:
        with draft.open("xb") as file:
            n_orders, n_blocks = _write_frames(Writer(file), replica)
            file.flush()
            os.fsync(file.fileno())
        _read_back(draft)
        size = draft.stat().st_size
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)
    return BundleInfo(path, n_orders, n_blocks, size)


def read(path: Path) -> Incoming:
    """Return what is intact in the file at *path*; raises OSError, NotABundle, UnknownFormat."""
    if path.exists() and not path.is_file():  # a pipe would let us wait for ever
        raise NotABundle
    with path.open("rb") as file:
        return read_from(file)


def read_from(file: BinaryIO) -> Incoming:
    """Return what is intact in an open *file*; raises OSError, NotABundle, UnknownFormat."""
    found = Incoming()
    reader = Reader(file)
    for kind, content in reader:
        _take(found, kind, content)
    found.torn = reader.torn or not found.study
    found.damaged += reader.damaged
    return found


def exchange(path: Path, replica: Replica) -> Report:
    """Let *replica* receive the bundle at *path*; raises what `read` raises, and ForeignStudy."""
    found = read(path)
    if not found.study:  # the head was changed or is missing: nothing says whose the rest is
        return Report(torn=True, damaged=found.damaged)
    if found.study != replica.study():
        raise ForeignStudy(found.study)
    report = replica.receive(found.orders, found.streams, found.blocks)
    damaged = report.damaged + found.damaged + replica.witness(found.receipts)
    newer = report.newer + found.newer
    return replace(report, torn=found.torn, damaged=damaged, newer=newer)


def _gives_way(path: Path) -> bool:
    """Tell whether nothing lies at *path*, or an earlier bundle; a link, pipe or device stays what it is."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return True
    with path.open("rb") as file:
        return file.read(len(frames.MAGIC)) == frames.MAGIC


def _write_frames(writer: Writer, replica: Replica) -> tuple[int, int]:
    parts = replica.orders(), replica.streams(), replica.blocks(), replica.receipts()
    return write_frames(writer, replica.study(), *parts)


def write_frames(
    writer: Writer,
    study: str,
    found: Iterable[bytes],
    streams: Iterable[StreamInfo],
    brought: Iterable[Block],
    signed: Iterable[bytes] = (),
) -> tuple[int, int]:
    """Write a whole bundle; return the number of orders and blocks in it. Raises TooLarge, OSError."""
    n_orders = n_blocks = 0
    writer.put(frames.HEAD, encode({"format": FORMAT, "study": study}))
    for order in found:
        writer.put(frames.ORDER, order)
        n_orders += 1
    for stream in streams:
        writer.put(frames.STREAM, encode(list(stream)))
    for receipt in signed:
        writer.put(frames.RECEIPT, receipt)
    for block in brought:
        header = block.header_bytes
        writer.put(frames.BLOCK, len(header).to_bytes(4, "big") + header + (block.payload or b""))
        n_blocks += 1
    writer.end()
    return n_orders, n_blocks


def _read_back(draft: Path) -> None:
    with draft.open("rb") as file:
        _forget_cached(file)
        reader = Reader(file)
        for _ in reader:
            pass
    if reader.torn or reader.damaged:
        raise OSError(errno.EIO, "does not read back as it was written", str(draft))


def _take(found: Incoming, kind: bytes, content: bytes) -> None:
    """Put one intact frame where it belongs; before the head nothing belongs anywhere."""
    if kind == frames.HEAD:
        _head(found, content)
    elif found.study:
        try:
            _TAKERS[kind](found, content)
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


def _order(found: Incoming, content: bytes) -> None:
    if orders.parse(content).study != found.study:
        raise ForeignStudy
    found.orders.append(content)


def _stream(found: Incoming, content: bytes) -> None:
    facts = decode(content)
    if not (isinstance(facts, list) and len(facts) == 3 and all(isinstance(part, str) for part in facts)):
        raise Malformed("stream")
    found.streams.append(StreamInfo(*facts))


def _receipt(found: Incoming, content: bytes) -> None:
    if receipts.parse(content).study != found.study:
        raise ForeignStudy
    found.receipts.append(content)


def _block(found: Incoming, content: bytes) -> None:
    end = 4 + int.from_bytes(content[:4], "big")
    if end > len(content):
        raise Malformed("block")
    block = Block(content[4:end], content[end:] or None)
    if not payload_intact(block) and block.payload is not None:
        raise BadHash  # a holder that cannot check the signature yet would keep it in the good copy's place
    found.blocks.append(block)


_TAKERS = {frames.ORDER: _order, frames.STREAM: _stream, frames.RECEIPT: _receipt, frames.BLOCK: _block}


def _forget_cached(file: BinaryIO) -> None:
    """Ask the stick itself, not the memory of what was just sent to it, where the system lets us."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _flush_folder(folder: Path) -> None:
    """Make the rename survive a power cut, where the system lets us (not on Windows, not on every network folder)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # the file itself is whole and flushed
            os.fsync(handle)
    finally:
        os.close(handle)
