"""Carry data: write everything this machine holds into a bundle, and take in what others bring."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from fieldkit.acts import attachments, removals, stops
from fieldkit.acts.desk import Desk
from fieldkit.clock import new_id
from fieldkit.errors import DiskFull, Occupied, Refusal
from fieldkit.i18n import N_
from fieldkit.records import canonical
from fieldkit.store import attachments as kept_chunks
from fieldkit.store import gaps, holdings, machine, people, receipts, replica, ticks
from fieldkit.store.database import Tables
from fieldkit.store.ticks import Stick
from sync import bundle, errors, incoming
from sync.bundle import BundleInfo
from sync.errors import ForeignStudy, NotABundle, SyncError, UnknownFormat
from sync.incoming import Arrived
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
    """One batch that was read: when by this laptop's clock, from which file, and its numbers.

    `wanting`: of a bundle in several files, the numbers of those that were not read here, as far as they are known.
    """

    at: str
    source: str
    report: Report
    wanting: tuple[int, ...] = ()


class _Coming(NamedTuple):
    """A bundle that is being read: the id of its batch, the file's name, and when it came by this laptop's clock."""

    batch: str
    source: str
    at: str


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


def written(info: BundleInfo) -> tuple[str, dict[str, object]]:
    """Return the sentence about what was written, and what stands in it."""
    if info.parts > 1:
        many = N_("Written and read back: {path} and the files after it, {n} in all. Carry them all.")
        return many, {"path": info.path, "n": info.parts}
    return N_("Written and read back: {path} (blocks: {n})."), {"path": info.path, "n": info.blocks}


def write(desk: Desk, path: Path, largest: int = bundle.LARGEST_FILE) -> BundleInfo:
    """Seal what is new and write a bundle of all that this machine holds; the file is whole or absent.

    What does not fit into *largest* bytes goes on in further files beside it.

    A stop that waits is done first: what a child wanted gone leaves no laptop.
    Raises Occupied, DiskFull, NoSuchPlace, and what `stops.finish_due` refuses.
    """
    stops.finish_due(desk, all_of_them=True)
    with desk.db.writing() as tables:
        replica.seal(tables)
        receipts.sign(tables, int(desk.clock.now().timestamp()))
    try:
        with desk.db.reading() as tables:
            here = replica.StoreReplica(tables, home=desk.folder.attachments)
            info, held = bundle.write(path, here, largest), holdings.ends(tables)
    except errors.Occupied as error:
        raise Occupied(path=error.args[0]) from error
    except OSError as error:
        raise explained(error, path) from error
    at = desk.clock.now().isoformat(timespec="minutes")
    with desk.db.writing() as tables:
        kept_chunks.forget(tables, here.broken)  # they are asked for again, and no tick claims them
        machine.remember(tables, LAST_WRITTEN, at)
        ticks.note_stick(tables, Stick(new_id(), at, path.name, people.tallied(tables)["interviews"], ""), held)
        ticks.settle(tables)
    return info


def read(desk: Desk, path: Path, name: str = "") -> Report:
    """Take in a bundle: all of what is intact in it; reading it again changes nothing.

    Orders and records come in one transaction, the recordings and pictures then a few megabytes at a time: what was
    taken in before a cut stays. *name*: what the person called the file, for the list of batches.
    Raises NotThisFile, OtherStudy, NewerBundle, NoSuchPlace, DiskFull.
    """
    came = _Coming(new_id(), name or path.name, desk.clock.now().isoformat(timespec="seconds"))
    with explaining(path):
        found = incoming.read(path)
        with desk.db.writing() as tables:
            desk.db.leave_no_trace()  # it may bring orders to erase
            report = _taken_in(desk, tables, found, came)
        if found.chunks:
            report = attachments.told(report, attachments.take(desk, found.chunks))
            with desk.db.writing() as tables:
                _stand(desk, tables)
                _note_batch(tables, came, report)
    return report


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Tell what goes wrong with the bundle at *path* in words; raises what `read` does."""
    try:
        yield
    except OSError as error:
        raise explained(error, path) from error
    except SyncError as error:
        raise _REFUSALS.get(type(error), NotThisFile)() from error


def _taken_in(desk: Desk, tables: Tables, found: Arrived, came: _Coming) -> Report:
    here = replica.StoreReplica(tables, came.batch)
    report = bundle.hand_over(found, here)
    removals.acknowledge(desk, tables)
    gaps.look_again(tables)
    _stand(desk, tables)
    ticks.arrived(tables, here.devices, came.at, came.source)
    _note_batch(tables, came, report)
    return report


def _stand(desk: Desk, tables: Tables) -> None:
    """Say what is here now, to others by a receipt and to oneself by ticks."""
    receipts.sign(tables, int(desk.clock.now().timestamp()))
    ticks.settle(tables)


def _note_batch(tables: Tables, came: _Coming, report: Report) -> None:
    holdings.note_batch(tables, came.batch, came.at, came.source, canonical(asdict(report)).decode())


def batches(desk: Desk) -> list[BatchLine]:
    """Return the batches that were read here, newest first."""
    with desk.db.reading() as tables:
        rows = machine.batches(tables)
    read = [(at, source, Report(**json.loads(report))) for at, source, report in rows]
    return [BatchLine(*one, wanting(one[2], [report for _, _, report in read])) for one in read]


def wanting(one: Report, read: Iterable[Report]) -> tuple[int, ...]:
    """Return which files of its bundle are still to be read; of an end that is not known yet, the next one."""
    if not one.part:
        return ()
    of_it = [other for other in read if other.bundle == one.bundle]
    here = {other.part for other in of_it if not other.torn}
    last = max(other.parts for other in of_it) or max(here, default=0) + 1
    return tuple(number for number in range(1, last + 1) if number not in here)


_REFUSALS: dict[type[SyncError], type[Refusal]] = {
    NotABundle: NotThisFile,
    ForeignStudy: OtherStudy,
    UnknownFormat: NewerBundle,
}
_NO_ROOM = {27, 28}  # EFBIG, ENOSPC


def explained(error: OSError, path: Path) -> Refusal:
    """Return what an error of the file system means to a person who reads or writes *path*."""
    return DiskFull() if error.errno in _NO_ROOM else NoSuchPlace(path=path)
