"""Blocks: a readable, signed header, and a payload that only a drawer's key opens (`README.md`, "Blocks")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import zstandard
from nacl import bindings, utils
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.signing import SigningKey, VerifyKey

from sync.canonical import b64, decode, digest, encode, unb64
from sync.errors import BadHash, BadSignature, CannotOpen, Malformed, TooLarge, UnknownFormat

FORMAT = 1
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
class Header:
    """What everybody may read of a block; `length` is that of the sealed payload in bytes."""

    format: int
    stream: str
    position: int
    drawer: str
    epoch: int
    length: int
    payload_hash: str
    signature: str
    previous: str | None = None
    alias: str | None = None


@dataclass(frozen=True)
class Block:
    """A header as it was signed, and its payload (None where only the header is at hand)."""

    header_bytes: bytes
    payload: bytes | None

    @cached_property
    def header(self) -> Header:
        """Return the header; raises Malformed or UnknownFormat."""
        return _header(decode(self.header_bytes))

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
            raise TooLarge
        if run and size + len(change) + 1 > LARGEST_PAYLOAD:
            yield run
            run, size = [], 0
        run.append(change)
        size += len(change) + 1
    if run:
        yield run


def seal(place: Place, changes: Sequence[bytes], key: bytes, signer: SigningKey) -> Block:
    """Return *changes* (canonical JSON each) as one block at *place*, sealed under the drawer's 32-byte *key*."""
    lines = b"".join(change + b"\n" for change in changes)
    if len(lines) > LARGEST_PAYLOAD:
        raise TooLarge
    nonce = utils.random(NONCE)
    packed = zstandard.ZstdCompressor(level=LEVEL).compress(lines)
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(packed, _bound(place), nonce, key)
    return seal_payload(place, nonce + sealed, signer)


def seal_payload(place: Place, payload: bytes, signer: SigningKey) -> Block:
    """Return a block around a *payload* that is sealed already (the safeguarding envelope)."""
    facts = {
        "format": FORMAT,
        **_present(asdict(place)),
        "length": len(payload),
        "payload_hash": digest(payload),
    }
    signature = signer.sign(SIGNED_AS + encode(facts)).signature
    return Block(encode({**facts, "signature": b64(signature)}), payload)


def verify(block: Block, verify_key: VerifyKey) -> None:
    """Check that the payload is the header's and the header its owner's; raises BadHash, BadSignature, Malformed."""
    if not payload_intact(block):
        raise BadHash
    facts = decode(block.header_bytes)
    signature = unb64(facts.pop("signature"))
    try:
        verify_key.verify(SIGNED_AS + encode(facts), signature)
    except (BadSignatureError, ValueError) as error:
        raise BadSignature from error


def payload_intact(block: Block) -> bool:
    """Tell whether the payload is the one that the header describes."""
    payload = block.payload
    return payload is not None and (len(payload), digest(payload)) == (
        block.header.length,
        block.header.payload_hash,
    )


def open_block(block: Block, key: bytes) -> list[bytes]:
    """Return the changes in *block*; raises CannotOpen, TooLarge, Malformed."""
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
    """Unpack at most 16 MiB, whatever the frame claims."""
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            lines = reader.read(LARGEST_PAYLOAD + 1)
    except zstandard.ZstdError as error:
        raise Malformed("zstd") from error
    if len(lines) > LARGEST_PAYLOAD:
        raise TooLarge
    if lines and not lines.endswith(b"\n"):
        raise Malformed("lines")
    return lines


def _bound(place: Place) -> bytes:
    """Return the associated data: a payload opens only in the place it was sealed for."""
    facts = {name: value for name, value in asdict(place).items() if name != "previous"}
    return encode({"format": FORMAT, **_present(facts)})


def _present(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _header(facts: Any) -> Header:
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise Malformed("header")
    if facts["format"] > FORMAT:
        raise UnknownFormat
    try:
        header = Header(**facts)
    except TypeError as error:
        raise Malformed("header") from error
    _check(header)
    return header


def _check(header: Header) -> None:
    texts = (
        header.stream,
        header.drawer,
        header.payload_hash,
        header.signature,
        header.previous or "",
        header.alias or "",
    )
    numbers = (header.position, header.epoch, header.length)
    typed = all(isinstance(text, str) for text in texts) and all(type(number) is int for number in numbers)
    if not typed or header.position < 1 or (header.position == 1) != (header.previous is None):
        raise Malformed("header")
