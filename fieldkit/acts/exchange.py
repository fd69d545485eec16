"""Exchange with the hub over HTTP: what is new goes there, what others brought comes here, the receipt is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

from fieldkit.acts import attachments, hubs, removals, stops
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import OtherStudy
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import canonical
from fieldkit.store import attachments as chunks
from fieldkit.store import gaps, holdings, machine, receipts, replica, ticks
from fieldkit.store.database import DatabaseError
from sync import client
from sync.block import Block
from sync.chain import Ends, StreamLinks
from sync.chunk import Chunk
from sync.client import Card, Identity, Outcome, Progress
from sync.errors import ForeignStudy, NotTheHub, Refused, SyncError, Unreachable
from sync.replica import Report, StreamInfo
from sync.wire import REVOKED, UNKNOWN_DEVICE

CARD = "hub_card"


class NoHub(Refusal):
    """No hub card was read in here yet."""

    code = "no_hub"
    message = N_(
        "This laptop does not know the hub yet. Nothing was sent. "
        "Read in its hub card first: a file named hub-card.json, from whoever runs the hub."
    )


class SomebodyElseAnswered(Refusal):
    """A captive portal, or another server at the hub's address."""

    code = "not_the_hub"
    message = N_(
        "Something else answered, not the hub; usually it is the login page of the Wi-Fi. Nothing was sent. "
        "Open the browser, log in to the Wi-Fi, then send again."
    )
    status = 502


class OutOfReach(Refusal):
    """No answer, or one that was cut off."""

    code = "hub_out_of_reach"
    message = N_(
        "The hub cannot be reached, or the connection broke. Nothing is lost: what was sent so far counts. "
        "Wake up the phone whose hotspot you use, then send again; or carry a stick."
    )
    status = 503


class NotRecognised(Refusal):
    """The hub does not know this laptop as one of the study."""

    code = "not_recognised"
    message = N_(
        "The hub does not know this laptop yet. Nothing was sent. "
        "Let a coordinator's computer exchange with the hub first, then send again."
    )
    status = 403


class TakenOut(Refusal):
    """The hub hands nothing to a device that was taken out of the study, and keeps apart what it leaves."""

    code = "taken_out"
    message = N_(
        "This computer was taken out of the study and gets nothing from the hub any more. What it wrote since waits "
        "there as far as there is room, and nothing is lost: tell the coordinator, who can let it count; "
        "to be sure, write a bundle and hand it over. Go on on another computer."
    )
    status = 403


class HubSaidNo(Refusal):
    """The hub refused for another reason."""

    code = "hub_said_no"
    message = N_("The hub could not do it ({why}). Nothing is lost. Send again later, or tell whoever runs the hub.")
    status = 502


class LockedMeanwhile(Refusal):
    """The laptop was locked while it exchanged: the store is closed."""

    code = "locked_meanwhile"
    message = N_(
        "The laptop was locked before everything was sent. Nothing is lost: what was sent so far counts. Send again."
    )


@dataclass(frozen=True)
class HubState:
    """What this laptop knows of the hub: its address, and when all that was here was verified there."""

    url: str
    last_receipt: str | None


@dataclass(frozen=True)
class Exchanged:
    """What an exchange did; only `done` means that the hub holds all that is here."""

    done: bool
    sent: int
    received: int
    orders_sent: int
    orders_received: int
    aside: Mapping[str, int]
    restored: bool
    report: Report


def take_card(desk: Desk, content: bytes) -> Card:
    """Keep the card of the hub with which this laptop exchanges from now on; raises NotACard, OtherStudy."""
    card = hubs.read_card(content)
    if card.study != desk.device.study:
        raise OtherStudy
    with desk.db.writing() as tables:
        machine.remember(tables, CARD, canonical(asdict(card)))
    return card


def state(desk: Desk) -> HubState | None:
    """Return what is known of the hub; None where no card was read in."""
    with desk.db.reading() as tables:
        card = machine.recall(tables, CARD)
        return None if card is None else HubState(json.loads(card)["url"], receipts.from_hub(tables).get("at"))


def run(desk: Desk, tell: Callable[[Progress], object] = lambda _: None) -> Exchanged:
    """Seal what is new and exchange with the hub until its receipt names all that is here; may be run at any time.

    A stop that waits is done first. What was sent or taken in before it breaks off stays.
    Raises NoHub, SomebodyElseAnswered, OutOfReach, NotRecognised, HubSaidNo, OtherStudy, DiskFull, StoreBusy, and what
    `stops.finish_due` refuses.
    """
    stops.finish_due(desk, all_of_them=True)
    with desk.db.writing() as tables:
        replica.seal(tables)
        card, kept = machine.recall(tables, CARD), receipts.from_hub(tables).get("receipt")
    if card is None:
        raise NoHub
    here, me = _Here(desk, json.loads(card)["url"]), Identity(desk.device.id, desk.device.pair.signer)
    try:
        with client.line(Card(**json.loads(card)), me) as line:
            outcome = client.exchange(line, here, kept, tell)
    except SyncError as error:
        raise _told(error) from error
    _keep_receipt(desk, outcome)
    return _exchanged(outcome, here.report)


def _exchanged(outcome: Outcome, report: Report) -> Exchanged:
    return Exchanged(
        done=outcome.done,
        sent=outcome.progress.sent,
        received=outcome.progress.received,
        orders_sent=outcome.orders_sent,
        orders_received=outcome.orders_received,
        aside=outcome.aside,
        restored=outcome.restored,
        report=report,
    )


def _told(error: SyncError) -> Refusal:
    """Return what an error of the exchange means to a person."""
    if isinstance(error, Refused):
        return {UNKNOWN_DEVICE: NotRecognised(), REVOKED: TakenOut()}.get(error.why, HubSaidNo(why=error.why))
    if isinstance(error, Unreachable):
        return OutOfReach()
    return OtherStudy() if isinstance(error, ForeignStudy) else _strange(error)


def _strange(error: SyncError) -> Refusal:
    return SomebodyElseAnswered() if isinstance(error, NotTheHub) else HubSaidNo(why=error.code)


def _keep_receipt(desk: Desk, outcome: Outcome) -> None:
    """Keep what the hub said; the ticks are counted anew where it says more than before, or something came here."""
    at = desk.clock.now()
    with desk.db.writing() as tables:
        said = outcome.receipt if outcome.done else None
        fresh = said is not None and receipts.keep_from_hub(tables, at.isoformat(timespec="minutes"), said)
        if fresh or outcome.progress.received:
            receipts.sign(tables, int(at.timestamp()))
            ticks.settle(tables)
        if outcome.done and not outcome.restored:
            gaps.caught_up(tables)


class Sending:
    """One exchange that goes on while pages come and go: how far it is, and how it ended."""

    def __init__(self) -> None:
        self.running = True
        self.progress = Progress()
        self.done: Exchanged | None = None
        self.refusal: Refusal | None = None

    def run(self, desk: Desk) -> None:
        """Exchange; what comes in its way is kept for the page to tell."""
        try:
            self.done = run(desk, self._hear)
        except (Refusal, DatabaseError) as error:
            locked = not desk.db.key
            self.refusal = error if isinstance(error, Refusal) and not locked else LockedMeanwhile()
        finally:
            self.running = False

    def _hear(self, now: Progress) -> None:
        self.progress = now


class _Here:
    """This laptop's `sync.Holder`: each call is a transaction of its own, each piece is on the disk when it returns."""

    def __init__(self, desk: Desk, source: str) -> None:
        self.report = Report()
        self._desk = desk
        self._batch = new_id()
        self._source = source

    def study(self) -> str:
        return self._desk.device.study

    def order_ids(self) -> list[str]:
        with self._desk.db.reading() as tables:
            return holdings.order_ids(tables)

    def orders_named(self, ids: Iterable[str]) -> list[bytes]:
        with self._desk.db.reading() as tables:
            return holdings.orders_named(tables, ids)

    def introduction(self) -> list[bytes]:
        with self._desk.db.reading() as tables:
            return holdings.introduction(tables)

    def ends(self) -> Ends:
        with self._desk.db.reading() as tables:
            return holdings.ends(tables)

    def links(self, stream: str) -> StreamLinks:
        with self._desk.db.reading() as tables:
            return holdings.links(tables, stream)

    def infos(self, streams: Iterable[str]) -> list[StreamInfo]:
        with self._desk.db.reading() as tables:
            return holdings.infos(tables, streams)

    def waits(self, info: StreamInfo) -> bool:
        return info.drawer.startswith("research/")  # else all of it is held until the consents come, and read once more

    def pick(self, stream: str, names: Sequence[str]) -> Iterable[Block]:  # noqa: ARG002 - a hash names one block
        for start in range(0, len(names), 16):
            with self._desk.db.reading() as tables:
                found = holdings.pick(tables, names[start : start + 16])
            yield from found

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Sequence[Block]) -> Report:
        with self._desk.db.writing() as tables:
            if found or replica.waits_to_erase(tables):
                self._desk.db.leave_no_trace()
            here = replica.StoreReplica(tables, self._batch)
            report = here.receive(found, streams, brought)
            removals.acknowledge(self._desk, tables)
            total = _sum(self.report, report)
            if brought:
                at = self._desk.clock.now().isoformat(timespec="seconds")
                ticks.arrived(tables, here.devices, at, self._source)
                holdings.note_batch(tables, self._batch, at, self._source, canonical(asdict(total)).decode())
        self.report = total
        return report

    def chunks_held(self) -> Mapping[str, Sequence[str]]:
        with self._desk.db.reading() as tables:
            return chunks.held(tables)

    def chunks_lacking(self) -> Mapping[str, Sequence[str]]:
        with self._desk.db.reading() as tables:
            return chunks.lacking(tables)

    def pick_chunks(self, names: Sequence[str]) -> Iterable[Chunk]:
        for name in names:
            with self._desk.db.reading() as tables:
                found = list(chunks.pick(tables, self._desk.folder.attachments, [name]))
            if not found:  # lost or damaged here: it is asked for again
                with self._desk.db.writing() as tables:
                    chunks.forget(tables, [name])
            yield from found

    def receive_chunks(self, brought: Sequence[Chunk]) -> None:
        self.report = attachments.told(self.report, attachments.take(self._desk, brought))


def _sum(one: Report, other: Report) -> Report:
    counted = [field.name for field in fields(Report) if field.name not in {"torn", "bundle", "part", "parts"}]
    total = {name: getattr(one, name) + getattr(other, name) for name in counted}
    return replace(one, **total, torn=one.torn or other.torn)
