"""What waits to be done for the children: computed from what was recorded, never ticked off by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from fieldkit.acts import clocks, situations
from fieldkit.acts.cases import Case
from fieldkit.acts.desk import Desk
from fieldkit.rules import ages, consent, states, ways
from fieldkit.rules.closings import incomplete
from fieldkit.rules.consent import AGREEING, GUARDIAN, Event
from fieldkit.rules.versions import FormVersion
from fieldkit.store import people, tasks

AHEAD = timedelta(days=30)  # a fourteenth birthday is announced so long before (`domain.md` §3.8)
PAPER, ASK_AGAIN, VISIT, TELL, BIRTHDAY = "paper", "ask_again", "visit", "tell_change", "turns_14"
MEMO, CLOSING, WORDS, AFTERCARE = "memo", "closing", "words", "aftercare"
SHOWN = 30


@dataclass(frozen=True)
class Task:
    """One thing to do: its code, whose, when (YYYY-MM-DD; empty where any day will do), and what it is about.

    `event`: the id of a consent event, or of the interview that waits for its memo, its closing or, at `question`, for
    somebody who knows a word.
    """

    code: str
    case: Case
    due: str = ""
    event: str = ""
    question: str = ""


@dataclass(frozen=True)
class Tasks:
    """What is due first, and how many there are besides."""

    first: list[Task]
    more: int


@dataclass(frozen=True)
class _Known:
    """What is read once for all children; `day`: the one by which what ends is judged."""

    day: str
    rows: people.Rows
    forms: list[FormVersion]
    papers: set[str]
    visits: dict[str, str]


def waiting(desk: Desk, cases: list[Case]) -> Tasks:
    """Return what waits for *cases*, what is due first at the top; *cases* are all children in use."""
    with desk.db.reading() as tables:
        forms, rows = situations.form_versions(tables), people.read_at_once(tables)
        day = clocks.closing_day(desk, tables)
        known = _Known(day, rows, forms, tasks.papers_brought(tables), tasks.next_visits(tables))
        found = [task for case in cases for task in _of(desk, known, case)]
        memos, without = tasks.without_memo(tables, desk.me.code, SHOWN)
        going_on, open_ = tasks.never_ended(tables, desk.me.code, desk.today, SHOWN)
        unsure, doubted = tasks.with_doubted_words(tables, desk.me.code, SHOWN)
        upset, unseen = tasks.unseen_since_upset(tables, desk.me.code, SHOWN)
        later = [row for row in tasks.put_off(tables, desk.me.code) if _is_put_off(row)]
    by_id = {case.id: case for case in cases}
    found += _about(by_id, MEMO, memos, 1)
    found += _about(by_id, WORDS, unsure)
    found += _about(by_id, AFTERCARE, upset, 3)
    found += _about(by_id, CLOSING, (*going_on, *later), 0)
    found.sort(key=lambda task: (task.due or "9999", task.case.case_code))
    unread = without + open_ + doubted + unseen - sum(map(len, (memos, going_on, unsure, upset)))
    return Tasks(found[:SHOWN], len(found[SHOWN:]) + unread)


def _of(desk: Desk, known: _Known, case: Case) -> Iterator[Task]:
    standing = consent.in_force(case.events)
    guardians = [event for event in standing if event.actor == GUARDIAN]
    yield from _papers(known.papers, case, guardians)
    may_ring = not case.left_alone
    if may_ring and not case.closed_since:
        yield from _promised(case, guardians)
    for event in states.untold(case.events, case.adults, known.forms, known.day, grown=case.adult):
        yield Task(TELL, case, event=event.id)
    if may_ring and case.id in known.visits and case.status not in _OVER:
        yield Task(VISIT, case, known.visits[case.id])
    if not case.closed_since:
        yield from _birthday(desk, known.rows, case)


def _about(by_id: dict[str, Case], code: str, rows: Iterable[people.Row], days: int | None = None) -> list[Task]:
    """Return what waits for interviews with children in use, due *days* after each; by None on any day.

    A memo is written within a day (`domain.md` §6.1); who was very upset is asked within 72 hours (§3.9).
    """
    return [
        Task(
            code,
            by_id[row["subject"]],
            "" if days is None else (date.fromisoformat(row["started_on"]) + timedelta(days=days)).isoformat(),
            row["id"],
            row.get("question", ""),
        )
        for row in rows
        if row["subject"] in by_id
    ]


def _is_put_off(row: people.Row) -> bool:
    """Tell whether a closing was put off to the evening; who answered that nobody knows any more, is done (V37)."""
    open_ = incomplete(row["setting"] or "", json.loads(row["others_present"] or "[]"))
    return open_ and bool(json.loads(row["reasons"] or "{}").get("V37") != "not_known")


_OVER = frozenset({"declined", "completed", "moved", "screened_out"})


def _papers(brought: set[str], case: Case, guardians: list[Event]) -> Iterator[Task]:
    """A signed paper follows every consent by phone; overdue it is a reminder, nothing more (`domain.md` §3.5)."""
    for event in guardians:
        if event.act in AGREEING and ways.paper_follows(event.method) and event.id not in brought:
            yield Task(PAPER, case, event=event.id)


def _promised(case: Case, guardians: list[Event]) -> Iterator[Task]:
    followed = {named for event in guardians for named in event.follows}
    for event in guardians:
        if event.act == "deferred" and event.id not in followed:
            yield Task(ASK_AGAIN, case, event.again_on, event.id)


def _birthday(desk: Desk, rows: people.Rows, case: Case) -> Iterator[Task]:
    born = situations.born_of(rows, case.id)
    if born is None or case.age_group not in {"a12_13", "u14_uncertain"}:
        return
    day = _years_after(born.latest, ages.OWN_CONSENT_AGE) + timedelta(days=1)  # on the birthday itself: under 14 (§4.6)
    if day - AHEAD <= desk.clock.today() < day:
        yield Task(BIRTHDAY, case, day.isoformat())


def _years_after(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:  # born on a leap day
        return date(born.year + years, 2, 28)
