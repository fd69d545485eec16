"""An invitation as a file: what a coordinator hands to one new machine, sealed so that only that machine opens it.

Bytes, version 1: canonical JSON `{"format": 1, "sealed": ...}`; sealed to the machine's X25519 key is the canonical
JSON that `_facts` returns, binary values as unpadded base64url.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import CryptoError

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import canonical
from fieldkit.store import keys
from fieldkit.store.keys import b64, unb64
from fieldkit.store.machine import Self
from sync.block import Block
from sync.replica import StreamInfo

FORMAT = 1
NONSENSE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)  # what reading a hostile file can meet


class NotAnInvitation(Refusal):
    """A file that is no invitation, or one that was sealed to another request."""

    code = "not_an_invitation"
    message = N_(
        "This invitation was not made for this computer, or it is damaged. Nothing was changed. "
        "Ask the coordinator for an invitation to your newest request."
    )
    status = 422


@dataclass(frozen=True)
class Given:
    """What an invitation gives a device: a name, role, team and case serials."""

    name: str
    role: str
    team: str
    serials: tuple[int, int]


@dataclass(frozen=True)
class Letter:
    """The study, who this machine becomes in it, its drawer keys as (drawer, epoch, key), and the study so far."""

    study: str
    root: str
    device: Given
    keys: list[tuple[str, int, bytes]]
    orders: list[bytes]
    streams: list[StreamInfo]
    blocks: list[Block]

    def machine(self, before: Self) -> Self:
        """Return what the machine that asked as *before* is from now on."""
        return Self(id=before.id, pair=before.pair, study=self.study, root=self.root, **self.device.__dict__)


def write(letter: Letter, box: str) -> bytes:
    """Return *letter* sealed to the machine whose X25519 public key is *box*."""
    return canonical({"format": FORMAT, "sealed": b64(keys.seal_to(box, canonical(_facts(letter))))})


def read(content: bytes, me: Self) -> Letter:
    """Return the letter that *content* holds for *me*; raises NotAnInvitation."""
    try:
        outer = json.loads(content)
        if outer["format"] == FORMAT:
            return _letter(json.loads(me.pair.unseal(unb64(outer["sealed"]))))
    except (*NONSENSE, CryptoError) as error:
        raise NotAnInvitation from error
    raise NotAnInvitation


def _facts(letter: Letter) -> dict[str, Any]:
    held: dict[str, dict[str, str]] = {}
    for drawer, epoch, key in letter.keys:
        held.setdefault(drawer, {})[str(epoch)] = b64(key)
    return {
        "study": letter.study,
        "root": letter.root,
        "device": {**letter.device.__dict__, "serials": list(letter.device.serials)},
        "keys": held,
        "orders": [b64(order) for order in letter.orders],
        "streams": [list(stream) for stream in letter.streams],
        "blocks": [[b64(one.header_bytes), b64(one.payload or b"")] for one in letter.blocks],
    }


def _letter(facts: Mapping[str, Any]) -> Letter:
    first, last = facts["device"]["serials"]
    return Letter(
        study=facts["study"],
        root=facts["root"],
        device=Given(**{**facts["device"], "serials": (int(first), int(last))}),
        keys=[(name, int(epoch), unb64(key)) for name, held in facts["keys"].items() for epoch, key in held.items()],
        orders=[unb64(order) for order in facts["orders"]],
        streams=[StreamInfo(*stream) for stream in facts["streams"]],
        blocks=[Block(unb64(header), unb64(payload)) for header, payload in facts["blocks"]],
    )
