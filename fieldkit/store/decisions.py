"""What coordinators decided where two versions stood: which records still wait, and what may stand twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fieldkit.records import KINDS, Change, Value, decode
from fieldkit.rules.conflicts import BOTH, DECIDABLE, DECISION
from fieldkit.store.database import Tables
from fieldkit.store.merge import DISPUTED, Decided

Row = dict[str, Any]


def of_record(tables: Tables, record: str) -> list[Change]:
    """Return every decision about *record* in the order of their ticks."""
    return _of_records(tables, [record]).get(record, [])


def _of_records(tables: Tables, records: Iterable[str]) -> dict[str, list[Change]]:
    rows = tables.execute(
        "SELECT json_extract(body, '$.set.about'), body FROM changes WHERE kind = 'conflict_decision' AND id = record "
        "AND json_extract(body, '$.set.about') IN (SELECT value FROM json_each(?)) ORDER BY tick, id",
        [json.dumps([*records])],
    )
    found: dict[str, list[Change]] = {}
    for record, body in rows:
        found.setdefault(record, []).append(decode(body))
    return found


Reasons = Mapping[tuple[str, frozenset[str]], str]


def kept(tables: Tables, records: Iterable[str]) -> dict[str, Decided]:
    """Return, by record, which versions of which fields may all stand; records of which nobody decided are left out."""
    return {record: _reasons(found).keys() for record, found in _of_records(tables, records).items()}


def reasons(tables: Tables, record: str) -> Reasons:
    """Return which versions of which fields of *record* may all stand, with the reason of the newest such decision."""
    return _reasons(of_record(tables, record))


def _reasons(found: Iterable[Change]) -> Reasons:
    both = [one for one in found if one.set.get("choice") == BOTH]
    return {(str(one.set.get("field")), heads(one)): str(one.set.get("reason")) for one in both}


def why(kept: Reasons, field: str, ones: Iterable[Change]) -> str:
    """Return why all of *ones*, the heads of *field*, may stand; empty where nobody said so."""
    return kept.get((field, frozenset(one.id for one in ones)), "")


def heads(decision: Change) -> frozenset[str]:
    """Return the changes between which was decided."""
    named = decision.set.get("heads")
    return frozenset(one for one in named if isinstance(one, str)) if isinstance(named, list) else frozenset()


def about(tables: Tables, changes: Iterable[Change]) -> dict[str, str]:
    """Return the records that the decisions among *changes* speak of, with their kinds as the log knows them."""
    named: list[Value] = [one.set.get("about") for one in changes if one.kind == DECISION]
    if not named:
        return {}
    rows = tables.execute(
        "SELECT DISTINCT record, kind FROM changes WHERE record IN (SELECT value FROM json_each(?))",
        [json.dumps(named)],
    )
    return dict(rows.fetchall())


def waiting(tables: Tables) -> list[Row]:
    """Return the records (id, kind, subject) that people wrote differently and nobody decided; no hidden children."""
    return [dict(one) for one in tables.query(f"{_WAITING} ORDER BY p.case_code, w.place, w.id")]


def count(tables: Tables) -> int:
    """Return how many records wait."""
    return int(tables.execute(f"SELECT count(*) FROM ({_WAITING})").fetchone()[0])  # noqa: S608 - our own words


def newest(tables: Tables, number: int) -> list[Change]:
    """Return the newest *number* decisions, of hidden children and of what is not in use here left out."""
    rows = tables.execute(
        f"SELECT c.body FROM conflict_decisions AS d CROSS JOIN changes AS c ON c.id = d.id "  # noqa: S608 - our own words
        "LEFT JOIN standings AS s ON s.subject = d.subject "
        f"WHERE coalesce(s.hidden, 0) = 0 AND d.about IN ({_IN_USE}) ORDER BY c.tick DESC, c.id LIMIT ?",
        [number],
    )
    return [decode(row[0]) for row in rows]


_IN_USE = " UNION ALL ".join(f"SELECT id FROM {KINDS[kind].table} WHERE id = d.about" for kind in DECIDABLE)  # noqa: S608
_DISPUTED = " UNION ALL ".join(
    f"SELECT id, subject, '{kind}' AS kind, {place} AS place FROM {KINDS[kind].table} "  # noqa: S608 - our own words
    f"WHERE conflict AND conflict = {DISPUTED}"
    for place, kind in enumerate(DECIDABLE)
)
_WAITING = (
    f"SELECT w.id, w.kind, w.subject FROM ({_DISPUTED}) AS w LEFT JOIN participants AS p ON p.id = w.subject "  # noqa: S608
    "LEFT JOIN standings AS s ON s.subject = w.subject WHERE coalesce(s.hidden, 0) = 0"
)
