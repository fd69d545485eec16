"""A roster: many children at once, planned first, then written in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from fieldkit.acts import clocks, people, situations
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.people import NewChild, NoSerialLeft
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import ages, names
from fieldkit.rules import slips as rules
from fieldkit.rules.calendars import UnknownCalendar
from fieldkit.rules.findings import ASK, Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.slips import Slip
from fieldkit.store import people as serials
from fieldkit.store import rosters as store
from fieldkit.store.database import Tables
from fieldkit.store.rosters import Known

Slips = dict[str, dict[str, list[Slip]]]
_TYPED = ("called", "phone", "site", "sex", "birth_date", "given_by")


class TooFewSerials(NoSerialLeft):
    """A roster has more new children of a site than this laptop has case codes left for it."""

    code = "too_few_serials"
    message = N_(
        "Too few case codes for site {site}: this laptop has {n} left, and these lines find none: {lines}. Nothing was "
        "saved. Ask the coordinator for a new block, or take these lines out of the file and register them elsewhere."
    )


@dataclass(frozen=True)
class Row:
    """One line of a roster: its number in the file, what stands in it, and by column what could not be read."""

    number: int
    said: Mapping[str, str]
    unread: Mapping[str, Refusal] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A line that cannot be taken, the column that is wrong, and why."""

    number: int
    column: str
    refusal: Refusal


@dataclass(frozen=True)
class Alike:
    """A line whose child may be one of `slips`: of children who are here, or (without an id) of earlier lines."""

    number: int
    slips: list[Slip]


@dataclass(frozen=True)
class Here:
    """A line whose child is here in all that is kept of one (`code`), or that says again what an earlier line says.

    `code` is empty for the latter, and for a child whom lists do not show.
    """

    number: int
    called: str
    code: str = ""


@dataclass(frozen=True)
class Plan:
    """What a roster would do: children to register with their age groups, lines of those who are here, refused ones.

    `findings`: what wants a reason before anything is written (V31, families that were asked before).
    `alike`: lines of children who may be here, or on an earlier line, under the same name or phone, and like whom.
    `short`: the sites for which this laptop has too few case codes; then nobody can be registered.
    """

    new: list[tuple[NewChild, str]] = field(default_factory=list)
    here: list[Here] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    alike: list[Alike] = field(default_factory=list)
    short: list[TooFewSerials] = field(default_factory=list)


@only(INTERVIEWER)
def check_open(desk: Desk) -> None:
    """Raise StudyClosed before anybody looks for the file."""
    with desk.db.reading() as tables:
        situations.check_open(desk, tables)


@only(INTERVIEWER)
def plan(desk: Desk, rows: Sequence[Row]) -> Plan:
    """Return what *rows* would do; nothing is written."""
    with desk.db.reading() as tables:
        return _plan(desk, tables, rows)


@only(INTERVIEWER)
def register(desk: Desk, rows: Sequence[Row], reasons: Mapping[str, str]) -> Plan:
    """Register every child of *rows* who is not here yet; return what was done.

    Raises StudyClosed, TooFewSerials and ReasonNeeded (V31); then nobody is registered.
    """
    with desk.db.writing() as tables:
        situations.check_open(desk, tables)
        found = _plan(desk, tables, rows)
        if found.short:
            raise found.short[0]
        clocks.check_answered(desk, tables, reasons, [one for one in found.findings if one.code != clocks.CODE])
        for child, group in found.new:
            people.register_within(desk, tables, child, group)
        return found


def _plan(desk: Desk, tables: Tables, rows: Sequence[Row]) -> Plan:
    found, known, read = Plan(findings=clocks.findings_of(desk, tables)), _by_mark(store.known(tables)), set()
    slips: Slips = {}
    lines: dict[str, list[int]] = {}
    for row in rows:
        child = _child(row)
        try:
            group = _check(desk, row, child)
        except Refusal as refusal:
            found.refused.append(_refused(row, refusal))
            continue
        cells = (*_mark(child), child.birth_date, child.calendar, child.given_by)
        if cells in read:
            found.here.append(Here(row.number, child.called))
        elif one := _take(known, child):
            found.here.append(Here(row.number, child.called, "" if one.hidden else one.code))
        else:
            found.new.append((child, group))
            _compare(tables, found, slips, row.number, child)
            lines.setdefault(child.site, []).append(row.number)
        read.add(cells)
    found.short.extend(_short(desk, tables, lines))
    found.findings.extend(_asked_before(tables, {child.site for child, _ in found.new}))
    found.findings.extend(_asked_alike(found.alike))
    return found


def _by_mark(known: list[Known]) -> dict[tuple[str, ...], list[Known]]:
    found: dict[tuple[str, ...], list[Known]] = {}
    for one in known:
        found.setdefault(_mark(one), []).append(one)
    return found


def _mark(one: NewChild | Known) -> tuple[str, ...]:
    return (one.called, one.site.upper(), one.sex, one.phone)


def _take(known: Mapping[tuple[str, ...], list[Known]], child: NewChild) -> Known | None:
    """Return who is here in all that is kept of *child*, and take them out of *known*: one line stands for one child.

    Of a child whom lists do not show less is enough: nobody can be asked to look at them.
    """
    held = known.get(_mark(child), [])
    one = next((one for one in held if one.hidden or _is_same(child, one)), None)
    if one and not one.hidden:
        held.remove(one)
    return one


def _is_same(child: NewChild, one: Known) -> bool:
    """Tell whether giver and birth date fit; of the date only the group on the day of registration is kept."""
    with suppress(Refusal, ValueError):  # what another machine sent is no date, or is before the birth
        born = ages.birth_date(child.birth_date, child.calendar)
        group = ages.age_group(born, date.fromisoformat(one.registered_on))
        return (child.given_by, group) == (one.given_by, one.age_group)
    return False


def _compare(tables: Tables, found: Plan, slips: Slips, number: int, child: NewChild) -> None:
    """Note whom the child of a line is like; *slips*: by site and mark, of who is here and of the lines before."""
    site = child.site.upper()
    known = slips[site] if site in slips else slips.setdefault(site, people.slips_at(tables, site))
    mine = Slip("", f"{number}", child.called, child.phone)
    if like := rules.alike(mine, known):
        found.alike.append(Alike(number, like))
    for mark in mine.marks:
        known.setdefault(mark, []).append(mine)


def _asked_alike(alike: list[Alike]) -> list[Finding]:
    lines = _ranges([one.number for one in alike])
    return [Finding(rules.ALIKE_CODE, ASK, ALIKE_LINES, {"lines": lines})] if alike else []


ALIKE_LINES = N_(
    "Lines {lines}: a child of the same name, or with the same phone, is here or on an earlier line. "
    "Look at them below."
)


def _short(desk: Desk, tables: Tables, lines: Mapping[str, list[int]]) -> Iterator[TooFewSerials]:
    """Yield a refusal for every site with more new lines than free case codes."""
    for site, numbers in lines.items():
        free = len(serials.free_serials(tables, people.case_prefix(site), desk.device.serials))
        if free < len(numbers):
            yield TooFewSerials(site=site, n=free, lines=_ranges(numbers[free:]))


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers as a person writes them: 4–6, 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _asked_before(tables: Tables, sites: set[str]) -> list[Finding]:
    """A family that said no must not be asked again by a list: their slip is gone, so a person has to look."""
    gone = store.emptied(tables)
    count = sum(gone.get(site, 0) for site in sites)
    return [Finding("asked_before", ASK, ASKED_BEFORE, {"n": count})] if count else []


ASKED_BEFORE = N_(
    "Children of these sites who were listed before and whose slips are gone: {n}. Is none of them on this list?"
)


def _child(row: Row) -> NewChild:
    called, phone, site, sex, born, given_by = (names.plain(row.said.get(name, "")) for name in _TYPED)
    return NewChild(called, phone, site, sex, born, row.said.get("calendar", ""), given_by=given_by)


def _check(desk: Desk, row: Row, child: NewChild) -> str:
    """Return the age group of a line's child; raises what could not be read first."""
    unread = next(iter(row.unread.values()), None)
    if unread is not None:
        raise unread
    return people.check(desk, child)


def _refused(row: Row, refusal: Refusal) -> Refused:
    return Refused(row.number, next(iter(row.unread), _column(refusal)), refusal)


def _column(refusal: Refusal) -> str:
    """Return the column that `people.check` found wrong."""
    if isinstance(refusal, UnknownCalendar):
        return "calendar"
    return _COLUMNS.get(str(refusal.details.get("field")), "birth_date")


_COLUMNS = {
    people.CALLED: "called",
    people.PHONE: "phone",
    people.GIVEN_BY: "given_by",
    people.SITE_CODE: "site",
    people.SEX: "sex",
}
