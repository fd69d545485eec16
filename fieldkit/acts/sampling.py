"""The sample against its quota: the cells that are wanted, and how far each is, over all teams (`domain.md` §1.9).

Counts only: no child can be reached from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from fieldkit.acts import exports, household, situations
from fieldkit.acts.cases import Case, all_in_short
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import natural_id
from fieldkit.rules import names, sampling
from fieldkit.rules.members import COORDINATOR
from fieldkit.rules.sampling import AGE_BANDS, CRITERIA, Cell, Child
from fieldkit.store import duplicates, log, people
from fieldkit.store import sampling as store
from fieldkit.store import sites as site_rows
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

KIND = "quota_cell"
DIGITS = re.compile(r"[0-9]{1,4}")
GROUPS = tuple(code for code in load_study().codes["lbc_group"] if code != "unknown")


class CellThere(Refusal):
    """A cell is added that is on the board."""

    code = "cell_there"
    message = N_("Nothing was saved: this cell is on the board already. Open it there and change its target.")


@dataclass(frozen=True)
class Line:
    """One cell: how many are wanted, and how many children are at each stage.

    `shown` to others, where that was asked for: None for a number that they may not see.
    """

    record: str
    cell: Cell
    target: int
    counts: sampling.Counts
    opened: Opened
    shown: sampling.Shown | None = None


@only(COORDINATOR)
def board(desk: Desk) -> list[Line]:
    """Return every cell of which children are wanted."""
    with desk.db.reading() as tables:
        return _board(desk, tables)


@only(COORDINATOR)
def for_others(desk: Desk) -> list[Line]:
    """Return the same without the numbers that could tell who is meant."""
    lines = board(desk)
    shown = sampling.for_others({line.cell: line.counts for line in lines})
    return [replace(line, shown=shown[line.cell]) for line in lines]


@only(COORDINATOR)
def sites(desk: Desk) -> list[str]:
    """Return the codes of the sites that a cell can ask for."""
    with desk.db.reading() as tables:
        return [row["code"] for row in site_rows.known(tables)]


@only(COORDINATOR)
def find(desk: Desk, record: str) -> Line:
    """Return one cell that is on the board. Raises NotFound."""
    found = next((line for line in board(desk) if line.record == record), None)
    if found is None:
        raise NotFound
    return found


@only(COORDINATOR)
def add(desk: Desk, cell: Cell, target: str) -> None:
    """Put a cell on the board, or put one back that was taken off. Raises Invalid, CellThere."""
    wanted = _target(target)
    with desk.db.writing() as tables:
        _check(tables, cell)
        record = natural_id(KIND, *asdict(cell).values())
        if any(row["id"] == record and _is_on(row) for row in store.cells(tables)):
            raise CellThere
        log.append_over(tables, desk.pen, Draft(KIND, {**asdict(cell), "target": wanted}))


@only(COORDINATOR)
def save(desk: Desk, record: str, target: str, base: str) -> Opened:
    """Keep how many of a cell are wanted, over what was on the screen; 0 takes it off. Raises NotFound, Invalid."""
    wanted = _target(target)
    with desk.db.writing() as tables:
        row = people.row(tables, "quota_cells", "id = ?", record)
        if row is None:
            raise NotFound
        log.save_over(tables, desk.pen, Draft(KIND, {**asdict(_cell(row)), "target": wanted}), record, base)
        return opened(tables, record)


def _target(text: str) -> int:
    digits = names.typed(text)
    if not DIGITS.fullmatch(digits):
        raise Invalid(field=N_("the target"))
    return int(digits)


def _check(tables: Tables, cell: Cell) -> None:
    known = {
        "sex": load_study().codes["sex"].keys(),
        "age_band": AGE_BANDS,
        "lbc_group": GROUPS,
        "site": [row["code"] for row in site_rows.known(tables)],
    }
    if any(wish and wish not in known[name] for name, wish in asdict(cell).items()):
        raise Invalid(field=N_("what the cell asks for"))


def _board(desk: Desk, tables: Tables) -> list[Line]:
    rows = [row for row in store.cells(tables) if _is_on(row)]
    children = _children(desk, tables) if rows else []
    return [
        Line(
            row["id"],
            _cell(row),
            int(row["target"] or 0),
            sampling.count(_cell(row), children),
            opened(tables, row["id"]),
        )
        for row in rows
    ]


def _cell(row: Mapping[str, str | None]) -> Cell:
    return Cell(**{name: row[name] or "" for name in CRITERIA})


def _is_on(row: people.Row) -> bool:
    """While one wants none and another some, both are to be seen."""
    return bool(row["target"] or row["conflict"])


def _children(desk: Desk, tables: Tables) -> list[Child]:
    """Return all children but those of the pilot; of who withdrew what a tombstone keeps, so that deleting is no news.

    Of those that an older program deleted it was not kept whether they were the pilot's: they count.
    """
    rows = people.participants(tables)
    common = situations.ground(desk, tables, people.read_at_once(tables))
    cases = all_in_short(desk, tables, common, rows)
    held, groups = store.with_held_interviews(tables), duplicates.groups(tables)
    found = [
        Child(
            replace(_facts(row), lbc_group=household.status_of(desk, common.rows, row)),
            _stages(case, situations.screened(common.rows, row["id"]), held & {*groups.get(row["id"], [row["id"]])}),
        )
        for row, case in zip(rows, cases, strict=True)
        if row["pilot"] != "yes"
    ]
    gone = [row for row in store.withdrawn(tables) if row["pilot"] != "yes"]
    return found + [Child(_facts(row), frozenset({sampling.WITHDREW})) for row in gone]


def _facts(row: people.Row) -> Cell:
    return Cell(sex=row["sex"] or "", age_band=sampling.band(row["age_group"] or ""), site=row["site"] or "")


def _stages(case: Case, screening: str, held: set[str]) -> frozenset[str]:
    usable = case.held and not exports.objects(case.binding, grown=case.adult)
    waits = not usable and (case.held or held)
    reached = {
        sampling.SCREENED: screening not in {"", "pending"},
        sampling.AGREED: sampling.agreed(case.binding, grown=case.adult),
        sampling.INTERVIEWED: usable,
        sampling.WAITS: waits,
    }
    return frozenset(stage for stage, is_so in reached.items() if is_so)
