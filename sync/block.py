"""Blocks: a readable, signed header, and a payload that only a drawer's key opens (`README.md`, "Blocks")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import zstandard
from nacl import bindings, utils
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from sync import header as headers
from sync.canonical import b64, check_signed, digest, encode
from sync.errors import BadHash, CannotOpen, Malformed, TooLarge
from sync.header import FORMAT, Header

LARGEST_PAYLOAD = 16 * 1024 * 1024  # unpacked
NONCE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
SIGNED_AS = b"fieldkit block 1\n"
LEVEL = 3


@dataclass(frozen=True)
class Place:
    """Where a block stands: stream, position from 1, hash of the block before, drawer, key epoch, subject alias."""

    stream: str
    position: int
    previous: str | None
    drawer: str
    epoch: int
    alias: str | None


@dataclass(frozen=True)
class Block:
    """A header as it was signed, and its payload (None where only the header is at hand)."""

    header_bytes: bytes
    payload: bytes | None

    @cached_property
    def header(self) -> Header:
        """Return the header; raises Malformed or UnknownFormat."""
        return headers.parse(self.header_bytes)

    @cached_property
    def hash(self) -> str:
        """Return the hash of the header with its signature: the block's name."""
        return digest(self.header_bytes)


def pack(changes: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield *changes* in runs that fit into one block each; raises TooLarge for a change that never fits."""
    run: list[bytes] = []
    size = 0
    for change in changes:
        if len(change) >= LARGEST_PAYLOAD:
            raise TooLarge(len(change))
        if run and size + len(change) + 1 > LARGEST_PAYLOAD:
            yield run
            run, size = [], 0
        run.append(change)
        size += len(change) + 1
    if run:
        yield run


def seal(place: Place, changes: Sequence[bytes], key: bytes, signer: SigningKey) -> Block:
    """Return *changes* (canonical JSON each) as one block at *place*, sealed under the drawer's 32-byte *key*.

    Raises TooLarge, Malformed (a raw line break inside a change, a place that no header can say).
    """
    if any(b"\n" in change for change in changes):
        raise Malformed("line break")
    lines = b"".join(change + b"\n" for change in changes)
    if len(lines) > LARGEST_PAYLOAD:
        raise TooLarge(len(lines))
    nonce = utils.random(NONCE)
    packed = zstandard.ZstdCompressor(level=LEVEL).compress(lines)
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(packed, _bound(place), nonce, key)
    return seal_payload(place, nonce + sealed, signer)


def seal_payload(place: Place, payload: bytes, signer: SigningKey) -> Block:
    """Return a block around a *payload* that is sealed already (the safeguarding envelope); raises Malformed."""
    facts = {"format": FORMAT, **_present(vars(place)), "length": len(payload), "payload_hash": digest(payload)}
    signature = signer.sign(SIGNED_AS + encode(facts)).signature
    content = encode({**facts, "signature": b64(signature)})
    headers.parse(content)  # nothing leaves that others would refuse
    return Block(content, payload)


def verify(block: Block, verify_key: VerifyKey) -> None:
    """Check that the payload is the header's and the header its owner's.

    Raises Malformed, UnknownFormat, BadHash, BadSignature, in this order.
    """
    if not payload_intact(block):
        raise BadHash
    verify_header(block, verify_key)


def verify_header(block: Block, verify_key: VerifyKey) -> None:
    """Check that the header is its owner's, whatever became of the payload; raises Malformed, BadSignature."""
    check_signed(SIGNED_AS, block.header_bytes, verify_key)


def payload_intact(block: Block) -> bool:
    """Tell whether the payload is there and the one that the header describes; raises Malformed, UnknownFormat."""
    header, payload = block.header, block.payload
    return payload is not None and (len(payload), digest(payload)) == (header.length, header.payload_hash)


def open_block(block: Block, key: bytes) -> list[bytes]:
    """Return the changes in *block*; raises CannotOpen (another key or place), TooLarge, Malformed, UnknownFormat."""
    header = block.header
    place = Place(header.stream, header.position, header.previous, header.drawer, header.epoch, header.alias)
    payload = block.payload or b""
    try:
        packed = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            payload[NONCE:], _bound(place), payload[:NONCE], key
        )
    except (CryptoError, ValueError, TypeError) as error:
        raise CannotOpen from error
    return _unpacked(packed).split(b"\n")[:-1]


def _unpacked(packed: bytes) -> bytes:
    """Unpack at most 16 MiB: a frame that does not say its size, or another one, is refused before it takes memory."""
    try:
        size = zstandard.frame_content_size(packed)
        if size > LARGEST_PAYLOAD:
            raise TooLarge(size)
        unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_PAYLOAD)
        lines = unpacker.decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Malformed("zstd") from error
    if lines and not lines.endswith(b"\n"):
        raise Malformed("lines")
    return lines


def _bound(place: Place) -> bytes:
    """Return the associated data: a payload opens only in the place it was sealed for."""
    facts = {name: value for name, value in vars(place).items() if name != "previous"}
    return encode({"format": FORMAT, **_present(facts)})


def _present(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
