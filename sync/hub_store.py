"""What a hub keeps, through SQLAlchemy Core: one code path for SQLite and PostgreSQL (`README.md`, "The hub's store").

Every key begins with the study; no transaction touches two streams; there are no sequences and no triggers. Blocks are
appended under the lock of their stream's row. On SQLite a transaction that writes begins with BEGIN IMMEDIATE.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from sync.block import Block
from sync.canonical import decode, encode
from sync.chain import End, StreamLinks
from sync.errors import NoDatabase
from sync.hub_chunks import HubChunks
from sync.replica import StreamInfo

FULL_AT = 1000  # blocks in quarantine
FULL_AT_BYTES = 64 * 1024 * 1024
SOME = 500  # names in one statement

_all = MetaData()
_hubs = Table(
    "hubs",
    _all,
    Column("study", Text, primary_key=True),
    Column("root", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seed", LargeBinary, nullable=False),
    Column("country", Text, nullable=False),
    Column("restored", Boolean, nullable=False),
)
_orders = Table(
    "orders",
    _all,
    Column("study", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
_streams = Table(
    "streams",
    _all,
    Column("study", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("drawer", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("ends", Text, nullable=False),
)
_blocks = Table(
    "blocks",
    _all,
    Column("study", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("previous", Text),
    Column("alias", Text),
    Column("header", LargeBinary, nullable=False),
    Column("payload", LargeBinary),
    Index("blocks_alias", "study", "stream", "alias"),
)
_quarantine = Table(
    "quarantine",
    _all,
    Column("study", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("payload", LargeBinary),
    Column("size", Integer, nullable=False),
)
_seen = Table(
    "seen",
    _all,
    Column("study", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("at", Text, nullable=False),
)


@dataclass(frozen=True)
class HubFacts:
    """A hub: its study and root key, its epoch, the seed of its key, where it stands, whether it was restored."""

    study: str
    root: str
    epoch: str
    seed: bytes
    country: str
    restored: bool = False


class HubStore:
    """The tables of one database; *database* is an address as SQLAlchemy writes it. Raises NoDatabase."""

    def __init__(self, database: str) -> None:
        try:
            self._engine = _engine(make_url(database))
            _all.create_all(self._engine)
            self.chunks = HubChunks(self._engine)
        except (SQLAlchemyError, ImportError) as error:
            raise NoDatabase(str(error)) from error

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def hub(self, study: str) -> HubFacts | None:
        """Return the hub of *study*, if it was founded."""
        with self._reading() as at:
            row = at.execute(select(_hubs).where(_hubs.c.study == study)).one_or_none()
        return None if row is None else HubFacts(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name

    def found(self, facts: HubFacts) -> None:
        """Keep a new hub; one that is there stays."""
        with self._engine.begin() as at:
            at.execute(self._new(_hubs), [vars(facts)])

    def renew(self, study: str, epoch: str) -> None:
        """Begin a new epoch, in which no payload is handed out until `settle`."""
        with self._engine.begin() as at:
            at.execute(_hubs.update().where(_hubs.c.study == study).values(epoch=epoch, restored=True))

    def settle(self, study: str) -> None:
        """Hand out payloads again."""
        with self._engine.begin() as at:
            at.execute(_hubs.update().where(_hubs.c.study == study).values(restored=False))

    def order_ids(self, study: str) -> list[str]:
        """Return the id of every order."""
        with self._reading() as at:
            return _order_ids(at, study)

    def orders(self, study: str) -> dict[str, bytes]:
        """Return every order by its id."""
        with self._reading() as at:
            rows = at.execute(select(_orders.c.id, _orders.c.content).where(_orders.c.study == study))
            return {id_: bytes(content) for id_, content in rows}

    def keep_orders(self, study: str, found: Mapping[str, bytes]) -> None:
        """Keep orders by id; one that is there stays."""
        rows = [{"study": study, "id": id_, "content": content} for id_, content in found.items()]
        if rows:
            with self._engine.begin() as at:
                at.execute(self._new(_orders), rows)

    def ends(self, study: str) -> dict[str, list[End]]:
        """Return the ends of every stream."""
        with self._reading() as at:
            rows = at.execute(select(_streams.c.stream, _streams.c.ends).where(_streams.c.study == study))
            return {stream: _pairs(ends) for stream, ends in rows}

    def infos(self, study: str) -> dict[str, StreamInfo]:
        """Return drawer and device of every stream."""
        columns = select(_streams.c.stream, _streams.c.drawer, _streams.c.device)
        with self._reading() as at:
            return {row.stream: StreamInfo(*row) for row in at.execute(columns.where(_streams.c.study == study))}

    def open_stream(self, study: str, info: StreamInfo) -> None:
        """Keep a stream without blocks; one that is there stays."""
        row = {"study": study, "stream": info.stream, "drawer": info.drawer, "device": info.device, "ends": "[]"}
        with self._engine.begin() as at:
            at.execute(self._new(_streams), [row])

    @contextmanager
    def locked(self, study: str, stream: str) -> Iterator[Strip]:
        """Yield one stream that nobody else appends to until the transaction ends; all of it is kept, or nothing."""
        where = (_streams.c.study == study, _streams.c.stream == stream)
        with self._engine.begin() as at:
            ends = _pairs(at.execute(select(_streams.c.ends).where(*where).with_for_update()).scalar_one())
            strip = Strip(at, study, stream, ends)
            yield strip
            at.execute(_streams.update().where(*where).values(ends=encode([list(end) for end in strip.ends]).decode()))

    def links(self, study: str, stream: str) -> StreamLinks:
        """Return what continues what in one stream."""
        with self._reading() as at:
            return _links(at, study, stream, None)

    def pick(self, study: str, stream: str, names: Sequence[str]) -> list[Block]:
        """Return these blocks, in this order."""
        with self._reading() as at:
            found = {
                row.hash: _block(row)
                for some in _some(names)
                for row in at.execute(
                    select(_blocks.c.hash, _blocks.c.header, _blocks.c.payload).where(*_named(study, stream, some))
                )
            }
        return [found[name] for name in names if name in found]

    def holds(self, study: str, stream: str, names: Sequence[str]) -> set[str]:
        """Return which of these blocks are there."""
        with self._reading() as at:
            return set(_links(at, study, stream, names))

    def scrub(self) -> None:
        """Leave nothing of an emptied payload in the journal (SQLite), or to the next reader of pages (PostgreSQL)."""
        with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as at:
            word = "PRAGMA wal_checkpoint(TRUNCATE)" if _is_sqlite(self._engine) else "VACUUM blocks"
            at.exec_driver_sql(word)

    def set_aside(self, study: str, sender: str, one: Block, reason: str) -> bool:
        """Keep a block that cannot stand where it says; return False where the quarantine is full."""
        with self._engine.begin() as at:
            sums = select(func.count(), func.coalesce(func.sum(_quarantine.c.size), 0))
            count, size = at.execute(sums.where(_quarantine.c.study == study)).one()
            length = len(one.header_bytes) + len(one.payload or b"")
            if count >= FULL_AT or size + length > FULL_AT_BYTES:
                return False
            facts = {"study": study, "stream": one.header.stream, "hash": one.hash, "reason": reason, "sender": sender}
            row = {**facts, "header": one.header_bytes, "payload": one.payload, "size": length}
            at.execute(self._new(_quarantine), [row])
        return True

    def aside(self, study: str, reason: str) -> list[str]:
        """Return the hashes of what is kept apart for *reason*."""
        where = (_quarantine.c.study == study, _quarantine.c.reason == reason)
        with self._reading() as at:
            return list(at.execute(select(_quarantine.c.hash).where(*where).order_by(_quarantine.c.hash)).scalars())

    def streams_aside(self, study: str) -> dict[str, list[str]]:
        """Return the hashes of what is kept apart, by stream."""
        columns, found = (_quarantine.c.stream, _quarantine.c.hash), dict[str, list[str]]()
        with self._reading() as at:
            for stream, name in at.execute(select(*columns).where(_quarantine.c.study == study).order_by(*columns)):
                found.setdefault(stream, []).append(name)
        return found

    def pick_aside(self, study: str, names: Iterable[str]) -> list[tuple[Block, str]]:
        """Return these blocks of those that are kept apart, each with its reason."""
        columns = select(_quarantine.c.header, _quarantine.c.payload, _quarantine.c.reason)
        mine = columns.where(_quarantine.c.study == study)
        with self._reading() as at:
            rows = [row for some in _some(names) for row in at.execute(mine.where(_quarantine.c.hash.in_(some)))]
        return [(_block(row), row.reason) for row in rows]

    def saw(self, study: str, device: str, at_: str) -> None:
        """Keep when a device last took a receipt, by this machine's clock."""
        row = {"study": study, "device": device, "at": at_}
        new = self._new(_seen, keeps_old=False)
        with self._engine.begin() as at:
            at.execute(new, [row])

    def counted(self, study: str) -> dict[str, Any]:
        """Return the numbers for the status page: no names, no words."""
        reasons = select(_quarantine.c.reason, func.count()).where(_quarantine.c.study == study)
        with self._reading() as at:
            counts = {
                table.name: at.execute(
                    select(func.count()).select_from(table).where(table.c.study == study)
                ).scalar_one()
                for table in (_orders, _streams, _blocks, _quarantine)
            }
            by_reason = {row[0]: row[1] for row in at.execute(reasons.group_by(_quarantine.c.reason))}
            seen = select(_seen.c.device, _seen.c.at).where(_seen.c.study == study).order_by(_seen.c.at.desc())
            return {**counts, "reasons": by_reason, "seen": {row[0]: row[1] for row in at.execute(seen)}}

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(reads=True) as at:
            yield at

    def _new(self, table: Table, *, keeps_old: bool = True) -> Any:
        made = (sqlite if _is_sqlite(self._engine) else postgresql).insert(table)
        key = [column.name for column in table.primary_key]
        if keeps_old:
            return made.on_conflict_do_nothing(index_elements=key)
        values = {column.name: made.excluded[column.name] for column in table.c if column.name not in key}
        return made.on_conflict_do_update(index_elements=key, set_=values)


class Strip:
    """One locked stream inside its transaction."""

    def __init__(self, at: Connection, study: str, stream: str, ends: list[End]) -> None:
        self.ends = ends
        self._at = at
        self._study = study
        self._stream = stream

    def order_ids(self) -> list[str]:
        """Return the orders as they stand now, under the lock."""
        return _order_ids(self._at, self._study)

    def links(self, names: Sequence[str]) -> StreamLinks:
        """Return what these blocks continue, where they are there."""
        return _links(self._at, self._study, self._stream, names)

    def add(self, new: Sequence[Block]) -> None:
        """Append blocks, each of which continues one that is there or one before it; they leave the quarantine."""
        if new:
            self._at.execute(_blocks.insert(), [self._row(one) for one in new])
        for one in new:
            kept = [end for end in self.ends if end[1] != one.header.previous]
            self.ends = sorted([*kept, (one.header.position, one.hash)])
        where = (_quarantine.c.study == self._study, _quarantine.c.stream == self._stream)
        for some in _some(one.hash for one in new):
            self._at.execute(_quarantine.delete().where(*where, _quarantine.c.hash.in_(some)))

    def _row(self, one: Block) -> dict[str, Any]:
        header = one.header
        place = {"study": self._study, "stream": self._stream, "hash": one.hash, "position": header.position}
        facts = {"previous": header.previous, "alias": header.alias}
        return {**place, **facts, "header": one.header_bytes, "payload": one.payload}

    def empty(self, names: Sequence[str], aliases: Sequence[str]) -> int:
        """Drop the payloads of these blocks and of these children; headers stay. Return how many went."""
        held = (_blocks.c.study == self._study, _blocks.c.stream == self._stream, _blocks.c.payload.is_not(None))
        wanted = [(_blocks.c.hash, some) for some in _some(names)] + [
            (_blocks.c.alias, some) for some in _some(aliases)
        ]
        return sum(
            self._at.execute(_blocks.update().where(*held, column.in_(some)).values(payload=None)).rowcount
            for column, some in wanted
        )


def _engine(url: URL) -> Engine:
    """Return an engine whose writes are on the disk when they are acknowledged."""
    if url.get_backend_name() == "postgresql":
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(at: Connection) -> None:
    options = at.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        at.exec_driver_sql("BEGIN" if options.get("reads") else "BEGIN IMMEDIATE")


def _is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def _order_ids(at: Connection, study: str) -> list[str]:
    return list(at.execute(select(_orders.c.id).where(_orders.c.study == study)).scalars())


def _block(row: Any) -> Block:
    return Block(bytes(row.header), None if row.payload is None else bytes(row.payload))


def _links(at: Connection, study: str, stream: str, names: Sequence[str] | None) -> StreamLinks:
    columns = select(_blocks.c.hash, _blocks.c.position, _blocks.c.previous)
    if names is None:
        rows = at.execute(columns.where(_blocks.c.study == study, _blocks.c.stream == stream)).all()
    else:
        rows = [row for some in _some(names) for row in at.execute(columns.where(*_named(study, stream, some)))]
    return {row.hash: (row.position, row.previous) for row in rows}


def _named(study: str, stream: str, names: Sequence[str]) -> tuple[Any, ...]:
    return _blocks.c.study == study, _blocks.c.stream == stream, _blocks.c.hash.in_(names)


def _some(names: Iterable[str]) -> Iterator[list[str]]:
    listed = list(names)
    return (listed[start : start + SOME] for start in range(0, len(listed), SOME))


def _pairs(text: str) -> list[End]:
    return [(position, name) for position, name in decode(text.encode())]
