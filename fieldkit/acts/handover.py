"""Carry data: write everything this machine holds into a bundle, and take in what others bring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from fieldkit.acts import removals, stops
from fieldkit.acts.desk import Desk
from fieldkit.clock import new_id
from fieldkit.errors import DiskFull, Occupied, Refusal
from fieldkit.i18n import N_
from fieldkit.records import canonical
from fieldkit.store import holdings, machine, people, receipts, replica, ticks
from fieldkit.store.database import Tables
from fieldkit.store.ticks import Stick
from sync import bundle, errors
from sync.bundle import BundleInfo
from sync.errors import ForeignStudy, NotABundle, SyncError, UnknownFormat
from sync.replica import Report

LAST_WRITTEN = "last_written"
SUFFIX = ".fieldkit"


class NotThisFile(Refusal):
    """A file that is no bundle."""

    code = "not_a_bundle"
    message = N_("This file is not a fieldkit bundle. Nothing was changed. Look for the right file on the stick.")
    status = 422


class OtherStudy(Refusal):
    """A bundle of another study."""

    code = "other_study"
    message = N_("This bundle belongs to another study. Nothing was changed. Look for the right file on the stick.")
    status = 422


class NewerBundle(Refusal):
    """A bundle written by a later version."""

    code = "newer_bundle"
    message = N_(
        "This bundle was written by a newer fieldkit. Nothing was changed. "
        "Install the newer version here, then read it again."
    )
    status = 422


class NoSuchPlace(Refusal):
    """A path that cannot be read or written."""

    code = "no_such_place"
    message = N_(
        "This place cannot be reached: {path}. Nothing was changed. Is the stick plugged in, and may you write there?"
    )
    status = 422


@dataclass(frozen=True)
class HandoverState:
    """What only this machine holds: changes not sealed yet, interviews here, how many of them carried, and verified.

    `carried`: a bundle that is not lost, another machine or a receipt holds all of it; `verified`: a receipt does.
    `as_of`: when a bundle was last read in; list, forms and help card are as of then.
    """

    unsealed: int
    interviews: int
    carried: int
    last_written: str | None
    as_of: str | None
    verified: int = 0


@dataclass(frozen=True)
class BatchLine:
    """One batch that was read: when by this laptop's clock, from which file, and its numbers."""

    at: str
    source: str
    report: Report


def state(desk: Desk) -> HandoverState:
    """Return what has not left this machine yet."""
    with desk.db.reading() as tables:
        known, written = people.tallied(tables), machine.recall(tables, LAST_WRITTEN)
        read, (carried, verified) = machine.batches(tables), ticks.counted(tables)
    last, as_of = written.decode() if written else None, read[0][0] if read else None
    return HandoverState(known["unsealed"], known["interviews"], carried, last, as_of, verified)


def new_name() -> str:
    """Return a file name that says nothing about who or what is in it."""
    return f"{new_id()[:10]}{SUFFIX}"


def named(path: Path) -> Path:
    """Return *path*, or a file in it with a new name where it is a folder. Raises NoSuchPlace."""
    try:
        return path / new_name() if path.is_dir() else path
    except OSError as error:
        raise explained(error, path) from error


def write(desk: Desk, path: Path) -> BundleInfo:
    """Seal what is new and write a bundle of all that this machine holds; the file is whole or absent.

    A stop that waits is done first: what a child wanted gone leaves no laptop.
    Raises Occupied, DiskFull, NoSuchPlace, and what `stops.finish_due` refuses.
    """
    stops.finish_due(desk, all_of_them=True)
    with desk.db.writing() as tables:
        replica.seal(tables)
        receipts.sign(tables, int(desk.clock.now().timestamp()))
    try:
        with desk.db.reading() as tables:
            info, held = bundle.write(path, replica.StoreReplica(tables)), holdings.ends(tables)
    except errors.Occupied as error:
        raise Occupied(path=path) from error
    except OSError as error:
        raise explained(error, path) from error
    at = desk.clock.now().isoformat(timespec="minutes")
    with desk.db.writing() as tables:
        machine.remember(tables, LAST_WRITTEN, at)
        ticks.note_stick(tables, Stick(new_id(), at, path.name, people.tallied(tables)["interviews"], ""), held)
        ticks.settle(tables)
    return info


def read(desk: Desk, path: Path, name: str = "") -> Report:
    """Take in a bundle: all of what is intact in it, in one transaction; reading it again changes nothing.

    *name*: what the person called the file, for the list of batches.
    Raises NotThisFile, OtherStudy, NewerBundle, NoSuchPlace, DiskFull.
    """
    with explaining(path), desk.db.writing() as tables:
        desk.db.leave_no_trace()  # it may bring orders to erase
        return _taken_in(desk, tables, path, name or path.name)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Tell what goes wrong with the bundle at *path* in words; raises what `read` does."""
    try:
        yield
    except OSError as error:
        raise explained(error, path) from error
    except SyncError as error:
        raise _REFUSALS.get(type(error), NotThisFile)() from error


def _taken_in(desk: Desk, tables: Tables, path: Path, source: str) -> Report:
    batch, at = new_id(), desk.clock.now()
    here = replica.StoreReplica(tables, batch)
    report = bundle.exchange(path, here)
    removals.acknowledge(desk, tables)
    receipts.sign(tables, int(at.timestamp()))
    ticks.settle(tables)
    ticks.arrived(tables, here.devices, at.isoformat(timespec="seconds"), source)
    machine.keep_batch(tables, batch, at.isoformat(timespec="seconds"), source, canonical(asdict(report)).decode())
    return report


def batches(desk: Desk) -> list[BatchLine]:
    """Return the batches that were read here, newest first."""
    with desk.db.reading() as tables:
        rows = machine.batches(tables)
    return [BatchLine(at, source, Report(**json.loads(report))) for at, source, report in rows]


_REFUSALS: dict[type[SyncError], type[Refusal]] = {
    NotABundle: NotThisFile,
    ForeignStudy: OtherStudy,
    UnknownFormat: NewerBundle,
}
_NO_ROOM = {27, 28}  # EFBIG, ENOSPC


def explained(error: OSError, path: Path) -> Refusal:
    """Return what an error of the file system means to a person who reads or writes *path*."""
    return DiskFull() if error.errno in _NO_ROOM else NoSuchPlace(path=path)
