from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from sync import wire
from sync.block import Block
from sync.canonical import digest, encode
from sync.errors import BadHash, BadSignature, Malformed, SyncError, UnknownFormat
from sync.orders import Order
from sync.replica import StreamInfo

CONTENT = b'{"opening":"x"}'


@pytest.fixture(scope="module")
def asked(signer: SigningKey) -> bytes:
    return wire.request("study-1", "L1", "request-1", "/sync/hello", CONTENT, signer)


@pytest.mark.parametrize("raw", [b"", b"\n", b"{}", b"{}\n", b"[]\n", b'{"format":1}\n', b"<html>\n</html>"])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    for read in (wire.read_request, wire.read_answer):
        with pytest.raises(Malformed):
            read(raw)


def test_a_later_format_is_refused() -> None:
    with pytest.raises(UnknownFormat):
        wire.read_request(b'{"format":2}\n')


def test_a_request_is_no_answer_and_an_answer_no_request(asked: bytes, signer: SigningKey) -> None:
    said = wire.answer("study-1", "epoch-1", "request-1", CONTENT, signer)
    with pytest.raises(Malformed):
        wire.read_answer(asked)
    with pytest.raises(Malformed):
        wire.read_request(said)


def test_another_content_is_refused(asked: bytes) -> None:
    with pytest.raises(BadHash):
        wire.read_request(asked + b" ")


def test_another_key_is_refused(asked: bytes, verify_key: str) -> None:
    message = wire.read_request(asked)
    wire.verify(wire.REQUEST, message, verify_key)
    with pytest.raises(BadSignature):
        wire.verify(wire.ANSWER, message, verify_key)
    for other in ("", "AAAA", "A" * 43):
        with pytest.raises(SyncError):
            wire.verify(wire.REQUEST, message, other)


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_is_seen(asked: bytes, verify_key: str, place: int, bit: int) -> None:
    spoilt = bytearray(asked)
    spoilt[place % len(spoilt)] ^= 1 << bit
    with pytest.raises(SyncError):
        wire.verify(wire.REQUEST, wire.read_request(bytes(spoilt)), verify_key)


def test_a_piece_is_a_small_bundle(tree: list[Block], order: Order) -> None:
    info = StreamInfo(tree[0].header.stream, "research/A", "L1")
    found = wire.read_piece(wire.piece("study-1", [order.content], [info], tree))
    assert (found.study, found.orders, found.streams, found.blocks) == ("study-1", [order.content], [info], tree)
    assert (found.torn, found.damaged) == (False, 0)


@given(lengths=st.lists(st.integers(1, 200_000), max_size=12))
def test_pieces_hold_all_in_order_and_none_is_too_long(lengths: list[int]) -> None:
    parts = [bytes(length) for length in lengths]
    runs = list(wire.cut(parts))
    assert [part for run in runs for part in run] == parts
    assert all(len(run) == 1 or sum(map(len, run)) <= wire.LARGEST_PIECE for run in runs)
    assert all(sum(map(len, one)) + len(after[0]) > wire.LARGEST_PIECE for one, after in pairwise(runs))


def test_what_is_longer_than_a_piece_travels_alone() -> None:
    long = bytes(wire.LARGEST_PIECE + 1)
    assert list(wire.cut([b"a", long, b"b"])) == [[b"a"], [long], [b"b"]]


@pytest.mark.parametrize("said", [None, {}, "x", [1], [None], ["a", 1]])
def test_what_are_no_texts_is_refused(said: object) -> None:
    with pytest.raises(Malformed):
        wire.texts(said)


def test_nothing_stands_for_no_ends() -> None:
    assert wire.short([]) == ""
    assert wire.short([(1, "a")]) == digest(encode([[1, "a"]]))[:22]


def test_no_mutant_of_a_message_is_believed(
    asked: bytes, signer: SigningKey, verify_key: str, mutants: Callable[..., Iterator[bytes]]
) -> None:
    said = wire.answer("study-1", "epoch-1", "request-1", CONTENT, signer)
    for mark, read, raw in ((wire.REQUEST, wire.read_request, asked), (wire.ANSWER, wire.read_answer, said)):
        for changed in mutants(raw, 5_000):
            with pytest.raises(SyncError):
                wire.verify(mark, read(changed), verify_key)
