"""State tables: what each record amounts to, one row a record, computed from the log (`design.md` §3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from fieldkit.records import Kind, Value, canonical
from fieldkit.store.database import Tables
from fieldkit.store.merge import Shown

Row = dict[str, Value]


def keep(tables: Tables, kind: Kind, shown: Mapping[str, Shown | None]) -> list[str]:
    """Make the state table say what *shown* says of each record; return those at which search has to look again."""
    stored = _stored(tables, kind, shown)
    pairs = [(stored.get(one, {}), row(kind, one, what) if what else {}) for one, what in shown.items()]
    gone = [(before["id"],) for before, now in pairs if before and not now]
    tables.conn.executemany(f"DELETE FROM {kind.table} WHERE id = ?", gone)  # noqa: S608 - our own words
    _store(tables, kind, [(before, now) for before, now in pairs if now])
    return [record for record, pair in zip(shown, pairs, strict=True) if _moved(kind, *pair)]


def _moved(kind: Kind, before: Row, now: Row) -> bool:
    return not (before and now) or any(before[name] != now[name] for name in kind.searched)


def row(kind: Kind, record: str, shown: Shown) -> Row:
    """Return the row of a state table: lists and maps as canonical JSON, fields that this program lacks left out."""
    values = {name: _cell(shown.values.get(name)) for name in kind.fields}
    return {
        "id": record,
        "subject": shown.subject,
        "session": shown.session,
        "conflict": int(shown.conflict),
        **values,
    } | ({"session": values["session"]} if "session" in values else {})


def _cell(value: Value) -> Value:
    return canonical(value).decode() if isinstance(value, list | dict) else value


def _stored(tables: Tables, kind: Kind, records: Iterable[str]) -> dict[str, Row]:
    rows = tables.query(
        f"SELECT * FROM {kind.table} WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 - our own words
        [json.dumps([*records])],
    )
    return {row["id"]: row for row in rows}


def _store(tables: Tables, kind: Kind, pairs: Iterable[tuple[Row, Row]]) -> None:
    """Make a state table say what is now: an index of which no column changed is not written again."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for before, now in pairs:
        changed = tuple(name for name in now if name not in before or before[name] != now[name])
        alike.setdefault(changed, []).append(now)
    for changed, rows in alike.items():
        if changed:
            names, marks = ", ".join(f'"{name}"' for name in rows[0]), ", ".join("?" * len(rows[0]))
            anew = ", ".join(f'"{name}" = excluded."{name}"' for name in changed if name != "id")
            tables.conn.executemany(  # an insert, so that the wall looks at each: is there a change that says so?
                f"INSERT INTO {kind.table} ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {anew}",  # noqa: S608
                [tuple(one.values()) for one in rows],
            )
