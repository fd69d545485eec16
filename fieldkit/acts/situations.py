"""What the gates look at for one child, gathered inside the caller's transaction."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, TypeVar

from fieldkit.acts import clocks, editors
from fieldkit.acts.desk import Desk
from fieldkit.records import Value
from fieldkit.rules import (
    ages,
    calendars,
    consent,
    guardians,
    guides,
    help_card,
    left_behind,
    recontact,
    studies,
    versions,
    visits,
    ways,
)
from fieldkit.rules.ages import BirthDate
from fieldkit.rules.consent import ADULT, CARER, CLAIMED, Event
from fieldkit.rules.halts import Halt
from fieldkit.rules.situations import Situation
from fieldkit.rules.states import ADULT_GROUP, Adult
from fieldkit.rules.versions import FormVersion, Stamp
from fieldkit.rules.visits import RefusedVisit
from fieldkit.store import closings, duplicates, gaps, halts, log, people, setup, standing, strings
from fieldkit.store import grown as of_age
from fieldkit.store import visits as visited
from fieldkit.store.database import Tables
from fieldkit.studies import Pair, load_study

_Found = TypeVar("_Found")
ROOM_NEEDED = 200 * 1024 * 1024  # bytes: a day of notes, a backup and a bundle


@dataclass(frozen=True)
class Ground:
    """What is the same for every child of one transaction.

    `believed`: the day by which people are of age; `closing`: the one by which what ends is judged; `open_lines`: of
    the help card, by site; `refusals`: the visits that ended with a no that nobody has answered for, by child; `halts`:
    what waits and can only protect them, by child; `linked`: of a child who is known twice, all its records.
    """

    facts: Mapping[str, str]
    member: Mapping[str, str | None]
    forms: list[FormVersion]
    guide_published: bool
    questions: int
    doubts: list[Pair]
    behind: str
    believed: date
    closing: str
    open_lines: Callable[[str], list[str]]
    rows: people.Rows
    refusals: Mapping[str, Sequence[RefusedVisit]]
    halts: Mapping[str, Sequence[Halt]]
    linked: Mapping[str, tuple[str, ...]]

    def records(self, subject: str) -> tuple[str, ...]:
        """Return all records of one child, the first one first."""
        return self.linked.get(subject, (subject,))

    def halted(self, subject: str) -> tuple[Halt, ...]:
        """Return what waits for one child and can only protect them, under whichever record."""
        return tuple(self._under(self.halts, subject))

    def refused(self, subject: str) -> list[RefusedVisit]:
        """Return the visits of one child that ended with a no and nobody has answered for, under whichever record."""
        return self._under(self.refusals, subject)

    def _under(self, found: Mapping[str, Sequence[_Found]], subject: str) -> list[_Found]:
        return [one for record in self.records(subject) for one in found.get(record, ())]


def ground(desk: Desk, tables: Tables, rows: people.Rows | None = None) -> Ground:
    """Return what is the same for all children; *rows*: how those of one child are read, of many in one go."""
    mine = setup.members(tables).get(desk.me.code, {})
    return Ground(
        facts=setup.facts(tables),
        member={} if mine.get("conflict") else mine,
        forms=form_versions(tables),
        guide_published=strings.newest_version(tables) is not None,
        questions=len(strings.questions(tables)),
        doubts=doubts(desk, tables),
        behind=_behind(tables),
        believed=clocks.believed(desk, tables),
        closing=clocks.closing_day(desk, tables),
        open_lines=cache(lambda site: open_lines(desk, tables, site)),
        rows=rows or people.looked_up(tables),
        refusals=visited.refusals(tables),
        halts=halts.by_child(tables),
        linked=duplicates.groups(tables),
    )


def gather(desk: Desk, tables: Tables, common: Ground, row: people.Row, events: list[Event], session: str) -> Situation:
    """Return the situation of the child in *row*; *session* of the yes that is not used yet, or empty."""
    group, by_clock = _groups(desk, tables, common.rows, row, common.believed)
    parents = _parents(tables, common.rows, row["id"], common.closing)
    carer = next((event.relation for event in events if event.actor == CARER), row["carer"] or "")
    return Situation(
        events=events,
        age_group=group,
        grown_by_clock=by_clock,
        today=desk.today,
        session=session,
        guide_published=common.guide_published,
        carer=load_study().codes["relation"].get(carer, guides.ANY_CARER),
        facts=common.facts,
        member=common.member,
        screening=screened(common.rows, row["id"]),
        age_fits=group != "u9",
        adults=adults(tables, common.rows, row["id"]),
        forms=common.forms,
        open_lines=common.open_lines(row["site"]),
        doubts=common.doubts,
        behind=common.behind,
        pilot=row["pilot"] == "yes",
        refusals=visits.unexplained(common.refused(row["id"]), events, common.closing),
        halts=common.halted(row["id"]),
        closing=common.closing,
        parents_out=guardians.all_out(parents, common.closing),
        disputed=guardians.undecided(parents, common.closing),
        heard=closings.heard(tables, common.records(row["id"])),
    )


def age_group(desk: Desk, tables: Tables, row: people.Row) -> str:
    """Return the age group of today; where the birth date is not known, of the youngest who was enrolled that day.

    Nobody comes of age by a clock that is off: they are as old as on the last day that was believed.
    """
    return _groups(desk, tables, people.looked_up(tables), row, clocks.believed(desk, tables))[0]


def _groups(desk: Desk, tables: Tables, rows: people.Rows, row: people.Row, believed: date) -> tuple[str, bool]:
    """Return the age group, and whether they are of age by a clock that nobody believes."""
    group = _group_on(tables, rows, row, desk.clock.today())
    sure = group if group != ADULT_GROUP else _group_on(tables, rows, row, believed)
    return sure, group != sure


def _group_on(tables: Tables, rows: people.Rows, row: people.Row, day: date) -> str:
    known = born_of(rows, row["id"])
    if known is None and row["registered_on"]:
        return ages.grown_group(str(row["age_group"]), date.fromisoformat(row["registered_on"]), day)
    if known is None or known.earliest > day:  # a clock that went back makes nobody unborn
        return str(row["age_group"])
    group = ages.age_group(known, day)
    two = group == ADULT_GROUP and rows("identities", "subject", row["id"])[0]["conflict"]
    return ages.UNDER_AGE if two and not "" < of_age.since(tables, row["id"]) <= day.isoformat() else group


def grown(desk: Desk, tables: Tables, subject: str, events: Iterable[Event]) -> bool:
    """Tell whether *subject*, who said *events*, is of age today; of who never answered as a grown-up nobody asks."""
    if not any(event.actor == ADULT for event in events):
        return False
    row = people.row(tables, "participants", "id = ?", subject)
    return row is not None and age_group(desk, tables, row) == ADULT_GROUP


def said_for(desk: Desk, tables: Tables, subject: str, own: list[Event] | None = None) -> tuple[list[Event], bool]:
    """Return all that was said for *subject*, and whether they are of age today; *own*: as of `standing.binding`."""
    said = standing.binding(tables, subject, own)
    return said, grown(desk, tables, subject, said)


def permits(desk: Desk, tables: Tables, subject: str, item: str, session: str, own: list[Event] | None = None) -> bool:
    """Tell whether *item* is permitted in *session* today, by all that was said for *subject*."""
    said, of_age = said_for(desk, tables, subject, own)
    return consent.effective(said, item, session, grown=of_age)


def may_use(desk: Desk, tables: Tables, subject: str, item: str) -> bool:
    """Tell whether *item* of what was recorded of *subject* may be used today."""
    said, of_age = said_for(desk, tables, subject)
    return consent.usable(said, item, grown=of_age)


def heard(tables: Tables, subject: str, before: str = "") -> bool:
    """Tell whether a talk with *subject* was held, whole or its core, under whichever record; *before* a day."""
    return closings.heard(tables, duplicates.whole(tables, subject), before)


def left_alone(desk: Desk, tables: Tables, subject: str) -> bool:
    """Tell whether nobody rings or visits the family of *subject* today."""
    said, of_age = said_for(desk, tables, subject)
    return recontact.left_alone(said, heard=heard(tables, subject), grown=of_age)


def born_of(rows: people.Rows, subject: str) -> BirthDate | None:
    """Return the days that the child's birth date can mean, where this machine knows it."""
    known = next(iter(rows("identities", "subject", subject)), None)
    if known is None or not known["birth_date"]:
        return None
    return ages.birth_date(known["birth_date"], known["birth_calendar"] or calendars.GREGORIAN)


def check_open(desk: Desk, tables: Tables, day: str = "") -> None:
    """Raise StudyClosed where the study is closed on *day*, today unless given."""
    studies.check_open(studies.closed_since(setup.facts(tables), clocks.closing_day(desk, tables, day)))


def closed_since(desk: Desk) -> str:
    """Return the day since which the study is closed, an empty string while it goes on."""
    with desk.db.reading() as tables:
        return studies.closed_since(setup.facts(tables), clocks.closing_day(desk, tables))


def adults(tables: Tables, rows: people.Rows, subject: str) -> dict[str, Adult]:
    """Return the adults of the household by person id."""
    parents = {one["parent"]: one for one in rows("parents", "child", subject)}
    return {
        one["id"]: _adult(tables, one["relation"], one, parents.get(one["relation"], {}))
        for one in rows("persons", "subject", subject)
    }


def out_of_question(tables: Tables, rows: people.Rows, subject: str, day: str) -> list[str]:
    """Return the parents who by the household cannot consent on *day* (Civil Code 27), also while it is disputed."""
    parents = _parents(tables, rows, subject, day)
    return sorted({one.relation for one in parents} - {one.relation for one in parents if one.is_guardian(day)})


def _parents(tables: Tables, rows: people.Rows, subject: str, day: str) -> list[Adult]:
    """Return mother and father, of whom nothing may be on record, and each who adopted the child."""
    told = {one["parent"]: one for one in rows("parents", "child", subject)}
    known = rows("persons", "subject", subject)
    born_to = {one: people.adult_among(known, one, day) for one in (left_behind.FATHER, left_behind.MOTHER)}
    adopted = [one for one in known if one["relation"] in consent.PARENTS - born_to.keys()]
    found = [*born_to.items(), *((one["relation"], one) for one in adopted)]
    return [_adult(tables, relation, row, told.get(relation, {})) for relation, row in found]


def adult_of(tables: Tables, subject: str, relation: str, row: people.Row | None) -> Adult:
    """Return what consent has to know of this child's *relation*, with the record of the person where there is one."""
    parent = people.row(tables, "parents", "child = ? AND parent = ?", subject, relation)
    return _adult(tables, relation, row, parent or {})


def _adult(tables: Tables, relation: str, row: people.Row | None, parent: people.Row) -> Adult:
    """While people disagree about one, they are no guardian; nor is a parent said to be dead or to lack capacity."""
    told = _told(tables, parent)
    if any(told[name] == {word} for name, word in _CANNOT.items()):
        return Adult(relation, capacity="lacks")
    apart = any(word in told[name] for name, word in _CANNOT.items())
    decides = _DECIDES if relation in consent.PARENTS else _DECIDES | _OF_WHO_IS_NO_PARENT
    if apart or (row and not decides.isdisjoint(_versions(tables, row))):
        return Adult(relation, disputed=True)
    if row is None:
        return Adult(relation)
    facts: dict[str, Any] = {name: row[name] or "" for name in _OF_ADULT}
    known = Adult(relation, **facts)
    if not known.basis or _is_shown(relation, row):
        return known
    unnamed = row["basis_evidence"] == ways.SEEN and not (row["basis_paper"] or "").strip()
    return replace(known, basis=CLAIMED, unnamed=known.basis if unnamed else "")


def _is_shown(relation: str, row: people.Row) -> bool:
    """Tell whether the household still says what shows a basis; a parent needs none (`domain.md` §1.7)."""
    return relation in consent.PARENTS or ways.is_shown(row["basis_evidence"] or "", row["basis_paper"] or "")


def _told(tables: Tables, parent: people.Row) -> dict[str, set[Value]]:
    """Return what is told of a parent as such, by what `_CANNOT` names: two versions where two stand."""
    apart = _versions(tables, parent)
    return {name: {one.value for one in apart.get(name, ())} or {parent.get(name)} for name in _CANNOT}


def _versions(tables: Tables, row: people.Row) -> Mapping[str, Sequence[editors.Version]]:
    """Return what people wrote differently, by the names of the fields."""
    return editors.opened(tables, row["id"]).versions if row.get("conflict") else {}


_CANNOT = {"alive": "no", "capacity": "lacks"}
_DECIDES = frozenset({"basis", "capacity", "ended_on", "age_band"})
_OF_WHO_IS_NO_PARENT = {"role", "basis_evidence"}
_OF_ADULT = ("basis", "capacity", "ended_on", "role", "age_band")


def form_versions(tables: Tables) -> list[FormVersion]:
    """Return every stored version of every form, with the stamps that it bore one after the other."""
    stamped = setup.stamps(tables)
    return [_version(row, stamped.get(row["id"], ())) for row in setup.forms(tables)]


def _version(row: people.Row, stamped: Iterable[Mapping[str, str]]) -> FormVersion:
    number = int(row["version"]) if str(row["version"]).isdecimal() else 0
    told = {name: row[name] or "" for name in ("doc_kind", "text_hash", "change_class", *_STAMP)}
    stamps = [Stamp(**{name: one.get(name) or "" for name in _STAMP}) for one in stamped]
    return FormVersion(number=number, **told, before=versions.renewed(stamps)[:-1])


_STAMP = ("stamped_on", "valid_from", "valid_to", "ethics_no")


def screened(rows: people.Rows, subject: str) -> str:
    """Return the result of the screening; empty before it, and while people disagree about it."""
    found = next((one for one in rows("screenings", "child", subject) if not one["conflict"]), None)
    return str(found["result"]) if found else ""


def open_lines(desk: Desk, tables: Tables, site: str) -> list[str]:
    """Return what is missing on the help card of *site*."""
    numbers = setup.help_numbers(tables, site).items()
    agreed = {line: _rung_by(tables, row, desk.today) for line, row in numbers if not row["conflict"]}
    return help_card.open_lines(load_study().card, agreed, desk.clock.today())


def _rung_by(tables: Tables, row: people.Row, day: str) -> people.Row:
    """Return a number of the help card with the last day, *day* at the latest, on which somebody rang it."""
    if (row["verified_on"] or "") <= day:
        return row
    days = [one.set.get("verified_on") or "" for one in log.of_record(tables, row["id"])]
    return row | {"verified_on": max((rung for rung in days if rung <= day), default="")}


def doubts(desk: Desk, tables: Tables) -> list[Pair]:
    """Return what is wrong with this laptop before an interview: its clock, or its disk."""
    found = [_CLOCK] if clocks.doubted(desk, tables) else []
    return found + ([_DISK] if shutil.disk_usage(desk.folder.path).free < ROOM_NEEDED else [])


def _behind(tables: Tables) -> str:
    """Return the day of the restored backup while what was said since may be missing, and nobody said otherwise."""
    one = gaps.get(tables)
    return one.day if one and not one.reason else ""


_CLOCK = Pair("电脑时间可疑，请核对今天的日期。", "The clock looks wrong: confirm today's date.")
_DISK = Pair("磁盘快满了，请先腾出地方。", "The disk is nearly full: make room first.")
