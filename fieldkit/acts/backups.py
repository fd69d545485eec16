"""A backup of the whole folder in one file, and its return into an empty folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import explained
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.platform import unused
from fieldkit.store import backups, keys, machine, replica, sheets
from fieldkit.store.database import Database, ForeignStore
from fieldkit.store.folder import EMPTY, READY, Folder, NotEmpty
from fieldkit.store.keys import WrongPassphrase, WrongWords

SUFFIX = ".backup"
DATABASE, SLOTS = backups.FILES


class BackupClosed(Refusal):
    """Nobody of the backup has this passphrase, or a sheet with these words."""

    code = "backup_closed"
    message = N_(
        "This does not open the backup. Nothing was changed. Type a passphrase of the day when it was written, "
        "or the twelve words of a recovery sheet from before that day."
    )
    status = 401


def new_name(desk: Desk) -> str:
    """Return a file name with the day and this laptop's name."""
    return f"fieldkit-{desk.device.name}-{desk.today}{SUFFIX}"


def named(desk: Desk, path: Path) -> Path:
    """Return *path*, or a file in it where it is a folder, under a name that nothing there has."""
    return unused(path, new_name(desk)) if path.is_dir() else path


def write(desk: Desk, path: Path) -> None:
    """Seal what is new, and write everything that this folder holds into one file; it is whole or absent.

    The copy knows no stream to write on: what is restored goes on in fresh ones (`design.md` §4).
    Raises Occupied, DiskFull, NoSuchPlace.
    """
    with desk.db.writing() as tables:
        replica.seal(tables)
    try:
        with TemporaryDirectory(dir=desk.folder.path) as scratch:
            copy = Path(scratch) / DATABASE
            desk.db.copy_to(copy)
            _forget_streams(copy, desk.db.key)
            backups.write(path, {DATABASE: copy, SLOTS: desk.folder.path / SLOTS})
    except OSError as error:
        raise explained(error, path) from error


def _forget_streams(copy: Path, key: bytes) -> None:
    db = Database(copy, key)
    try:
        with db.writing() as tables:
            machine.forget_streams(tables)
    finally:
        db.close()


def restore(folder: Folder, path: Path, secret: str) -> None:
    """Bring a backup into an empty folder, once it has been opened; a torn, foreign or broken one leaves it empty.

    *secret*: a passphrase of one of its people, or the words of a sheet.
    Raises NotEmpty, NotABackup, NewerBackup, BackupClosed, ForeignStore, FolderNewer, NoSuchPlace, DiskFull.
    """
    if folder.state != EMPTY or folder.database_path.exists():
        raise NotEmpty
    try:
        with TemporaryDirectory(dir=folder.path) as scratch:
            files = backups.unpack(path, Path(scratch))
            _try_out(Path(scratch), secret)
            folder.take_in(files)
    except OSError as error:
        raise explained(error, path) from error


def _try_out(scratch: Path, secret: str) -> None:
    """Raise BackupClosed, ForeignStore, FolderNewer unless *scratch* is a whole store that its people can unlock."""
    with closing(Folder.open(scratch)) as copy:
        if copy.state != READY:
            raise ForeignStore
        code, store_key = _opened(copy.slots, secret)
        copy.check_database(store_key)
        with closing(Database(copy.database_path, store_key)) as db, db.reading() as tables:
            known = machine.recall(tables, "self") is not None and code in machine.everybody(tables).users
    if not known:
        raise ForeignStore


def _opened(slots: Sequence[Mapping[str, Any]], secret: str) -> tuple[str, bytes]:
    """Return who *secret* belongs to, and the store key."""
    for slot in slots:
        with suppress(WrongPassphrase):
            return slot["code"], keys.open_slot(slot, secret)[0]
        with suppress(WrongWords):
            return slot["code"], keys.open_recovery(slot, sheets.code(secret))[0]
    raise BackupClosed
