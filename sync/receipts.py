"""Receipts: what a hub, or a coordinator's computer, signs that it holds (`README.md`, "Receipts")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from sync.canonical import b64, decode_object, encode, unb64
from sync.chain import Ends
from sync.errors import BadSignature, ForeignStudy, Malformed

FORMAT = 1
SIGNED_AS = b"fieldkit receipt 1\n"


@dataclass(frozen=True)
class Receipt:
    """What somebody holds: the study, their key (base64url), ends, the number by which the newest is told, its bytes.

    `relayed`: the last receipt that this holder got of each hub, whose signature was checked as well.
    """

    study: str
    signer: str
    streams: Ends
    number: int
    relayed: Sequence[Receipt]
    content: bytes


def sign(facts: Mapping[str, Any], signer: SigningKey) -> dict[str, Any]:
    """Return *facts* signed by who holds what they name."""
    return {**facts, "signature": b64(signer.sign(SIGNED_AS + encode(facts)).signature)}


def check(said: Mapping[str, Any], key: str) -> None:
    """Check that the owner of *key* signed the receipt; raises BadSignature, Malformed."""
    facts = {name: value for name, value in said.items() if name != "signature"}
    check_signature(SIGNED_AS, facts, str(said.get("signature", "")), key)


def check_signature(mark: bytes, facts: Mapping[str, Any], signature: str, key: str) -> None:
    """Check a signature over *mark* and canonical *facts*; raises BadSignature, Malformed."""
    try:
        VerifyKey(unb64(key)).verify(mark + encode(facts), unb64(signature))
    except (BadSignatureError, ValueError, TypeError) as error:
        raise BadSignature from error


def parse(content: bytes) -> Receipt:
    """Return the receipt in *content*; whether its signer is one to be believed is for the reader to judge.

    Raises Malformed, UnknownFormat, BadSignature, ForeignStudy.
    """
    said = decode_object(content, FORMAT)
    relayed = [_checked(decode_object(encode(one), FORMAT), []) for one in _list(said.get("relayed", []))]
    made = _checked(said, relayed)
    if any(one.study != made.study for one in relayed):
        raise ForeignStudy
    return made


def _checked(said: Mapping[str, Any], relayed: Sequence[Receipt]) -> Receipt:
    study, signer, number = said.get("study"), said.get("hub"), said.get("number", 0)
    if not (isinstance(study, str) and isinstance(signer, str) and type(number) is int):
        raise Malformed("receipt")
    check(said, signer)
    return Receipt(study, signer, ends(said.get("streams")), number, relayed, encode(said))


def ends(found: object) -> dict[str, list[tuple[int, str]]]:
    """Return *found* if it is `{stream: [[position, hash], ...]}`; raises Malformed."""
    if not isinstance(found, dict):
        raise Malformed("ends")
    return {stream: [_end(one) for one in _list(listed)] for stream, listed in found.items()}


def _end(found: object) -> tuple[int, str]:
    if isinstance(found, list) and len(found) == 2 and type(found[0]) is int and isinstance(found[1], str):
        return found[0], found[1]
    raise Malformed("end")


def _list(found: object) -> list[object]:
    if isinstance(found, list):
        return found
    raise Malformed("list")
