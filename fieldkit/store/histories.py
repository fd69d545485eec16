"""Every change of a record, and the stubs of what was erased of it: of one record or of a whole batch at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from fieldkit.records import KINDS, Change, decode
from fieldkit.store.database import Tables
from fieldkit.store.merge import Heads

Histories = dict[str, list[Change]]  # by record
NONE: Mapping[str, list[Change]] = MappingProxyType({})
SOME = 300  # bodies asked for in one statement


def of_records(
    tables: Tables, records: Collection[str], at_hand: Iterable[Change] = (), whole: Mapping[str, list[Change]] = NONE
) -> Histories:
    """Return, of each record, every change and the stubs among them; changes *at_hand* are not read once more.

    Of the records in *whole* all of it is at hand.
    """
    left = [one for one in records if one not in whole]
    found, known = (changes(tables, left, at_hand), stubs(tables, left)) if left else ({}, {})
    return {one: whole.get(one) or [*found.get(one, ()), *known.get(one, ())] for one in records}


def changes(tables: Tables, records: Iterable[str], at_hand: Iterable[Change] = ()) -> Histories:
    """Return the changes of each record that has any, without what an order to erase hides that is parked."""
    held = {one.id: one for one in at_hand}
    rows = tables.execute(  # from the index alone: a row of the log is wide
        "SELECT c.record, c.id, p.device FROM changes AS c LEFT JOIN parked_stubs AS p ON p.id = c.id "
        "WHERE c.record IN (SELECT value FROM json_each(?))",
        [json.dumps([*records])],
    ).fetchall()
    places = {id_: record for record, id_, _ in rows}
    held |= _read(tables, [id_ for id_ in places if id_ not in held])
    hidden = {(id_, device) for _, id_, device in rows}  # what the view `shown_changes` leaves out
    found: Histories = {}
    for id_, record in places.items():
        if (id_, held[id_].device) not in hidden:
            found.setdefault(record, []).append(held[id_])
    return found


def of_kind(tables: Tables, subject: str, kind: str) -> Histories:
    """Return the changes of each record of one *kind* of a child, as `changes` does."""
    rows = tables.execute("SELECT DISTINCT record FROM changes WHERE subject = ? AND kind = ?", [subject, kind])
    return changes(tables, [row[0] for row in rows.fetchall()])


def memos_about(tables: Tables, interview: str, device: str) -> list[Change]:
    """Return every memo about *interview* that *device* wrote."""
    rows = tables.execute(
        "SELECT c.body FROM memos AS m JOIN changes AS c ON c.id = m.id WHERE m.interview = ? AND c.device = ?",
        [interview, device],
    )
    return [decode(row[0]) for row in rows]


def _read(tables: Tables, ids: list[str]) -> dict[str, Change]:
    rows = (
        row
        for start in range(0, len(ids), SOME)
        for row in tables.execute(
            "SELECT id, body FROM changes WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(ids[start : start + SOME])],
        )
    )
    return {id_: decode(body) for id_, body in rows}


def stubs(tables: Tables, records: Iterable[str]) -> Histories:
    """Return what is left of what was erased of each record: no value, no author, no time, only what was replaced."""
    rows = tables.execute(
        "SELECT id, device, drawer, kind, record, over FROM stubbed WHERE record IN (SELECT value FROM json_each(?))",
        [json.dumps([*records])],
    )
    found: Histories = {}
    for row in rows:
        if row[3] in KINDS:
            found.setdefault(row[4], []).append(stub(*row))
    return found


def stub(id_: str, device: str, drawer: str, kind: str, record: str, over: str) -> Change:
    """Return an erased change as it goes on counting."""
    named = {name: tuple(ids) for name, ids in json.loads(over).items()}
    return Change(id_, "", device, 0, "", drawer, kind, record, {}, named)


def keep_heads(tables: Tables, found: Mapping[str, Heads]) -> None:
    """Keep which changes are the heads of each field of each record in *found*."""
    now = {(record, name, one.id) for record, of in found.items() for name, ones in of.items() for one in ones}
    rows = tables.execute(
        "SELECT record, field, change FROM heads WHERE record IN (SELECT value FROM json_each(?))",
        [json.dumps([*found])],
    )
    before = set(rows.fetchall())
    tables.conn.executemany("DELETE FROM heads WHERE (record, field, change) = (?, ?, ?)", sorted(before - now))
    tables.conn.executemany("INSERT INTO heads VALUES (?, ?, ?)", sorted(now - before))
