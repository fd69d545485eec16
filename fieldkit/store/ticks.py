"""The three ticks of an interview: saved, on a stick or sent, verified at the centre (`design.md` §4); local facts.

Only what a receipt or a stick covers counts, never what was once sealed. A change that comes later takes the ticks away
until they are settled again; a trigger sees to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fieldkit.store import attachments, holdings, machine, receipts
from fieldkit.store.database import Tables
from sync import chain
from sync.chain import Ends
from sync.receipts import Receipt


@dataclass(frozen=True)
class Stick:
    """A bundle that was written: its id, when, under which name, how many interviews it held, when it was lost.

    `loss`: the record that says so, also once it was found.
    """

    id: str
    at: str
    name: str
    interviews: int
    lost: str
    loss: str = ""


def note_stick(tables: Tables, stick: Stick, held: Ends) -> None:
    """Keep that a bundle was written, and the ends of the streams in it."""
    values = [stick.id, stick.at, stick.name, stick.interviews, stick.lost, json.dumps(held)]
    tables.execute("INSERT INTO sticks (id, at, name, interviews, lost, ends) VALUES (?, ?, ?, ?, ?, ?)", values)


def sticks(tables: Tables) -> list[Stick]:
    """Return the bundles that were written here, newest first."""
    rows = tables.execute("SELECT id, at, name, interviews, lost, loss FROM sticks_now ORDER BY place DESC")
    return [Stick(*row) for row in rows]


def lose(tables: Tables, stick: str, at: str, loss: str) -> None:
    """Keep that a bundle was lost, as the record *loss* says: it carries nothing any more, until it is found."""
    tables.execute("UPDATE sticks SET lost = ?, loss = ? WHERE id = ?", [at, loss, stick])


def losses(tables: Tables) -> list[dict[str, Any]]:
    """Return what anybody said of a lost stick, its `author`, and whether it was `found` since; the latest first."""
    return [
        dict(row)
        for row in tables.query(
            "SELECT l.*, c.author, EXISTS (SELECT 1 FROM found_sticks AS f WHERE f.loss = l.id) AS found "
            "FROM lost_sticks AS l CROSS JOIN changes AS c ON c.id = l.id ORDER BY l.lost_on DESC, l.id"
        )
    ]


def arrived(tables: Tables, devices: Iterable[str], at: str, source: str) -> None:
    """Keep that something new of these devices came here, when by this machine's clock, and from where."""
    tables.conn.executemany("INSERT OR REPLACE INTO arrivals VALUES (?, ?, ?)", [(one, at, source) for one in devices])


def settle(tables: Tables) -> None:
    """Say anew of every interview whether a stick or somebody else holds all of it, and whether the centre does.

    What another machine made has left that machine when it came here.
    """
    held, me = holdings.ends(tables), machine.recall_self(tables).id
    said = receipts.everything(tables)
    signed, unnamed, absent = [one.streams for one in said], _unnamed(tables, said), attachments.lacking(tables)
    mine = {row[0] for row in tables.execute("SELECT id FROM streams WHERE device = ?", [me])}
    unverified = _beyond(tables, held, signed)
    carriers, own = [*signed, *_newest(tables)], {stream: held[stream] for stream in held.keys() & mine}
    uncarried = _beyond(tables, own, carriers)
    nowhere = [interview for id_, interview in unnamed.items() if id_ in absent]
    lacking = [[*_touched(tables, uncarried), *nowhere], [*_touched(tables, unverified), *unnamed.values()]]
    tables.execute("DELETE FROM ticks")
    tables.execute(
        "INSERT INTO ticks SELECT id, id NOT IN (SELECT value FROM json_each(?)), "
        "id NOT IN (SELECT value FROM json_each(?)) FROM interviews",
        [json.dumps(sessions) for sessions in lacking],
    )


def counted(tables: Tables) -> tuple[int, int]:
    """Return how many interviews are carried, and how many verified."""
    carried, verified = tables.execute(
        "SELECT coalesce(sum(carried), 0), coalesce(sum(verified), 0) "
        "FROM ticks CROSS JOIN interviews ON id = interview"  # by the short rows
    ).fetchone()
    return carried, verified


def _unnamed(tables: Tables, said: Iterable[Receipt]) -> dict[str, str]:
    """Return the interview of each attachment that nobody says to have whole: its record may have come alone."""
    whole = {pair for one in said for pair in one.attachments.items()}
    known = attachments.named(tables)
    return {id_: interview for id_, (interview, short) in known.items() if (id_, short) not in whole}


def _newest(tables: Tables) -> list[Ends]:
    """Return what the newest bundle that is not lost holds; each holds all that the ones before it do."""
    rows = tables.execute("SELECT ends FROM sticks_now WHERE lost = '' ORDER BY place DESC LIMIT 1")
    return [json.loads(row[0]) for row in rows]


def _beyond(tables: Tables, held: Ends, by: Sequence[Ends]) -> list[str]:
    """Return the blocks of these streams that none of *by* covers."""
    missing = list[str]()
    for stream, ends in held.items():
        names = {name for of in by for _, name in of.get(stream, [])}
        if not {name for _, name in ends} <= names:
            missing += [name for _, name in chain.beyond(holdings.links(tables, stream), names)]
    return missing


def _touched(tables: Tables, blocks: Sequence[str]) -> list[str]:
    """Return the interviews that have something unsealed, or something in one of these blocks."""
    sessions = "SELECT DISTINCT session FROM changes WHERE session IS NOT NULL AND block"
    found = {row[0] for row in tables.execute(f"{sessions} IS NULL")}
    if blocks:  # else the whole log need not be read
        among = f"{sessions} IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own words
        found |= {row[0] for row in tables.execute(among, [json.dumps(blocks)])}
    return sorted(found)


@dataclass(frozen=True)
class Arrived:
    """What is here of one device: blocks, interviews that it opened and how many are verified; when the last came."""

    blocks: int = 0
    interviews: int = 0
    verified: int = 0
    at: str = ""
    source: str = ""


_BLOCKS = (
    "SELECT device, sum(n) FROM "
    "(SELECT device, (SELECT max(position) FROM blocks WHERE stream = id) AS n FROM streams) WHERE n GROUP BY device"
)
_OPENED = (
    "SELECT c.device, count(*), coalesce(sum(t.verified), 0) FROM changes AS c LEFT JOIN ticks AS t "
    "ON t.interview = c.record WHERE c.kind = 'interview' AND EXISTS (SELECT 1 FROM interviews WHERE id = c.record) "
    "AND NOT EXISTS (SELECT 1 FROM changes AS b WHERE b.record = c.record AND b.tick < c.tick) GROUP BY c.device"
)


def of_devices(tables: Tables) -> dict[str, Arrived]:
    """Return what is here of each device of which anything is."""
    blocks = dict(tables.execute(_BLOCKS).fetchall())
    opened = {device: (here, verified) for device, here, verified in tables.execute(_OPENED)}
    last = {device: (at, source) for device, at, source in tables.execute("SELECT device, at, source FROM arrivals")}
    return {
        one: Arrived(blocks.get(one, 0), *opened.get(one, (0, 0)), *last.get(one, ("", ""))) for one in blocks | opened
    }
