"""A sample against its quota: which children count in which cell (`domain.md` §1.9), and what others may see of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache

from fieldkit.rules import consent
from fieldkit.rules.consent import NECESSARY, Event

INTERVIEWED, SCREENED, AGREED, WAITS, WITHDREW = "interviewed", "screened", "agreed", "waits", "withdrew"
STAGES = (INTERVIEWED, SCREENED, AGREED, WAITS, WITHDREW)
AGE_BANDS = ("a9_11", "a12_13", "a14_17")
LEAST = 3  # of fewer children others could tell who is meant (`domain.md` V42, §6.2)
_HANDLED_AS = {"u14_uncertain": "a12_13"}
_STEPS = ((SCREENED, AGREED), (AGREED, INTERVIEWED), (SCREENED, INTERVIEWED))


@dataclass(frozen=True)
class Cell:
    """One kind of child: codes of `sex`, of `age_group`, of `lbc_group`, and a site; an empty text is any of them."""

    sex: str = ""
    age_band: str = ""
    lbc_group: str = ""
    site: str = ""

    def holds(self, other: Cell) -> bool:
        """Tell whether everybody of *other* is of this kind; what is not known of a child fits no wish."""
        theirs = asdict(other)
        return all(mine in {"", theirs[name]} for name, mine in asdict(self).items())


CRITERIA = tuple(asdict(Cell()))


@dataclass(frozen=True)
class Child:
    """One child: what is known of it, and the stages that it counts in."""

    facts: Cell
    stages: frozenset[str]


Counts = Mapping[str, int]
Shown = Mapping[str, int | None]


def band(age_group: str) -> str:
    """Return the age band of an age group: who may not have reached 14 yet counts as under 14, as everywhere."""
    return _HANDLED_AS.get(age_group, age_group)


def agreed(events: Iterable[Event], *, grown: bool) -> bool:
    """Tell whether the family last said yes to all that is needed; of somebody *grown*, whether they themselves did."""
    events = list(events)
    if consent.decides_alone(events, grown=grown):
        return all(consent.usable(events, item, grown=True) for item in NECESSARY)
    return consent.guardians_ok(events, NECESSARY)


def count(cell: Cell, children: Iterable[Child]) -> dict[str, int]:
    """Return how many *children* of one kind count in each stage."""
    ours = [child.stages for child in children if cell.holds(child.facts)]
    return {stage: sum(stage in stages for stages in ours) for stage in STAGES}


def for_others(board: Mapping[Cell, Counts]) -> dict[Cell, Shown]:
    """Return *board* with None for what is below LEAST, and for what tells such a number when it is subtracted.

    Looked at are parts of a cell that lie beside one another, and the stages of one cell; both sides are hidden.
    """
    hidden = {(cell, stage) for cell, said in board.items() for stage, n in said.items() if n < LEAST}
    for stage in STAGES:
        told = {cell: said[stage] for cell, said in board.items() if (cell, stage) not in hidden}
        hidden |= {(cell, stage) for cell in _subtractable(told)}
    hidden |= {(cell, stage) for cell, said in board.items() for stage in _few_between(said)}
    return {
        cell: {stage: None if (cell, stage) in hidden else n for stage, n in said.items()}
        for cell, said in board.items()
    }


def _few_between(said: Counts) -> Iterator[str]:
    """Of a family that did not agree, or a child who is still to be met, one or two can be known as well."""
    for before, after in _STEPS:
        if 0 < said[before] - said[after] < LEAST:
            yield from (before, after)


def _subtractable(told: Mapping[Cell, int]) -> set[Cell]:
    """Return the cells of which fewer than LEAST children are left without parts of them that are told too."""
    values = {name: sorted({getattr(cell, name) for cell in told} - {""}) for name in CRITERIA}

    def total(cells: Iterable[Cell]) -> int:
        return sum(told[cell] for cell in cells)

    @cache
    def parts(whole: Cell) -> tuple[Cell, ...]:
        """Return cells beside one another that together tell most of *whole*: split by one criterion, then others."""
        split = [
            tuple(cell for value in values[name] for cell in told_of(replace(whole, **{name: value})))
            for name in CRITERIA
            if not getattr(whole, name)
        ]
        return max(split, key=total, default=())

    def told_of(cell: Cell) -> tuple[Cell, ...]:
        return (cell,) if cell in told else parts(cell)

    return {
        cell
        for whole, n in told.items()
        if parts(whole) and n - total(parts(whole)) < LEAST
        for cell in (whole, *parts(whole))
    }
