"""A laptop's half of an exchange with the hub: state is compared, the rest follows in pieces (`README.md`, "HTTP").

Nobody remembers what was sent: after a cut, at whatever byte, the same call goes on where both sides stand.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import httpx
from nacl.signing import SigningKey

from sync import chain, client_chunks, receipts, wire
from sync.canonical import decode, digest, encode
from sync.chain import KNOWN, NEW, Ends
from sync.client_chunks import Chunks
from sync.errors import ForeignStudy, Malformed, NotTheHub, Refused, SyncError, Unreachable
from sync.incoming import Piece
from sync.replica import Holder, Report, StreamInfo
from sync.wire import PREFIX, RESTORED, REVOKED, UNKNOWN_DEVICE

PATIENCE = httpx.Timeout(60, connect=15)
TRIES = 2  # a connection that was kept may be dead by the time that it is used again
AT_ONCE, LONGEST_WAIT = 2 * 1024 * 1024, 1.0  # bytes of blocks and seconds: what a sudden end of the program can cost
ROUNDS = 3  # somebody else may bring something while we speak


@dataclass(frozen=True)
class Card:
    """A hub as laptops know it: its study, where it is, its public key, and its certificate where it made its own."""

    study: str
    url: str
    key: str
    certificate: str = ""


@dataclass(frozen=True)
class Identity:
    """Who speaks: a device and its key."""

    device: str
    signer: SigningKey


@dataclass(frozen=True)
class Progress:
    """How far an exchange is: blocks and chunks sent of those that the hub lacks, and received."""

    sent: int = 0
    to_send: int = 0
    received: int = 0


@dataclass
class Outcome:
    """What an exchange did. Only `done` means that the hub holds all of it: the receipt says so.

    `aside`: blocks that the hub keeps apart, by the hub's word; `reports`: of each piece that was taken in here;
    `restored`: the hub hands out nothing until a coordinator's machine has brought its orders.
    """

    epoch: str = ""
    progress: Progress = Progress()
    orders_sent: int = 0
    orders_received: int = 0
    aside: dict[str, int] = field(default_factory=dict)
    restored: bool = False
    reports: list[Report] = field(default_factory=list)
    receipt: dict[str, Any] | None = None
    done: bool = False


@contextmanager
def line(card: Card, me: Identity, transport: httpx.BaseTransport | None = None) -> Iterator[Line]:
    """Yield an open line to the hub on *card*; one connection for all that is asked."""
    headers = {"User-Agent": "fieldkit", "Accept": "*/*", "Accept-Encoding": "identity"}
    with httpx.Client(headers=headers, timeout=PATIENCE, verify=_trust(card), transport=transport) as http:
        yield Line(card, me, http)


def _trust(card: Card) -> ssl.SSLContext:
    """Trust the certificate on the card and no other, under whatever name; without one, whom the system trusts."""
    if not card.url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context(cadata=card.certificate or None)
    context.check_hostname = not card.certificate
    return context


class Line:
    """An open line: signs what is asked, takes nothing for an answer that the hub did not sign."""

    def __init__(self, card: Card, me: Identity, http: httpx.Client) -> None:
        self.card = card
        self.epoch = ""
        self._me = me
        self._http = http

    def ask(self, act: str, content: bytes) -> bytes:
        """Return the hub's answer; raises Unreachable, NotTheHub, ForeignStudy, Refused."""
        id_, path = wire.new_request(), f"{PREFIX}{act}"
        raw = wire.request(self.card.study, self._me.device, id_, path, content, self._me.signer)
        said = self._read(self._post(f"{self.card.url.rstrip('/')}{path}", raw), id_)
        self.epoch = said.facts["epoch"]
        refused = said.content.startswith(b'{"refused":') and decode(said.content)
        if refused:
            raise Refused(refused["refused"])
        return said.content

    def ask_for(self, act: str, content: bytes, *names: str) -> dict[str, Any]:
        """Return the object that answers *content* and says at least *names*; raises what `ask` raises, Malformed."""
        said = decode(self.ask(act, content))
        if not isinstance(said, dict) or not said.keys() >= {*names}:
            raise Malformed(act)
        return said

    def _post(self, url: str, raw: bytes) -> bytes:
        for last in range(1, TRIES + 1):
            try:
                return self._http.post(url, content=raw).content
            except httpx.HTTPError as error:
                if last == TRIES:
                    raise Unreachable(str(error)) from error
            except httpx.InvalidURL as error:
                raise Unreachable(str(error)) from error
        raise Unreachable

    def _read(self, raw: bytes, id_: str) -> wire.Message:
        try:
            said = wire.read_answer(raw)
            wire.verify(wire.ANSWER, said, self.card.key)
        except SyncError as error:
            raise NotTheHub from error
        if said.facts["request"] not in {id_, ""}:
            raise NotTheHub
        if said.facts["study"] != self.card.study:
            raise ForeignStudy(said.facts["study"])
        return said


def exchange(
    line: Line, here: Holder, kept: Mapping[str, Any] | None = None, tell: Callable[[Progress], object] = lambda _: None
) -> Outcome:
    """Let *here* and the hub hold the same; *kept* is the last receipt, *tell* hears how far it is.

    Raises what `Line.ask` raises; what was taken in or acknowledged until then stays.
    """
    talk = _Talk(line, here, tell)
    for _ in range(ROUNDS):
        if talk.equal() and not talk.fetched_chunks() and covers(kept, line, here):
            talk.outcome.receipt, talk.outcome.done = dict(kept or {}), True
            break
        talk.round()
        if talk.outcome.done:
            break
    talk.outcome.epoch = line.epoch
    return talk.outcome


class _Fetched:
    """Pieces that came and are not on the disk yet: of one second at most, and few enough for a small memory."""

    def __init__(self) -> None:
        self._found = Piece()
        self._since = monotonic()

    def add(self, piece: Piece) -> None:
        if not self._found.blocks:
            self._since = monotonic()
        self._found.streams += piece.streams
        self._found.blocks += piece.blocks
        self._found.orders += piece.orders
        self._found.damaged += piece.damaged
        self._found.newer += piece.newer

    def is_due(self) -> bool:
        size = sum(len(one.payload or b"") for one in self._found.blocks)
        return size >= AT_ONCE or monotonic() - self._since >= LONGEST_WAIT

    def take(self) -> Piece:
        found, self._found = self._found, Piece()
        return found


class _Talk:
    def __init__(self, line: Line, here: Holder, tell: Callable[[Progress], object]) -> None:
        self.outcome = Outcome()
        self._line = line
        self._here = here
        self._tell = tell
        self._chunks = Chunks(line, here, self._moved_on)

    def equal(self) -> bool:
        """Ask in one round trip whether both hold the same; a device that is new introduces itself first."""
        opening = encode({"opening": chain.opening_of(self._here.ends(), self._here.order_ids())})
        try:
            return bool(self._line.ask_for("hello", opening, "equal")["equal"])
        except Refused as refused:
            if refused.why == REVOKED:
                self._leave()
            if refused.why != UNKNOWN_DEVICE:
                raise
        self._line.ask("orders", wire.piece(self._here.study(), self._here.introduction(), [], []))
        return bool(self._line.ask_for("hello", opening, "equal")["equal"])

    def _leave(self) -> None:
        """This device was taken out: what it has is left at the hub, where a coordinator's machine finds it."""
        said = self._compare()
        self._bring_orders(said["lacks"])
        self._bring_blocks(receipts.ends(said["streams"]))

    def round(self) -> None:
        """Compare, bring orders and fetch them, fetch blocks and bring them, ask for the receipt."""
        said = self._compare()
        if said["lacks"]:
            self._bring_orders(said["lacks"])
            said = self._compare()  # a hub that waited for these orders hands out again
        known = {*self._here.order_ids(), *said["has"]}
        streams = receipts.ends(said["streams"])
        try:
            self._fetch_orders(said["has"])
            self._fetch_blocks(streams)
            if self._fetch_left(said["left"]):
                streams = receipts.ends(self._compare()["streams"])
        except Refused as refused:
            self._restored(refused)
        self._bring_orders(sorted({*self._here.order_ids()} - known))  # what came may call for one: before its blocks
        self._bring_blocks(streams)
        self._chunks.bring()
        self.fetched_chunks()
        self._ask_receipt()

    def fetched_chunks(self) -> int:
        """Fetch the chunks that are wanted here, as far as the hub has them; return how many came."""
        try:
            return self._chunks.fetch()
        except Refused as refused:
            self._restored(refused)
            return 0

    def _restored(self, refused: Refused) -> None:
        if refused.why != RESTORED:
            raise refused
        self.outcome.restored = True

    def _compare(self) -> dict[str, Any]:
        held = {stream: wire.short(ends) for stream, ends in self._here.ends().items()}
        asked = encode({"streams": held, "orders": sorted(self._here.order_ids())})
        said = self._line.ask_for("compare", asked, "streams", "lacks", "has")
        ids = {name: wire.texts(said.get(name, [])) for name in ("lacks", "has", "left")}
        return {"streams": said["streams"], **ids}

    def _bring_orders(self, ids: Sequence[str]) -> None:
        for run in wire.cut(self._here.orders_named(ids)):
            self._send(wire.piece(self._here.study(), run, [], []))
            self.outcome.orders_sent += len(run)

    def _send(self, content: bytes) -> dict[str, str]:
        """Send one piece; only an answer that echoes its hash acknowledges it."""
        said = self._line.ask_for("push", content, "hash", "blocks")
        if said["hash"] != digest(content) or not isinstance(said["blocks"], dict):
            raise NotTheHub
        return said["blocks"]

    def _fetch_orders(self, ids: Sequence[str]) -> None:
        wanted = list(ids)
        while wanted:
            found = self._pull(wanted, {})
            fetched = {digest(content) for content in found.orders}
            if not fetched:
                return
            self._here.receive(found.orders, [], [])
            self.outcome.orders_received += len(fetched)
            wanted = [id_ for id_ in wanted if id_ not in fetched]

    def _fetch_blocks(self, streams: Ends) -> None:
        """Fetch piece after piece; on a fast line several of them are put on the disk at once."""
        fetched = _Fetched()
        try:
            for found in self._pieces(dict(self._wishes(streams)), self._here.waits):
                fetched.add(found)
                if fetched.is_due():
                    self._keep(fetched.take())
        finally:  # a line that broke takes nothing along of what had come
            self._keep(fetched.take())

    def _pieces(self, wishes: dict[str, Any], waits: Callable[[StreamInfo], bool]) -> Iterator[Piece]:
        """Yield piece after piece of what is wished for; once it is known which streams wait, the others come first."""
        later: dict[str, Any] = {}
        while wishes:
            found = self._pull([], wishes)
            if not found.blocks:
                break
            yield found
            last = found.blocks[-1].header
            wishes = {stream: wish for stream, wish in wishes.items() if stream >= last.stream}
            wishes[last.stream]["after"] = [last.position, found.blocks[-1].hash]
            later |= {
                one.stream: wishes.pop(one.stream) for one in found.streams if one.stream in wishes and waits(one)
            }
        if later:
            yield from self._pieces(later, lambda _: False)

    def _wishes(self, streams: Ends) -> Iterator[tuple[str, dict[str, Any]]]:
        for stream, ends in sorted(streams.items()):
            links = self._here.links(stream)
            if any(name not in links for _, name in ends):
                yield stream, {"have": chain.sample(links)}

    def _fetch_left(self, names: Sequence[str]) -> bool:
        """Fetch what devices left at the hub that were taken out; it is brought back as any other, to its place."""
        wanted = list(names)
        while wanted:
            found = self._pull([], {}, left=wanted)
            self._keep(found)
            fetched = {one.hash for one in found.blocks}
            wanted = [name for name in wanted if name not in fetched] if fetched else []
        return bool(names)

    def _pull(self, ids: Sequence[str], wishes: Mapping[str, Any], **more: Sequence[str]) -> Piece:
        found = wire.read_piece(self._line.ask("pull", encode({"orders": list(ids), "streams": wishes, **more})))
        if found.torn or found.study != self._here.study():
            raise Malformed("piece")
        return found

    def _keep(self, found: Piece) -> None:
        if not found.blocks:
            return
        report = self._here.receive(found.orders, found.streams, found.blocks)
        damaged, newer = report.damaged + found.damaged, report.newer + found.newer
        self.outcome.reports.append(replace(report, damaged=damaged, newer=newer))
        self._moved(received=self.outcome.progress.received + len(found.blocks))

    def _bring_blocks(self, streams: Ends) -> None:
        lacking = {
            stream: [name for _, name in chain.beyond(self._here.links(stream), (name for _, name in ends))]
            for stream, ends in sorted(streams.items())
        }
        self._moved(to_send=self.outcome.progress.sent + sum(map(len, lacking.values())))
        blocks = (one for stream, names in lacking.items() for one in self._here.pick(stream, names))
        for run in wire.cut(blocks):
            infos = self._here.infos({one.header.stream for one in run})
            became = self._send(wire.piece(self._here.study(), [], infos, run))
            self._note(became.get(one.hash, "newer") for one in run)
            self._moved(sent=self.outcome.progress.sent + len(run))

    def _note(self, became: Iterable[str]) -> None:
        for word in became:
            if word not in {NEW, KNOWN}:
                self.outcome.aside[word] = self.outcome.aside.get(word, 0) + 1

    def _moved(self, **numbers: int) -> None:
        self.outcome.progress = replace(self.outcome.progress, **numbers)
        self._tell(self.outcome.progress)

    def _moved_on(self, to_send: int, sent: int, received: int) -> None:
        now = self.outcome.progress
        self._moved(to_send=now.to_send + to_send, sent=now.sent + sent, received=now.received + received)

    def _ask_receipt(self) -> None:
        streams = {stream: [list(end) for end in ends] for stream, ends in self._here.ends().items()}
        named = {"streams": streams, "orders": sorted(self._here.order_ids()), **self._chunks.named()}
        said = self._line.ask_for("receipt", encode(named))
        try:
            receipts.check(said, self._line.card.key)
        except SyncError as error:
            raise NotTheHub from error
        self.outcome.receipt = said
        self.outcome.done = covers(said, self._line, self._here)


def covers(receipt: Mapping[str, Any] | None, line: Line, here: Holder) -> bool:
    """Tell whether *receipt* is the hub's of its present epoch and names all that *here* holds."""
    streams = {stream: [list(end) for end in ends] for stream, ends in here.ends().items()}
    mine = {"study": here.study(), "epoch": line.epoch, "hub": line.card.key, "streams": streams}
    mine["orders"] = digest(encode(sorted(here.order_ids())))
    mine["attachments"] = client_chunks.shorts(here.chunks_held())
    said = {"attachments": {}, **(receipt or {})}
    return {name: said.get(name) for name in mine} == mine
