"""The data folder: one process at a time, its slots, its database, and a dated copy before any migration."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from filelock import FileLock, Timeout

from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.platform import flush_folder, make_private, write_atomically
from fieldkit.records import canonical
from fieldkit.store import attachments, backups, erasures, grown, replica, schema
from fieldkit.store.database import Database, ForeignStore, Tables
from fieldkit.store.stops import Stop

SLOTS_FORMAT = 2  # 1 knew no recovery part and is still read; a program of then must not take 2 for its own
EMPTY, REQUESTED, READY = "empty", "requested", "ready"
SCRATCH = "scratch-"
_RAW = re.compile(r"(\d{4}-\d\d-\d\d-\d{6})-(fieldkit\.db(-wal|-shm)?|slots\.json)")


class FolderInUse(Refusal):
    """A second server or command on one folder."""

    code = "folder_in_use"
    message = N_(
        "Another fieldkit has this data folder open: {path}. Nothing was changed. "
        "Use the window that is already open, or close it first."
    )


class FolderNewer(Refusal):
    """The folder was written by a later version of the program."""

    code = "folder_newer"
    message = N_(
        "This data folder was written by a newer fieldkit. Nothing was changed. "
        "Install the newer version and open it again."
    )


class NotEmpty(Refusal):
    """A study or a request would overwrite what the folder holds."""

    code = "not_empty"
    message = N_("This data folder already holds a study. Nothing was changed. Choose another folder.")


class NotSetUp(Refusal):
    """Nothing was founded or joined here yet."""

    code = "not_set_up"
    message = N_("This data folder holds no study yet. Found one or join one first.")


class Folder:
    """An open data folder; it holds the `lock` until it is closed.

    `unkept`: by interview, the stops that a full disk could not take; until it can, only this program knows of them.
    `turns`: by opened editor, how far its note had come when it was last kept.
    `undone`: the marks of stops that were taken back, so that one which comes late does nothing.
    `dates`: by interview, the date and the running second at which this program first counted its minutes.
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self.unkept: dict[str, Stop] = {}
        self.undone: set[str] = set()
        self.turns: dict[str, int] = {}
        self.dates: dict[str, tuple[datetime, float]] = {}
        self._lock = lock
        self._slots_lock = Lock()

    @classmethod
    def open(cls, path: Path) -> Folder:
        """Take *path* for this process; raises FolderInUse."""
        make_private(path)
        lock = FileLock(path / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise FolderInUse(path=path) from error
        for left in path.glob(f"{SCRATCH}*"):  # by a program that was killed: copies that nobody would ever scrub
            shutil.rmtree(left, ignore_errors=True)
        return cls(path, lock)

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.release()

    @property
    def database_path(self) -> Path:
        """Return where the encrypted file lies."""
        return self.path / "fieldkit.db"

    @property
    def lan(self) -> Path:
        """Return the folder of what phones meet before anything is unlocked: certificates, and whom to let in."""
        path = self.path / "lan"
        make_private(path)
        return path

    @property
    def backups(self) -> Path:
        """Return the folder of what this program copies by itself."""
        path = self.path / "backups"
        make_private(path)
        return path

    @property
    def attachments(self) -> Path:
        """Return the folder of the sealed chunks that the database lists."""
        path = attachments.home(self.database_path)
        make_private(path)
        return path

    @property
    def aside(self) -> Path:
        """Return the folder of a bundle that is looked at before it is taken in; the next start empties it too."""
        path = self.path / f"{SCRATCH}aside"
        make_private(path)
        return path

    def clear_aside(self) -> None:
        """Let go of the bundle that was looked at."""
        shutil.rmtree(self.aside, ignore_errors=True)

    @property
    def erased_log(self) -> Path:
        """Return where the orders to erase lie once more, outside the database."""
        return self.path / erasures.LOG

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a folder of its own on the same disk; nothing of it outlives its use, or else the next start."""
        with TemporaryDirectory(dir=self.path, prefix=SCRATCH) as made:
            yield Path(made)

    def dated(self, ours: re.Pattern[str]) -> list[list[Path]]:
        """Return the copies that this program put into `backups/`, each as its files: raw ones, and those named *ours*.

        The database comes last: while it lies there, the copy can be told from what does not open. What is no file is
        none of them.
        """
        found: dict[str, list[Path]] = {}
        for one in sorted(self.backups.iterdir(), reverse=True):
            raw = _RAW.fullmatch(one.name)
            if (raw or ours.fullmatch(one.name)) and one.is_file() and not one.is_symlink():
                found.setdefault(raw[1] if raw else one.name, []).append(one)
        return [found[name] for name in sorted(found)]

    def laid_out(self, copy: Sequence[Path], scratch: Path) -> Path:
        """Return the database of a copy in `backups/`, brought into *scratch* with its journal.

        Raises NotABackup, NewerBackup, OSError.
        """
        for one in copy:
            raw = _RAW.fullmatch(one.name)
            if raw is None:
                return backups.unpack(one, scratch)["fieldkit.db"]
            shutil.copyfile(one, scratch / raw[2])
        return scratch / "fieldkit.db"

    @property
    def state(self) -> str:
        """Return `empty`, `requested` (asked to join, no answer yet) or `ready`."""
        return str(self._slots()["state"])

    @property
    def slots(self) -> list[dict[str, Any]]:
        """Return the slots, one per user: what may be read before anything is unlocked."""
        return list(self._slots()["users"])

    def write_slots(self, state: str, users: Sequence[Mapping[str, Any]]) -> None:
        """Replace the slots, atomically."""
        store = self._slots()["store"] or new_id()
        content = {"format": SLOTS_FORMAT, "store": store, "state": state, "users": users}
        write_atomically(self.path / "slots.json", canonical(content))

    def change_slots(self, change: Callable[[list[dict[str, Any]]], Sequence[Mapping[str, Any]]]) -> None:
        """Replace the slots of a store by what *change* makes of them: nobody else changes them meanwhile."""
        with self._slots_lock:
            self.write_slots(READY, change(self.slots))

    def _slots(self) -> dict[str, Any]:
        path = self.path / "slots.json"
        return _read_slots(path) if path.exists() else {"store": "", "state": EMPTY, "users": []}

    def take_in(self, files: Mapping[str, Path]) -> None:
        """Make the contents of a backup this empty folder's own; the slots come last, they make it a store.

        Chunks lie in a folder beside its database, where there are any.

        Raises NotEmpty, ForeignStore, FolderNewer.
        """
        if self.state != EMPTY or self.database_path.exists():
            raise NotEmpty
        _read_slots(files["slots.json"])
        for one in attachments.home(files["fieldkit.db"]).glob("*"):
            one.replace(self.attachments / one.name)
        flush_folder(self.attachments)
        for name in backups.FILES:
            files[name].replace(self.path / name)
            flush_folder(self.path)

    def create_database(self, key: bytes) -> Database:
        """Make the encrypted file; raises NotEmpty where there is one."""
        if self.database_path.exists():
            raise NotEmpty
        return self._migrated(Database(self.database_path, key))

    def open_database(self, key: bytes, now: datetime) -> Database:
        """Open the encrypted file, and bring an older one up to date after a dated copy.

        Raises ForeignStore, FolderNewer.
        """
        if not self.database_path.exists() or not self.database_path.stat().st_size:  # SQLite would fill an empty file
            raise ForeignStore
        database = Database(self.database_path, key)
        try:
            with database.reading() as tables:
                waiting = _pending(tables)
            if waiting:
                self._copy_aside(database, now)
            return self._migrated(database)
        except Refusal:
            database.close()
            raise

    def bring_up(self, key: bytes) -> None:
        """Bring a copy up to date, and let what its `erased.log` names be gone from it; no further copy is made.

        Raises ErasedLogBroken, ErasedLogNewer, ErasedLogInTheWay.
        """
        replica.noted(self.erased_log)
        self._migrated(Database(self.database_path, key)).close()

    def check_database(self, key: bytes) -> None:
        """Raise ForeignStore, FolderNewer unless the file opens with *key* and lacks nothing of its version."""
        like = self.path / "like.db"
        with closing(Database(self.database_path, key)) as database, database.reading() as tables:
            _pending(tables)
            done = {row.name for row in schema.migrations.applied(tables)}
            intact = tables.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            found = _parts(tables)
        with closing(Database(like, key)) as fresh, fresh.writing() as tables:
            schema.migrations.apply(tables, stop_before=set(schema.KNOWN) - done)
            needed = _parts(tables)
        like.unlink()
        if not intact or not needed <= found:
            raise ForeignStore

    def _migrated(self, database: Database) -> Database:
        database.ask_outside = self._noted
        database.tell_outside = lambda: self._note_erased(database)
        database.leave_no_trace()  # a cut may have come between an erasure and the emptying of the journal
        with database.writing() as tables:
            waiting = bool(schema.migrations.pending(tables))
            if waiting:
                schema.migrations.apply(tables)
                grown.keep_all(tables)
            replica.obey(tables, self._noted())  # before anybody can read in it
        if waiting:
            database.renew()
        return database

    def _noted(self) -> list[bytes]:
        """Return the orders in `erased.log`; a broken one locks nobody out: it is written anew from the database.

        Raises ErasedLogNewer, ErasedLogInTheWay.
        """
        try:
            return replica.noted(self.erased_log)
        except erasures.ErasedLogBroken:
            return []

    def _note_erased(self, database: Database) -> None:
        """Bring `erased.log` in step; it never forgets an order, also not one of another study."""
        noted = self._noted()
        with database.reading() as tables:
            fresh = [order for order in replica.given(tables) if order not in set(noted)]
            attachments.sweep(tables, attachments.home(self.database_path))
        if fresh:
            erasures.write_log(self.erased_log, [*noted, *fresh])

    def _copy_aside(self, database: Database, now: datetime) -> None:
        """Copy the file as it is, sealed or not: a backup that no migration has touched."""
        folder = self.backups
        with database.writing():  # no other writer while the copy is made; the log has been checkpointed
            stamp = now.strftime("%Y-%m-%d-%H%M%S")
            for name in ("fieldkit.db", "fieldkit.db-wal", "slots.json"):
                if (self.path / name).exists():
                    shutil.copy2(self.path / name, folder / f"{stamp}-{name}")


def _read_slots(path: Path) -> dict[str, Any]:
    try:
        slots = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ForeignStore from error
    if not isinstance(slots, dict) or type(slots.get("format")) is not int:
        raise ForeignStore
    if slots["format"] > SLOTS_FORMAT:
        raise FolderNewer
    if not _are_slots(slots):
        raise ForeignStore
    return slots


def _are_slots(slots: Mapping[str, Any]) -> bool:
    users = slots.get("users")
    return (
        all(isinstance(slots.get(name), str) for name in ("store", "state"))
        and isinstance(users, list)
        and all(isinstance(user, dict) and {"code", "name", "role"} <= user.keys() for user in users)
    )


def _parts(tables: Tables) -> set[tuple[str, str]]:
    """Return every table, view, index and trigger by kind and name."""
    return set(tables.execute("SELECT type, name FROM sqlite_master").fetchall())


def _pending(tables: Tables) -> bool:
    if tables.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        raise ForeignStore
    if {row.name for row in schema.migrations.applied(tables)} - set(schema.KNOWN):
        raise FolderNewer
    return bool(schema.migrations.pending(tables))
