"""This machine as `sync` sees it: seal what is new, hand out blocks, take in what others bring."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from pathlib import Path

from nacl.signing import SigningKey

from fieldkit.clock import new_id
from fieldkit.records import TEAM_DRAWERS, Change
from fieldkit.store import (
    attachments,
    envelope,
    epochs,
    erasures,
    histories,
    leftovers,
    log,
    machine,
    parking,
    receipts,
    redactions,
    removals,
    revocations,
    standing,
)
from fieldkit.store.aliases import alias_of
from fieldkit.store.database import Tables
from fieldkit.store.intake import FOREIGN, READ, Intake, keep_block, stored
from fieldkit.store.machine import Self
from sync import block as blocks
from sync import chain, orders
from sync.block import Block, Place
from sync.chunk import Chunk
from sync.errors import SyncError
from sync.replica import Report, StreamInfo

ERASING = (erasures.KIND, removals.KIND, redactions.KIND)
SAFEGUARDING = "safeguarding"


def seal(tables: Tables) -> int:
    """Seal every unsealed change into blocks at the ends of this device's streams; return how many changes that were.

    A run that seals anything ends with exactly one safeguarding envelope, full or empty (`design.md` §2).
    """
    keep_keys_up(tables)
    groups = tables.execute(
        "SELECT DISTINCT drawer, coalesce(subject, '') FROM changes WHERE block IS NULL ORDER BY drawer, subject"
    ).fetchall()
    me = machine.recall_self(tables)
    sealed = sum(_seal_group(tables, me, drawer, subject or None) for drawer, subject in groups)
    if sealed:
        _seal_envelope(tables, me)
    return sealed


def keep_keys_up(tables: Tables) -> None:
    """Change the keys of drawers that somebody who was taken out could open, and hand new keys to who lacks them."""
    me = machine.recall_self(tables)
    made = [orders.sign(epochs.KIND, me.study, body, me.pair.signer) for body in epochs.due(tables)]
    machine.keep_orders(tables, [(order.id, order.kind, order.content) for order in made])
    if made:
        epochs.take_in(tables)


def erase(tables: Tables, changes: Iterable[Change]) -> None:
    """Let *changes*, written by this device, be gone: from log, state and index, and wherever they come from later.

    An order is written for what was never sealed as well (`design.md` §4). The caller lets the journal be emptied.
    """
    me, changes = machine.recall_self(tables), list(changes)
    for drawer in sorted({change.drawer for change in changes}):
        mine = [change for change in changes if change.drawer == drawer]
        order = orders.sign(erasures.KIND, me.study, erasures.body_of(tables, me, drawer, mine), me.pair.signer)
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
    _carry_out(tables)


def remove(tables: Tables, team: str, subject: str, signer: SigningKey) -> str:
    """Let a whole child of *team* be gone, here and wherever the order comes; return the order's id.

    *signer*: the user key of a coordinator. The caller lets the journal be emptied.
    """
    order = orders.sign(
        removals.KIND, machine.recall_self(tables).study, removals.body_of(tables, team, subject), signer
    )
    machine.keep_orders(tables, [(order.id, order.kind, order.content)])
    _carry_out(tables)
    return order.id


def redact(tables: Tables, changes: Sequence[Change], signer: SigningKey) -> list[str]:
    """Let *changes*, whoever wrote them, be gone here and wherever the orders come; return the orders' ids.

    *signer*: the user key of a coordinator. What stays of blocks that others made is sealed here anew: they may never
    come back. The caller lets the journal be emptied.
    """
    made = []
    for drawer in sorted({change.drawer for change in changes}):
        named = [change for change in changes if change.drawer == drawer]
        made.append(_redact(tables, drawer, named, _holding(tables, drawer, named), signer))
    return made


def empty(tables: Tables, drawer: str, held: Sequence[str], signer: SigningKey) -> str:
    """Let blocks of a drawer that hold what was erased before be emptied, as `redact` does; return the order's id."""
    return _redact(tables, drawer, [], held, signer)


def _redact(tables: Tables, drawer: str, named: Sequence[Change], held: Sequence[str], signer: SigningKey) -> str:
    body = redactions.body_of(tables, drawer, named, held)
    order = orders.sign(redactions.KIND, machine.recall_self(tables).study, body, signer)
    machine.keep_orders(tables, [(order.id, order.kind, order.content)])
    _carry_out(tables)
    if order.id in redactions.carried_out(tables):
        erasures.seal_again(tables, held)
    return order.id


def _holding(tables: Tables, drawer: str, changes: Sequence[Change]) -> list[str]:
    """Return every block that holds one of *changes*: a change can lie in several, of which the log knows one."""
    ids = {one.id for one in changes}
    aliases = {alias_of(tables, drawer, one.subject) for one in changes if one.subject}
    rows = tables.execute(
        "SELECT header, payload FROM blocks WHERE drawer = ? AND standing = ? AND payload IS NOT NULL "
        "AND json_extract(CAST(header AS TEXT), '$.alias') IN (SELECT value FROM json_each(?))",
        [drawer, READ, json.dumps(sorted(filter(None, aliases)))],
    ).fetchall()
    found = (stored(*row) for row in rows)
    return [one.hash for one in found if ids & {change.id for change in leftovers.changes_in(tables, one)}]


def given(tables: Tables) -> list[bytes]:
    """Return every order to erase that is known here, as it was signed."""
    kinds = "SELECT body FROM orders WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY id"
    return [bytes(row[0]) for row in tables.execute(kinds, [json.dumps(ERASING)])]


def waits_to_erase(tables: Tables) -> bool:
    """Tell whether an order to erase is here that is not carried out yet: what arrives may be what it waits for."""
    kinds = "SELECT 1 FROM orders WHERE kind IN (?, ?, ?) AND id NOT IN (SELECT id FROM erasures) LIMIT 1"
    return tables.execute(kinds, [*ERASING]).fetchone() is not None


def _carry_out(tables: Tables) -> None:
    """Memos about an interview that is gone go with it, by an order of the device that wrote them.

    A memo about a talk can hold the child's words, and no program can tell.
    """
    held = parking.take_in(tables)
    interviews = removals.take_in(tables)
    me = machine.recall(tables, "self") and machine.recall_self(tables).id
    memos = [one for interview in interviews for one in histories.memos_about(tables, interview, me or "")]
    if memos:
        erase(tables, memos)
    _follow_up(tables, held)


def _follow_up(tables: Tables, held: Collection[str]) -> None:
    """Let those of the blocks *held* be emptied too that this device made and no order named.

    Whoever gave the order had not seen them: they were sealed meanwhile. No other device may empty them.
    """
    if not held:
        return
    me = machine.recall_self(tables)
    rows = tables.execute(
        "SELECT b.drawer, b.hash FROM blocks AS b JOIN streams AS s ON s.id = b.stream WHERE b.payload IS NOT NULL "
        "AND s.device = ? AND b.hash IN (SELECT value FROM json_each(?)) ORDER BY b.drawer, b.hash",
        [me.id, json.dumps(sorted(held))],
    ).fetchall()
    for drawer in sorted({drawer for drawer, _ in rows}):
        body = erasures.body_of(tables, me, drawer, [], [block for one, block in rows if one == drawer])
        order = orders.sign(erasures.KIND, me.study, body, me.pair.signer)
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
    if rows:
        parking.take_in(tables)


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
    wanted = [(one.id, one.kind, one.content) for one in fresh if one.kind in ERASING and one.study == study]
    machine.keep_orders(tables, wanted)
    if wanted:
        _carry_out(tables)


def broken_chains(tables: Tables) -> list[str]:
    """Return, in words, the streams whose stored blocks do not continue one another or whose payload was changed."""
    seen: dict[str, dict[str, tuple[int, str | None]]] = {}
    broken = set()
    for header, payload in tables.execute("SELECT header, payload FROM blocks ORDER BY stream, position"):
        one = stored(header, payload)
        whole = chain.classify(seen, one.hash, one.header) == "new" and _is_whole(tables, one)
        broken |= set() if whole else {one.header.stream}
        seen.setdefault(one.header.stream, {})[one.hash] = (one.header.position, one.header.previous)
    lost = tables.execute(
        "SELECT count(DISTINCT block) FROM changes WHERE block IS NOT NULL AND block NOT IN (SELECT hash FROM blocks)"
    ).fetchone()[0]
    return [f"stream {stream}: broken" for stream in sorted(broken)] + ([f"blocks: {lost} missing"] if lost else [])


def _seal_group(tables: Tables, me: Self, drawer: str, subject: str | None) -> int:
    alias = subject and alias_of(tables, drawer, subject)
    if subject and alias is None and drawer.partition("/")[0] in TEAM_DRAWERS:
        return 0  # under no name it could never be erased: it waits for the secret of the team
    if removals.covers(tables, drawer, alias):
        removals.drop(tables, drawer, subject or "")
        return 0
    rows = tables.execute(
        "SELECT id, body FROM changes WHERE block IS NULL AND drawer = ? AND subject IS ? ORDER BY tick, id",
        [drawer, subject],
    ).fetchall()
    epoch_and_key = machine.drawer_key(tables, drawer)
    assert epoch_and_key is not None, drawer  # noqa: S101 - a change is only ever written into a drawer one can open
    epoch, key = epoch_and_key
    ids = iter([id_ for id_, _ in rows])
    for packed in blocks.pack([bytes(body) for _, body in rows]):
        made = blocks.seal(_place(tables, me, drawer, epoch, alias), packed, key, me.pair.signer)
        keep_block(tables, made, READ)
        named = [(made.hash, id_) for id_ in islice(ids, len(packed))]
        tables.conn.executemany("UPDATE changes SET block = ? WHERE id = ?", named)
    return len(rows)


def _seal_envelope(tables: Tables, me: Self) -> None:
    readers = [lead.box for lead in machine.everybody(tables).leads()][: envelope.SLOTS]
    payload = envelope.fill(b"", readers)
    place = _place(tables, me, SAFEGUARDING, 0, None)
    keep_block(tables, blocks.seal_payload(place, payload, me.pair.signer), FOREIGN)


def _place(tables: Tables, me: Self, drawer: str, epoch: int, alias: str | None) -> Place:
    stream = _my_stream(tables, me, drawer)
    end = tables.execute(
        "SELECT position, hash FROM blocks WHERE stream = ? ORDER BY position DESC, hash DESC LIMIT 1",
        [stream],
    ).fetchone()
    position, previous = (end[0] + 1, end[1]) if end else (1, None)
    return Place(stream=stream, position=position, previous=previous, drawer=drawer, epoch=epoch, alias=alias)


def _my_stream(tables: Tables, me: Self, drawer: str) -> str:
    """Return the stream this device writes for *drawer*; a fresh one at first, and after its own past came back."""
    current = machine.recall(tables, f"stream:{drawer}")
    if current is not None:
        return current.decode()
    stream = new_id()[:16]
    tables.execute("INSERT INTO streams VALUES (?, ?, ?)", [stream, drawer, me.id])
    machine.remember(tables, f"stream:{drawer}", stream)
    return stream


def _is_whole(tables: Tables, one: Block) -> bool:
    if one.payload is not None:
        return blocks.payload_intact(one)
    drawer, alias = one.header.drawer, one.header.alias
    named = erasures.emptied_by(tables, one.hash) or parking.parked_for(tables, one.hash)
    named_too = redactions.empties(tables, drawer, one.hash) or parking.names(tables, drawer, one.hash)
    return (
        bool(named) or named_too or removals.covers(tables, drawer, alias) or revocations.empties(tables, drawer, alias)
    )


class StoreReplica:
    """The `sync.Replica` of one open transaction.

    *batch* marks what arrives as made elsewhere; *home* is the folder of the chunks, left out where none are handed on.
    `devices`: those whose blocks were new in what it received; `broken`: chunks that it should have handed on.
    """

    def __init__(self, tables: Tables, batch: str = "", home: Path | None = None) -> None:
        self._tables = tables
        self._home = home
        self._batch = batch
        self._me = machine.recall_self(tables)
        self.devices: set[str] = set()
        self.broken: list[str] = []

    def study(self) -> str:
        """Return the study's id; bundles of another one are refused."""
        return self._me.study

    def orders(self) -> list[bytes]:
        """Return all orders."""
        return machine.orders(self._tables)

    def streams(self) -> list[StreamInfo]:
        """Return every stream known here, with the device that it belongs to."""
        return [StreamInfo(*row) for row in self._tables.execute("SELECT id, drawer, device FROM streams ORDER BY id")]

    def receipts(self) -> list[bytes]:
        """Return the newest receipt of each coordinator's computer."""
        return receipts.known(self._tables)

    def blocks(self) -> Iterable[Block]:
        """Yield all blocks in chain order, readable here or not."""
        rows = self._tables.execute("SELECT header, payload FROM blocks ORDER BY stream, position, hash")
        return (stored(header, payload) for header, payload in rows)

    def chunks(self) -> Iterable[Chunk]:
        """Yield all chunks that lie here whole, one at a time in memory."""
        return attachments.every(self._tables, self._home, self.broken)

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
        arrived = chain.in_order(brought)
        intake = Intake(self._tables, self._batch, self._me.id, arrived)
        epochs.take_in(self._tables)
        intake.park()
        _carry_out(self._tables)
        intake.wake()
        for one in arrived:
            intake.take(one)
        log.settle(self._tables, intake.arrived)
        self.devices |= intake.devices
        _carry_out(self._tables)  # the device, key or secret that an order waited for came with this batch
        if revocations.gone(self._tables) and revocations.hiding(self._tables):
            standing.restand_all(self._tables)
        return intake.report()

    def witness(self, found: Sequence[bytes]) -> int:
        """Keep receipts, the newest of each signer; return how many of them no coordinator's computer signed."""
        return receipts.witness(self._tables, found)
