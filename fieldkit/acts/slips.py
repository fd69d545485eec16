"""The contact slip: gone at a refusal and after thirty days without an answer; and the family's own slip code."""

from __future__ import annotations

import secrets
from datetime import date

from fieldkit.acts import clocks
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.people import case_within
from fieldkit.rules import slips as rules
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, people, slips
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft


def purge_within(desk: Desk, tables: Tables, subject: str) -> None:
    """Remove the child's slip in the caller's transaction; call `scrub` once it is committed."""
    slips.purge(tables, desk.pen, subject)


def scrub(desk: Desk) -> None:
    """Let the journal forget what a purge removed."""
    desk.db.checkpoint()


@only(INTERVIEWER)
def purge_old(desk: Desk) -> int:
    """Remove every slip that waited more than thirty days; return how many. A doubted clock removes nothing."""
    with desk.db.reading() as tables:
        due = [] if clocks.doubted(desk, tables) else _due(desk, tables)
    if not due:
        return 0
    with desk.db.writing() as tables:
        gone = sum(slips.purge(tables, desk.pen, subject) for subject in due)
    scrub(desk)
    return gone


def _due(desk: Desk, tables: Tables) -> list[str]:
    today = desk.clock.today()
    return [subject for subject, day in slips.waiting(tables) if day and rules.due(date.fromisoformat(day), today)]


@only(INTERVIEWER)
def code(desk: Desk, subject: str) -> str:
    """Return the code on the family's slip, made when it is first shown; with it they can withdraw at any time.

    Raises NotFound.
    """
    with desk.db.writing() as tables:
        case_within(desk, tables, subject)
        row = people.row(tables, "participants", "id = ?", subject) or {}
        if row.get("slip_code"):
            return str(row["slip_code"])
        made = rules.code(secrets.randbits(64))
        log.append(tables, desk.pen, Draft("participant", {"slip_code": made}, record=subject, subject=subject))
        return made
