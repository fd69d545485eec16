"""This machine as `sync` sees it: seal what is new, hand out blocks, take in what others bring."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from nacl.signing import VerifyKey

from fieldkit.clock import new_id
from fieldkit.records import KINDS, TEAM_DRAWERS, Change, Unreadable, canonical, decode
from fieldkit.store import envelope, erasures, log, machine, standing
from fieldkit.store.database import Tables
from fieldkit.store.keys import b64, unb64
from sync import block as blocks
from sync import chain, orders
from sync.block import Block, Place
from sync.errors import CannotOpen, SyncError
from sync.replica import Report, StreamInfo

READ, FOREIGN, PARKED = "read", "foreign", "parked"
SAFEGUARDING = "safeguarding"


def seal(tables: Tables) -> int:
    """Seal every unsealed change into blocks at the ends of this device's streams; return how many changes that were.

    A run that seals anything ends with exactly one safeguarding envelope, full or empty (`design.md` §2).
    """
    groups = tables.execute(
        "SELECT DISTINCT drawer, coalesce(subject, '') FROM changes WHERE block IS NULL ORDER BY drawer, subject"
    ).fetchall()
    sealed = sum(_seal_group(tables, drawer, subject or None) for drawer, subject in groups)
    if sealed:
        _seal_envelope(tables)
    return sealed


def erase(tables: Tables, changes: Iterable[Change]) -> None:
    """Let *changes*, written by this device, be gone: from log, state and index, and wherever they come from later.

    An order is written for what was never sealed as well (`design.md` §4). The caller lets the journal be emptied.
    """
    me, changes = machine.recall_self(tables), list(changes)
    for drawer in sorted({change.drawer for change in changes}):
        mine = [change for change in changes if change.drawer == drawer]
        order = orders.sign(erasures.KIND, me.study, erasures.body_of(tables, me, drawer, mine), me.pair.signer)
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
    erasures.take_in(tables)


def noted(path: Path) -> list[bytes]:
    """Return the orders in the `erased.log` at *path*, each whole.

    Raises ErasedLogBroken, ErasedLogNewer, ErasedLogInTheWay.
    """
    lines = erasures.read_log(path)
    try:
        for line in lines:
            orders.parse(line)
    except SyncError as error:
        raise erasures.ErasedLogBroken from error
    return lines


def obey(tables: Tables, found: Iterable[bytes]) -> None:
    """Carry out the orders to erase of this study that lie beside its database and are not in it: it is an older copy.

    An order that it cannot carry out yet waits in it as any other does.
    """
    known, study = set(machine.orders(tables)), json.loads(machine.recall(tables, "self") or b"{}").get("study")
    fresh = [orders.parse(content) for content in found if content not in known]
    wanted = [(one.id, one.kind, one.content) for one in fresh if (one.kind, one.study) == (erasures.KIND, study)]
    machine.keep_orders(tables, wanted)
    if wanted:
        erasures.take_in(tables)


def broken_chains(tables: Tables) -> list[str]:
    """Return, in words, the streams whose stored blocks do not continue one another or whose payload was changed."""
    seen: dict[str, dict[str, tuple[int, str | None]]] = {}
    broken = set()
    for header, payload in tables.execute("SELECT header, payload FROM blocks ORDER BY stream, position"):
        one = _stored(header, payload)
        whole = chain.classify(seen, one.hash, one.header) == "new" and _is_whole(tables, one)
        broken |= set() if whole else {one.header.stream}
        seen.setdefault(one.header.stream, {})[one.hash] = (one.header.position, one.header.previous)
    lost = tables.execute(
        "SELECT count(DISTINCT block) FROM changes WHERE block IS NOT NULL AND block NOT IN (SELECT hash FROM blocks)"
    ).fetchone()[0]
    return [f"stream {stream}: broken" for stream in sorted(broken)] + ([f"blocks: {lost} missing"] if lost else [])


def _seal_group(tables: Tables, drawer: str, subject: str | None) -> int:
    rows = tables.execute(
        "SELECT id, body FROM changes WHERE block IS NULL AND drawer = ? AND subject IS ? ORDER BY tick, id",
        [drawer, subject],
    ).fetchall()
    epoch_and_key = machine.drawer_key(tables, drawer)
    assert epoch_and_key is not None, drawer  # noqa: S101 - a change is only ever written into a drawer one can open
    epoch, key = epoch_and_key
    signer = machine.recall_self(tables).pair.signer
    for packed in blocks.pack([bytes(body) for _, body in rows]):
        made = blocks.seal(_place(tables, drawer, epoch, _alias(tables, drawer, subject)), packed, key, signer)
        _keep_block(tables, made, READ)
        ids = [(made.hash, json.loads(line)["id"]) for line in packed]
        tables.conn.executemany("UPDATE changes SET block = ? WHERE id = ?", ids)
    return len(rows)


def _seal_envelope(tables: Tables) -> None:
    readers = [lead.box for lead in machine.everybody(tables).leads()][: envelope.SLOTS]
    me = machine.recall_self(tables)
    payload = envelope.fill(b"", readers)
    _keep_block(tables, blocks.seal_payload(_place(tables, SAFEGUARDING, 0, None), payload, me.pair.signer), FOREIGN)


def _place(tables: Tables, drawer: str, epoch: int, alias: str | None) -> Place:
    stream = _my_stream(tables, drawer)
    end = tables.execute(
        "SELECT position, hash FROM blocks WHERE stream = ? ORDER BY position DESC, hash DESC LIMIT 1",
        [stream],
    ).fetchone()
    position, previous = (end[0] + 1, end[1]) if end else (1, None)
    return Place(stream=stream, position=position, previous=previous, drawer=drawer, epoch=epoch, alias=alias)


def _my_stream(tables: Tables, drawer: str) -> str:
    """Return the stream this device writes for *drawer*; a fresh one at first, and after its own past came back."""
    current = machine.recall(tables, f"stream:{drawer}")
    if current is not None:
        return current.decode()
    stream = new_id()[:16]
    tables.execute("INSERT INTO streams VALUES (?, ?, ?)", [stream, drawer, machine.recall_self(tables).id])
    machine.remember(tables, f"stream:{drawer}", stream)
    return stream


def _alias(tables: Tables, drawer: str, subject: str | None) -> str | None:
    """Return the name of *subject* in *drawer* that is the same on every machine and links nothing for others."""
    base, _, team = drawer.partition("/")
    if subject is None or base not in TEAM_DRAWERS:
        return None
    row = tables.execute("SELECT secret FROM team_secrets WHERE team = ?", [team]).fetchone()
    return b64(blake2b(canonical([drawer, subject]), key=unb64(row[0]), digest_size=16).digest())


def _keep_block(tables: Tables, made: Block, judged: str) -> None:
    header = made.header
    tables.execute(
        "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)",
        [made.hash, header.stream, header.position, header.drawer, made.header_bytes, made.payload, judged],
    )


def _stored(header: bytes, payload: bytes | None) -> Block:
    return Block(bytes(header), None if payload is None else bytes(payload))


def _is_whole(tables: Tables, one: Block) -> bool:
    return bool(erasures.emptied_by(tables, one.hash)) if one.payload is None else blocks.payload_intact(one)


def _understood(line: bytes, drawer: str) -> Change:
    """Return the change in *line*; raises Unreadable for a kind that this program lacks, or in a drawer not its own."""
    change = decode(line)
    if change.kind not in KINDS or change.drawer != drawer:
        raise Unreadable(change.kind)
    return change


class StoreReplica:
    """The `sync.Replica` of one open transaction; *batch* marks what arrives as made elsewhere."""

    def __init__(self, tables: Tables, batch: str = "") -> None:
        self._tables = tables
        self._batch = batch
        self._me = machine.recall_self(tables)

    def study(self) -> str:
        """Return the study's id; bundles of another one are refused."""
        return self._me.study

    def orders(self) -> list[bytes]:
        """Return all orders."""
        return machine.orders(self._tables)

    def streams(self) -> list[StreamInfo]:
        """Return every stream known here, with the device that it belongs to."""
        return [StreamInfo(*row) for row in self._tables.execute("SELECT id, drawer, device FROM streams ORDER BY id")]

    def blocks(self) -> Iterable[Block]:
        """Yield all blocks in chain order, readable here or not."""
        rows = self._tables.execute("SELECT header, payload FROM blocks ORDER BY stream, position, hash")
        return (_stored(header, payload) for header, payload in rows)

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Iterable[Block]) -> Report:
        """Take in orders first, then blocks; whatever cannot be read is kept aside with its reason."""
        parsed = [orders.parse(content) for content in found]
        machine.keep_orders(
            self._tables,
            [(order.id, order.kind, content) for order, content in zip(parsed, found, strict=True)],
        )
        self._tables.conn.executemany(
            "INSERT OR IGNORE INTO streams VALUES (?, ?, ?)",
            [(one.stream, one.drawer, one.device) for one in streams],
        )
        intake = Intake(self._tables, self._batch, self._me.id)
        erasures.take_in(self._tables)
        intake.wake()
        for one in chain.in_order(list(brought)):
            intake.take(one)
        erasures.take_in(self._tables)  # the device or the key that an order waited for came with this batch
        log.settle(self._tables, intake.arrived)
        return intake.report()


class Intake:
    """One batch on its way in: counts that add up, and the changes that are new here."""

    def __init__(self, tables: Tables, batch: str, me: str) -> None:
        self.arrived: list[Change] = []
        self._tables = tables
        self._batch = batch
        self._me = me
        names = ("received", "known", "blocked", "foreign", "parked", "new", "damaged", "gaps")
        self._counts = dict.fromkeys(names, 0)
        self._known_changes = self._parked_changes = self._blocked_changes = 0
        self._devices = {id_: device.verify for id_, device in machine.everybody(tables).devices.items()}
        rows = tables.execute("SELECT id, drawer, device FROM streams")
        self._streams: dict[str, tuple[str, str]] = {stream: (drawer, device) for stream, drawer, device in rows}
        settled = tables.execute("SELECT DISTINCT stream, drawer FROM blocks WHERE standing <> ?", [PARKED])
        self._drawers: dict[str, str] = dict(settled.fetchall())
        self._chains: dict[str, dict[str, tuple[int, str | None]]] = {}
        for header in tables.execute("SELECT header FROM blocks"):
            self._link(Block(bytes(header[0]), None))

    def report(self) -> Report:
        """Return the numbers of this batch."""
        is_held = standing.held(self._tables)
        held = sum(1 for change in self.arrived if is_held(change))
        return Report(
            **self._counts,
            torn=False,
            changes_blocked=self._blocked_changes,
            changes_held=held,
            changes_known=self._known_changes,
            changes_parked=self._parked_changes,
            changes_new=len(self.arrived) - held,
        )

    def wake(self) -> None:
        """Look again at what was kept aside: its key, its device or a program that knows its kind may be here now."""
        self._wake_lines()
        rows = self._tables.execute(
            "SELECT header, payload, standing FROM blocks WHERE standing = ? "
            "OR (standing = ? AND drawer IN (SELECT drawer FROM drawer_keys)) ORDER BY stream, position",
            [PARKED, FOREIGN],
        ).fetchall()
        for header, payload, before in rows:
            one = _stored(header, payload)
            now = self._standing(one)
            if now is not None and now != before:
                self._tables.execute("UPDATE blocks SET standing = ? WHERE hash = ?", [now, one.hash])

    def _wake_lines(self) -> None:
        rows = self._tables.execute(
            "SELECT p.block, p.line, p.body, b.drawer FROM parked AS p JOIN blocks AS b ON b.hash = p.block "
            "ORDER BY p.block, p.line"
        ).fetchall()
        for block, line, body, drawer in rows:
            with suppress(Unreadable):
                self._enter(block, _understood(bytes(body), drawer), bytes(body))
                self._tables.execute("DELETE FROM parked WHERE block = ? AND line = ?", [block, line])

    def take(self, one: Block) -> None:
        """Judge one block and keep it where that is right."""
        header = one.header
        place = chain.classify(self._chains, one.hash, header)
        if place == "gap":
            self._counts["gaps"] += 1
            return
        if place == "known":
            self._count("known")
            return
        emptied = self._emptied(one)
        one = replace(one, payload=None) if emptied else one
        judged = self._standing(one)
        if judged is None:
            self._counts["damaged"] += 1
            return
        self._forget_stream_that_came_back(header.stream)
        self._link(one)
        self._count("blocked" if emptied else {READ: "new"}.get(judged, judged))
        _keep_block(self._tables, one, judged)

    def _standing(self, one: Block) -> str | None:
        """Return `read`, `foreign` or `parked`; None for a copy that is no block."""
        header, owner = one.header, self._owner(one)
        claimed_drawer, claimed_device = self._streams.get(header.stream, ("", ""))
        if owner is None:
            return PARKED if claimed_device not in self._devices else None
        if self._drawers.get(header.stream, header.drawer) != header.drawer:
            return None
        judged = self._opened(one)
        if judged in {READ, FOREIGN}:
            self._set_right(StreamInfo(header.stream, header.drawer, owner))
        return None if judged == PARKED and claimed_drawer != header.drawer else judged

    def _opened(self, one: Block) -> str | None:
        header = one.header
        if one.payload is None:
            return READ if self._emptied(one) else None
        epoch_and_key = machine.drawer_key(self._tables, header.drawer, header.epoch)
        if epoch_and_key is None:
            return PARKED if machine.drawer_key(self._tables, header.drawer) else FOREIGN
        try:
            self._read(one, blocks.open_block(one, epoch_and_key[1]))
        except CannotOpen:
            return PARKED
        except SyncError:
            return None
        return READ

    def _emptied(self, one: Block) -> bool:
        """Tell whether the very device that made this block had it emptied."""
        named = erasures.emptied_by(self._tables, one.hash)
        return bool(named) and self._owner(replace(one, payload=None)) in named

    def _owner(self, one: Block) -> str | None:
        """Return the device whose key signed *one*: a header is signed, what a stick says of its stream is not."""
        likely = [self._streams.get(one.header.stream, ("", ""))[1], *self._devices]
        return next((device for device in dict.fromkeys(likely) if self._signed_by(one, device)), None)

    def _signed_by(self, one: Block, device: str) -> bool:
        if device not in self._devices:
            return False
        check = blocks.verify if one.payload is not None else blocks.verify_header
        try:
            check(one, VerifyKey(unb64(self._devices[device])))
        except SyncError:
            return False
        return True

    def _set_right(self, stream: StreamInfo) -> None:
        """Keep what a signature shows instead of what was claimed, so that one false stick blocks no laptop's data."""
        self._drawers[stream.stream] = stream.drawer
        if self._streams.get(stream.stream) != (stream.drawer, stream.device):
            self._streams[stream.stream] = (stream.drawer, stream.device)
            self._tables.execute("INSERT OR REPLACE INTO streams VALUES (?, ?, ?)", list(stream))

    def _read(self, one: Block, lines: list[bytes]) -> None:
        for number, line in enumerate(lines):
            try:
                self._enter(one.hash, _understood(line, one.header.drawer), line)
            except Unreadable as reason:
                self._parked_changes += 1
                self._tables.execute(
                    "INSERT OR IGNORE INTO parked VALUES (?, ?, ?, ?)", [one.hash, number, line, str(reason)]
                )

    def _enter(self, block: str, change: Change, line: bytes) -> None:
        if erasures.blocked(self._tables, change):
            self._blocked_changes += 1
            return
        if log.known(self._tables, change.id):
            self._known_changes += 1
            self._tables.execute("UPDATE changes SET block = coalesce(block, ?) WHERE id = ?", [block, change.id])
            return
        log.insert(self._tables, change, line, self._batch, block)
        self.arrived.append(change)

    def _forget_stream_that_came_back(self, stream: str) -> None:
        """A block of our own that we did not know: this machine was restored or cloned; go on in a fresh stream."""
        drawer, device = self._streams.get(stream, ("", ""))
        if device == self._me:
            machine.forget(self._tables, f"stream:{drawer}")

    def _link(self, one: Block) -> None:
        header = one.header
        self._chains.setdefault(header.stream, {})[one.hash] = (header.position, header.previous)

    def _count(self, name: str) -> None:
        self._counts[name] += 1
        self._counts["received"] += 1
