"""State tables: what each record amounts to, one row a record, computed from the log (`design.md` §3)."""

from __future__ import annotations

from fieldkit.records import Kind, Value, canonical
from fieldkit.store.database import Tables
from fieldkit.store.merge import Shown

Row = dict[str, Value]


def keep(tables: Tables, kind: Kind, record: str, shown: Shown | None) -> bool:
    """Make the state table say what *shown* says; tell whether search has to look again."""
    before, now = _stored(tables, kind, record), row(kind, record, shown) if shown else {}
    _store(tables, kind, record, before, now)
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


def _stored(tables: Tables, kind: Kind, record: str) -> Row:
    return next(tables.query(f"SELECT * FROM {kind.table} WHERE id = ?", [record]), {})  # noqa: S608 - our own words


def _store(tables: Tables, kind: Kind, record: str, before: Row, now: Row) -> None:
    """Make a state table say what *now* says: an index of which no column changed is not written again."""
    changed = [name for name in now if name not in before or before[name] != now[name]]
    if not now:
        tables.execute(f"DELETE FROM {kind.table} WHERE id = ?", [record])  # noqa: S608 - our own words
    elif changed:
        names, marks = ", ".join(f'"{name}"' for name in now), ", ".join("?" * len(now))
        anew = ", ".join(f'"{name}" = excluded."{name}"' for name in changed if name != "id")
        tables.execute(  # an insert, so that the wall looks at each: is there a change that says so?
            f"INSERT INTO {kind.table} ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {anew}",  # noqa: S608
            list(now.values()),
        )
