"""The merged dataset, table by table, for analysis: who withdrew, objects or waits for a consent is not in it.

Pseudonyms and case codes only: nothing of `vault`, no id that leads back to a person (`domain.md` §6.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fieldkit.acts import exports, situations
from fieldkit.acts.clocks import meant
from fieldkit.acts.desk import Desk, only
from fieldkit.records import KINDS, Value
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import clocks, duplicates, people
from fieldkit.store.database import Tables
from fieldkit.store.people import Row

Cell = str | int | None
FIELDS = {  # what leaves; a field that is added later stays until it is named here
    "participant": "site sex age_group age_at_enrol pseudonym_zh pseudonym_en migration carer grade boarding siblings "
    "recruited_via pilot registered_on moved_on",
    "person": "relation role basis care_type age_band education reads_zh speaks care_agreement whereabouts capacity "
    "ended_on ended_why",
    "parent": "parent alive living_with migration away_since months_away occupation contact_freq contact_mode "
    "home_visits capacity",
    "screening": "result approach day criteria",
    "interview": "started_on mode entered_on paper_ref",
    "answer": "question text text_kind outcome",
    "closing": "completion stop_reason setting privacy others_present language_main language_mix mood_start mood_end "
    "duration_ms field_notes_when ended_on relationship_before told_about_interviewer interviewer_stance note_taker "
    "saturation member_check thank_you",
    "observation": "setting_desc interaction non_verbal interruptions profile",
}
CONSENT = "actor relation act scope form method age_group day items lang_used"
MARKS = {  # computed: of a note, two versions stand, a doubtful date, the family allows it; the day that was meant
    "answer": ("conflict", "suspicious", "may_quote"),
    "interview": ("started_on_put_right",),
}
_SESSION_IN = {"interview": "id", "answer": "interview", "closing": "interview", "observation": "interview"}


@dataclass(frozen=True)
class Table:
    """One table: its column names, how many of the first ones say of whom a row is, and its rows."""

    columns: tuple[str, ...]
    codes: int
    rows: list[tuple[Cell, ...]]


@only(COORDINATOR)
def merged(desk: Desk) -> dict[str, Table]:
    """Return the tables by name, each row with its case code and, where it is of an interview, the interview's code."""
    with desk.db.reading() as tables:
        children = {one["id"]: one for one in exports.in_use(desk, tables)}
        codes = {
            interview["id"]: f"{child['case_code']}-S{place}"
            for id_, child in children.items()
            for place, interview in enumerate(people.interviews(tables, id_), 1)
        }
        found = {KINDS[kind].table: _of_kind(desk, tables, kind, children, codes) for kind in FIELDS}
        return {**found, "consents": _consents(desk, tables, children, codes)}


def _of_kind(desk: Desk, tables: Tables, kind: str, children: dict[str, Row], codes: dict[str, str]) -> Table:
    session, fields = _SESSION_IN.get(kind), tuple(FIELDS[kind].split())
    mark = _MARKING[kind](desk, tables, children) if kind in MARKS else None
    rows = [
        (
            children[subject]["case_code"],
            *((codes.get(row[session], ""),) if session else ()),
            *_cells(row, fields),
            *(mark(subject, row) if mark else ()),
        )
        for subject, row in _rows(tables, KINDS[kind].table, children, "id" if kind == "participant" else "subject")
    ]
    heads = ("case_code", "session_code") if session else ("case_code",)
    return Table((*heads, *fields, *MARKS.get(kind, ())), len(heads), rows)


def _marking(desk: Desk, tables: Tables, children: dict[str, Row]) -> Callable[[str, Row], tuple[Cell, ...]]:
    quoted = {one: situations.may_use(desk, tables, one, "quote") for one in children}
    flagged = {one: clocks.flagged(tables, one) for one in children}
    return lambda one, row: (int(row["conflict"] or 0), int(row["id"] in flagged[one]), int(quoted[one]))


def _putting_right(_desk: Desk, tables: Tables, children: dict[str, Row]) -> Callable[[str, Row], tuple[Cell, ...]]:
    right = {one: meant(tables, one) for one in children}
    return lambda one, row: (exports.in_cell(right[one].get(row["id"], ())),)


_MARKING = {"answer": _marking, "interview": _putting_right}


def _consents(desk: Desk, tables: Tables, children: dict[str, Row], codes: dict[str, str]) -> Table:
    fields, right = tuple(CONSENT.split()), _putting_right(desk, tables, children)
    rows = [
        (
            children[subject]["case_code"],
            codes.get(row["session"] or "", ""),
            *_cells(row, fields),
            *right(subject, row),
        )
        for subject, row in _rows(tables, "consent_events", children, "subject")
    ]
    return Table(("case_code", "session_code", *fields, "day_put_right"), 2, rows)


def _rows(tables: Tables, table: str, children: dict[str, Row], column: str) -> Iterator[tuple[str, Row]]:
    look = people.read_at_once(tables)
    for subject in children:
        for record in (subject,) if column == "id" else duplicates.whole(tables, subject):
            for row in look(table, column, record):
                yield subject, row


def _cells(row: Row, fields: tuple[str, ...]) -> tuple[Value, ...]:
    return tuple(row[name] for name in fields)
