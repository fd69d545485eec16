"""Delete single answers after they were taken back: the coordinator confirms, an order travels (`domain.md` §3.6).

From the moment at which they were taken back they are in use nowhere; until the family was told, a coordinator can
declare that void. What was decided between two versions of such an answer goes with it; the other answers, the yes, and
that these were taken back stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fieldkit.acts import removals
from fieldkit.acts.cases import row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.removals import NotWithdrawn
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Change, natural_id
from fieldkit.rules import consent, guides
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import log, machine, people, redactions, replica, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair


class OrderNotTaken(Refusal):
    """What this coordinator orders does not count: their computer was taken out of the study."""

    code = "order_not_taken"
    message = N_(
        "Nothing was deleted: this computer was taken out of the study, and what it orders does not count. "
        "The answers stay hidden. Ask another coordinator to delete them."
    )


@dataclass(frozen=True)
class AnswerLine:
    """One answer: its record, of which talk and day, the question, its words, and which machines wrote versions.

    `text` is empty where the answer was taken back: it is shown nowhere any more.
    """

    record: str
    talk: str
    day: str
    question: str
    asked: Pair
    text: str
    devices: tuple[str, ...]


@dataclass(frozen=True)
class Due:
    """A child of whom some answers are to be deleted: since when, until when, who asked; which, and how many stay."""

    id: str
    case_code: str
    since: str
    until: str
    asked_by: str
    answers: tuple[AnswerLine, ...]
    stay: int


@dataclass(frozen=True)
class Gone:
    """So many answers of a child that are gone: ordered on `day`, and on which machines it is carried out."""

    id: str
    case_code: str
    slip_code: str
    day: str
    told_on: str
    requested_by: str
    removed: int
    on: tuple[str, ...]
    waits_for: tuple[str, ...]


@only(INTERVIEWER, COORDINATOR)
def answers(desk: Desk, subject: str) -> list[AnswerLine]:
    """Return every answer of a child that can be taken back, talk by talk. Raises NotFound."""
    with desk.db.reading() as tables:
        row_within(tables, subject)
        found = [row["id"] for row in people.rows(tables, "answers", subject) if row["text"]]
        return _lines(tables, subject, {id_: log.of_record(tables, id_) for id_ in found})


@only(COORDINATOR)
def due(desk: Desk) -> list[Due]:
    """Return the children of whom answers wait to be deleted, the oldest wish first."""
    with desk.db.reading() as tables:
        asked = {row["subject"] for row in people.looked_up(tables)("consent_events", "scope", consent.ANSWERS)}
        found = [_due(tables, one) for one in sorted(asked) if not people.is_hidden(tables, one)]
    return sorted((one for one in found if one), key=lambda one: (one.since or "9999", one.case_code))


@only(COORDINATOR)
def one(desk: Desk, subject: str) -> Due:
    """Return one of them. Raises NotFound, NotWithdrawn."""
    with desk.db.reading() as tables:
        return _asked(tables, subject)


@only(COORDINATOR)
def confirm(desk: Desk, subject: str, told_on: str, *, told_all: bool) -> str:
    """Let the answers be gone from here, and from every machine that the order reaches; return the id of what stays.

    *told_on*: the day on which the family was told; *told_all*: what is deleted and what stays.

    Raises NotFound, NotWithdrawn, NotTold, NoDay, DayToCome, ToldBeforeAsked, OrderNotTaken.
    """
    with desk.db.writing() as tables:
        asked = _asked(tables, subject)
        told = removals.told_before(desk, asked.since, told_on, told_all=told_all)
        records = [line.record for line in asked.answers]
        orders = replica.redact(tables, redactions.named(tables, records), desk.keys.signer)
        if not {*orders} <= {*redactions.carried_out(tables)}:
            raise OrderNotTaken
        facts = {"erasures": orders, "answers": records, "removed": len(records), "day": desk.today, "told_on": told}
        facts |= {"requested_by": asked.asked_by}
        drawer = f"consent/{people.team(tables, subject)}"
        kept = log.append(tables, desk.pen, Draft("redaction", facts, subject=subject, drawer=drawer))
        removals.acknowledge(desk, tables)
        desk.db.leave_no_trace()
    return kept.record


@only(COORDINATOR)
def gone(desk: Desk) -> list[Gone]:
    """Return what was deleted of children who are still here, the newest first."""
    with desk.db.reading() as tables:
        return [_gone(tables, row) for row in people.redactions(tables)]


@only(COORDINATOR)
def kept(desk: Desk, id_: str) -> Gone:
    """Return what stays of one deletion. Raises NotFound."""
    found = next((known for known in gone(desk) if known.id == id_), None)
    if found is None:
        raise NotFound
    return found


def _asked(tables: Tables, subject: str) -> Due:
    row_within(tables, subject)
    found = _due(tables, subject)
    if found is None:
        raise NotWithdrawn
    return found


def _due(tables: Tables, subject: str) -> Due | None:
    """Return nothing where nothing of it is left here; what comes late of such an answer is due once more."""
    said = [event for event in consent.in_force(standing.events(tables, subject)) if event.scope == consent.ANSWERS]
    left = {record: log.of_record(tables, record) for record in sorted(consent.taken_back(said))}
    held = {record: changes for record, changes in left.items() if changes}
    asked = [event for event in said if held.keys() & {*event.answers}]
    if not asked:
        return None
    row = people.row(tables, "participants", "id = ?", subject) or {}
    stay = sum(bool(one["text"]) for one in people.rows(tables, "answers", subject))
    lines = _lines(tables, subject, held)
    return Due(subject, row["case_code"], *removals.within(asked), removals.askers(asked), tuple(lines), stay)


def _lines(tables: Tables, subject: str, found: Mapping[str, Sequence[Change]]) -> list[AnswerLine]:
    """Return the answers *found*, each with all that was ever written of it, in the order of talks and of the guide."""
    child = people.row(tables, "participants", "id = ?", subject) or {}
    shown = {row["id"]: row["text"] for row in people.rows(tables, "answers", subject)}
    talks = {
        row["id"]: (f"S{number}", row["started_on"]) for number, row in enumerate(people.interviews(tables, subject), 1)
    }
    names = {one.id: one.name for one in machine.everybody(tables).devices.values()}
    values = {
        "away": guides.away_name(child.get("migration") or ""),
        "carer": guides.carer_name(child.get("carer") or ""),
    }
    lines = []
    for record, changes in found.items():
        code = str(changes[-1].set.get("question", ""))
        asked = people.row(tables, "strings", "code = ?", f"guide:{code}") or {}
        text = guides.fill_pair(Pair(asked.get("zh") or code, asked.get("en") or code), values)
        talk, day = talks.get(str(changes[-1].set.get("interview", "")), ("", ""))
        devices = tuple(sorted({names.get(one.device, "") for one in changes}))
        lines.append(AnswerLine(record, talk, day, code, text, shown.get(record) or "", devices))
    return sorted(lines, key=lambda line: (line.talk, _place(tables, line.question)))


def _place(tables: Tables, question: str) -> tuple[int, str]:
    row = people.row(tables, "questions", "id = ?", natural_id("question", question)) or {}
    return row.get("position") or 0, question


def _gone(tables: Tables, row: people.Row) -> Gone:
    on, waits_for = removals.heard(tables, json.loads(row["erasures"] or "[]"))
    child = people.row(tables, "participants", "id = ?", row["subject"]) or {}
    return Gone(
        **{name: row[name] or "" for name in ("id", "day", "told_on", "requested_by")},
        **{name: child.get(name) or "" for name in ("case_code", "slip_code")},
        removed=row["removed"] or 0,
        on=on,
        waits_for=waits_for,
    )
