"""What goes over HTTP: requests signed by a device, answers signed by the hub, pieces of at most 256 KiB (`README.md`).

Both are one line of canonical JSON that says what follows and is signed, a line feed, and the content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from nacl.signing import SigningKey

from sync import bundle, incoming
from sync.block import Block
from sync.canonical import b64, decode_object, digest, encode, new_id
from sync.chain import End
from sync.chunk import Chunk
from sync.errors import BadHash, Malformed
from sync.frames import Writer
from sync.incoming import Piece
from sync.receipts import check_signature
from sync.replica import StreamInfo

FORMAT = 1
REQUEST, ANSWER = b"fieldkit request 1\n", b"fieldkit answer 1\n"
PREFIX = "/sync/"
UNKNOWN_DEVICE, REVOKED, RESTORED = "unknown_device", "revoked", "restored"  # why a hub says no
BLOCKED = "blocked"  # what became of a chunk that was erased
LARGEST_PIECE = 256 * 1024  # unless a single block is longer
SHORT = 22  # characters: 132 bits
LARGEST_MESSAGE = 24 * 1024 * 1024
_REQUEST_KEYS = {"format", "study", "device", "request", "path", "hash", "signature"}
_ANSWER_KEYS = {"format", "study", "epoch", "request", "hash", "signature"}


@dataclass(frozen=True)
class Message:
    """What a signed line says, its content, and the bytes that were signed; the signature is checked by `verify`."""

    facts: dict[str, Any]
    content: bytes
    signature: str


def new_request() -> str:
    """Return an id that ties one answer to one request."""
    return new_id()


def request(study: str, device: str, id_: str, path: str, content: bytes, signer: SigningKey) -> bytes:
    """Return *content* as *device* sends it to *path*."""
    facts = {"study": study, "device": device, "request": id_, "path": path}
    return _signed(REQUEST, facts, content, signer)


def answer(study: str, epoch: str, id_: str, content: bytes, signer: SigningKey) -> bytes:
    """Return *content* as the hub answers the request *id_*."""
    return _signed(ANSWER, {"study": study, "epoch": epoch, "request": id_}, content, signer)


def _signed(mark: bytes, facts: dict[str, Any], content: bytes, signer: SigningKey) -> bytes:
    line = {"format": FORMAT, **facts, "hash": digest(content)}
    return encode({**line, "signature": b64(signer.sign(mark + encode(line)).signature)}) + b"\n" + content


def read_request(raw: bytes) -> Message:
    """Return a request, its signature not yet checked; raises Malformed, UnknownFormat, BadHash."""
    return _read(raw, _REQUEST_KEYS)


def read_answer(raw: bytes) -> Message:
    """Return an answer, its signature not yet checked; raises Malformed, UnknownFormat, BadHash."""
    return _read(raw, _ANSWER_KEYS)


def _read(raw: bytes, keys: set[str]) -> Message:
    line, feed, content = raw.partition(b"\n")
    facts = decode_object(line, FORMAT)
    if not feed or facts.keys() != keys or not all(isinstance(facts[name], str) for name in keys - {"format"}):
        raise Malformed("message")
    if facts["hash"] != digest(content):
        raise BadHash
    return Message(facts, content, facts.pop("signature"))


def verify(mark: bytes, message: Message, key: str) -> None:
    """Check that the owner of *key* (base64url) signed *message*; raises BadSignature, Malformed."""
    check_signature(mark, message.facts, message.signature, key)


def piece(
    study: str,
    found: Iterable[bytes],
    streams: Iterable[StreamInfo],
    brought: Iterable[Block],
    lumps: Iterable[Chunk] = (),
) -> bytes:
    """Return a piece: a small bundle, read by the same reader as the one on a stick."""
    file = BytesIO()
    bundle.write_frames(Writer(file), study, found, streams, brought, lumps)
    return file.getvalue()


def read_piece(content: bytes) -> Piece:
    """Return what is intact in a piece; raises NotABundle, UnknownFormat."""
    return incoming.read_piece(content)


def cut(parts: Iterable[bytes | Block | Chunk]) -> Iterator[list[Any]]:
    """Yield *parts* in runs that fit into a piece each; what is longer travels alone."""
    run: list[bytes | Block | Chunk] = []
    size = 0
    for part in parts:
        length = _length(part)
        if run and size + length > LARGEST_PIECE:
            yield run
            run, size = [], 0
        run.append(part)
        size += length
    if run:
        yield run


def _length(part: bytes | Block | Chunk) -> int:
    if isinstance(part, Chunk):
        return len(part.label_bytes) + len(part.content)
    return len(part) if isinstance(part, bytes) else len(part.header_bytes) + len(part.payload or b"")


def short(ends: Iterable[End]) -> str:
    """Return what stands for the ends of a stream in a comparison; nothing for none."""
    return short_of([list(end) for end in ends])


def short_of(listed: Sequence[Any]) -> str:
    """Return what stands for a sorted list in a comparison; nothing for an empty one."""
    return digest(encode(list(listed)))[:SHORT] if listed else ""


def texts(found: object) -> Sequence[str]:
    """Return *found* if it is a list of texts; raises Malformed."""
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return found
    raise Malformed("texts")
