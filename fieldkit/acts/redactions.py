"""Delete what was taken back of a child who stays: the coordinator confirms, an order travels (`domain.md` §3.6).

Single answers, recordings, pictures, whoever made them. From the moment at which they were taken back they are in use
nowhere; until the family was told, a coordinator can declare that void. What was decided between two versions of such
an answer goes with it; all else, the yes, and that these were taken back stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from fieldkit.acts import removals
from fieldkit.acts.cases import row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.removals import NotWithdrawn
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import ATTACHED, Change, item_of, natural_id
from fieldkit.rules import consent, guides
from fieldkit.rules.consent import Event
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import attachments, histories, log, machine, people, redactions, replica, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair

SCOPES = (consent.ANSWERS, "audio", "photo")
_NAMED = {"answers": "answers", "attachments": "recordings"}  # what is kept of it, and as what it was due


class OrderNotTaken(Refusal):
    """What this coordinator orders does not count: their computer was taken out of the study."""

    code = "order_not_taken"
    message = N_(
        "Nothing was deleted: this computer was taken out of the study, and what it orders does not count. "
        "What was taken back stays hidden. Ask another coordinator to delete it."
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
class RecordingLine:
    """One recording or picture: its record, of which talk and day, its medium, how many bytes, which machine's."""

    record: str
    talk: str
    day: str
    media: str
    bytes: int
    devices: tuple[str, ...]


@dataclass(frozen=True)
class Due:
    """A child of whom some of it is to be deleted: since and until when, who asked; what, how many answers stay."""

    id: str
    case_code: str
    since: str
    until: str
    asked_by: str
    answers: tuple[AnswerLine, ...]
    recordings: tuple[RecordingLine, ...]
    stay: int


@dataclass(frozen=True)
class Gone:
    """So many answers and recordings of a child that are gone: ordered on `day`, and where it is carried out."""

    id: str
    case_code: str
    slip_code: str
    day: str
    told_on: str
    requested_by: str
    removed: int
    recordings: int
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
    """Return the children of whom answers or recordings wait to be deleted, the oldest wish first."""
    with desk.db.reading() as tables:
        asked = {subject for scope in SCOPES for subject in standing.asked_for(tables, scope)}
        found = [_due(tables, one) for one in sorted(asked) if not people.is_hidden(tables, one)]
    return sorted((one for one in found if one), key=lambda one: (one.since or "9999", one.case_code))


@only(COORDINATOR)
def one(desk: Desk, subject: str) -> Due:
    """Return one of them. Raises NotFound, NotWithdrawn."""
    with desk.db.reading() as tables:
        return _asked(tables, subject)


@only(COORDINATOR)
def confirm(desk: Desk, subject: str, told_on: str, *, told_all: bool) -> str:
    """Let it be gone from here, and from every machine that the order reaches; return the id of what stays.

    *told_on*: the day on which the family was told; *told_all*: what is deleted and what stays.

    Raises NotFound, NotWithdrawn, NotTold, NoDay, DayToCome, ToldBeforeAsked, OrderNotTaken.
    """
    with desk.db.writing() as tables:
        asked = _asked(tables, subject)
        told = removals.told_before(desk, asked.since, told_on, told_all=told_all)
        named = {name: [line.record for line in getattr(asked, of)] for name, of in _NAMED.items()}
        orders = replica.redact(tables, redactions.named(tables, chain(*named.values())), desk.keys.signer)
        if not {*orders} <= {*redactions.carried_out(tables)}:
            raise OrderNotTaken
        facts = {"erasures": orders, **named, "removed": len(asked.answers), "day": desk.today, "told_on": told}
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
    """Return nothing where nothing of it is left here; what comes late of it is due once more."""
    said = consent.in_force(standing.events(tables, subject))
    of_answers = [event for event in said if event.scope == consent.ANSWERS]
    left = {record: log.of_record(tables, record) for record in sorted(consent.taken_back(of_answers))}
    held = {record: changes for record, changes in left.items() if changes}
    asked = [event for event in of_answers if held.keys() & {*event.answers}]
    recorded, asked_too = _recorded(tables, subject, said)
    if not held and not recorded:
        return None
    row = people.row(tables, "participants", "id = ?", subject) or {}
    stay = sum(bool(one["text"]) for one in people.rows(tables, "answers", subject))
    asked += [event for event in asked_too if event not in asked]
    what = tuple(_lines(tables, subject, held)), tuple(_recordings(tables, subject, recorded))
    return Due(subject, row["case_code"], *removals.within(asked), removals.askers(asked), *what, stay)


def _recorded(tables: Tables, subject: str, said: Sequence[Event]) -> tuple[dict[str, list[Change]], list[Event]]:
    """Return all that was written of the recordings and pictures that are taken back, by record, and who asked."""
    asked = {item: consent.taking_back(said, item) for item in ATTACHED.values()}
    found = histories.of_kind(tables, subject, attachments.KIND)
    gone = {record: item_of(str(changes[-1].set.get("media", ""))) for record, changes in found.items()}
    held = {record: changes for record, changes in found.items() if asked.get(gone[record])}
    return held, [event for item in sorted({gone[record] for record in held}) for event in asked[item]]


def _recordings(tables: Tables, subject: str, found: Mapping[str, Sequence[Change]]) -> list[RecordingLine]:
    talks, names, lines = _talks(tables, subject), _device_names(tables), []
    for record, changes in found.items():
        said = changes[-1].set
        talk, day = talks.get(str(said.get("interview", "")), ("", ""))
        made = str(said.get("media", "")), said.get("bytes", 0)
        lines.append(RecordingLine(record, talk, day, *made, _written_on(names, changes)))
    return sorted(lines, key=lambda line: (line.talk, line.media, line.record))


def _talks(tables: Tables, subject: str) -> dict[str, tuple[str, str]]:
    found = enumerate(people.interviews(tables, subject), 1)
    return {row["id"]: (f"S{number}", row["started_on"]) for number, row in found}


def _device_names(tables: Tables) -> dict[str, str]:
    return {one.id: one.name for one in machine.everybody(tables).devices.values()}


def _written_on(names: Mapping[str, str], changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(sorted({names.get(one.device, "") for one in changes}))


def _lines(tables: Tables, subject: str, found: Mapping[str, Sequence[Change]]) -> list[AnswerLine]:
    """Return the answers *found*, each with all that was ever written of it, in the order of talks and of the guide."""
    child = people.row(tables, "participants", "id = ?", subject) or {}
    shown = {row["id"]: row["text"] for row in people.rows(tables, "answers", subject)}
    talks, names = _talks(tables, subject), _device_names(tables)
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
        written_on = _written_on(names, changes)
        lines.append(AnswerLine(record, talk, day, code, text, shown.get(record) or "", written_on))
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
        recordings=len(json.loads(row["attachments"] or "[]")),
        on=on,
        waits_for=waits_for,
    )
