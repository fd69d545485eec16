"""Orders: signed, readable objects outside the streams, of which every replica holds all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from sync.canonical import b64, decode, digest, encode, unb64
from sync.errors import BadSignature, Malformed, UnknownFormat

FORMAT = 1
SIGNED_AS = b"fieldkit order 1\n"


@dataclass(frozen=True)
class Order:
    """One order: its kind, the study, its words, and the Ed25519 key (base64url) that signed it."""

    kind: str
    study: str
    body: Mapping[str, Any]
    signer: str
    content: bytes

    @property
    def id(self) -> str:
        """Return the hash of the order's bytes."""
        return digest(self.content)


def sign(kind: str, study: str, body: Mapping[str, Any], signer: SigningKey) -> Order:
    """Return an order signed by *signer*."""
    facts = {
        "format": FORMAT,
        "kind": kind,
        "study": study,
        "body": dict(body),
        "signer": b64(bytes(signer.verify_key)),
    }
    signature = signer.sign(SIGNED_AS + encode(facts)).signature
    return Order(kind, study, body, facts["signer"], encode({**facts, "signature": b64(signature)}))


def parse(content: bytes) -> Order:
    """Return the order in *content*; kinds unknown here are orders too. Raises Malformed, UnknownFormat, BadSignature."""
    facts = decode(content)
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise Malformed("order")
    if facts["format"] > FORMAT:
        raise UnknownFormat
    try:
        signature = unb64(facts.pop("signature"))
        VerifyKey(unb64(facts["signer"])).verify(SIGNED_AS + encode(facts), signature)
        return Order(facts["kind"], facts["study"], facts["body"], facts["signer"], content)
    except BadSignatureError as error:
        raise BadSignature from error
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("order") from error
