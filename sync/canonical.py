"""One way to write JSON as bytes, how that is signed, and the hashes and ids made of bytes."""

from __future__ import annotations

import binascii
import json
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any, NoReturn

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from sync.errors import BadSignature, Malformed, UnknownFormat

LARGEST_INTEGER = 2**53
HASH_BYTES = 32
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def encode(value: Any) -> bytes:
    """Return canonical JSON: sorted keys, no spaces, UTF-8, no escapes but those JSON needs.

    Raises Malformed for what has no such form: NaN, NUL, lone surrogates, values that JSON lacks.
    """
    try:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        content = text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if _NUL.search(content):
        raise Malformed("NUL")
    return content


def decode(content: bytes) -> Any:
    """Return the value of canonical JSON; raises Malformed for any other bytes, floats and large integers included."""
    try:
        value = json.loads(content.decode(), parse_float=_refuse, parse_constant=_refuse, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if encode(value) != content:  # also catches a key that stands twice
        raise Malformed("not canonical")
    return value


def decode_object(content: bytes, newest: int) -> dict[str, Any]:
    """Return the object in *content*, which says its own `format`; raises Malformed, UnknownFormat after *newest*."""
    facts = decode(content)
    number = facts.get("format") if isinstance(facts, dict) else None
    if type(number) is not int or number < 1:
        raise Malformed("format")
    if number > newest:
        raise UnknownFormat(number)
    return dict(facts)


def check_signed(mark: bytes, content: bytes, verify_key: VerifyKey) -> None:
    """Check that the owner of the key signed the canonical object *content* as *mark*; raises Malformed, BadSignature.

    Its `signature` is over the mark and the object without it.
    """
    facts = decode(content)
    signature = unb64(facts.pop("signature"))
    try:
        verify_key.verify(mark + encode(facts), signature)
    except (BadSignatureError, ValueError) as error:
        raise BadSignature from error


def b64(content: bytes) -> str:
    """Return unpadded base64url."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of unpadded base64url; raises Malformed."""
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError, TypeError) as error:
        raise Malformed("base64url") from error
    if b64(content) != text:
        raise Malformed("base64url")
    return content


def digest(content: bytes) -> str:
    """Return BLAKE2b-256 as base64url."""
    return b64(blake2b(content, digest_size=HASH_BYTES).digest())


def new_id(size: int = 16) -> str:
    """Return *size* random bytes as base64url."""
    return b64(secrets.token_bytes(size))


def _integer(text: str) -> int:
    number = int(text)
    if abs(number) >= LARGEST_INTEGER:
        _refuse(text)
    return number


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of ours")
