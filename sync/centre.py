"""What a hub answers, without Flask and without SQL: who asks, what is kept, what is handed out (`README.md`, "HTTP").

It keeps sealed blocks and cannot read them. Nothing here depends on a clock, and every request may come twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from nacl.signing import SigningKey

from sync import chain, judge, orders, receipts, wire
from sync.block import Block
from sync.canonical import b64, decode, digest, encode
from sync.centre_chunks import CentreChunks
from sync.errors import BadSignature, ForeignStudy, Malformed, Refused, SyncError
from sync.hub_store import HubFacts, HubStore, Strip
from sync.incoming import Piece
from sync.judge import COORDINATOR, Device, Judgement, Rules
from sync.replica import StreamInfo
from sync.wire import Message

NEW, KNOWN, GAP = chain.NEW, chain.KNOWN, chain.GAP
QUARANTINE, FULL = "quarantine", "quarantine_full"
OK, DENIED, UNFIT = 200, 403, 422
LEAVING = {"compare", "push"}  # what a device that was taken out may ask: to leave here what it has


class Centre:
    """The hub of one study. *now* is only shown, never judged by."""

    def __init__(self, store: HubStore, study: str, rules: Rules, now: Callable[[], str]) -> None:
        facts = store.hub(study)
        if facts is None:
            raise ForeignStudy(study)
        self.study = study
        self._store = store
        self._rules = rules
        self._now = now
        self._signer = SigningKey(facts.seed)
        self._judged: tuple[str, Judgement] = ("", Judgement({}, {}, frozenset()))
        self._carried_out = ""
        self._acts: dict[str, Callable[[Device, Message], bytes]] = {
            "hello": self._hello,
            "compare": self._compare,
            "orders": self._take,
            "push": self._take,
            "pull": self._pull,
            "receipt": self._receipt,
            "chunks": lambda _, message: encode(self._chunks.compare(_object(message.content))),
        }
        self._chunks = CentreChunks(store.chunks, study, lambda ids: self._judge(ids)[1])
        self._ready()

    @property
    def key(self) -> str:
        """Return the hub's public key."""
        return b64(bytes(self._signer.verify_key))

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def answer(self, act: str, raw: bytes) -> tuple[int, bytes]:
        """Return an HTTP status and the signed answer to one request."""
        asked = ""
        try:
            message = wire.read_request(raw)
            asked = message.facts["request"]
            return OK, self.signed(asked, self._done(act, message))
        except Refused as refused:
            return DENIED, self.refusal(asked, refused.why)
        except SyncError as error:
            return UNFIT, self.refusal(asked, error.code)

    def signed(self, asked: str, content: bytes) -> bytes:
        """Return *content* as the answer to the request *asked*."""
        return wire.answer(self.study, self._facts().epoch, asked, content, self._signer)

    def refusal(self, asked: str, code: str) -> bytes:
        """Return a signed no."""
        return self.signed(asked, encode({"refused": code}))

    def failed(self, raw: bytes) -> bytes:
        """Return a signed word that this hub could not do what *raw* asked."""
        try:
            asked = str(wire.read_request(raw).facts["request"])
        except SyncError:
            asked = ""
        return self.refusal(asked, "hub_failed")

    def status(self) -> dict[str, Any]:
        """Return what the status page shows: no names, no words."""
        facts = self._facts()
        shown = {"study": facts.study, "epoch": facts.epoch, "country": facts.country, "restored": facts.restored}
        return {
            **shown,
            "key": self.key,
            "devices": len(self._ready().devices),
            **self._store.counted(self.study),
            "chunks": self._store.chunks.count(self.study),
        }

    def _facts(self) -> HubFacts:
        facts = self._store.hub(self.study)
        if facts is None:
            raise ForeignStudy(self.study)
        return facts

    def _done(self, act: str, message: Message) -> bytes:
        facts = message.facts
        if act not in self._acts or facts["path"] != f"{wire.PREFIX}{act}":
            raise Malformed("path")
        if facts["study"] != self.study:
            raise ForeignStudy(facts["study"])
        brought = wire.read_piece(message.content).orders if act == "orders" else []
        device = self._sender(message, brought)
        if device.gone and act not in LEAVING:
            raise Refused(wire.REVOKED)
        return self._acts[act](device, message)

    def _sender(self, message: Message, brought: Iterable[bytes]) -> Device:
        """Return who asks; what it brings counts: that is how a device becomes known. Raises Refused."""
        device = self._ready().devices.get(message.facts["device"])
        if device is None and brought:
            held = [*self._store.orders(self.study).values(), *brought]
            device = judge.judge(set(held), self._rules).devices.get(message.facts["device"])
        if device is None:
            raise Refused(wire.UNKNOWN_DEVICE)
        wire.verify(wire.REQUEST, message, device.verify)
        return device

    def _ready(self) -> Judgement:
        """Return what the orders mean, once all that they want emptied is empty."""
        name, judged = self._judge(self._store.order_ids(self.study))
        if self._carried_out != name:
            self._carry_out(judged)
            for stream, names in self._store.streams_aside(self.study).items():
                self._let_in(stream, names, judged)
            self._carried_out = name
        return judged

    def _judge(self, ids: Iterable[str]) -> tuple[str, Judgement]:
        """Return a name for this set of orders, and what it means; the last is kept, as most requests ask for it."""
        kept = self._judged
        if _fingerprint(ids) != kept[0]:
            found = self._store.orders(self.study)
            kept = self._judged = (_fingerprint(found), judge.judge(found.values(), self._rules))
        return kept

    def _carry_out(self, judged: Judgement) -> None:
        gone = 0
        for info in self._store.infos(self.study).values():
            names, aliases = judged.to_empty(info)
            if names or aliases:
                with self._store.locked(self.study, info.stream) as strip:
                    gone += strip.empty(names, aliases)
        if gone:
            self._store.scrub()
        self._chunks.carry_out(judged)

    def _hello(self, device: Device, message: Message) -> bytes:
        """One round trip, whatever the size of the store: do both hold the same?"""
        held = self._store.order_ids(self.study)
        equal = _object(message.content).get("opening") == chain.opening_of(self._store.ends(self.study), held)
        if equal:
            self._settle(device, held)
        return encode({"equal": equal and not self._left(device)})

    def _compare(self, device: Device, message: Message) -> bytes:
        """Return the streams that differ, with this hub's ends, and which orders either side lacks."""
        asked = _object(message.content)
        streams, theirs = asked.get("streams"), set(wire.texts(asked.get("orders")))
        if not isinstance(streams, dict):
            raise Malformed("streams")
        held, mine = self._store.ends(self.study), set(self._store.order_ids(self.study))
        of = self._of(message.facts["device"], streams) if device.gone else {*streams, *held}
        differing = {
            stream: [list(end) for end in held.get(stream, ())]
            for stream in of
            if streams.get(stream, "") != wire.short(held.get(stream, ()))
        }
        said: dict[str, Any] = {"streams": differing, "lacks": sorted(theirs - mine)}
        if device.gone:
            return encode({**said, "has": []})
        self._settle(device, theirs)
        return encode({**said, "has": sorted(mine - theirs), "left": self._left(device)})

    def _of(self, device: str, streams: Iterable[str]) -> set[str]:
        """Return which of *streams* are *device*'s, or of nobody that is known here."""
        infos = self._store.infos(self.study)
        return {stream for stream in streams if stream not in infos or infos[stream].device == device}

    def _left(self, device: Device) -> list[str]:
        """Return the blocks that devices left here which were taken out: a coordinator's machine looks at them."""
        return self._store.aside(self.study, wire.REVOKED) if device.role == COORDINATOR else []

    def _settle(self, device: Device, theirs: Iterable[str]) -> None:
        """A restored hub hands out payloads again once it has every order of a coordinator's machine."""
        complete = set(theirs) <= set(self._store.order_ids(self.study))
        if device.role == COORDINATOR and complete and self._facts().restored:
            self._store.settle(self.study)

    def _take(self, device: Device, message: Message) -> bytes:
        """Keep a piece, orders first; answer after the commit, with what became of each block."""
        found = wire.read_piece(message.content)
        if found.torn or found.damaged or found.study != self.study:
            raise Malformed("piece")
        self._keep_orders(found, device)
        claimed = {info.stream: info.device for info in found.streams}
        became: dict[str, str] = {}
        for stream, run in groupby(chain.in_order(found.blocks), key=lambda one: one.header.stream):
            brought, sender = list(run), message.facts["device"]
            if device.gone:
                became |= self._leave(brought, device, sender)
            else:
                became |= self._take_stream(brought, claimed.get(stream, ""), sender)
        kept = {"chunks": self._chunks.take(found.chunks)} if found.chunks and not device.gone else {}
        return encode({"hash": digest(message.content), "blocks": became, "orders": len(found.orders), **kept})

    def _keep_orders(self, found: Piece, device: Device) -> None:
        """Of a device that was taken out only what it wants erased of its own: that is hidden until it counts."""
        parsed = [orders.parse(content) for content in found.orders]
        kept = [one for one in parsed if not device.gone or (one.kind, one.signer) == (judge.ERASE, device.verify)]
        self._store.keep_orders(self.study, {one.id: one.content for one in kept})
        self._ready()

    def _leave(self, run: list[Block], device: Device, sender: str) -> dict[str, str]:
        """Keep apart what a device that was taken out wrote itself, until somebody who belongs here brings it."""
        known = self._store.holds(self.study, run[0].header.stream, [one.hash for one in run])
        became = {one.hash: wire.REVOKED if judge.signed_by(one, device.verify) else BadSignature.code for one in run}
        became |= dict.fromkeys(known, KNOWN)
        said = {one.hash: self._set_aside(one, became[one.hash], sender) for one in run}
        stream, judged = run[0].header.stream, self._ready()
        self._let_in(stream, self._store.streams_aside(self.study).get(stream, []), judged)  # no order need come first
        return said

    def _take_stream(self, run: list[Block], claimed: str, sender: str) -> dict[str, str]:
        info = self._info(run[0], claimed)
        if info is None:
            became = {one.hash: wire.UNKNOWN_DEVICE for one in run}
        else:
            with self._store.locked(self.study, info.stream) as strip:
                became = self._appended(strip, run, info)
        return {one.hash: self._set_aside(one, became[one.hash], sender) for one in run}

    def _let_in(self, stream: str, names: Sequence[str], judged: Judgement) -> None:
        """Look again at what is kept apart of a stream: what can stand by the orders of now goes to its place."""
        aside = self._store.pick_aside(self.study, names)
        run = list(chain.in_order(judged.let_in(aside, self._store.links(self.study, stream))))
        info = self._info(run[0], "", judged) if run else None
        if info is not None:
            with self._store.locked(self.study, stream) as strip:
                self._appended(strip, run, info)

    def _info(self, first: Block, claimed: str, judged: Judgement | None = None) -> StreamInfo | None:
        """Return what is known of the stream of *first*; a new one is opened for the device that signed it."""
        header = first.header
        known = self._store.infos(self.study).get(header.stream)
        if known is not None:
            return known
        owner = (judged or self._ready()).owner(first, claimed)
        if owner is None:
            return None
        self._store.open_stream(self.study, StreamInfo(header.stream, header.drawer, owner))
        return self._store.infos(self.study)[header.stream]

    def _appended(self, strip: Strip, run: list[Block], info: StreamInfo) -> dict[str, str]:
        """Append what continues a chain; judged by the orders as they stand under the lock."""
        _, judged = self._judge(strip.order_ids())
        names = {name for one in run for name in (one.hash, one.header.previous) if name is not None}
        links = dict(strip.links(sorted(names)))
        became, new = dict[str, str](), list[Block]()
        for one in run:
            place = chain.classify({info.stream: links}, one.hash, one.header)
            fault = judged.fault(one, info) if place == NEW else ""
            if place == NEW and not fault:
                new.append(replace(one, payload=None) if judged.empties(one, info) else one)
                links[one.hash] = (one.header.position, one.header.previous)
            became[one.hash] = fault or place
        strip.add(new)
        return became

    def _set_aside(self, one: Block, became: str, sender: str) -> str:
        """What cannot stand in its stream is kept apart with the reason, never thrown away."""
        if became in {NEW, KNOWN, GAP}:
            return became
        return QUARANTINE if self._store.set_aside(self.study, sender, one, became) else FULL

    def _pull(self, device: Device, message: Message) -> bytes:
        """Return one piece of what the asker lacks: chunks, or orders first, then blocks in chain order."""
        if self._facts().restored:
            raise Refused(wire.RESTORED)
        asked = _object(message.content)
        wanted, streams = wire.texts(asked.get("orders")), asked.get("streams")
        if not isinstance(streams, dict):
            raise Malformed("streams")
        if asked.get("chunks"):
            found = self._chunks.pick(wire.texts(asked["chunks"]), asked.get("attachment"))
            return wire.piece(self.study, [], [], [], found)
        held = self._store.orders(self.study)
        named = next(wire.cut(held[id_] for id_ in wanted if id_ in held), [])
        if named:
            return wire.piece(self.study, named, [], [])
        infos = self._store.infos(self.study)
        if "left" in asked:
            return self._hand_on(device, wire.texts(asked["left"]))
        blocks = next(wire.cut(self._lacking(streams, infos)), [])
        of = sorted({one.header.stream for one in blocks})
        return wire.piece(self.study, [], [infos[stream] for stream in of], blocks)

    def _hand_on(self, device: Device, names: Iterable[str]) -> bytes:
        """Return one piece of what devices left here that were taken out, in chain order."""
        judged, wanted = self._ready(), {*names} & {*self._left(device)}
        found = chain.in_order([one for one, _ in self._store.pick_aside(self.study, wanted)])
        owners = [(one, judged.owner(one, "") or "") for one in found]
        infos = [(one, StreamInfo(one.header.stream, one.header.drawer, owner)) for one, owner in owners]
        blocks = [replace(one, payload=None) if judged.empties(one, info) else one for one, info in infos]
        run = next(wire.cut(blocks), [])
        return wire.piece(self.study, [], sorted({info for _, info in infos}), run)

    def _lacking(self, streams: Mapping[str, Any], infos: Mapping[str, StreamInfo]) -> Iterable[Block]:
        judged = self._ready()
        for stream in sorted(streams.keys() & infos.keys()):
            have, after = _wish(streams[stream])
            lacking = chain.beyond(self._store.links(self.study, stream), have)
            names = [name for position, name in lacking if (position, name) > after]
            for start in range(0, len(names), 16):
                for one in self._store.pick(self.study, stream, names[start : start + 16]):
                    yield replace(one, payload=None) if judged.empties(one, infos[stream]) else one

    def _receipt(self, device: Device, message: Message) -> bytes:
        """Sign which of the named ends and orders are here, in this epoch."""
        asked = _object(message.content)
        streams, ids = receipts.ends(asked.get("streams")), wire.texts(asked.get("orders"))
        self._settle(device, ids)
        mine = set(self._store.order_ids(self.study))
        facts = {
            "format": wire.FORMAT,
            "study": self.study,
            "epoch": self._facts().epoch,
            "hub": self.key,
            "streams": {stream: self._held(stream, ends) for stream, ends in streams.items()},
            "orders": digest(encode(sorted(mine & set(ids)))),
            **self._chunks.receipt(asked.get("attachments")),
        }
        self._store.saw(self.study, message.facts["device"], self._now())
        return encode(receipts.sign(facts, self._signer))

    def _held(self, stream: str, ends: list[chain.End]) -> list[list[Any]]:
        held = self._store.holds(self.study, stream, [name for _, name in ends])
        return [[position, name] for position, name in sorted(ends) if name in held]


def _fingerprint(ids: Iterable[str]) -> str:
    return digest(encode(sorted(ids)))


def _object(content: bytes) -> dict[str, Any]:
    facts = decode(content)
    if not isinstance(facts, dict):
        raise Malformed("object")
    return facts


def _wish(said: object) -> tuple[list[str], chain.End]:
    """Return the hashes that somebody holds in a stream, and the last block that it got."""
    if not isinstance(said, dict):
        raise Malformed("stream")
    position, name = receipts.ends({"": [said.get("after", [0, ""])]})[""][0]
    return list(wire.texts(said.get("have"))), (position, name)
