from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules import pictures
from fieldkit.rules.pictures import NoPicture

PLANTED = b"N33.6217-E114.6411-qzK8w2"
SHOWN = b"shown-to-the-eye-7Rk2p"
JPEG, PNG = "image/jpeg", "image/png"
Plant = Callable[[bytes], bytes]
LITTLE = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + PLANTED
BIG = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + PLANTED


def _stripped(media: str, content: bytes) -> bytes:
    return b"".join(pictures.stripped(media, BytesIO(content).read))


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _jpeg(early: bytes = b"", late: bytes = b"", after: bytes = b"") -> bytes:
    """A JPEG of two scans; *early* stands before its tables, *late* between the scans, *after* behind its end."""
    scan = _segment(0xDA, b"\x01\x01\0\0\x3f\0") + SHOWN + b"\xff\x00\xff\xd0" + SHOWN
    tables = _segment(0xDB, bytes(65)) + _segment(0xC2, b"\x08\0\x01\0\x01\x01\x01\x11\0") + _segment(0xC4, bytes(20))
    return b"\xff\xd8" + early + tables + scan + late + scan + b"\xff\xd9" + after


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def _png(early: bytes = b"", late: bytes = b"", after: bytes = b"") -> bytes:
    start = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", bytes(13))
    return start + early + _chunk(b"IDAT", SHOWN) + late + _chunk(b"IEND", b"") + after


SAYS = [0xFE, *range(0xE0, 0xF0)]
PNG_SAYS = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"iCCP", b"caBX", b"prVt"]


@pytest.mark.parametrize(
    ("media", "content"),
    [
        (JPEG, b""),
        (JPEG, PNG.encode()),
        (JPEG, _png()),
        (JPEG, b"\0\0\0\x18ftypheic" + PLANTED),
        (JPEG, b"\xff\xd8\xff\xe1\0\x01" + PLANTED),
        (JPEG, _jpeg(b"\xff\x01" + _segment(0xFE, PLANTED))),
        (JPEG, _jpeg(b"\xff\xd8" + PLANTED)),
        (JPEG, _jpeg(PLANTED)),
        (JPEG, _jpeg(_segment(0xC8, PLANTED))),
        (PNG, b""),
        (PNG, _jpeg()),
        (PNG, b"\x89PNG\r\n\x1a\n" + _chunk(b"tEXt", PLANTED) + _png()[8:]),
        (PNG, _png(_chunk(b"IHDR", PLANTED))),
        (PNG, _png(_chunk(b"GPSX", PLANTED))),
        (PNG, _png(b"\xff\xff\xff\xfftEXt" + PLANTED)),
    ],
)
def test_what_is_no_such_picture_is_refused(media: str, content: bytes) -> None:
    with pytest.raises(NoPicture):
        _stripped(media, content)


@given(media=st.sampled_from([JPEG, PNG]), part=st.floats(0, 1, exclude_max=True))
def test_a_picture_that_ends_too_early_is_refused(media: str, part: float) -> None:
    whole = _jpeg(_segment(0xE1, BIG)) if media == JPEG else _png(_chunk(b"eXIf", PLANTED))
    with pytest.raises(NoPicture):
        _stripped(media, whole[: int(len(whole) * part)])


@pytest.mark.parametrize("plant", [*(lambda words, m=m: _segment(m, words) for m in SAYS)], ids=map(hex, SAYS))
def test_nothing_stays_of_what_a_jpeg_says_of_itself(plant: Plant) -> None:
    for words in (PLANTED, b"Exif\0\0" + PLANTED, b"JFIF\0" + PLANTED, b"Adobe" + PLANTED):
        planted = _jpeg(plant(words), b"\xff" + plant(words), words)
        assert planted.count(PLANTED) == 3
        assert _stripped(JPEG, planted) == _jpeg()
    assert _jpeg().count(SHOWN) == 4


@pytest.mark.parametrize("kind", PNG_SAYS)
def test_nothing_stays_of_what_a_png_says_of_itself(kind: bytes) -> None:
    planted = _png(_chunk(kind, PLANTED), _chunk(kind, PLANTED), PLANTED)
    assert planted.count(PLANTED) == 3
    assert _stripped(PNG, planted) == _png()
    assert SHOWN in _png()


@pytest.mark.parametrize("exif", [LITTLE, BIG])
def test_which_way_is_up_stays_and_nothing_beside_it(exif: bytes) -> None:
    kept = _stripped(JPEG, _jpeg(_segment(0xE1, exif)))
    up = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    assert kept == _jpeg(_segment(0xE1, up))
    assert PLANTED in exif


def test_how_the_colours_are_meant_stays() -> None:
    adobe = _segment(0xEE, b"Adobe\0d\0\0\0\0\x01")
    assert _stripped(JPEG, _jpeg(adobe)) == _jpeg(adobe)


@given(words=st.binary(max_size=300), late=st.booleans(), media=st.sampled_from([JPEG, PNG]))
def test_whatever_is_appended_or_put_before_the_end_what_is_kept_is_stripped_already(
    words: bytes, late: bool, media: str
) -> None:
    whole = (_jpeg if media == JPEG else _png)(b"", words if late else b"", b"" if late else words)
    try:
        kept = _stripped(media, whole)
    except NoPicture:
        return
    assert _stripped(media, kept) == kept


def test_all_of_it_is_read_and_never_much_at_once() -> None:
    asked, content = list[int](), BytesIO(_png(_chunk(b"IDAT", bytes(500_000)), b"", bytes(300_000)))

    def read(size: int) -> bytes:
        asked.append(size)
        return content.read(min(size, 1000))

    sizes = [len(piece) for piece in pictures.stripped(PNG, read)]
    assert sum(sizes) > 500_000
    assert 0 < min(sizes) <= max(sizes) <= 1 << 16
    assert (max(asked) <= 1 << 16, content.read()) == (True, b"")
