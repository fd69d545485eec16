"""The safeguarding envelope: the same size full or empty, so that its presence tells nothing (`design.md` §2).

Bytes, version 1: 8 slots of 80 (a random key sealed to an X25519 public key; throw-away keys fill up), then a nonce of
24 and the encryption of exactly 16 KiB: a length of 4 bytes (big-endian), the content, zeros.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from nacl import bindings, utils
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey

from fieldkit.store.keys import KeyPair, b64, seal_to

SLOTS, SLOT_BYTES, ROOM, NONCE = 8, 80, 16 * 1024, 24
SIZE = SLOTS * SLOT_BYTES + NONCE + ROOM + 16


def fill(content: bytes, boxes: Sequence[str]) -> bytes:
    """Return an envelope of `SIZE` bytes that the holders of *boxes* (public keys, base64url) can open.

    Raises ValueError for more than 8 readers or more than 16 KiB less 4 bytes; the caller sends the rest next time.
    """
    if len(boxes) > SLOTS or len(content) > ROOM - 4:
        raise ValueError("too many readers or too much content for one envelope")
    key, nonce = utils.random(32), utils.random(NONCE)
    spare = [b64(bytes(PrivateKey.generate().public_key)) for _ in range(SLOTS - len(boxes))]
    slots = [seal_to(box, key) for box in [*boxes, *spare]]
    secrets.SystemRandom().shuffle(slots)
    padded = (len(content).to_bytes(4, "big") + content).ljust(ROOM, b"\0")
    return b"".join(slots) + nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(padded, None, nonce, key)


def unfill(envelope: bytes, pair: KeyPair) -> bytes | None:
    """Return the content (empty where nothing was reported), or None where no slot was made for *pair*."""
    if len(envelope) != SIZE:
        return None
    nonce = envelope[SLOTS * SLOT_BYTES :][:NONCE]
    for place in range(SLOTS):
        key = _opened(envelope[place * SLOT_BYTES : (place + 1) * SLOT_BYTES], pair)
        if key is not None:
            padded = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(envelope[-ROOM - 16 :], None, nonce, key)
            return padded[4 : 4 + int.from_bytes(padded[:4], "big")]
    return None


def _opened(slot: bytes, pair: KeyPair) -> bytes | None:
    try:
        return pair.unseal(slot)
    except CryptoError:
        return None
