"""Keys: how a passphrase opens the store, and the two key pairs that each user and each device has.

A slot wraps the store's random key once per user, under a key derived from the passphrase by Argon2id (`design.md` §5).
"""

from __future__ import annotations

import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nacl import bindings, pwhash, utils
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import SigningKey

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import canonical

NONCE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES


class WrongPassphrase(Refusal):
    """The slot does not open: told before the database is touched."""

    code = "wrong_passphrase"
    message = N_(
        "That passphrase does not open this laptop. Nothing was changed. Check capital letters and type it again."
    )
    status = 401


class WeakPassphrase(Refusal):
    """Too short against someone who has the disk."""

    code = "weak_passphrase"
    message = N_("Take a longer passphrase: four words with spaces between them, or at least twelve characters.")
    status = 422


@dataclass(frozen=True)
class Cost:
    """What one guess at a passphrase costs: Argon2id passes and bytes of memory; stored in each slot."""

    passes: int
    memory: int


FIELD_COST = Cost(passes=3, memory=64 * 1024 * 1024)


@dataclass(frozen=True)
class KeyPair:
    """An Ed25519 and an X25519 secret, 32 bytes each: one signs, the other opens what was sealed to its owner."""

    sign: bytes
    box: bytes

    @classmethod
    def make(cls) -> KeyPair:
        """Return two fresh secrets."""
        return cls(utils.random(32), utils.random(32))

    @property
    def signer(self) -> SigningKey:
        """Return the signing half."""
        return SigningKey(self.sign)

    @property
    def public(self) -> dict[str, str]:
        """Return the public halves as base64url, as they stand in requests and orders."""
        return {
            "verify": b64(bytes(self.signer.verify_key)),
            "box": b64(bytes(PrivateKey(self.box).public_key)),
        }

    def unseal(self, sealed: bytes) -> bytes:
        """Open what was sealed to the public half; raises CryptoError."""
        return SealedBox(PrivateKey(self.box)).decrypt(sealed)


def b64(content: bytes) -> str:
    """Return *content* as unpadded base64url."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of unpadded base64url *text*; raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def seal_to(box: str, content: bytes) -> bytes:
    """Seal *content* so that only the holder of the X25519 public key *box* can open it."""
    return SealedBox(PublicKey(unb64(box))).encrypt(content)


def check_strength(passphrase: str) -> None:
    """Raise WeakPassphrase for less than four words and less than twelve characters."""
    if len(passphrase.split()) < 4 and len(passphrase.strip()) < 12:
        raise WeakPassphrase


def make_slot(who: Mapping[str, str], passphrase: str, store_key: bytes, pair: KeyPair, cost: Cost) -> dict[str, Any]:
    """Return a slot for *who* (code, name, role): readable facts, and the store key and user secrets wrapped."""
    salt = utils.random(pwhash.argon2id.SALTBYTES)
    facts = {**who, "salt": b64(salt), "passes": cost.passes, "memory": cost.memory}
    secret = store_key + pair.sign + pair.box
    nonce = utils.random(NONCE)
    key = _derive(passphrase, salt, cost)
    wrapped = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(secret, canonical(facts), nonce, key)
    return {**facts, "wrapped": b64(nonce + wrapped)}


def open_slot(slot: Mapping[str, Any], passphrase: str) -> tuple[bytes, KeyPair]:
    """Return the store key and the user's pair; raises WrongPassphrase, also for a slot that was tampered with."""
    facts = {name: value for name, value in slot.items() if name != "wrapped"}
    try:
        sealed = unb64(slot["wrapped"])
        key = _derive(passphrase, unb64(slot["salt"]), Cost(slot["passes"], slot["memory"]))
        secret = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed[NONCE:], canonical(facts), sealed[:NONCE], key
        )
    except (CryptoError, KeyError, ValueError, TypeError) as error:
        raise WrongPassphrase from error
    return secret[:-64], KeyPair(secret[-64:-32], secret[-32:])


def _derive(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    typed = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return pwhash.argon2id.kdf(32, typed, salt, opslimit=cost.passes, memlimit=cost.memory)
