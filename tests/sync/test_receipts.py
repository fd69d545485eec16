from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from nacl.signing import SigningKey

from sync import receipts
from sync.canonical import b64, decode, encode
from sync.errors import BadSignature, ForeignStudy, Malformed, SyncError, UnknownFormat


@pytest.fixture
def hub() -> SigningKey:
    return SigningKey(bytes(range(32, 64)))


@pytest.fixture
def said(signer: SigningKey) -> dict[str, Any]:
    """What a holder says before signing it."""
    key = b64(bytes(signer.verify_key))
    return {"format": 1, "study": "study-1", "hub": key, "epoch": "", "orders": "o", "streams": {"s": [[2, "h"]]}}


def test_a_receipt_that_was_changed_is_refused(signer: SigningKey, verify_key: str) -> None:
    said = receipts.sign({"epoch": "epoch-1", "streams": {}}, signer)
    receipts.check(said, verify_key)
    changes: list[Callable[[dict[str, object]], object]] = [
        lambda facts: facts.update(epoch="epoch-2"),
        lambda facts: facts.pop("signature"),
        lambda facts: facts.update(more=1),
    ]
    for change in changes:
        facts = dict(said)
        change(facts)
        with pytest.raises(SyncError):
            receipts.check(facts, verify_key)


@pytest.mark.parametrize("said", [None, [], {"s": None}, {"s": [[1]]}, {"s": [["1", "h"]]}, {"s": [[True, "h"]]}])
def test_what_are_no_ends_is_refused(said: object) -> None:
    with pytest.raises(Malformed):
        receipts.ends(said)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"format": 2}, UnknownFormat),
        ({"streams": []}, Malformed),
        ({"number": True}, Malformed),
        ({"study": 1}, Malformed),
        ({"hub": None}, Malformed),
        ({"relayed": {}}, Malformed),
        ({"relayed": ["no receipt"]}, Malformed),
        ({"relayed": [{"format": 1}]}, Malformed),
        ({"hub": b64(bytes(32))}, BadSignature),
    ],
)
def test_what_is_no_receipt_is_refused(
    said: dict[str, Any], signer: SigningKey, change: dict[str, Any], error: type[SyncError]
) -> None:
    receipts.parse(encode(receipts.sign(said, signer)))
    with pytest.raises(error):
        receipts.parse(encode(receipts.sign({**said, **change}, signer)))


def test_a_forged_or_foreign_receipt_is_not_relayed(said: dict[str, Any], signer: SigningKey, hub: SigningKey) -> None:
    inner = receipts.sign({**said, "hub": b64(bytes(hub.verify_key))}, hub)
    forged, foreign = {**inner, "orders": "p"}, receipts.sign({**inner, "study": "study-2"}, hub)
    for relayed, error in ((forged, BadSignature), ({**foreign, "signature": inner["signature"]}, BadSignature)):
        with pytest.raises(error):
            receipts.parse(encode(receipts.sign({**said, "relayed": [relayed]}, signer)))
    other = {name: value for name, value in foreign.items() if name != "signature"}
    with pytest.raises(ForeignStudy):
        receipts.parse(encode(receipts.sign({**said, "relayed": [receipts.sign(other, hub)]}, signer)))


def test_a_receipt_tells_who_holds_what_and_what_the_hub_said(
    said: dict[str, Any], signer: SigningKey, hub: SigningKey, verify_key: str
) -> None:
    inner = receipts.sign({**said, "hub": b64(bytes(hub.verify_key))}, hub)
    content = encode(receipts.sign({**said, "number": 7, "relayed": [inner]}, signer))
    made = receipts.parse(content)

    assert (made.signer, made.number, made.streams, made.content) == (verify_key, 7, {"s": [(2, "h")]}, content)
    assert [(one.signer, one.number, one.content) for one in made.relayed] == [(inner["hub"], 0, encode(inner))]


def _believed(raw: bytes, key: str) -> None:
    said = decode(raw)
    if not isinstance(said, dict):
        raise Malformed("receipt")
    receipts.check(said, key)


def test_no_mutant_of_a_receipt_is_believed(
    said: dict[str, Any], signer: SigningKey, verify_key: str, mutants: Callable[..., Iterator[bytes]]
) -> None:
    content = encode(receipts.sign({**said, "number": 7}, signer))
    for changed in mutants(content, 5_000):
        with pytest.raises(SyncError):
            _believed(changed, verify_key)
