"""A backup of the whole folder in one file, and its return into an empty folder."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import explained
from fieldkit.store import backups, machine, replica
from fieldkit.store.database import Database
from fieldkit.store.folder import EMPTY, Folder, NotEmpty

SUFFIX = ".backup"
DATABASE, SLOTS = backups.FILES


def new_name(desk: Desk) -> str:
    """Return a file name with the day and this laptop's name."""
    return f"fieldkit-{desk.device.name}-{desk.today}{SUFFIX}"


def named(desk: Desk, path: Path) -> Path:
    """Return *path*, or a file in it with a new name where it is a folder."""
    return path / new_name(desk) if path.is_dir() else path


def write(desk: Desk, path: Path) -> None:
    """Seal what is new, and write everything that this folder holds into one file; it is whole or absent.

    The copy knows no stream to write on: what is restored goes on in fresh ones (`design.md` §4).
    Raises DiskFull, NoSuchPlace.
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


def restore(folder: Folder, path: Path) -> None:
    """Bring a backup into an empty folder; a torn or foreign file leaves it empty.

    Raises NotEmpty, NotABackup, NewerBackup, ForeignStore, FolderNewer, NoSuchPlace, DiskFull.
    """
    if folder.state != EMPTY or folder.database_path.exists():
        raise NotEmpty
    try:
        with TemporaryDirectory(dir=folder.path) as scratch:
            folder.take_in(backups.unpack(path, Path(scratch)))
    except OSError as error:
        raise explained(error, path) from error
