"""What a picture shows, without what it says of itself: where and when it was taken, by which device (`domain.md` V39).

Only what a viewer needs is let through, by name: of JPEG (ITU-T T.81) tables, frames and scans, of PNG (W3C PNG) the
chunks below. What follows the end of the picture goes too: phones append films and second pictures there. Of a JPEG's
Exif one number stays, which way is up.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator

Read = Callable[[int], bytes]  # at most so many bytes, none at the end

_START, _END, _SCAN, _EXIF, _ADOBE, _COMMENT = 0xD8, 0xD9, 0xDA, 0xE1, 0xEE, 0xFE
_SHOWN = {*range(0xC0, 0xD0), *range(0xDA, 0xE0)} - {0xC8}  # frames, tables, scans
_SAYS = {*range(0xE0, 0xF0), _COMMENT}
_RUN = re.compile(rb"(?:[^\xff]++|\xff[\x00\xd0-\xd7])++")  # within a scan, to its next marker
_UP = re.compile(  # the tag of orientation, little-endian or big-endian
    rb"\x12\x01\x03\x00\x01\x00\x00\x00([\x01-\x08])\x00|\x01\x12\x00\x03\x00\x00\x00\x01\x00([\x01-\x08])"
)
_EXIF_HEAD = b"Exif\0\0"
_ONE_TAG = _EXIF_HEAD + b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"  # then the number, and nothing after it
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SHOWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB"}
_PIECE = 1 << 16


class NoPicture(Exception):
    """The bytes are not what their medium says; nothing can be told of what they would give away."""


def stripped(media: str, read: Read) -> Iterator[bytes]:
    """Yield the picture that *read* hands out, a few kilobytes at a time; all of it is read. Raises NoPicture.

    *media*: one of `KINDS`.
    """
    coming = _Coming(read)
    yield from KINDS[media](coming)
    while read(_PIECE):
        pass


class _Coming:
    """Bytes on their way."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._held = b""

    def take(self, size: int) -> bytes:
        """Return just so many bytes; raises NoPicture where it ends before."""
        while len(self._held) < size:
            self._more()
        some, self._held = self._held[:size], self._held[size:]
        return some

    def _more(self) -> None:
        more = self._read(_PIECE)
        if not more:
            raise NoPicture
        self._held += more

    def run(self) -> bytes:
        """Return what of a scan is here, nothing where a marker stands; raises NoPicture where it ends before one."""
        while len(self._held) < 2:  # a marker may be cut in two
            self._more()
        found = _RUN.match(self._held)
        return self.take(found.end()) if found else b""


def _jpeg(coming: _Coming) -> Iterator[bytes]:
    if coming.take(2) != bytes([0xFF, _START]):
        raise NoPicture
    yield bytes([0xFF, _START])
    while (marker := _marker(coming)) != _END:
        content = coming.take(_length(coming))
        if marker in _SHOWN:
            yield _segment(marker, content)
        elif marker not in _SAYS:
            raise NoPicture
        elif marker == _ADOBE and len(content) == 12 and content.startswith(b"Adobe"):  # how its colours are meant
            yield _segment(marker, content)
        elif marker == _EXIF and content.startswith(_EXIF_HEAD):
            yield from _upright(content)
        if marker == _SCAN:
            yield from _scan(coming)
    yield bytes([0xFF, _END])


def _marker(coming: _Coming) -> int:
    if coming.take(1) != b"\xff":
        raise NoPicture
    while (marker := coming.take(1)[0]) == 0xFF:
        pass
    return marker


def _length(coming: _Coming) -> int:
    length = int.from_bytes(coming.take(2), "big") - 2
    if length < 0:
        raise NoPicture
    return length


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _upright(exif: bytes) -> Iterator[bytes]:
    found = _UP.search(exif)
    if found:
        yield _segment(_EXIF, _ONE_TAG + (found[1] or found[2]) + bytes(6))


def _scan(coming: _Coming) -> Iterator[bytes]:
    while run := coming.run():
        yield run


def _png(coming: _Coming) -> Iterator[bytes]:
    if coming.take(len(_PNG)) != _PNG:
        raise NoPicture
    yield _PNG
    kind = b""
    while kind != b"IEND":
        start, first = coming.take(8), not kind
        kind = start[4:]
        if first != (kind == b"IHDR") or (kind[:1].isupper() and kind not in _PNG_SHOWN):
            raise NoPicture
        content = _pieces(coming, int.from_bytes(start[:4], "big") + 4)  # and its checksum
        if kind in _PNG_SHOWN:
            yield start
            yield from content
        else:
            deque(content, 0)


def _pieces(coming: _Coming, left: int) -> Iterator[bytes]:
    while left:
        some = coming.take(min(left, _PIECE))
        left -= len(some)
        yield some


KINDS = {"image/jpeg": _jpeg, "image/png": _png}
