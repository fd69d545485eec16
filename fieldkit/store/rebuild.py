"""Rebuild the state from the log and compare: the tables are a cache, the log is the truth (`design.md` §3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby

from fieldkit.records import KINDS, Change, Value, canonical, decode, digest
from fieldkit.store import decisions, grown, histories, merge, people, search, standing, state
from fieldkit.store.database import Tables


def differences(tables: Tables) -> list[str]:
    """Return, in words, where tables, heads, search index or counts differ from what the log amounts to."""
    wanted: dict[str, dict[str, dict[str, Value]]] = {kind.table: {} for kind in KINDS.values()}
    heads: set[tuple[str, str, str]] = set()
    searched: set[str] = set()
    held = standing.held(tables)
    for record, changes in _records(tables):
        kind = KINDS[next((one for one in changes if one.set), changes[0]).kind]
        kept = decisions.kept(tables, [record]).get(record, ())
        shown = merge.amounts_to(changes, held, kept, immutable=kind.immutable)
        heads |= {(record, name, one.id) for name, ones in merge.heads(changes).items() for one in ones}
        if shown is not None:
            wanted[kind.table][record] = state.row(kind, record, shown)
            searched |= {record} if kind.searched else set()
    found = [line for table, rows in wanted.items() for line in _table_differences(tables, table, rows)]
    found += (
        ["heads: differ"] if heads != set(tables.execute("SELECT record, field, change FROM heads").fetchall()) else []
    )
    found += ["search: differs"] if searched != search.indexed(tables) else []
    found += ["tallies: differ"] if people.tallied(tables) != people.counted(tables) else []
    return found + _standing_differences(tables)


def _records(tables: Tables) -> Iterator[tuple[str, list[Change]]]:
    rows = tables.execute(
        "SELECT record, body, NULL, NULL, NULL, NULL, NULL FROM shown_changes "
        "UNION ALL SELECT record, NULL, id, device, drawer, kind, over FROM stubbed "
        "WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY record",
        [json.dumps(list(KINDS))],
    )
    for record, group in groupby(rows, key=lambda row: str(row[0])):
        yield record, [_change(record, *row[1:]) for row in group]


def _change(record: str, body: bytes | None, id_: str, device: str, drawer: str, kind: str, over: str) -> Change:
    return histories.stub(id_, device, drawer, kind, record, over) if body is None else decode(body)


def _table_differences(tables: Tables, table: str, wanted: dict[str, dict[str, Value]]) -> list[str]:
    rows = {row["id"]: dict(row) for row in tables.table(table).rows}
    wrong = [record for record in wanted.keys() | rows.keys() if wanted.get(record) != rows.get(record)]
    return [f"{table}: {len(wrong)} differ"] if wrong else []


def _standing_differences(tables: Tables) -> list[str]:
    rows = tables.execute(
        "SELECT p.id, coalesce(s.hidden, 0) FROM participants AS p LEFT JOIN standings AS s ON s.subject = p.id"
    ).fetchall()
    wrong = [subject for subject, hidden in rows if bool(hidden) != standing.is_hidden(tables, subject)]
    aged = tables.execute("SELECT subject, since FROM grown").fetchall()
    grew = [subject for subject, since in aged if since != grown.since(tables, subject)]
    found = [f"standings: {len(wrong)} differ"] if wrong else []
    return found + ([f"grown: {len(grew)} differ"] if grew else [])


def digests(tables: Tables) -> dict[str, str]:
    """Return one digest per drawer: over the ids of its changes, its heads, and the orders (`design.md` §3)."""
    known_orders = sorted(row[0] for row in tables.execute("SELECT id FROM orders"))
    return {drawer: _digest(tables, drawer, known_orders) for drawer in _drawers(tables)}


def _drawers(tables: Tables) -> list[str]:
    return [row[0] for row in tables.execute("SELECT DISTINCT drawer FROM drawer_keys ORDER BY drawer")]


def _digest(tables: Tables, drawer: str, known_orders: list[str]) -> str:
    rows = tables.execute(
        "SELECT id FROM changes WHERE drawer = :drawer UNION SELECT id FROM stubbed WHERE drawer = :drawer ORDER BY id",
        {"drawer": drawer},
    )
    ids = [row[0] for row in rows]
    heads = tables.execute(
        "SELECT h.record, h.field, h.change FROM heads AS h JOIN changes AS c ON c.id = h.change WHERE c.drawer = ? "
        "ORDER BY h.record, h.field, h.change",
        [drawer],
    )
    return digest(canonical([ids, [list(head) for head in heads], known_orders]))
