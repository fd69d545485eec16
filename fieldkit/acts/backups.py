"""A backup of the whole folder in one file, and its return into an empty folder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fieldkit.acts import stops
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.handover import explained
from fieldkit.clock import Clock
from fieldkit.errors import DiskFull, Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.platform import flush_folder, unused
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import attachments, backups, cards, copies, gaps, keys, machine, phones, replica, sheets
from fieldkit.store import stops as waiting
from fieldkit.store.backups import NewerBackup, NotABackup
from fieldkit.store.clocks import last_day
from fieldkit.store.copies import Copy
from fieldkit.store.database import Database, DatabaseError, ForeignStore
from fieldkit.store.folder import EMPTY, READY, Folder, NotEmpty
from fieldkit.store.gaps import Gap
from fieldkit.store.keys import WrongPassphrase, WrongWords
from fieldkit.studies import load_study

SUFFIX = ".backup"
DATABASE, SLOTS = backups.FILES
REASONS = load_study().codes["reason_behind"]


class BackupClosed(Refusal):
    """Nobody of the backup has this passphrase, or a sheet with these words."""

    code = "backup_closed"
    message = N_(
        "This does not open the backup. Nothing was changed. Type a passphrase of the day when it was written, "
        "or the twelve words of a recovery sheet from before that day."
    )
    status = 401


class BackupFirst(Refusal):
    """An older backup was to be given up while no newer one exists that is free of what was erased."""

    code = "backup_first"
    message = N_(
        "First write a new backup, or plug in the stick that holds one: this one may be the only whole copy. "
        "Nothing was changed."
    )
    status = 409


class StillThere(Refusal):
    """A backup that is said to be destroyed lies where it was written."""

    code = "still_there"
    message = N_("This backup still lies there: {path}. Delete it first, then confirm. Nothing was changed.")
    status = 409


@dataclass(frozen=True)
class Holding:
    """A backup that still holds what was erased after it was written: its number, from which day, and where it went.

    `replaced`: a newer one lies where it was written that is free of it.
    """

    number: int
    day: str
    place: str
    replaced: bool


def new_name(desk: Desk) -> str:
    """Return a file name with the day and this laptop's name."""
    return f"fieldkit-{desk.device.name}-{desk.today}{SUFFIX}"


def _dated(desk: Desk) -> list[list[Path]]:
    """Return the copies in `backups/`, each as its files: a backup has such a name, perhaps a number, or is a draft."""
    named_so = rf"fieldkit-{re.escape(desk.device.name)}-\d{{4}}-\d\d-\d\d(-\d+)?{re.escape(SUFFIX)}"
    return desk.folder.dated(re.compile(rf"{named_so}(\.[\w-]{{6}}{re.escape(backups.DRAFT)})?"))


def named(desk: Desk, path: Path) -> Path:
    """Return *path*, or a file in it where it is a folder, under a name that nothing there has."""
    return unused(path, new_name(desk)) if path.is_dir() else path


def write(desk: Desk, path: Path, place: str = "") -> None:
    """Seal what is new, and write everything that this folder holds into one file; it is whole or absent.

    A stop that waits is done first. It is listed, as lying at *place* where that is not *path*: should something be
    erased later, it still holds it. Raises Occupied, DiskFull, NoSuchPlace, and what `stops.finish_due` refuses.
    """
    _write_listed(desk, path, place or _plain(path))
    with desk.db.writing() as tables:
        copies.written_anew(tables)


def _write_listed(desk: Desk, path: Path, place: str) -> None:
    stops.finish_due(desk, all_of_them=True)
    with desk.db.writing() as tables:
        replica.seal(tables)
        number = copies.keep(tables, place, desk.today)  # before it exists: no copy goes unlisted
    try:
        _write_out(desk, path, number)
    except Refusal:
        with desk.db.writing() as tables:
            copies.drop(tables, number)
        raise
    if place == _plain(path):
        with desk.db.writing() as tables:
            copies.seen_whole(tables, number)


def _plain(path: Path) -> str:
    """Return *path* from the root, without a way back in it."""
    return os.path.normpath(path.absolute())


def _write_out(desk: Desk, path: Path, number: int) -> None:
    """Write a copy of this folder to the new file *path*, listed under *number*.

    Raises Occupied, DiskFull, NoSuchPlace.
    """
    try:
        with desk.folder.scratch() as scratch:
            copy = scratch / DATABASE
            desk.db.copy_to(copy)
            chunks = _prepare(desk, copy, number)
            backups.write(path, {DATABASE: copy, SLOTS: desk.folder.path / SLOTS}, chunks)
    except OSError as error:
        raise explained(error, path) from error


def _prepare(desk: Desk, copy: Path, number: int) -> list[Path]:
    """Let the database *copy* know no stream and no stop, chosen or only tapped, and list what it holds.

    Returns the chunks that belong to it, where they lie. What is restored goes on in fresh streams (`design.md` §4).
    Others write on while the copy is made: only the finished one knows how far it reaches.
    """
    with closing(Database(copy, desk.db.key)) as db:
        with db.writing() as theirs:
            machine.forget_streams(theirs)
            waiting.forget(theirs)
            cards.forget(theirs)
            attachments.forget(theirs, attachments.missing(theirs, desk.folder.attachments))
            copies.look_into(theirs, number, theirs)
        with db.reading() as theirs, desk.db.writing() as tables:
            copies.look_into(tables, number, theirs)
            return attachments.listed(theirs, desk.folder.attachments)


def renew(desk: Desk) -> int:
    """Put one new backup in the place of the copies in `backups/` that may hold what was erased since.

    They are deleted once it lies there whole; return how many files that were. What does not open, or holds something
    that is not known here, stays and is `kept`. Cut short, it is done over the next time. Raises DiskFull, NoSuchPlace.
    """
    with desk.db.reading() as tables:
        mark, waiting = copies.stale(tables), copies.kept_aside(tables)
    asked = [one for one in _dated(desk) if mark or one[-1].name in waiting]
    old = [one for one in asked if _is_known(desk, one)]
    gone = [path for one in old for path in one]
    if gone:
        path = unused(desk.folder.backups, new_name(desk))
        _write_listed(desk, path, _plain(path))
        _delete(gone)
    with desk.db.writing() as tables:
        for number, one in copies.every(tables).items():
            if one.place in map(_plain, gone):
                copies.drop(tables, number)
        copies.keep_aside(tables, [one[-1].name for one in asked if one not in old])
        copies.replaced(tables, mark or b"")
    return len(gone)


def _is_known(desk: Desk, copy: Sequence[Path]) -> bool:
    """Tell whether all that a copy in `backups/` holds is known here; what does not open may hold anything.

    Raises DiskFull.
    """
    try:
        with desk.folder.scratch() as scratch:
            path = desk.folder.laid_out(copy, scratch)
            with closing(Database(path, desk.db.key)) as db, db.reading() as theirs, desk.db.reading() as tables:
                return not copies.holds_more(tables, theirs)
    except OSError as error:
        refusal = explained(error, copy[-1])
        if isinstance(refusal, DiskFull):
            raise refusal from error
        return False
    except NotABackup:
        return copy[-1].suffix == backups.DRAFT  # what a cut left of a backup that never came to be
    except (NewerBackup, ForeignStore, DatabaseError):
        return False


def renew_if_possible(desk: Desk) -> None:
    """Put a new backup in the place of those of `backups/`; on a full disk, and while a stop waits, another time."""
    with desk.db.reading() as tables:
        due = copies.stale(tables) is not None and not waiting.every(tables)
    if due:
        with suppress(Refusal):
            renew(desk)


def waits(desk: Desk) -> bool:
    """Tell whether copies in `backups/` still wait to be replaced."""
    with desk.db.reading() as tables:
        return copies.stale(tables) is not None and bool(_dated(desk))


def kept(desk: Desk) -> list[Path]:
    """Return the copies in `backups/` that nothing replaced, because what they hold is not all known here."""
    with desk.db.reading() as tables:
        names = copies.kept_aside(tables)
    return [path for path in (desk.folder.backups / name for name in names) if os.path.lexists(path)]


def _delete(old: Sequence[Path]) -> None:
    """Delete the files *old* of one folder; no crash brings them back. Raises DiskFull, NoSuchPlace."""
    try:
        for one in old:
            one.unlink(missing_ok=True)
        flush_folder(old[0].parent)
    except OSError as error:
        raise explained(error, old[0].parent) from error


def holding(desk: Desk) -> list[Holding]:
    """Return the backups out of this program's reach that still hold what was erased, oldest first."""
    known = _every(desk)
    clean = max((number for number, one in known.items() if not one.holds and _is_there(one)), default=0)
    return [Holding(number, one.day, one.place, number < clean) for number, one in sorted(known.items()) if one.holds]


def _every(desk: Desk) -> dict[int, Copy]:
    with desk.db.reading() as tables:
        return copies.every(tables)


def _is_there(one: Copy) -> bool:
    """Tell whether a backup was whole and lies where it went; of a download a person said so, and knows where."""
    return one.whole and (not Path(one.place).is_absolute() or os.path.lexists(one.place))


def downloaded(desk: Desk) -> Holding | None:
    """Return the newest download where backups wait for a newer one and nobody said yet that it was saved."""
    waiting = [one.number for one in holding(desk) if not one.replaced]
    for number, one in sorted(_every(desk).items(), reverse=True):
        is_free = not (one.holds or one.whole or Path(one.place).is_absolute())
        if is_free and waiting and number > waiting[0]:
            return Holding(number, one.day, one.place, replaced=False)
    return None


def saved(desk: Desk, number: int) -> None:
    """Take a person's word that a download lies where it was to be saved. Raises NotFound."""
    one = downloaded(desk)
    if one is None or one.number != number:
        raise NotFound
    with desk.db.writing() as tables:
        copies.seen_whole(tables, number)


def restored_from(desk: Desk) -> str:
    """Return from the backup of which day this folder was restored, empty once a new one was written."""
    with desk.db.reading() as tables:
        return copies.restored(tables)


def gap(desk: Desk) -> Gap | None:
    """Return what may be missing here since a restore: noes and withdrawals as well. None where nothing is."""
    with desk.db.reading() as tables:
        one = gaps.get(tables)
        who = machine.everybody(tables).users.get(one.by) if one else None
        return replace(one, name=who.name if who else one.by) if one else None


@only(INTERVIEWER, COORDINATOR)
def nothing_newer(desk: Desk, reason: str) -> None:
    """Take a person's word that nothing newer than the restored backup can be read. Raises NotFound, Invalid."""
    if reason not in REASONS:
        raise Invalid(field=N_("why there is nothing newer"))
    with desk.db.writing() as tables:
        one = gaps.get(tables)
        if one is None:
            raise NotFound
        gaps.keep(tables, replace(one, reason=reason, by=desk.me.code, on=desk.today))


def destroyed(desk: Desk, number: int) -> str:
    """Take a person's word that a backup does not exist any more; return from which day it was.

    Raises NotFound, BackupFirst, StillThere.
    """
    one = next((one for one in holding(desk) if one.number == number), None)
    if one is None:
        raise NotFound
    if not one.replaced:
        raise BackupFirst
    if Path(one.place).is_absolute() and os.path.lexists(one.place):
        raise StillThere(path=one.place)
    with desk.db.writing() as tables:
        copies.drop(tables, number)
    return one.day


def restore(folder: Folder, path: Path, secret: str) -> None:
    """Bring a backup into an empty folder, once it has been opened; a torn, foreign or broken one leaves it empty.

    *secret*: a passphrase of one of its people, or the words of a sheet. What was erased on this laptop after it was
    written is gone from it before it lies there (`design.md` §4), and no phone is paired: one of them may have been
    lost and sent away since. Raises NotEmpty, NotABackup, NewerBackup, BackupClosed, ForeignStore, FolderNewer,
    ErasedLogBroken, ErasedLogNewer, ErasedLogInTheWay, NoSuchPlace, DiskFull.
    """
    if folder.state != EMPTY or folder.database_path.exists():
        raise NotEmpty
    replica.noted(folder.erased_log)
    try:
        with folder.scratch() as scratch:
            files = backups.unpack(path, scratch)
            if folder.erased_log.exists():
                shutil.copy2(folder.erased_log, scratch)
            _try_out(scratch, secret)
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
        if (scratch / backups.CHUNKS).exists():  # before anything goes from the list by which it is cut up
            with closing(Database(copy.database_path, store_key)) as db, db.writing() as tables:
                attachments.lay_out(tables, scratch / backups.CHUNKS, copy.attachments)
        copy.bring_up(store_key)
        with closing(Database(copy.database_path, store_key)) as db, db.writing() as tables:
            copies.set_restored(tables)
            gaps.begin(tables, copies.restored(tables) or last_day(tables), int(Clock().now().timestamp()))
            phones.forget(tables)


def _opened(slots: Sequence[Mapping[str, Any]], secret: str) -> tuple[str, bytes]:
    """Return who *secret* belongs to, and the store key."""
    for slot in slots:
        with suppress(WrongPassphrase):
            return slot["code"], keys.open_slot(slot, secret)[0]
        with suppress(WrongWords):
            return slot["code"], keys.open_recovery(slot, sheets.code(secret))[0]
    raise BackupClosed
