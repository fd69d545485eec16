"""What waits to be done for the children: computed from what was recorded, never ticked off by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from fieldkit.acts import situations
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import Case
from fieldkit.rules import ages, consent, versions, ways
from fieldkit.rules.closings import incomplete
from fieldkit.rules.consent import AGREEING, GUARDIAN, Event
from fieldkit.rules.versions import FormVersion
from fieldkit.store import closings, people
from fieldkit.store.database import Tables

AHEAD = timedelta(days=30)  # a fourteenth birthday is announced so long before (`domain.md` §3.8)
PAPER, ASK_AGAIN, VISIT, TELL, BIRTHDAY = "paper", "ask_again", "visit", "tell_change", "turns_14"
MEMO, CLOSING = "memo", "closing"


@dataclass(frozen=True)
class Task:
    """One thing to do: its code, whose, when (YYYY-MM-DD; empty where any day will do), and what it is about.

    `event`: the id of a consent event, or of the interview that waits for its memo or its closing.
    """

    code: str
    case: Case
    due: str = ""
    event: str = ""


def waiting(desk: Desk, cases: list[Case]) -> list[Task]:
    """Return what waits for *cases*, what is due first at the top."""
    with desk.db.reading() as tables:
        forms = situations.form_versions(tables)
        found = [task for case in cases for task in _of(desk, tables, forms, case)]
    return sorted(found, key=lambda task: (task.due or "9999", task.case.case_code))


def _of(desk: Desk, tables: Tables, forms: list[FormVersion], case: Case) -> Iterator[Task]:
    standing = consent.in_force(case.events)
    guardians = [event for event in standing if event.actor == GUARDIAN]
    yield from _papers(tables, case, guardians)
    yield from _promised(case, guardians)
    for event in guardians:
        if event.act in AGREEING and versions.to_be_told(forms, event.form_text_hash, desk.today):
            yield Task(TELL, case, event=event.id)
    visit = people.last_visit(tables, case.id)
    if visit and visit["next_on"] and case.status not in _OVER:
        yield Task(VISIT, case, visit["next_on"])
    yield from _birthday(desk, tables, case)
    for row in people.without_memo(tables, case.id, desk.me.code):
        yield Task(MEMO, case, _day_after(row["started_on"]), row["id"])
    yield from _to_close(desk, tables, case)


def _to_close(desk: Desk, tables: Tables, case: Case) -> Iterator[Task]:
    """An interview of an earlier day that was never ended, and a closing that was put off to the evening (V37)."""
    for row in closings.of_interviewer(tables, case.id, desk.me.code):
        if row["ended_on"]:
            open_ = incomplete(row["setting"] or "", json.loads(row["others_present"] or "[]"))
            later = open_ and json.loads(row["reasons"] or "{}").get("V37") != "not_known"
        else:
            later = row["started_on"] < desk.today
        if later:
            yield Task(CLOSING, case, row["started_on"], row["id"])


def _day_after(day: str) -> str:
    """A memo is written within a day (`domain.md` §6.1)."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


_OVER = frozenset({"declined", "completed", "moved", "screened_out"})


def _papers(tables: Tables, case: Case, guardians: list[Event]) -> Iterator[Task]:
    """A signed paper follows every consent by phone; overdue it is a reminder, nothing more (`domain.md` §3.5)."""
    for event in guardians:
        brought = people.row(tables, "papers", "event = ?", event.id)
        if event.act in AGREEING and ways.paper_follows(event.method) and brought is None:
            yield Task(PAPER, case, event=event.id)


def _promised(case: Case, guardians: list[Event]) -> Iterator[Task]:
    followed = {named for event in guardians for named in event.follows}
    for event in guardians:
        if event.act == "deferred" and event.id not in followed:
            yield Task(ASK_AGAIN, case, event.again_on, event.id)


def _birthday(desk: Desk, tables: Tables, case: Case) -> Iterator[Task]:
    born = situations.born(tables, case.id)
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
