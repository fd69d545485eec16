"""The vectors were written without `sync`; a second implementation can check itself with them (`sync/README.md`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey, VerifyKey

from sync import block, bundle, chain, orders, receipts, wire
from sync.block import Block, Place
from sync.canonical import b64, decode, digest, encode, unb64
from sync.errors import Malformed
from sync.frames import MAGIC, RECEIPT, Writer
from sync.replica import Replica

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
BLOCKS = [Block(one["header"].encode(), unb64(one["payload"])) for one in VECTORS["blocks"]]


@pytest.fixture
def device() -> SigningKey:
    return SigningKey(unb64(VECTORS["keys"]["seed"]))


@pytest.mark.parametrize("refused", VECTORS["refused"])
def test_what_the_vectors_refuse_is_refused(refused: str) -> None:
    with pytest.raises(Malformed):
        decode(unb64(refused))


@pytest.mark.parametrize("vector", VECTORS["canonical"], ids=lambda vector: str(vector["hash"]))
def test_canonical_bytes_and_their_hash(vector: dict[str, Any]) -> None:
    assert b64(encode(vector["json"])) == vector["bytes"]
    assert digest(encode(vector["json"])) == vector["hash"]


def test_headers_their_hashes_and_signatures(device: SigningKey) -> None:
    for one, vector in zip(BLOCKS, VECTORS["blocks"], strict=True):
        block.verify(one, VerifyKey(unb64(VECTORS["keys"]["public"])))
        assert one.hash == vector["hash"]
        assert block.seal_payload(Place(**vector["place"]), one.payload or b"", device) == one


def test_a_payload_opens_into_its_changes() -> None:
    changes = block.open_block(BLOCKS[0], unb64(VECTORS["keys"]["drawer"]))
    assert [change.decode() for change in changes] == VECTORS["blocks"][0]["changes"]


def test_a_payload_is_sealed_from_the_same_packed_bytes(device: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    vector, keys = VECTORS["blocks"][0], VECTORS["keys"]

    class Packer:
        """Stands in for zstd, whose bytes may differ between its versions."""

        def __init__(self, level: int) -> None: ...

        def compress(self, _lines: bytes) -> bytes:
            return unb64(vector["packed"])

    monkeypatch.setattr("sync.block.zstandard.ZstdCompressor", Packer)
    monkeypatch.setattr("sync.block.utils.random", lambda _size: unb64(keys["nonce"]))
    changes = [change.encode() for change in vector["changes"]]
    assert block.seal(Place(**vector["place"]), changes, unb64(keys["drawer"]), device) == BLOCKS[0]


def test_an_order(device: SigningKey) -> None:
    vector = VECTORS["order"]
    order = orders.sign(vector["kind"], vector["study"], vector["body"], device)
    assert (order.content.decode(), order.id) == (vector["bytes"], vector["id"])


def test_a_request_and_its_answer(device: SigningKey) -> None:
    hub, http = SigningKey(unb64(VECTORS["keys"]["hub_seed"])), VECTORS["http"]
    one = http["request"]
    asked = wire.request(one["study"], one["device"], one["request"], one["path"], one["content"].encode(), device)
    assert asked.decode() == one["bytes"]
    wire.verify(wire.REQUEST, wire.read_request(asked), VECTORS["keys"]["public"])
    one = http["answer"]
    said = wire.answer(one["study"], one["epoch"], one["request"], one["content"].encode(), hub)
    assert said.decode() == one["bytes"]
    wire.verify(wire.ANSWER, wire.read_answer(said), VECTORS["keys"]["hub"])


def test_what_stands_for_ends_and_a_receipt() -> None:
    http = VECTORS["http"]
    assert wire.short([(position, name) for position, name in http["short"]["ends"]]) == http["short"]["text"]
    receipts.check(http["receipt"]["said"], VECTORS["keys"]["hub"])
    hub = SigningKey(unb64(VECTORS["keys"]["hub_seed"]))
    facts = {name: value for name, value in http["receipt"]["said"].items() if name != "signature"}
    assert encode(receipts.sign(facts, hub)).decode() == http["receipt"]["bytes"]


def test_a_receipt_of_a_coordinators_computer_and_its_frame(device: SigningKey) -> None:
    vector = VECTORS["receipt"]
    made = receipts.parse(vector["bytes"].encode())
    assert (made.signer, made.number) == (VECTORS["keys"]["public"], vector["number"])
    assert [one.content.decode() for one in made.relayed] == [VECTORS["http"]["receipt"]["bytes"]]
    facts = {name: value for name, value in json.loads(vector["bytes"]).items() if name != "signature"}
    assert encode(receipts.sign(facts, device)).decode() == vector["bytes"]
    file = BytesIO()
    Writer(file).put(RECEIPT, made.content)
    assert file.getvalue() == MAGIC + unb64(vector["frame"])


def test_the_opening_hash() -> None:
    vector = VECTORS["opening"]
    links = {one.header.stream: {one.hash: (one.header.position, one.header.previous)} for one in BLOCKS[1:]}
    assert {stream: [list(end) for end in chain.ends(links, stream)] for stream in links} == vector["ends"]
    assert chain.opening_hash(links, vector["orders"]) == vector["hash"]


def test_a_bundle(tmp_path: Path, shelf: Callable[..., Replica]) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(unb64(VECTORS["bundle"]["bytes"]))
    holder = shelf()
    report = bundle.exchange(path, holder)
    assert (report.new, report.damaged, report.torn) == (2, 0, False)
    bundle.write(tmp_path / "again", holder)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
