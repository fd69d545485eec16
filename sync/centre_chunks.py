"""What a hub answers about chunks: which it lacks, what it keeps, what it hands out (`README.md`, "Chunks")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nacl.signing import VerifyKey

from sync import chunk as chunks
from sync import wire
from sync.canonical import unb64
from sync.chain import KNOWN, NEW
from sync.chunk import Chunk
from sync.errors import BadSignature, Malformed, SyncError
from sync.hub_chunks import HubChunks
from sync.judge import Judgement

Judge = Callable[[Iterable[str]], Judgement]  # of the orders with these ids


class CentreChunks:
    """The chunks of one study; *judge* says what a set of orders means."""

    def __init__(self, store: HubChunks, study: str, judge: Judge) -> None:
        self._store = store
        self._study = study
        self._judge = judge

    def compare(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return, of the attachments that somebody names, which chunks are here, where that is not what he has."""
        theirs = asked.get("attachments")
        if not isinstance(theirs, dict):
            raise Malformed("attachments")
        held = self._store.held(self._study, theirs)
        mine = {id_: held.get(id_, []) for id_ in theirs}
        return {"attachments": {id_: names for id_, names in mine.items() if wire.short_of(names) != theirs[id_]}}

    def take(self, brought: Sequence[Chunk]) -> dict[str, str]:
        """Keep chunks, each judged by the orders as they stand under the lock; return what became of each."""
        if not brought:
            return {}
        with self._store.locked(self._study) as rack:
            judged = self._judge(rack.order_ids())
            became: dict[str, str] = {}
            for one in brought:
                became[one.name] = KNOWN if rack.has(one.label) else _judged(one, judged)
                if became[one.name] == NEW:
                    rack.add(one)
        return became

    def pick(self, names: Sequence[str], attachment: object) -> list[Chunk]:
        """Return as many of these chunks as fit into one piece; what was erased is not among them.

        Where an *attachment* is named, those that lie here for it.
        """
        of = attachment if isinstance(attachment, str) else ""
        return list(next(wire.cut(self._store.pick(self._study, names, of)), []))

    def carry_out(self, judged: Judgement) -> None:
        """Delete what the orders want gone."""
        named = {
            device: [id_ for id_, keys in judged.attachments.items() if facts.verify in keys]
            for device, facts in judged.devices.items()
        }
        if not (judged.attachments or judged.attachments_named or judged.aliases):
            return
        with self._store.locked(self._study) as rack:
            gone = rack.drop(named, judged.attachments_named, judged.aliases)
        if gone:
            self._store.scrub()

    def receipt(self, asked: object) -> dict[str, dict[str, str]]:
        """Return what a receipt says of the attachments named: in short those of which all chunks named are here."""
        if asked is None:
            return {}
        if not isinstance(asked, dict):
            raise Malformed("attachments")
        held = self._store.held(self._study, asked)
        shorts = {id_: _confirmed(said, held.get(id_, [])) for id_, said in asked.items()}
        return {"attachments": {id_: short for id_, short in shorts.items() if short}}


def _confirmed(said: object, held: list[str]) -> str:
    """Return the short of what somebody has, if all of it is among *held*."""
    if isinstance(said, str):
        return said if said == wire.short_of(held) else ""
    names = wire.texts(said)
    return wire.short_of(names) if set(names) <= set(held) else ""


def _judged(one: Chunk, judged: Judgement) -> str:
    device = judged.devices.get(one.label.device)
    if device is None:
        return wire.UNKNOWN_DEVICE
    try:
        chunks.verify(one, VerifyKey(unb64(device.verify)))
    except (SyncError, ValueError):
        return BadSignature.code
    return wire.BLOCKED if judged.drops(one.label) else NEW
