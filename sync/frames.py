"""Frames: a file cut up so that a flipped byte costs one frame and a torn one its tail (`README.md`, "Bundles")."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import BinaryIO

from sync.canonical import HASH_BYTES, b64, decode, encode
from sync.errors import Malformed, NotABundle, TooLarge

MAGIC = b"FIELDKIT-BUNDLE\n"
HEAD, ORDER, STREAM, RECEIPT, BLOCK, END = b"H", b"O", b"S", b"R", b"B", b"E"
KINDS = (HEAD, ORDER, STREAM, RECEIPT, BLOCK, END)
LARGEST_FRAME = 64 * 1024 * 1024  # bytes of content
START = 5  # kind, length
CHECK = 16


class Writer:
    """Writes magic and frames to *file*; `end` closes them with their number and a hash over all bytes before."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._count = 0
        self._all = blake2b(MAGIC, digest_size=HASH_BYTES)
        file.write(MAGIC)

    def put(self, kind: bytes, content: bytes) -> None:
        """Write one frame; raises TooLarge above 64 MiB, OSError."""
        if len(content) > LARGEST_FRAME:
            raise TooLarge(len(content))
        start = kind + len(content).to_bytes(4, "big")
        raw = start + content + _check(start + content)
        self._file.write(raw)
        self._all.update(raw)
        self._count += 1

    def end(self) -> None:
        """Write the frame that says that nothing is missing."""
        self.put(END, encode({"frames": self._count, "hash": b64(self._all.digest())}))


class Reader:
    """Yields (kind, content) of the intact frames in *file*; raises NotABundle at once if the magic is another.

    Afterwards `damaged` is the number of frames whose bytes were changed, and `torn` tells whether some are missing.
    """

    def __init__(self, file: BinaryIO) -> None:
        if file.read(len(MAGIC)) != MAGIC:
            raise NotABundle
        self.torn = True
        self.damaged = 0
        self._file = file
        self._count = 0
        self._all = blake2b(MAGIC, digest_size=HASH_BYTES)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        intact = True
        while (raw := self._cut()) is not None:
            kind, content = raw[:1], raw[START:-CHECK]
            before, intact = intact, _check(raw[:-CHECK]) == raw[-CHECK:]
            if not (intact or before or kind in KINDS):
                return  # a length was changed: from here on nothing says where frames begin
            if intact and kind == END:
                self.torn = not self._tells_all(content)
                return
            self._note(raw, intact)
            if intact:
                yield kind, content

    def _cut(self) -> bytes | None:
        """Return the next bytes that could be a frame; None where the file cannot hold it."""
        start = self._file.read(START)
        length = int.from_bytes(start[1:], "big")
        if len(start) < START or length > LARGEST_FRAME:
            return None
        rest = self._file.read(length + CHECK)
        return start + rest if len(rest) == length + CHECK else None

    def _note(self, raw: bytes, intact: bool) -> None:
        self._count += 1
        self._all.update(raw)
        self.damaged += not intact

    def _tells_all(self, content: bytes) -> bool:
        """Compare with what the end frame says; the hash means something only if no frame was changed."""
        try:
            said = decode(content)
        except Malformed:
            return False
        hashed = b64(self._all.digest())
        if self.damaged and isinstance(said, dict):
            hashed = said.get("hash", hashed)
        return bool(said == {"frames": self._count, "hash": hashed})


def _check(content: bytes) -> bytes:
    return blake2b(content, digest_size=CHECK).digest()
