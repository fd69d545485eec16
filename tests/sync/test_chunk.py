from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from sync import chunk
from sync.canonical import decode, encode
from sync.chunk import Chunk, Owner
from sync.errors import BadHash, BadSignature, CannotOpen, Malformed, UnknownFormat

OWNER = Owner("recording", "L1", "research/A", "river")
KEY = bytes(range(32))


class Trickle(BytesIO):
    """A socket that hands out a thousand bytes at most."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(1000, size if size is not None and size >= 0 else 1000))


def _changed(one: Chunk, **facts: Any) -> Chunk:
    return Chunk(encode({**decode(one.label_bytes), **facts}), one.content)


@pytest.fixture
def one(signer: SigningKey) -> Chunk:
    return chunk.seal(OWNER, 1, b"what was said", KEY, signer)


def test_another_content_than_the_labels_is_refused(one: Chunk, signer: SigningKey) -> None:
    with pytest.raises(BadHash):
        chunk.verify(Chunk(one.label_bytes, one.content[:-1] + b"x"), signer.verify_key)
    with pytest.raises(BadHash):
        chunk.verify(Chunk(one.label_bytes, one.content + b"x"), signer.verify_key)


def test_a_label_that_another_key_signed_or_that_was_changed_is_refused(one: Chunk, signer: SigningKey) -> None:
    with pytest.raises(BadSignature):
        chunk.verify(one, SigningKey(bytes(32)).verify_key)
    for fact in ({"alias": "brook"}, {"number": 2}, {"attachment": "picture"}, {"device": "L2"}):
        with pytest.raises(BadSignature):
            chunk.verify(_changed(one, **fact), signer.verify_key)


@pytest.mark.parametrize(
    "fact",
    [
        {"number": 0},
        {"number": True},
        {"length": chunk.LARGEST + 1},
        {"length": 0},
        {"alias": ""},
        {"drawer": None},
        {"device": 1},
        {"payload_hash": "abc"},
        {"signature": "="},
        {"more": 1},
        {"alias": "x" * 5000},
    ],
    ids=str,
)
def test_a_malformed_label_is_none(one: Chunk, fact: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        _ = _changed(one, **fact).label


def test_a_label_of_a_later_format_is_told(one: Chunk) -> None:
    with pytest.raises(UnknownFormat):
        _ = _changed(one, format=2).label


def test_a_chunk_opens_under_its_key_and_in_its_place_only(one: Chunk) -> None:
    assert chunk.open_content("recording", 1, one.content, KEY) == b"what was said"
    for attachment, number, key in (("recording", 1, bytes(32)), ("recording", 2, KEY), ("picture", 1, KEY)):
        with pytest.raises(CannotOpen):
            chunk.open_content(attachment, number, one.content, key)
    with pytest.raises(CannotOpen):
        chunk.open_content("recording", 1, b"", KEY)


@given(st.sampled_from([0, 1, chunk.SIZE - 1, chunk.SIZE, chunk.SIZE + 1, 3 * chunk.SIZE + 5]), st.booleans())
def test_whatever_the_size_it_comes_out_as_it_went_in(size: int, trickles: bool) -> None:
    said = bytes(range(256)) * (size // 256 + 1)
    source = (Trickle if trickles else BytesIO)(said[:size])
    signer = SigningKey(bytes(range(32)))
    made = list(chunk.cut(source, OWNER, KEY, signer))

    for one in made:
        chunk.verify(one, signer.verify_key)
        assert said[:20] not in one.content
    assert [one.label.number for one in made] == list(range(1, len(made) + 1))
    assert all(len(one.content) <= chunk.LARGEST for one in made)
    opened = [chunk.open_content("recording", one.label.number, one.content, KEY) for one in made]
    assert b"".join(opened) == said[:size]


def test_the_same_words_never_have_the_same_name_twice(signer: SigningKey) -> None:
    names = {chunk.seal(OWNER, 1, b"the same", KEY, signer).name for _ in range(3)}
    assert len(names) == 3
