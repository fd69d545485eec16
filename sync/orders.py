"""Orders: signed, readable objects outside the streams, of which every replica holds all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from sync.canonical import b64, decode_object, digest, encode, unb64
from sync.errors import BadSignature, Malformed

FORMAT = 1
SIGNED_AS = b"fieldkit order 1\n"
_FIELDS = {"format": int, "kind": str, "study": str, "body": dict, "signer": str, "signature": str}


@dataclass(frozen=True)
class Order:
    """One order: its kind, the study, its words, the Ed25519 key (base64url) that signed it, and its bytes."""

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
    """Return an order signed by *signer*; raises Malformed for a *body* that is no canonical JSON."""
    key = b64(bytes(signer.verify_key))
    facts = {"format": FORMAT, "kind": kind, "study": study, "body": dict(body), "signer": key}
    signature = signer.sign(SIGNED_AS + encode(facts)).signature
    return parse(encode({**facts, "signature": b64(signature)}))


def parse(content: bytes) -> Order:
    """Return the order in *content*; kinds unknown here are orders too.

    Whether its signer may give such an order is for the reader to judge.
    Raises Malformed, UnknownFormat, BadSignature, in this order.
    """
    facts = decode_object(content, FORMAT)
    if any(type(facts.get(name)) is not kind for name, kind in _FIELDS.items()):
        raise Malformed("order")
    signature, key = unb64(facts.pop("signature")), unb64(facts["signer"])
    try:
        VerifyKey(key).verify(SIGNED_AS + encode(facts), signature)
    except (BadSignatureError, ValueError) as error:
        raise BadSignature from error
    return Order(facts["kind"], facts["study"], facts["body"], facts["signer"], content)
