"""A bundle: one file for a USB stick, whole or absent when written, hostile when read (`README.md`, "Bundles")."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from sync import frames, incoming
from sync.block import Block
from sync.canonical import encode, new_id
from sync.chunk import Chunk
from sync.errors import ForeignStudy, Occupied
from sync.frames import Reader, Writer
from sync.incoming import FORMAT, Arrived, Part
from sync.replica import Replica, Report, StreamInfo

LARGEST_FILE = 4 * 1024**3 - 1  # bytes that FAT32 can hold in one file
RESERVE = 4096  # for the two frames that close a part


@dataclass(frozen=True)
class BundleInfo:
    """What was written: counts, the size in bytes, and in how many files; `path` is the first of them."""

    path: Path
    orders: int
    blocks: int
    bytes: int
    chunks: int = 0
    parts: int = 1


def write(path: Path, replica: Replica, largest: int = LARGEST_FILE) -> BundleInfo:
    """Write all that *replica* holds to *path*: temporary name, flush, read back, verify, rename.

    What does not fit into *largest* bytes goes on in further files beside it (`part_path`), each a bundle by itself.
    Raises Occupied, OSError, or what *replica* raises; then nothing of this call is left and what was there before
    stays.
    """
    parts = _Parts(path, replica, largest)
    try:
        parts.put_all()
        for draft, _ in parts.drafts:
            _read_back(draft)
        size = sum(draft.stat().st_size for draft, _ in parts.drafts)
        for draft, target in parts.drafts:
            draft.replace(target)
    except BaseException:
        for draft, _ in parts.drafts:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        raise
    finally:
        parts.close()
    _flush_folder(path.parent)
    return BundleInfo(path, parts.orders, parts.blocks, size, parts.chunks, len(parts.drafts))


def part_path(path: Path, number: int) -> Path:
    """Return where part *number* of the bundle at *path* lies."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


class _Parts:
    """A bundle as it is written: a file, and the next one when that is full."""

    def __init__(self, path: Path, replica: Replica, largest: int) -> None:
        self.drafts: list[tuple[Path, Path]] = []
        self.orders = self.blocks = self.chunks = 0
        self._path = path
        self._replica = replica
        self._largest = largest
        self._number = secrets.randbits(52)
        self._file: BinaryIO | None = None
        self._writer: Writer

    def put_all(self) -> None:
        """Write everything; chunks come last. Raises Occupied, OSError, TooLarge."""
        self._begin()
        for block in self._replica.blocks():
            self._put(frames.BLOCK, _labelled(block.header_bytes, block.payload or b""))
            self.blocks += 1
        for chunk in self._replica.chunks():
            self._put(frames.CHUNK, _labelled(chunk.label_bytes, chunk.content))
            self.chunks += 1
        self._end(last=True)

    def close(self) -> None:
        """Let go of the file that is open, if one is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        """Open the next file; each begins with all orders and receipts, so that each is of use alone."""
        target = part_path(self._path, len(self.drafts) + 1)
        if not _gives_way(target):
            raise Occupied(target)
        draft = target.with_name(f"{target.name}.{new_id(6)}.part")
        self._file = draft.open("xb")
        self.drafts.append((draft, target))
        self._writer = Writer(self._file)
        opening = self._replica.orders(), self._replica.streams(), self._replica.receipts()
        self.orders = begin_frames(self._writer, self._replica.study(), *opening)

    def _put(self, kind: bytes, content: bytes) -> None:
        if self._writer.size + frames.START + len(content) + frames.CHECK > self._largest - RESERVE:
            self._end(last=False)
            self._begin()
        self._writer.put(kind, content)

    def _end(self, *, last: bool) -> None:
        if not last or len(self.drafts) > 1:
            part = Part(self._number, len(self.drafts), len(self.drafts) if last else 0)
            self._writer.put(frames.PART, encode(list(part)))
        self._writer.end()
        assert self._file is not None  # noqa: S101 - it was opened before anything is put
        self._file.flush()
        os.fsync(self._file.fileno())
        self.close()


def exchange(path: Path, replica: Replica) -> Report:
    """Let *replica* receive the bundle at *path*; raises what `incoming.read` raises, and ForeignStudy."""
    return hand_over(incoming.read(path), replica)


def hand_over(found: Arrived, replica: Replica) -> Report:
    """Let *replica* receive orders and blocks, the chunks not yet. Raises ForeignStudy, OSError."""
    if not found.study:  # the head was changed or is missing: nothing says whose the rest is
        return Report(torn=True, damaged=found.damaged)
    if found.study != replica.study():
        raise ForeignStudy(found.study)
    report = replica.receive(found.orders, found.streams, found.blocks)
    damaged = report.damaged + found.damaged + replica.witness(found.receipts)
    newer = report.newer + found.newer
    return replace(report, torn=found.torn, damaged=damaged, newer=newer, **_part(found.part))


def _part(part: Part) -> dict[str, int]:
    return {"bundle": part.bundle, "part": part.number, "parts": part.of}


def _gives_way(path: Path) -> bool:
    """Tell whether nothing lies at *path*, or an earlier bundle; a link, pipe or device stays what it is."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return True
    with path.open("rb") as file:
        return file.read(len(frames.MAGIC)) == frames.MAGIC


def write_frames(
    writer: Writer,
    study: str,
    found: Iterable[bytes],
    streams: Iterable[StreamInfo],
    brought: Iterable[Block],
    lumps: Iterable[Chunk] = (),
) -> None:
    """Write a whole small bundle. Raises TooLarge, OSError."""
    begin_frames(writer, study, found, streams)
    for block in brought:
        writer.put(frames.BLOCK, _labelled(block.header_bytes, block.payload or b""))
    for lump in lumps:
        writer.put(frames.CHUNK, _labelled(lump.label_bytes, lump.content))
    writer.end()


def begin_frames(
    writer: Writer,
    study: str,
    found: Iterable[bytes],
    streams: Iterable[StreamInfo],
    signed: Iterable[bytes] = (),
) -> int:
    """Write head, orders, streams and receipts; return the number of orders. Raises TooLarge, OSError."""
    n_orders = 0
    writer.put(frames.HEAD, encode({"format": FORMAT, "study": study}))
    for order in found:
        writer.put(frames.ORDER, order)
        n_orders += 1
    for stream in streams:
        writer.put(frames.STREAM, encode(list(stream)))
    for receipt in signed:
        writer.put(frames.RECEIPT, receipt)
    return n_orders


def _labelled(label: bytes, content: bytes) -> bytes:
    return len(label).to_bytes(4, "big") + label + content


def _read_back(draft: Path) -> None:
    with draft.open("rb") as file:
        _forget_cached(file)
        reader = Reader(file)
        for _ in reader:
            pass
    if reader.torn or reader.damaged:
        raise OSError(errno.EIO, "does not read back as it was written", str(draft))


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
