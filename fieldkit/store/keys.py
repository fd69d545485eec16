"""Keys: how a passphrase opens the store, and the two key pairs that each user and each device has.

A slot wraps the store's random key once per user, under a key derived from the passphrase by Argon2id (`design.md` §5).
"""

from __future__ import annotations

import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from nacl import bindings, pwhash, utils
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import Aead
from nacl.signing import SigningKey

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import canonical

NONCE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
FEWEST_SIGNS = 4
RECOVERY = "recovery"  # the part of a slot that a printed sheet opens; the passphrase does not authenticate it
_APART = {"wrapped", RECOVERY}
_PRIVATE = "1:"  # the version of what a person seals for themselves
_SHEET = b"fieldkit recovery 1\n"  # no passphrase can be typed that means a sheet


class WrongPassphrase(Refusal):
    """The slot does not open: told before the database is touched."""

    code = "wrong_passphrase"
    message = N_(
        "That passphrase does not open this laptop. Nothing was changed. Check capital letters and type it again."
    )
    status = 401


class WrongWords(Refusal):
    """The words of a sheet do not open the slot: another sheet, or not its words."""

    code = "wrong_words"
    message = N_(
        "These words do not open this laptop. Nothing was changed. "
        "Take the newest sheet of this person and this laptop, and type all twelve words in their order."
    )
    status = 401


class WeakPassphrase(Refusal):
    """Too short against someone who has the disk."""

    code = "weak_passphrase"
    message = N_("Take a longer passphrase: four words with spaces between them, or at least twelve characters.")
    status = 422


class OnlyDigits(WeakPassphrase):
    """Guessed too soon, and at the cover not to be told from the PIN of the day."""

    code = "only_digits"
    message = N_(
        "Digits alone do not make a passphrase. Take four words with spaces between them, "
        "or at least twelve characters with letters among them."
    )


class Repeated(WeakPassphrase):
    """The same few signs over and over: among the first that anybody tries."""

    code = "repeated"
    message = N_(
        "The same over and over does not make a passphrase. Take four different words with spaces between them, "
        "or at least twelve characters."
    )


@dataclass(frozen=True)
class Cost:
    """What one guess at a passphrase costs: Argon2id passes and bytes of memory; stored in each slot."""

    passes: int
    memory: int


FIELD_COST = Cost(passes=3, memory=64 * 1024 * 1024)
DEAREST = Cost(passes=16, memory=1024 * 1024 * 1024)  # a slot from elsewhere may not stop a laptop for hours


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

    def keep(self, content: bytes) -> str:
        """Seal *content* for its author alone, who can still open it after a recovery: `1:` and base64url."""
        return _PRIVATE + b64(bytes(Aead(self._private).encrypt(content)))

    def kept(self, sealed: str) -> bytes:
        """Open what `keep` sealed; raises CryptoError, also for another version."""
        if not sealed.startswith(_PRIVATE):
            raise CryptoError(sealed[:2])
        return Aead(self._private).decrypt(unb64(sealed.removeprefix(_PRIVATE)))

    @property
    def _private(self) -> bytes:
        return blake2b(self.sign, digest_size=Aead.KEY_SIZE, person=b"fieldkit memo 1").digest()

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
    """Raise WeakPassphrase for less than four words and less than twelve characters, OnlyDigits for what has no letter,
    Repeated for one piece over and over and for less than four different signs.

    Asked where one is chosen, never where one is typed: an older one still opens.
    """
    if any(map(str.isdigit, passphrase)) and not any(map(str.isalpha, passphrase)):
        raise OnlyDigits
    if len(passphrase.split()) < 4 and len(passphrase.strip()) < 12:
        raise WeakPassphrase
    signs = "".join(passphrase.casefold().split())
    if len(set(signs)) < FEWEST_SIGNS or signs in (signs + signs)[1:-1]:
        raise Repeated


def make_slot(who: Mapping[str, str], passphrase: str, store_key: bytes, pair: KeyPair, cost: Cost) -> dict[str, Any]:
    """Return a slot for *who* (code, name, role): readable facts, and the store key and user secrets wrapped."""
    return _wrap(who, _typed(passphrase), store_key + pair.sign + pair.box, cost)


def open_slot(slot: Mapping[str, Any], passphrase: str) -> tuple[bytes, KeyPair]:
    """Return the store key and the user's pair; raises WrongPassphrase, also for a slot that was tampered with."""
    try:
        secret = _unwrap(slot, _typed(passphrase))
    except _TAMPERED as error:
        raise WrongPassphrase from error
    return secret[:-64], KeyPair(secret[-64:-32], secret[-32:])


def with_recovery(slot: Mapping[str, Any], code: bytes, store_key: bytes, sign: bytes, cost: Cost) -> dict[str, Any]:
    """Return *slot* with a part that the printed *code* opens; an earlier sheet opens nothing any more.

    It holds the store key and the signing secret, never the one that opens safeguarding records (`design.md` §3).
    """
    part = _wrap({**_who(slot), "opens": RECOVERY}, _SHEET + code, store_key + sign, cost)
    return {**slot, RECOVERY: part}


def open_recovery(slot: Mapping[str, Any], code: bytes) -> tuple[bytes, bytes]:
    """Return the store key and the signing secret; raises WrongWords, also where a part was tampered with or moved."""
    try:
        part = slot[RECOVERY]
        if {**part, **_who(slot), "opens": RECOVERY} != part:
            raise WrongWords
        secret = _unwrap(part, _SHEET + code)
    except _TAMPERED as error:
        raise WrongWords from error
    return secret[:-32], secret[-32:]


_TAMPERED = (CryptoError, KeyError, ValueError, TypeError)


def _who(slot: Mapping[str, Any]) -> dict[str, Any]:
    return {name: slot[name] for name in ("code", "name", "role")}


def _wrap(facts: Mapping[str, Any], known: bytes, secret: bytes, cost: Cost) -> dict[str, Any]:
    """Seal *secret* under what a person knows; *facts* stay readable, and nobody can change them unseen."""
    salt, nonce = utils.random(pwhash.argon2id.SALTBYTES), utils.random(NONCE)
    facts = {**facts, "salt": b64(salt), "passes": cost.passes, "memory": cost.memory}
    key = _derive(known, salt, cost)
    wrapped = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(secret, canonical(facts), nonce, key)
    return {**facts, "wrapped": b64(nonce + wrapped)}


def _unwrap(sealed: Mapping[str, Any], known: bytes) -> bytes:
    facts = {name: value for name, value in sealed.items() if name not in _APART}
    wrapped = unb64(sealed["wrapped"])
    cost = Cost(sealed["passes"], sealed["memory"])
    if cost.passes > DEAREST.passes or cost.memory > DEAREST.memory:
        raise ValueError
    key = _derive(known, unb64(sealed["salt"]), cost)
    return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(wrapped[NONCE:], canonical(facts), wrapped[:NONCE], key)


def _typed(passphrase: str) -> bytes:
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")


def _derive(known: bytes, salt: bytes, cost: Cost) -> bytes:
    return pwhash.argon2id.kdf(32, known, salt, opslimit=cost.passes, memlimit=cost.memory)
