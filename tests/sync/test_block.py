from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings
from nacl.signing import SigningKey

from sync import block, orders
from sync.block import LARGEST_PAYLOAD, SIGNED_AS, Block, Place
from sync.canonical import b64, encode
from sync.errors import BadHash, BadSignature, CannotOpen, Malformed, SyncError, TooLarge

CHANGES = [b'{"id":"a","set":{"words":"\xe5\xb0\x8f\xe6\xb2\xb3"}}', b'{"id":"b"}']
NONCE = bytes(24)


def _sealed(packed: bytes, place: Place, key: bytes) -> bytes:
    """Seal bytes as a hostile holder of the drawer's key could."""
    facts = {"format": 1, **{name: value for name, value in asdict(place).items() if name != "previous"}}
    bound = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return NONCE + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(packed, bound, NONCE, key)


def _signed(by: SigningKey, facts: dict[str, Any], signed_as: bytes = SIGNED_AS) -> bytes:
    """Sign any header, whatever it says."""
    return encode({**facts, "signature": b64(by.sign(signed_as + encode(facts)).signature)})


def _facts(one: Block) -> dict[str, Any]:
    return {name: value for name, value in json.loads(one.header_bytes).items() if name != "signature"}


def test_another_key_opens_nothing(place: Place, key: bytes, signer: SigningKey) -> None:
    one = block.seal(place, CHANGES, key, signer)
    with pytest.raises(CannotOpen):
        block.open_block(one, bytes(32))


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"stream": b64(b"another one!")},
        {"position": 2, "previous": b64(bytes(32))},
        {"drawer": "research/B"},
        {"epoch": 2},
        {"alias": "lake"},
        {"alias": None},
    ],
    ids=lambda where: next(iter(where)),
)
def test_a_payload_opens_only_in_the_place_it_was_sealed_for(
    elsewhere: dict[str, Any], place: Place, key: bytes, signer: SigningKey
) -> None:
    payload = block.seal(place, CHANGES, key, signer).payload
    assert payload is not None
    moved = block.seal_payload(replace(place, **elsewhere), payload, signer)
    block.verify(moved, signer.verify_key)
    with pytest.raises(CannotOpen):
        block.open_block(moved, key)


def test_a_block_that_its_owner_did_not_sign_is_refused(place: Place, key: bytes, signer: SigningKey) -> None:
    one = block.seal(place, CHANGES, key, SigningKey(bytes(32)))
    with pytest.raises(BadSignature):
        block.verify(one, signer.verify_key)


@pytest.mark.parametrize("signed_as", [b"", orders.SIGNED_AS], ids=["nothing", "an order"])
def test_a_signature_given_for_something_else_is_refused(
    signed_as: bytes, place: Place, key: bytes, signer: SigningKey
) -> None:
    one = block.seal(place, CHANGES, key, signer)
    with pytest.raises(BadSignature):
        block.verify(Block(_signed(signer, _facts(one), signed_as), one.payload), signer.verify_key)


@pytest.mark.parametrize("payload", [None, b"", b"another payload"], ids=repr)
def test_a_payload_that_the_header_does_not_describe_is_refused(
    payload: bytes | None, place: Place, key: bytes, signer: SigningKey
) -> None:
    one = block.seal(place, CHANGES, key, signer)
    with pytest.raises(BadHash):
        block.verify(Block(one.header_bytes, payload), signer.verify_key)


def _bomb(sized: bool) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=sized).compress(b"\n" * (LARGEST_PAYLOAD + 1))


@pytest.mark.parametrize(
    ("packed", "refusal"),
    [
        (_bomb(sized=True), TooLarge),
        (_bomb(sized=False), Malformed),
        (zstandard.compress(b"{}\n")[:-1], Malformed),
        (zstandard.compress(b"{}\n") + b"more", Malformed),
        (zstandard.compress(b"{}"), Malformed),
        (b"not zstd at all", Malformed),
        (b"", Malformed),
    ],
    ids=["bomb", "bomb without its size", "cut", "followed", "no line end", "other", "empty"],
)
def test_what_unpacks_to_something_else_than_16_mib_of_lines_is_refused(
    packed: bytes, refusal: type[SyncError], place: Place, key: bytes, signer: SigningKey
) -> None:
    one = block.seal_payload(place, _sealed(packed, place, key), signer)
    with pytest.raises(refusal):
        block.open_block(one, key)


def test_a_change_that_fits_no_block_is_refused(place: Place, key: bytes, signer: SigningKey) -> None:
    with pytest.raises(TooLarge):
        list(block.pack([b"{}", b"x" * LARGEST_PAYLOAD]))
    with pytest.raises(TooLarge):
        block.seal(place, [b"x" * LARGEST_PAYLOAD], key, signer)


def test_a_change_with_a_raw_line_break_is_refused(place: Place, key: bytes, signer: SigningKey) -> None:
    with pytest.raises(Malformed):
        block.seal(place, [b'{"a":\n1}'], key, signer)


def test_a_place_that_no_reader_would_accept_is_not_sealed(place: Place, key: bytes, signer: SigningKey) -> None:
    with pytest.raises(Malformed):
        block.seal(replace(place, position=2), CHANGES, key, signer)


def test_changes_come_out_as_they_went_in(place: Place, key: bytes, signer: SigningKey) -> None:
    one = block.seal(place, CHANGES, key, signer)
    block.verify(one, signer.verify_key)
    assert block.open_block(one, key) == CHANGES


def test_a_block_without_changes_or_alias_is_a_block(place: Place, key: bytes, signer: SigningKey) -> None:
    one = block.seal(replace(place, alias=None), [], key, signer)
    block.verify(one, signer.verify_key)
    assert b"alias" not in one.header_bytes
    assert block.open_block(one, key) == []


def test_equal_changes_sealed_twice_look_different(place: Place, key: bytes, signer: SigningKey) -> None:
    assert block.seal(place, CHANGES, key, signer).payload != block.seal(place, CHANGES, key, signer).payload


@given(data=st.data())
def test_a_flipped_bit_anywhere_in_a_block_is_never_accepted(
    data: st.DataObject, tree: list[Block], signer: SigningKey, key: bytes
) -> None:
    one = data.draw(st.sampled_from(tree))
    whole = bytearray(one.header_bytes + (one.payload or b""))
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    whole[at] ^= 1 << bit
    cut = len(one.header_bytes)
    with pytest.raises(SyncError):
        block.verify(Block(bytes(whole[:cut]), bytes(whole[cut:])), signer.verify_key)


def test_no_mutant_of_a_block_is_accepted(
    tree: list[Block], signer: SigningKey, key: bytes, mutants: Callable[..., Iterator[bytes]]
) -> None:
    for number, one in enumerate(tree):
        for header in mutants(one.header_bytes, 1_000, number):
            with pytest.raises(SyncError):
                block.verify(Block(header, one.payload), signer.verify_key)
        for payload in mutants(one.payload or b"", 500, number):
            with pytest.raises(SyncError):
                block.verify(Block(one.header_bytes, payload), signer.verify_key)
            with pytest.raises(SyncError):
                block.open_block(Block(one.header_bytes, payload), key)


def test_whatever_somebody_with_the_key_seals_takes_little_memory_and_opens_or_is_refused(
    place: Place, key: bytes, signer: SigningKey, mutants: Callable[..., Iterator[bytes]]
) -> None:
    """A bomb of 2 GiB among it: a frame that says so, and one that says less than it is."""
    bomb = zstandard.ZstdCompressor().compress(b"\n" * 2**20)
    liar = bomb.replace((2**20).to_bytes(4, "little"), (2**31).to_bytes(4, "little"), 1)
    small = bomb.replace((2**20).to_bytes(4, "little"), (2**19).to_bytes(4, "little"), 1)
    assert len({bomb, liar, small}) == 3
    refused = 0
    tracemalloc.start()
    for packed in (liar, small, *mutants(bomb, 50), *mutants(zstandard.compress(b"\n".join(CHANGES) + b"\n"), 1_500)):
        one = block.seal_payload(place, _sealed(packed, place, key), signer)
        try:
            block.open_block(one, key)
        except SyncError:
            refused += 1
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused > 1_000
    assert most < 3 * LARGEST_PAYLOAD


@given(sizes=st.lists(st.integers(0, 40), max_size=12))
def test_packing_loses_nothing_and_no_run_is_too_large(sizes: list[int]) -> None:
    changes = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block, "LARGEST_PAYLOAD", 41)
        runs = list(block.pack(changes))
    assert [change for run in runs for change in run] == changes
    assert all(sum(len(change) + 1 for change in run) <= 41 for run in runs)


def test_the_largest_payload_still_opens(
    add: Callable[[Block | None, bytes], Block], key: bytes, signer: SigningKey
) -> None:
    largest = b"x" * (LARGEST_PAYLOAD - 1)
    one = add(None, largest)
    block.verify(one, signer.verify_key)
    assert block.open_block(one, key) == [largest]
