"""What arrives from elsewhere, block by block: verified, counted once, and entered where it can be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from nacl.signing import VerifyKey

from fieldkit.records import KINDS, Change, Unreadable, decode
from fieldkit.store import erasures, log, machine, parking, redactions, removals, revocations, standing
from fieldkit.store.aliases import alias_of
from fieldkit.store.database import Tables
from fieldkit.store.keys import unb64
from sync import block as blocks
from sync import chain
from sync.block import Block
from sync.chain import StreamLinks
from sync.errors import CannotOpen, SyncError
from sync.replica import Report, StreamInfo

READ, FOREIGN, PARKED = "read", "foreign", "parked"


def keep_block(tables: Tables, made: Block, judged: str) -> None:
    """Keep a block and what it was judged; one that is known changes nothing."""
    header = made.header
    tables.execute(
        "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)",
        [made.hash, header.stream, header.position, header.drawer, made.header_bytes, made.payload, judged],
    )


def stored(header: bytes, payload: bytes | None) -> Block:
    """Return a block as its row holds it."""
    return Block(bytes(header), None if payload is None else bytes(payload))


def beyond(links: StreamLinks, brought: Iterable[Block], ends: Iterable[str]) -> set[str]:
    """Return the hashes in one stream that lie neither at nor before *ends*, with what is *brought* to it now."""
    known = dict(links)
    for one in chain.in_order(brought):
        if chain.classify({one.header.stream: known}, one.hash, one.header) == chain.NEW:
            known[one.hash] = (one.header.position, one.header.previous)
    return {name for _, name in chain.beyond(known, ends)}


class Intake:
    """One batch on its way in: counts that add up, the changes that are new here, the devices of new blocks."""

    def __init__(self, tables: Tables, batch: str, me: str, brought: Iterable[Block] = ()) -> None:
        self.arrived: list[Change] = []
        self.devices: set[str] = set()
        self._tables = tables
        self._batch = batch
        self._me = me
        names = ("received", "known", "blocked", "foreign", "parked", "new", "damaged", "gaps")
        self._counts = dict.fromkeys(names, 0)
        self._known_changes = self._parked_changes = self._blocked_changes = 0
        self._devices = {id_: device.verify for id_, device in machine.everybody(tables).devices.items()}
        rows = tables.execute("SELECT id, drawer, device FROM streams")
        self._streams: dict[str, tuple[str, str]] = {stream: (drawer, device) for stream, drawer, device in rows}
        judged = "SELECT DISTINCT stream, drawer FROM blocks INDEXED BY blocks_standing WHERE standing IN (?, ?)"
        settled = tables.execute(judged, [READ, FOREIGN])
        self._drawers: dict[str, str] = dict(settled.fetchall())
        self._chains: dict[str, dict[str, tuple[int, str | None]]] = {}
        self._gone = revocations.gone(tables)
        self._brought = brought if self._gone else ()
        self._beyond: dict[str, set[str]] = {}
        self._aliases: dict[tuple[str, str], str | None] = {}  # forgotten when what is in the log is settled

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

    def park(self) -> None:
        """Put aside what was read of devices that were taken out and lies beyond what is recognised of them."""
        of_gone = [(stream, device) for stream, (_, device) in self._streams.items() if device in self._gone]
        hashes = json.dumps([name for stream, device in of_gone for name in self._parked_in(stream, device)])
        rows = self._tables.execute(
            "UPDATE blocks SET standing = ? WHERE standing = ? AND hash IN (SELECT value FROM json_each(?)) "
            "RETURNING hash",
            [PARKED, READ, hashes],
        ).fetchall()
        if rows:
            self._put_aside([row[0] for row in rows], [stream for stream, _ in of_gone])

    def _put_aside(self, hashes: Sequence[str], streams: Sequence[str]) -> None:
        """Take the changes in the blocks *hashes* out of the log, unless a recognised block says them as well."""
        named = json.dumps(hashes)
        self._tables.execute("DELETE FROM parked WHERE block IN (SELECT value FROM json_each(?))", [named])
        bodies = self._tables.execute(
            "DELETE FROM changes WHERE block IN (SELECT value FROM json_each(?)) RETURNING body", [named]
        ).fetchall()
        lost = {one.id: one for one in (decode(bytes(body)) for (body,) in bodies)}
        still = self._tables.execute(
            "SELECT header, payload FROM blocks WHERE standing = ? AND payload IS NOT NULL "
            "AND stream IN (SELECT value FROM json_each(?))",
            [READ, json.dumps(streams)],
        ).fetchall()
        for one in (stored(*row) for row in still):
            for line in self._lines(one):
                with suppress(Unreadable):
                    change = self._understood(line, one.header.drawer, one.header.alias)
                    if change.id in lost and not log.known(self._tables, change.id):
                        log.insert(self._tables, change, line, self._batch, one.hash)
                        lost[change.id] = change
        log.settle(self._tables, lost.values())
        self._aliases.clear()

    def _lines(self, one: Block) -> list[bytes]:
        held = machine.drawer_key(self._tables, one.header.drawer, one.header.epoch)
        return blocks.open_block(one, held[1]) if held else []

    def _parked_in(self, stream: str, device: str) -> set[str]:
        """Return what of *stream* lies beyond what is recognised of its *device*."""
        if stream not in self._beyond:
            self._look_up(stream)
            brought = [replace(one, payload=None) for one in self._brought if one.header.stream == stream]
            ends = self._gone[device].streams.get(stream, ())
            self._beyond[stream] = beyond(self._chains[stream], brought, ends)
        return self._beyond[stream]

    def wake(self) -> None:
        """Look again at what was kept aside: its key, its device or a program that knows its kind may be here now."""
        self._wake_lines()
        rows = self._tables.execute(
            "SELECT header, payload, standing FROM blocks WHERE standing = ? "
            "OR (standing = ? AND drawer IN (SELECT drawer FROM drawer_keys)) ORDER BY stream, position",
            [PARKED, FOREIGN],
        ).fetchall()
        for header, payload, before in rows:
            one = stored(header, payload)
            now = self._standing(one)
            if now is not None and now != before:
                self._tables.execute("UPDATE blocks SET standing = ? WHERE hash = ?", [now, one.hash])

    def _wake_lines(self) -> None:
        rows = self._tables.execute(
            "SELECT p.block, p.line, p.body, b.drawer, json_extract(CAST(b.header AS TEXT), '$.alias') "
            "FROM parked AS p JOIN blocks AS b ON b.hash = p.block ORDER BY p.block, p.line"
        ).fetchall()
        for block, line, body, drawer, alias in rows:
            with suppress(Unreadable):
                self._enter(block, [(self._understood(bytes(body), drawer, alias), bytes(body))])
                self._tables.execute("DELETE FROM parked WHERE block = ? AND line = ?", [block, line])

    def take(self, one: Block) -> None:
        """Judge one block and keep it where that is right."""
        header = one.header
        self._look_up(header.stream)
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
        keep_block(self._tables, one, judged)
        self.devices.add(self._streams.get(header.stream, ("", ""))[1])

    def _standing(self, one: Block) -> str | None:
        """Return `read`, `foreign` or `parked`; None for a copy that is no block."""
        header, owner = one.header, self._owner(one)
        claimed_drawer, claimed_device = self._streams.get(header.stream, ("", ""))
        if owner is None:
            return PARKED if claimed_device not in self._devices else None
        if self._drawers.get(header.stream, header.drawer) != header.drawer:
            return None
        if owner in self._gone and one.hash in self._parked_in(header.stream, owner):
            return PARKED
        judged = self._opened(one)
        if judged in {READ, FOREIGN}:
            self._set_right(StreamInfo(header.stream, header.drawer, owner))
        return None if judged == PARKED and claimed_drawer != header.drawer else judged

    def _opened(self, one: Block) -> str | None:
        header = one.header
        if one.payload is None:
            return READ if self._came_empty(one) else None
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
        """Tell whether the device that made this block had it emptied, or a coordinator, or a whole child is gone."""
        drawer = one.header.drawer
        if removals.covers(self._tables, drawer, one.header.alias) or redactions.empties(
            self._tables, drawer, one.hash
        ):
            return True
        named = erasures.emptied_by(self._tables, one.hash)
        return bool(named) and self._owner(replace(one, payload=None)) in named

    def _came_empty(self, one: Block) -> bool:
        """Tell whether *one* may come without its payload: emptied where an order counted that is parked by now."""
        return (
            self._emptied(one)
            or revocations.empties(self._tables, one.header.drawer, one.header.alias)
            or parking.names(self._tables, one.header.drawer, one.hash)
            or (self._owner(one) in parking.parked_for(self._tables, one.hash))
        )

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
        found: list[tuple[Change, bytes]] = []
        for number, line in enumerate(lines):
            try:
                found.append((self._understood(line, one.header.drawer, one.header.alias), line))
            except Unreadable as reason:
                self._parked_changes += 1
                self._tables.execute(
                    "INSERT OR IGNORE INTO parked VALUES (?, ?, ?, ?)", [one.hash, number, line, str(reason)]
                )
        self._enter(one.hash, found)

    def _understood(self, line: bytes, drawer: str, alias: str | None) -> Change:
        """Return the change in *line*; raises Unreadable for a kind that this program lacks.

        Or in a drawer not its own, or in a block that goes by another child's name: by that name it would be erased.
        """
        change = decode(line)
        wanted = change.subject and self._alias(drawer, change.subject)
        if change.kind not in KINDS or change.drawer != drawer or (wanted and wanted != alias):
            raise Unreadable(change.kind)
        return change

    def _alias(self, drawer: str, subject: str) -> str | None:
        """Return the alias of *subject*: a block holds many changes of one child."""
        if (drawer, subject) not in self._aliases:
            self._aliases[drawer, subject] = alias_of(self._tables, drawer, subject)
        return self._aliases[drawer, subject]

    def _enter(self, block: str, found: Sequence[tuple[Change, bytes]]) -> None:
        """Enter what is new of a block into the log, each change once."""
        left = self._not_erased(found)
        known = log.known_of(self._tables, (change.id for change, _ in left))
        new: dict[str, tuple[Change, bytes]] = {}
        for change, line in left:
            if change.id not in known:
                new.setdefault(change.id, (change, line))
        self._blocked_changes += len(found) - len(left)
        self._known_changes += len(left) - len(new)
        self._tables.conn.executemany(  # of a block that was emptied, what stays lies in this one
            "UPDATE changes SET block = ? WHERE id = ? AND (block IS NULL "
            "OR EXISTS (SELECT 1 FROM blocks AS b WHERE b.hash = changes.block AND b.payload IS NULL))",
            [(block, id_) for id_ in sorted(known)],
        )
        log.insert_all(self._tables, new.values(), self._batch, block)
        self.arrived += [change for change, _ in new.values()]

    def _not_erased(self, found: Sequence[tuple[Change, bytes]]) -> list[tuple[Change, bytes]]:
        changes = [change for change, _ in found]
        blocked = erasures.blocked(self._tables, changes)
        children = {(one.drawer, one.subject) for one in changes}
        gone = {child for child in children if log.is_gone(self._tables, *child)}
        return [one for one in found if one[0].id not in blocked and (one[0].drawer, one[0].subject) not in gone]

    def _forget_stream_that_came_back(self, stream: str) -> None:
        """A block of our own that we did not know: this machine was restored or cloned; go on in a fresh stream."""
        drawer, device = self._streams.get(stream, ("", ""))
        if device == self._me:
            machine.forget(self._tables, f"stream:{drawer}")

    def _look_up(self, stream: str) -> None:
        """Learn what continues what in *stream*, once its first block comes: a piece of a sync touches few streams."""
        if stream not in self._chains:
            self._chains[stream] = {}
            for header in self._tables.execute("SELECT header FROM blocks WHERE stream = ?", [stream]).fetchall():
                self._link(Block(bytes(header[0]), None))

    def _link(self, one: Block) -> None:
        header = one.header
        self._chains.setdefault(header.stream, {})[one.hash] = (header.position, header.previous)

    def _count(self, name: str) -> None:
        self._counts[name] += 1
        self._counts["received"] += 1
