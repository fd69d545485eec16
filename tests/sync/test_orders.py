from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from sync import orders
from sync.canonical import b64, encode
from sync.errors import BadSignature, Malformed, SyncError, UnknownFormat
from sync.orders import SIGNED_AS, Order


def _signed(by: SigningKey, facts: dict[str, Any]) -> bytes:
    """Sign any order, whatever it says."""
    return encode({**facts, "signature": b64(by.sign(SIGNED_AS + encode(facts)).signature)})


def _facts(order: Order) -> dict[str, Any]:
    return {name: value for name, value in json.loads(order.content).items() if name != "signature"}


@given(data=st.data())
def test_a_flipped_bit_anywhere_in_an_order_is_refused(data: st.DataObject, order: Order) -> None:
    content = bytearray(order.content)
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SyncError):
        orders.parse(bytes(content))


def test_an_order_in_the_name_of_another_key_is_refused(order: Order) -> None:
    forged = _signed(SigningKey(bytes(32)), _facts(order))
    with pytest.raises(BadSignature):
        orders.parse(forged)


@pytest.mark.parametrize(
    "change",
    [{"kind": 1}, {"study": None}, {"body": []}, {"format": True}, {"format": "1"}],
    ids=str,
)
def test_an_order_of_another_shape_is_refused_though_it_is_signed(
    change: dict[str, Any], order: Order, signer: SigningKey
) -> None:
    with pytest.raises(Malformed):
        orders.parse(_signed(signer, {**_facts(order), **change}))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":1}', b"\xff"], ids=repr)
def test_what_is_no_order_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        orders.parse(content)


@pytest.mark.parametrize("body", [{"words": "\0"}, {"share": 0.5}, {"many": 2**53}], ids=str)
def test_an_order_that_others_would_refuse_is_not_signed(body: dict[str, Any], signer: SigningKey) -> None:
    with pytest.raises(Malformed):
        orders.sign("erase", "study-1", body, signer)


def test_an_order_of_a_later_format_is_told_apart(order: Order, signer: SigningKey) -> None:
    with pytest.raises(UnknownFormat):
        orders.parse(_signed(signer, {**_facts(order), "format": 2}))


def test_an_order_of_a_kind_or_with_a_field_that_nobody_knows_yet_is_an_order(order: Order, signer: SigningKey) -> None:
    content = _signed(signer, {**_facts(order), "kind": "later", "later": "unknown"})
    assert orders.parse(content).kind == "later"
    assert orders.parse(content).content == content


def test_an_order_reads_back_as_it_was_signed(order: Order) -> None:
    assert orders.parse(order.content) == order
    assert orders.parse(order.content).id == order.id


def test_no_mutant_of_an_order_is_an_order(order: Order, mutants: Callable[..., Iterator[bytes]]) -> None:
    for content in mutants(order.content, 5_000):
        with pytest.raises(SyncError):
            orders.parse(content)


def test_whatever_somebody_signs_is_an_order_or_is_refused(
    order: Order, signer: SigningKey, mutants: Callable[..., Iterator[bytes]]
) -> None:
    accepted = 0
    whole = encode(_facts(order))
    for content in mutants(whole, 2_000):
        signature = b64(signer.sign(SIGNED_AS + content).signature)
        try:
            parsed = orders.parse(content[:-1] + b',"signature":"' + signature.encode() + b'"}')
        except SyncError:
            continue
        accepted += 1
        assert (type(parsed.kind), type(parsed.study), type(parsed.body)) == (str, str, dict)
    assert accepted < 2_000
