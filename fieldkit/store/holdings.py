"""What this machine holds, as an exchange with a hub asks for it: ends, orders by id, single blocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from fieldkit.rules.members import KINDS
from fieldkit.store.database import Tables
from fieldkit.store.intake import stored
from sync.block import Block
from sync.chain import Ends
from sync.replica import StreamInfo

_PREVIOUS = "json_extract(CAST(header AS TEXT), '$.previous')"


def ends(tables: Tables) -> dict[str, list[tuple[int, str]]]:
    """Return the ends of every stream that has blocks."""
    found: dict[str, list[tuple[int, str]]] = {}
    rows = tables.execute(
        "SELECT stream, position, hash FROM blocks WHERE hash NOT IN "  # noqa: S608 - our own words
        f"(SELECT {_PREVIOUS} FROM blocks WHERE {_PREVIOUS} IS NOT NULL) ORDER BY stream, position, hash"
    )
    for stream, position, name in rows:
        found.setdefault(stream, []).append((position, name))
    return found


def has_ends(tables: Tables, named: Ends) -> bool:
    """Tell whether every block is here that *named* ends with; what lies before them is here as well."""
    names = json.dumps([name for found in named.values() for _, name in found])
    missing = "SELECT 1 FROM json_each(?) WHERE value NOT IN (SELECT hash FROM blocks)"
    return tables.execute(missing, [names]).fetchone() is None


def ends_of(tables: Tables, device: str) -> dict[str, list[tuple[int, str]]]:
    """Return the ends of the streams of one device."""
    own = {row[0] for row in tables.execute("SELECT id FROM streams WHERE device = ?", [device])}
    return {stream: found for stream, found in ends(tables).items() if stream in own}


def branched(tables: Tables) -> set[str]:
    """Return the devices in whose streams two blocks continue one: two computers wrote under one name.

    Positions have no gaps, so that a stream of more blocks than its last position says has a branch.
    """
    rows = tables.execute(
        "SELECT DISTINCT device FROM streams WHERE (SELECT count(*) FROM blocks WHERE stream = streams.id) "
        "> coalesce((SELECT max(position) FROM blocks WHERE stream = streams.id), 0)"
    )
    return {row[0] for row in rows}


def waiting_of(tables: Tables, devices: Iterable[str]) -> dict[str, int]:
    """Return, of these devices, how many blocks are parked here."""
    rows = tables.execute(
        "SELECT s.device, count(*) FROM blocks AS b JOIN streams AS s ON s.id = b.stream "
        "WHERE b.standing = 'parked' AND s.device IN (SELECT value FROM json_each(?)) GROUP BY s.device",  # of an index
        [json.dumps(list(devices))],
    )
    return dict(rows.fetchall())


def links(tables: Tables, stream: str) -> dict[str, tuple[int, str | None]]:
    """Return what continues what in one stream."""
    rows = tables.execute(
        f"SELECT hash, position, {_PREVIOUS} FROM blocks WHERE stream = ?",  # noqa: S608 - our own words
        [stream],
    )
    return {name: (position, previous) for name, position, previous in rows}


def pick(tables: Tables, names: Sequence[str]) -> list[Block]:
    """Return these blocks, in this order."""
    rows = tables.execute(
        "SELECT hash, header, payload FROM blocks WHERE hash IN (SELECT value FROM json_each(?))",
        [json.dumps(list(names))],
    )
    found = {name: stored(header, payload) for name, header, payload in rows}
    return [found[name] for name in names if name in found]


def infos(tables: Tables, streams: Iterable[str]) -> list[StreamInfo]:
    """Return whose these streams are."""
    rows = tables.execute(
        "SELECT id, drawer, device FROM streams WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        [json.dumps(sorted(streams))],
    )
    return [StreamInfo(*row) for row in rows]


def order_ids(tables: Tables) -> list[str]:
    """Return the id of every order."""
    return [row[0] for row in tables.execute("SELECT id FROM orders ORDER BY id")]


def orders_named(tables: Tables, ids: Iterable[str]) -> list[bytes]:
    """Return these orders, as they were signed."""
    return _orders(tables, "id", ids)


def introduction(tables: Tables) -> list[bytes]:
    """Return the orders that say who belongs to the study, this machine among them."""
    return _orders(tables, "kind", KINDS)


def _orders(tables: Tables, column: str, wanted: Iterable[str]) -> list[bytes]:
    rows = tables.execute(
        f"SELECT body FROM orders WHERE {column} IN (SELECT value FROM json_each(?)) ORDER BY id",  # noqa: S608
        [json.dumps(list(wanted))],
    )
    return [bytes(row[0]) for row in rows]


def note_batch(tables: Tables, batch: str, at: str, source: str, report: str) -> None:
    """Keep the numbers of a batch that arrives piece by piece, as they stand after this piece."""
    tables.execute(
        "INSERT INTO batches VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET report = excluded.report",
        [batch, at, source, report],
    )
