"""One SQLCipher file: connections, transactions and the translation of its errors.

The only module that imports sqlcipher3 or sqlite_utils. `synchronous=FULL`: what was acknowledged is on the disk.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_bytes
from threading import Lock
from typing import Any
from weakref import WeakSet

import sqlcipher3
from sqlcipher3 import dbapi2

# sqlite-utils looks for this name; otherwise its error handling knows only the plain sqlite3 (`design.md` §8)
sys.modules.setdefault("pysqlite3", sqlcipher3)
sys.modules.setdefault("pysqlite3.dbapi2", dbapi2)

import sqlite_utils  # noqa: E402 - after the registration above

from fieldkit.errors import DiskFull, Refusal, StoreBusy  # noqa: E402
from fieldkit.i18n import N_  # noqa: E402

Tables = sqlite_utils.Database
DatabaseError = dbapi2.DatabaseError
KEY_BYTES = 48  # 32 of raw key, 16 of salt: SQLCipher derives nothing, a connection takes under a millisecond
STATEMENTS = 500  # that a connection keeps prepared, more than the program has: to prepare one anew takes the longest
READERS = 2  # connections kept while nobody reads: a page and what it asks for meanwhile

_PRAGMAS = (
    "PRAGMA cipher_log_level = NONE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA busy_timeout = 10000",
)
_MUCH = "PRAGMA cache_size = -16000"  # KB: as a list of 200 children looks at; what is read again is deciphered again
_MOST = "PRAGMA cache_size = -48000"  # KB: sealing and taking in come to rows all over the file


_REMAINS = "PRAGMA user_version"  # 1 while pages may hold copies of what went; in the file's head, so a cut keeps it


class ForeignStore(Refusal):
    """The file cannot be read with the key that its slots hold."""

    code = "foreign_store"
    message = N_(
        "The database in this folder does not belong to these passphrases, or it is damaged. "
        "Nothing was changed. Put the right fieldkit.db back from a backup, together with its slots.json."
    )


class WallBroken(Refusal):
    """A trigger on the log stopped a change: the last of the three consent walls (`design.md` §6)."""

    code = "wall"
    message = N_("Not recorded: the consents for this are not in place. Look at what is missing and do that first.")


class _Tables(Tables):
    """The tables of one transaction; what was asked of them ends with it, also where not every row was fetched."""

    def __init__(self, connection: dbapi2.Connection) -> None:
        """Set no pragma: that was done, and each would make the connection forget every statement it has prepared."""
        super().__init__(connection, recursive_triggers=False, execute_plugins=False)
        self._asked: WeakSet[dbapi2.Cursor] = WeakSet()

    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> Any:
        """Run one statement and return its cursor."""
        cursor = self.conn.execute(sql, () if parameters is None else parameters)
        self._asked.add(cursor)
        return cursor

    def query(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> Generator[dict[str, Any]]:
        """Return what a statement finds, each row by the names of its columns."""
        cursor = self.execute(sql, params)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def end(self) -> None:
        """Let go of every row that was not fetched: it would hold the connection at its moment."""
        for cursor in list(self._asked):
            cursor.close()


def rewrite_pages(tables: Tables) -> None:
    """Note in the open transaction that what it deletes may lie in other pages, too: they are written anew.

    SQLite moves rows from page to page and leaves their bytes in the gap; `secure_delete` clears only the last place.
    It happens with the next emptying of the journal, which whoever deletes asks for: `Database.leave_no_trace`.
    """
    tables.execute(f"{_REMAINS} = 1")


class Database:
    """The encrypted file at *path*. One writer at a time, on one connection; each reader has one of its own.

    Readers' connections are kept for the next readers: to open one reads the whole schema.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self.key = key
        self._gate = Lock()
        self._shelf = Lock()
        self._idle: list[dbapi2.Connection] = []
        self._trace = False
        self.ask_outside: Callable[[], object] = lambda: None  # refuses while it could not be noted there
        self.tell_outside: Callable[[], None] = lambda: None  # what went is noted beside the file, and stays noted
        self._writer = self._for_writing()  # while it stays open, closing the readers' does not checkpoint

    def close(self) -> None:
        """Close the file and drop the key."""
        with self._shelf:
            self.key = b""
            for connection in (*self._idle, self._writer):
                connection.close()
            self._idle.clear()

    def renew(self) -> None:
        """Write on a fresh connection: one that has changed tables or triggers prepares each statement at each use."""
        with self._gate:
            former, self._writer = self._writer, self._for_writing()
            former.close()

    def _for_writing(self) -> dbapi2.Connection:
        connection = self._connect()
        connection.execute(_MOST)
        return connection

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """Yield tables as they stood at one moment."""
        connection = self._reader()
        try:
            with self._transaction(connection, "BEGIN") as tables:
                yield tables
        finally:
            self._keep(connection)

    def _reader(self) -> dbapi2.Connection:
        with self._shelf:
            if self._idle:
                return self._idle.pop()
        connection = self._connect()
        connection.execute(_MUCH)
        return connection

    def _keep(self, connection: dbapi2.Connection) -> None:
        with self._shelf:
            if self.key and len(self._idle) < READERS and not connection.in_transaction:
                self._idle.append(connection)
            else:
                connection.close()

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        """Yield tables inside one transaction: all of it is on the disk afterwards, or none.

        Raises DiskFull, StoreBusy, WallBroken.
        """
        with self._gate:
            with self._transaction(self._writer, "BEGIN IMMEDIATE") as tables:
                yield tables
            if self._trace:
                self._trace = not (self._told_outside() and self._rewrote_pages() and self._emptied_journal())

    @contextmanager
    def trying(self) -> Iterator[Tables]:
        """Yield tables as `writing` does, to see what a change would do: nothing of it is on the disk afterwards."""
        with self._gate, self._transaction(self._writer, "BEGIN IMMEDIATE", stays=False) as tables:
            yield tables

    def leave_no_trace(self) -> None:
        """Let pages be written anew after the open transaction, where it deletes, and the journal be emptied.

        Where a reader stands in the way, or the disk, the next transaction tries again. A refusal to note it outside
        comes before anything is gone.
        """
        self.ask_outside()
        self._trace = True

    def _told_outside(self) -> bool:
        try:
            self.tell_outside()
        except OSError:  # what was written is safe, and so is what was erased; only the note waits
            return False
        return True

    def _rewrote_pages(self) -> bool:
        try:
            if self._writer.execute(_REMAINS).fetchone() != (0,):
                self._writer.execute("VACUUM")
                self._writer.execute(f"{_REMAINS} = 0")
        except dbapi2.Error:  # a disk without room for a second copy, say: the mark stands until there is
            return False
        return True

    def _emptied_journal(self) -> bool:
        try:
            busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except dbapi2.Error:  # what was written is safe; only the sweeping waits
            return False
        return not busy

    def copy_to(self, path: Path) -> None:
        """Write one consistent copy to *path*, encrypted with the same key, while others go on reading.

        Raises DiskFull.
        """
        connection = self._connect()
        try:
            connection.execute("VACUUM INTO ?", [str(path)])
        except dbapi2.Error as error:
            raise _translated(error) from error
        finally:
            connection.close()

    @contextmanager
    def apart(self, path: Path) -> Iterator[Database]:
        """Yield a copy in the new file *path*, consistent and closed afterwards; others go on writing meanwhile.

        Its key ends with it: once the file is gone, nothing of it can be read any more. Raises DiskFull.
        """
        key = token_bytes(KEY_BYTES)
        self._export(path, key)
        with closing(Database(path, key)) as copy:
            yield copy

    def _export(self, path: Path, key: bytes) -> None:
        with closing(self._connect()) as connection:
            try:
                connection.execute("ATTACH ? AS apart KEY ?", [str(path), f"x'{key.hex()}'"])
                connection.execute("BEGIN")  # all of it as it stands at one moment
                connection.execute("SELECT sqlcipher_export('apart')")
                connection.execute("COMMIT")
            except dbapi2.Error as error:
                raise _translated(error) from error

    @contextmanager
    def _transaction(self, connection: dbapi2.Connection, begin: str, *, stays: bool = True) -> Iterator[Tables]:
        tables = _Tables(connection)
        try:
            connection.execute(begin)
            yield tables
            if stays:
                self._commit(connection)
        except dbapi2.Error as error:
            raise _translated(error) from error
        finally:
            tables.end()
            if connection.in_transaction:
                connection.rollback()

    def _commit(self, connection: dbapi2.Connection) -> None:
        connection.execute("COMMIT")

    def _connect(self) -> dbapi2.Connection:
        connection = dbapi2.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
        )
        try:
            connection.execute(f"PRAGMA key = \"x'{self.key.hex()}'\"")
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except dbapi2.Error as error:
            connection.close()
            raise _translated(error) from error
        return connection


def _translated(error: dbapi2.Error) -> Exception:
    """Return what *error* means to a person; what means nothing to a person stays what it is."""
    words = str(error)
    unknown: Exception = error
    return next((refusal() for sign, refusal in _SIGNS.items() if sign in words), unknown)


_SIGNS: dict[str, type[Refusal]] = {
    "database or disk is full": DiskFull,
    "disk I/O error": DiskFull,
    "database is locked": StoreBusy,
    "file is not a database": ForeignStore,
    "malformed": ForeignStore,
    "fieldkit wall": WallBroken,
}
