"""The chunks that a hub keeps: one table more, the same on SQLite and PostgreSQL (`README.md`, "The hub").

They lie in the database and not in a folder: one backup holds all, and several hubs on one database need nothing else.
What is added and what is erased wait for one another at the row of the hub: an order that comes at the same moment
either is seen by who adds, or finds what was added. One content may lie here for several attachments: a hub cannot tell
whose it is, and whoever calls another's chunk his own takes it away from nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    column,
    func,
    inspect,
    select,
    table,
)

from sync.chunk import Chunk, Label

SOME = 500  # names in one statement
Pair = tuple[str, str]
_all = MetaData()
_chunks = Table(
    "labelled_chunks",
    _all,
    Column("study", Text, primary_key=True),
    Column("attachment", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("device", Text, nullable=False),
    Column("drawer", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("label", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("labelled_chunks_name", "study", "name"),
    Index("labelled_chunks_alias", "study", "drawer", "alias"),
)
_FORMER = "chunks"  # of an older hub: each content once
_hubs = table("hubs", column("study"), column("epoch"))
_orders = table("orders", column("study"), column("id"))


class HubChunks:
    """The table of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        _all.create_all(engine)
        self._take_over()

    def _take_over(self) -> None:
        """Move what an older hub kept into the table of now."""
        names = ", ".join(column.name for column in _chunks.c)
        with self._engine.begin() as at:
            if inspect(at).has_table(_FORMER):
                at.exec_driver_sql(f"INSERT INTO {_chunks.name} ({names}) SELECT {names} FROM {_FORMER}")  # noqa: S608
                at.exec_driver_sql(f"DROP TABLE {_FORMER}")

    def held(self, study: str, attachments: Iterable[str]) -> dict[str, list[str]]:
        """Return the names of all chunks of these attachments, sorted, by attachment."""
        found: dict[str, list[str]] = {}
        columns = select(_chunks.c.attachment, _chunks.c.name).where(_chunks.c.study == study)
        with self._reading() as at:
            for some in _some(attachments):
                wanted = columns.where(_chunks.c.attachment.in_(some))
                for attachment, name in at.execute(wanted.order_by(_chunks.c.attachment, _chunks.c.name)):
                    found.setdefault(attachment, []).append(name)
        return {attachment: sorted(names) for attachment, names in found.items()}

    def pick(self, study: str, names: Sequence[str], attachment: str = "") -> Iterator[Chunk]:
        """Yield these chunks, where they are there, one at a time: of one *attachment*, or of whichever."""
        for name in names:
            wanted = select(_chunks.c.label, _chunks.c.content).where(_chunks.c.study == study, _chunks.c.name == name)
            of = wanted.where(_chunks.c.attachment == attachment) if attachment else wanted
            with self._reading() as at:
                row = at.execute(of.order_by(_chunks.c.attachment).limit(1)).one_or_none()
            if row is not None:
                yield Chunk(bytes(row.label), bytes(row.content))

    def count(self, study: str) -> int:
        """Return how many there are."""
        with self._reading() as at:
            counted = select(func.count()).select_from(_chunks).where(_chunks.c.study == study)
            return int(at.execute(counted).scalar_one())

    @contextmanager
    def locked(self, study: str) -> Iterator[Rack]:
        """Yield the chunks that nobody else adds to or takes from until the transaction ends."""
        with self._engine.begin() as at:
            at.execute(select(_hubs.c.epoch).where(_hubs.c.study == study).with_for_update())
            yield Rack(at, study)

    def scrub(self) -> None:
        """Leave nothing of what was erased in the journal (SQLite), or to the next reader of pages (PostgreSQL)."""
        is_sqlite = self._engine.dialect.name == "sqlite"
        with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as at:
            at.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if is_sqlite else f"VACUUM {_chunks.name}")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(reads=True) as at:
            yield at


class Rack:
    """All chunks of one study inside a transaction."""

    def __init__(self, at: Connection, study: str) -> None:
        self._at = at
        self._study = study

    def order_ids(self) -> list[str]:
        """Return the orders as they stand now, under the lock."""
        return list(self._at.execute(select(_orders.c.id).where(_orders.c.study == self._study)).scalars())

    def has(self, label: Label) -> bool:
        """Tell whether a chunk is there for the attachment of its label."""
        wanted = select(_chunks.c.name).where(_chunks.c.study == self._study, _chunks.c.name == label.payload_hash)
        return self._at.execute(wanted.where(_chunks.c.attachment == label.attachment)).one_or_none() is not None

    def add(self, one: Chunk) -> None:
        """Keep a chunk that is not there yet."""
        label = one.label
        owner = {"attachment": label.attachment, "device": label.device, "drawer": label.drawer, "alias": label.alias}
        facts = {"study": self._study, "name": one.name, "number": label.number, **owner}
        self._at.execute(_chunks.insert(), [{**facts, "label": one.label_bytes, "content": one.content}])

    def drop(self, attachments: Mapping[str, Iterable[str]], named: Iterable[Pair], aliases: Iterable[Pair]) -> int:
        """Delete the chunks of *attachments* (by device) and of those *named* (drawer, id), and of these children.

        *aliases*: (drawer, alias). Return how many.
        """
        mine = _chunks.delete().where(_chunks.c.study == self._study)
        gone = 0
        for device, ids in attachments.items():
            for some in _some(ids):
                asked = mine.where(_chunks.c.device == device, _chunks.c.attachment.in_(some))
                gone += self._at.execute(asked).rowcount
        for drawer, id_ in named:
            gone += self._at.execute(mine.where(_chunks.c.drawer == drawer, _chunks.c.attachment == id_)).rowcount
        for drawer, alias in aliases:
            gone += self._at.execute(mine.where(_chunks.c.drawer == drawer, _chunks.c.alias == alias)).rowcount
        return gone


def _some(names: Iterable[str]) -> Iterator[list[str]]:
    listed = sorted(names)
    return (listed[start : start + SOME] for start in range(0, len(listed), SOME))
