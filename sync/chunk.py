"""Chunks: what is too large for a block, cut up and sealed; each has a readable label (`README.md`, "Chunks")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol

from nacl import bindings, utils
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from sync.canonical import b64, check_signed, decode_object, digest, encode, unb64
from sync.errors import BadHash, CannotOpen, Malformed

FORMAT = 1
SIZE = 256 * 1024  # in clear: a cut of the line costs at most one piece, and a label is 0.2 % of it
LARGEST = 1024 * 1024  # sealed, as far as a reader goes along with a writer who chose otherwise
LARGEST_LABEL = 4096
NONCE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
SIGNED_AS = b"fieldkit chunk 1\n"
_BYTES = {"payload_hash": 32, "signature": 64}
_LEAST = {"number": 1, "length": 1}
_TEXTS = ("attachment", "device", "drawer", "alias")


class Source(Protocol):
    """What can be read from: a file, or what a browser sends."""

    def read(self, size: int, /) -> bytes:
        """Return at most *size* bytes, none at the end."""


@dataclass(frozen=True)
class Owner:
    """What a chunk is a part of: the attachment, the device that made it, and by which name it is erased."""

    attachment: str
    device: str
    drawer: str
    alias: str


@dataclass(frozen=True)
class Label:
    """What everybody may read of a chunk; `number` counts from 1, `length` is that of the sealed content in bytes."""

    format: int
    attachment: str
    number: int
    device: str
    drawer: str
    alias: str
    length: int
    payload_hash: str
    signature: str


@dataclass(frozen=True)
class Chunk:
    """A label as it was signed, and the sealed content."""

    label_bytes: bytes
    content: bytes

    @cached_property
    def label(self) -> Label:
        """Return the label; raises Malformed or UnknownFormat."""
        return parse(self.label_bytes)

    @property
    def name(self) -> str:
        """Return the hash of the sealed content, by which a record names it."""
        return self.label.payload_hash


def parse(content: bytes) -> Label:
    """Return the label in *content*, its signature not yet checked; raises Malformed, UnknownFormat."""
    if len(content) > LARGEST_LABEL:
        raise Malformed("label too long")
    facts = decode_object(content, FORMAT)
    _check(facts)
    try:
        return Label(**facts)
    except TypeError as error:
        raise Malformed("label") from error


def _check(facts: Mapping[str, Any]) -> None:
    for name, size in _BYTES.items():
        if len(unb64(facts.get(name, ""))) != size:
            raise Malformed(name)
    for name, least in _LEAST.items():
        if type(facts.get(name)) is not int or facts[name] < least:
            raise Malformed(name)
    for name in _TEXTS:
        if not (isinstance(facts.get(name), str) and facts[name]):
            raise Malformed(name)
    if facts["length"] > LARGEST:
        raise Malformed("length")


def new_key() -> bytes:
    """Return the random key of one attachment; only its record holds it."""
    return utils.random(bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES)


def cut(source: Source, owner: Owner, key: bytes, signer: SigningKey) -> Iterator[Chunk]:
    """Yield what *source* still holds as sealed chunks; one at a time is in memory. Raises OSError."""
    number = 0
    while part := _filled(source):
        number += 1
        yield seal(owner, number, part, key, signer)


def _filled(source: Source) -> bytes:
    """Return the next part, whole also where a socket hands out less at once."""
    parts, left = [], SIZE
    while left and (some := source.read(left)):
        parts.append(some)
        left -= len(some)
    return b"".join(parts)


def seal(owner: Owner, number: int, part: bytes, key: bytes, signer: SigningKey) -> Chunk:
    """Return *part* sealed under *key*, with a label that *signer*, the device's, signs; raises Malformed."""
    nonce = utils.random(NONCE)
    bound = _bound(owner.attachment, number)
    content = nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(part, bound, nonce, key)
    length = {"length": len(content), "payload_hash": digest(content)}
    facts = {"format": FORMAT, **asdict(owner), "number": number, **length}
    made = Chunk(encode({**facts, "signature": b64(signer.sign(SIGNED_AS + encode(facts)).signature)}), content)
    parse(made.label_bytes)  # nothing leaves that others would refuse
    return made


def intact(one: Chunk) -> bool:
    """Tell whether the content is the one that the label describes; raises Malformed, UnknownFormat."""
    return (len(one.content), digest(one.content)) == (one.label.length, one.label.payload_hash)


def verify(one: Chunk, verify_key: VerifyKey) -> None:
    """Check content and signature; raises Malformed, UnknownFormat, BadHash, BadSignature, in this order."""
    if not intact(one):
        raise BadHash
    check_signed(SIGNED_AS, one.label_bytes, verify_key)


def open_content(attachment: str, number: int, content: bytes, key: bytes) -> bytes:
    """Return what lies in the sealed *content* of chunk *number*; raises CannotOpen (another key or place)."""
    bound = _bound(attachment, number)
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(content[NONCE:], bound, content[:NONCE], key)
    except (CryptoError, ValueError, TypeError) as error:
        raise CannotOpen from error


def _bound(attachment: str, number: int) -> bytes:
    """Return the associated data: a chunk opens only in the place it was sealed for."""
    return encode({"format": FORMAT, "attachment": attachment, "number": number})
