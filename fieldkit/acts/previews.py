"""A bundle is looked at before it is taken in: what is only here, only in it, in both, and where both differ.

Nothing from the field is refused (`design.md` §1): this only shows beforehand what taking it in would do.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit.acts import conflicts, handover
from fieldkit.acts.conflicts import Disputed
from fieldkit.acts.desk import Desk
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import compared, people, replica
from fieldkit.store.compared import Share
from fieldkit.store.database import Tables
from sync import bundle, incoming
from sync.replica import Report

ONLY_HERE, ONLY_THERE, SAME, MORE_HERE, MORE_THERE, BOTH = (
    "only_here", "only_there", "same", "more_here", "more_there", "both",
)  # fmt: skip
DIFFERENT = (BOTH, MORE_THERE, MORE_HERE)


class NothingLaidAside(Refusal):
    """The bundle that was looked at is not there any more."""

    code = "nothing_laid_aside"
    message = N_("No bundle waits here to be taken in. Nothing was changed. Choose the file on the stick once more.")
    status = 404


@dataclass(frozen=True)
class Line:
    """One interview, or a child's own record where `interview` is empty: who has what of it (`ONLY_HERE`, ...)."""

    subject: str
    code: str
    name: str
    interview: str
    started_on: str
    where: str


@dataclass(frozen=True)
class Preview:
    """What taking a bundle in would do: its report, who has what, and what would newly stand in two versions.

    `chunks`: how many of recordings and pictures are in it. `disputed` is for a coordinator to decide; others are told
    no details.
    """

    name: str
    report: Report
    chunks: int
    lines: Sequence[Line]
    disputed: Sequence[Disputed]

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many interviews and records there are of each kind; no kind is missing."""
        found = Counter(line.where for line in self.lines)
        return {where: found[where] for where in (ONLY_HERE, ONLY_THERE, SAME, *DIFFERENT)}


def look(desk: Desk, path: Path, name: str = "") -> Preview:
    """Return what reading the bundle at *path* would do; nothing of it stays, here or in any file.

    It is worked out on a copy, so that typing goes on meanwhile.
    Raises what `handover.read` raises.
    """
    with (
        handover.explaining(path),
        desk.folder.scratch() as scratch,
        desk.db.apart(scratch / "store") as copy,
        copy.trying() as tables,
    ):
        return _seen(desk, tables, path, name or path.name)


def _seen(desk: Desk, tables: Tables, path: Path, name: str) -> Preview:
    """Take the bundle in as `handover.read` does, in a transaction of which nothing stays."""
    decides = desk.me.role == COORDINATOR
    before = {one.place.record for one in conflicts.found(tables)} if decides else set()
    found, batch = incoming.read(path), new_id()
    report = bundle.hand_over(found, replica.StoreReplica(tables, batch))
    disputed = [one for one in conflicts.found(tables) if one.place.record not in before] if decides else []
    shares = compared.shares(tables, batch, [one.hash for one in found.blocks])
    named = {row["id"]: row for row in people.records(tables)}
    lines = [_line(one, named[one.subject]) for one in shares if one.subject in named]
    return Preview(name, report, len(found.chunks), lines, disputed)


def _line(one: Share, row: people.Row) -> Line:
    code = row["case_code"] or ""
    return Line(one.subject, code, row["pseudonym_zh"] or code, one.session, one.started_on, _where(one))


def _where(one: Share) -> str:
    if not one.here:
        return ONLY_THERE
    if not one.there:
        return ONLY_HERE
    if one.here == one.anywhere:
        return SAME if one.there == one.anywhere else MORE_HERE
    return MORE_THERE if one.there == one.anywhere else BOTH


def lay_aside(desk: Desk, path: Path) -> Path:
    """Keep a copy of the bundle at *path*, sealed as it is, until it is taken in or another is looked at; return it.

    Raises NoSuchPlace, DiskFull.
    """
    desk.folder.clear_aside()
    kept = desk.folder.aside / _KEPT
    with handover.explaining(path):
        shutil.copyfile(path, kept)
    return kept


def take_in(desk: Desk, name: str) -> Report:
    """Read the bundle that was laid aside, called *name*; raises NothingLaidAside, and what `handover.read` raises."""
    kept = desk.folder.aside / _KEPT
    if not kept.is_file():
        raise NothingLaidAside
    report = handover.read(desk, kept, name)
    desk.folder.clear_aside()
    return report


_KEPT = "bundle"  # its own name may tell whose it is, and would lie there readable
