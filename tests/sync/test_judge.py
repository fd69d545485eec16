from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from nacl.signing import SigningKey

from sync import judge, orders
from sync.block import Block
from sync.canonical import b64
from sync.judge import Device, Judgement, Rules
from sync.replica import StreamInfo

INFO = StreamInfo("", "research/A", "L1")


@pytest.fixture
def lead() -> SigningKey:
    """The key of a coordinator."""
    return SigningKey(bytes(range(3, 35)))


@pytest.fixture
def judged(signer: SigningKey, lead: SigningKey) -> Callable[..., Judgement]:
    """Judge orders where L1 is known and *lead* may erase children."""
    rules = Rules(
        lambda _: {"L1": Device(b64(bytes(signer.verify_key)), "interviewer")},
        lambda key, _: key == b64(bytes(lead.verify_key)),
        lambda _: (),
    )
    return lambda *found: judge.judge([one.content for one in found], rules)


def test_a_block_of_an_unknown_device_has_no_owner(judged: Callable[..., Judgement], tree: list[Block]) -> None:
    nobody = replace(judged(), devices={})
    assert nobody.owner(tree[0], "L1") is None
    assert nobody.fault(tree[0], INFO) == "unknown_device"


def test_an_owner_is_who_signed_not_who_is_claimed(judged: Callable[..., Judgement], tree: list[Block]) -> None:
    assert judged().owner(tree[0], "L7") == "L1"
    assert judged().owner(tree[0], "L1") == "L1"


def test_what_cannot_stand_in_a_stream_is_told(judged: Callable[..., Judgement], tree: list[Block]) -> None:
    one = tree[0]
    assert judged().fault(one, INFO) == ""
    assert judged().fault(one, INFO._replace(drawer="vault/A")) == "drawer"
    assert judged().fault(replace(one, payload=None), INFO) == "no_payload"
    assert judged().fault(replace(one, payload=one.payload[:-1] + b"x"), INFO) == "bad_signature"  # type: ignore[index]
    stranger = {"L1": Device(b64(bytes(SigningKey.generate().verify_key)), "interviewer")}
    assert replace(judged(), devices=stranger).fault(one, INFO) == "bad_signature"


def test_a_device_empties_its_own_blocks_only(
    judged: Callable[..., Judgement], tree: list[Block], signer: SigningKey, lead: SigningKey
) -> None:
    own = orders.sign("erase", "study-1", {"blocks": [tree[0].hash]}, signer)
    others = orders.sign("erase", "study-1", {"blocks": [tree[1].hash]}, lead)
    now = judged(own, others)
    assert now.empties(tree[0], INFO)
    assert not now.empties(tree[1], INFO)
    assert now.fault(replace(tree[0], payload=None), INFO) == ""
    assert now.to_empty(INFO) == ([tree[0].hash], [])


def test_a_child_is_emptied_in_its_drawer_by_who_may(
    judged: Callable[..., Judgement], tree: list[Block], signer: SigningKey, lead: SigningKey
) -> None:
    body = {"version": 1, "drawers": {"research/A": "river"}}
    assert not judged(orders.sign("erase_child", "study-1", body, signer)).empties(tree[0], INFO)
    now = judged(orders.sign("erase_child", "study-1", body, lead))
    assert all(now.empties(one, INFO) for one in tree)
    assert not now.empties(tree[0], INFO._replace(drawer="vault/A"))
    assert now.to_empty(INFO) == ([], ["river"])


def test_blocks_of_others_are_emptied_in_the_drawer_that_is_named_by_who_may(
    judged: Callable[..., Judgement], tree: list[Block], signer: SigningKey, lead: SigningKey
) -> None:
    body = {"version": 1, "drawer": "research/A", "blocks": [tree[0].hash]}
    assert not judged(orders.sign("erase_changes", "study-1", body, signer)).empties(tree[0], INFO)
    now = judged(orders.sign("erase_changes", "study-1", body, lead))
    assert (now.empties(tree[0], INFO), now.empties(tree[1], INFO)) == (True, False)
    assert not now.empties(tree[0], INFO._replace(drawer="consent/A"))
    assert now.fault(replace(tree[0], payload=None), INFO) == ""
    assert now.to_empty(INFO) == ([tree[0].hash], [])


def test_an_order_about_others_that_does_not_count_empties_nothing_and_lets_empty_copies_in(
    signer: SigningKey, lead: SigningKey, tree: list[Block]
) -> None:
    order = orders.sign("erase_changes", "study-1", {"drawer": "research/A", "blocks": [tree[0].hash]}, lead)
    known = {"L1": Device(b64(bytes(signer.verify_key)), "interviewer")}
    now = judge.judge([order.content], Rules(lambda _: known, lambda *_: True, lambda _: {order.id}))
    assert not now.empties(tree[0], INFO)
    assert now.fault(replace(tree[0], payload=None), INFO) == ""
    assert now.fault(replace(tree[1], payload=None), INFO) == "no_payload"


@pytest.mark.parametrize("body", [{}, {"blocks": None}, {"blocks": [1]}, {"drawers": []}, {"drawers": {"d": None}}])
def test_an_order_without_sense_empties_nothing(
    judged: Callable[..., Judgement], lead: SigningKey, body: dict[str, object]
) -> None:
    both = [
        orders.sign(kind, "study-1", body, lead)
        for kind in ("erase", "erase_child", "erase_changes", "something later")
    ]
    now = judged(*both)
    assert (now.emptied, now.aliases, now.named) == ({}, frozenset(), frozenset())
