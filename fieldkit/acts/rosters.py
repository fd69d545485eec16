"""A roster: many children at once, planned first, then written in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldkit.acts import clocks, people
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.people import SEXES, NewChild
from fieldkit.acts.sites import SITE
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import findings
from fieldkit.rules.findings import ASK, Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import rosters as store
from fieldkit.store.database import Tables

_TYPED = ("called", "phone", "site", "sex", "birth_date", "given_by")
_CALENDAR = "gregorian"


@dataclass(frozen=True)
class Row:
    """One line of a roster: its number in the file, and what stands in it."""

    number: int
    said: Mapping[str, str]


@dataclass(frozen=True)
class Refused:
    """A line that cannot be taken, the column that is wrong, and why."""

    number: int
    column: str
    refusal: Refusal


@dataclass(frozen=True)
class Plan:
    """What a roster would do: children to register with their age groups, lines of those who are here, refused ones.

    `findings`: what wants a reason before anything is written (V31, families that were asked before).
    """

    new: list[tuple[NewChild, str]] = field(default_factory=list)
    here: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@only(INTERVIEWER)
def plan(desk: Desk, rows: Sequence[Row]) -> Plan:
    """Return what *rows* would do; nothing is written."""
    with desk.db.reading() as tables:
        return _plan(desk, tables, rows)


@only(INTERVIEWER)
def register(desk: Desk, rows: Sequence[Row], reasons: Mapping[str, str]) -> Plan:
    """Register every child of *rows* who is not here yet; return what was done.

    Raises NoSerialLeft and ReasonNeeded (V31); then nobody is registered.
    """
    with desk.db.writing() as tables:
        found = _plan(desk, tables, rows)
        findings.check_answered(found.findings, reasons)
        for child, group in found.new:
            people.register_within(desk, tables, child, group)
        return found


def _plan(desk: Desk, tables: Tables, rows: Sequence[Row]) -> Plan:
    found, known = Plan(findings=clocks.findings(desk, tables)), store.known(tables)
    for row in rows:
        child = _child(row)
        try:
            group = people.check(desk, child)
        except Refusal as refusal:
            found.refused.append(Refused(row.number, _column(child), refusal))
            continue
        mark = (child.called, child.site, child.sex, child.phone)
        if mark in known:
            found.here.append(row.number)
        else:
            known.add(mark)
            found.new.append((child, group))
    found.findings.extend(_asked_before(tables, {child.site for child, _ in found.new}))
    return found


def _asked_before(tables: Tables, sites: set[str]) -> list[Finding]:
    """A family that said no must not be asked again by a list: their slip is gone, so a person has to look."""
    gone = store.emptied(tables)
    count = sum(gone.get(site, 0) for site in sites)
    return [Finding("asked_before", ASK, ASKED_BEFORE, {"n": count})] if count else []


ASKED_BEFORE = N_(
    "{n} children of these sites were listed before and their slips are gone. Is none of them on this list?"
)


def _child(row: Row) -> NewChild:
    called, phone, site, sex, born, given_by = (row.said.get(name, "").strip() for name in _TYPED)
    return NewChild(called, phone, site, sex, born, row.said.get("calendar") or _CALENDAR, given_by=given_by)


def _column(child: NewChild) -> str:
    """Return the first column that is wrong, in the order in which `people.check` looks."""
    if not child.called:
        return "called"
    if not SITE.fullmatch(child.site):
        return "site"
    return "birth_date" if child.sex in SEXES else "sex"
