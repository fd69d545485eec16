from __future__ import annotations

import json
from typing import Any

import pytest
from nacl.signing import SigningKey

from sync import block
from sync.block import SIGNED_AS, Block, Place
from sync.canonical import b64, encode
from sync.errors import Malformed, UnknownFormat

CHANGES = [b'{"id":"a","set":{"words":"\xe5\xb0\x8f\xe6\xb2\xb3"}}', b'{"id":"b"}']


def _signed(by: SigningKey, facts: dict[str, Any], signed_as: bytes = SIGNED_AS) -> bytes:
    """Sign any header, whatever it says."""
    return encode({**facts, "signature": b64(by.sign(signed_as + encode(facts)).signature)})


def _facts(one: Block) -> dict[str, Any]:
    return {name: value for name, value in json.loads(one.header_bytes).items() if name != "signature"}


@pytest.mark.parametrize(
    "change",
    [
        {"position": 0},
        {"position": True},
        {"position": 2},
        {"position": "1"},
        {"previous": b64(bytes(32))},
        {"previous": None},
        {"alias": None},
        {"alias": ""},
        {"alias": 7},
        {"drawer": ""},
        {"stream": "too short"},
        {"epoch": -1},
        {"length": -1},
        {"payload_hash": b64(bytes(31))},
        {"format": 0},
        {"format": True},
        {"later": "unknown"},
        {"drawer": "x" * 4096},
    ],
    ids=lambda change: str(change)[:30],
)
def test_a_header_of_another_shape_is_refused_though_it_is_signed(
    change: dict[str, Any], place: Place, key: bytes, signer: SigningKey
) -> None:
    one = block.seal(place, CHANGES, key, signer)
    odd = Block(_signed(signer, {**_facts(one), **change}), one.payload)
    with pytest.raises(Malformed):
        block.verify(odd, signer.verify_key)


def test_a_header_that_lacks_a_part_is_refused(place: Place, key: bytes, signer: SigningKey) -> None:
    facts = _facts(block.seal(place, CHANGES, key, signer))
    del facts["epoch"]
    with pytest.raises(Malformed):
        _ = Block(_signed(signer, facts), b"").header


def test_a_header_of_a_later_format_is_told_apart(place: Place, key: bytes, signer: SigningKey) -> None:
    facts = {**_facts(block.seal(place, CHANGES, key, signer)), "format": 2, "later": "unknown"}
    with pytest.raises(UnknownFormat):
        _ = Block(_signed(signer, facts), b"").header
