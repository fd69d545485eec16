"""The merged dataset, table by table, for analysis: who withdrew, objects or waits for a consent is not in it.

Pseudonyms and case codes only: nothing of `vault`, no id that leads back to a person (`domain.md` §6.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fieldkit.acts import exports
from fieldkit.acts.desk import Desk, only
from fieldkit.records import KINDS, Value
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import people
from fieldkit.store.database import Tables
from fieldkit.store.people import Row

Cell = str | int | None
_KINDS = ("participant", "person", "parent", "screening", "interview", "answer", "closing", "observation")
_LEFT_OUT = {  # what a family is given in writing, what leads to other tables of ours, and who wrote it
    *("slip_code", "household", "child", "interview", "case_code", "guide_version", "asked", "interviewer"),
    *("person", "session", "form_text_hash", "evidence_hash", "follows", "lifts", "voids", "words", "call"),
}
_CONSENT = ("actor", "relation", "act", "scope", "form", "method", "age_group", "day", "items", "lang_used")
SESSIONS = {"interview": "id", "answer": "interview", "closing": "interview", "observation": "interview"}


@dataclass(frozen=True)
class Table:
    """One table: its column names, and its rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


@only(COORDINATOR)
def merged(desk: Desk) -> dict[str, Table]:
    """Return the tables by name, each row with its case code and, where it is of an interview, the interview's code."""
    with desk.db.reading() as tables:
        children = {one["id"]: one for one in people.participants(tables) if not exports.objected(tables, one["id"])}
        codes = {
            interview["id"]: f"{child['case_code']}-S{place}"
            for id_, child in children.items()
            for place, interview in enumerate(people.interviews(tables, id_), 1)
        }
        found = {KINDS[kind].table: _of_kind(tables, kind, children, codes) for kind in _KINDS}
        return {**found, "consents": _consents(tables, children, codes)}


def _of_kind(tables: Tables, kind: str, children: dict[str, Row], codes: dict[str, str]) -> Table:
    session = SESSIONS.get(kind)
    fields = tuple(name for name in KINDS[kind].fields if name not in _LEFT_OUT)
    rows = [
        (children[subject]["case_code"], *((codes.get(row[session], ""),) if session else ()), *_cells(row, fields))
        for subject, row in _rows(tables, KINDS[kind].table, children, "id" if kind == "participant" else "subject")
    ]
    return Table(("case_code", *(("session_code",) if session else ()), *fields), rows)


def _consents(tables: Tables, children: dict[str, Row], codes: dict[str, str]) -> Table:
    rows = [
        (children[subject]["case_code"], codes.get(row["session"] or "", ""), *_cells(row, _CONSENT))
        for subject, row in _rows(tables, "consent_events", children, "subject")
    ]
    return Table(("case_code", "session_code", *_CONSENT), rows)


def _rows(tables: Tables, table: str, children: dict[str, Row], column: str) -> Iterator[tuple[str, Row]]:
    look = people.read_at_once(tables)
    for subject in children:
        for row in look(table, column, subject):
            yield subject, row


def _cells(row: Row, fields: tuple[str, ...]) -> tuple[Value, ...]:
    return tuple(row[name] for name in fields)
