"""What this one machine knows of itself: local facts, no part of state or digest (`design.md` §3)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from fieldkit.rules.members import KINDS, Members, members
from fieldkit.rules.orders import Said
from fieldkit.store.database import Tables
from fieldkit.store.keys import KeyPair

_STATED = "stated_day"


@dataclass(frozen=True)
class Stated:
    """What a person last said today's date is, by how much the clock was off then, and the log's tick of that moment.

    Nothing was recorded since while the tick stands.
    """

    day: str = ""
    off: timedelta = timedelta(0)
    tick: int = -1


@dataclass(frozen=True)
class Self:
    """This device: its id and name, study and root key, team and role, its key pair, its block of case serials."""

    id: str
    name: str
    study: str
    root: str
    team: str
    role: str
    pair: KeyPair
    serials: tuple[int, int]


def remember(tables: Tables, name: str, value: str | bytes) -> None:
    """Keep one local fact."""
    tables.execute(
        "INSERT INTO machine VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [name, value],
    )


def recall(tables: Tables, name: str) -> bytes | None:
    """Return a local fact, or None."""
    row = tables.execute("SELECT value FROM machine WHERE name = ?", [name]).fetchone()
    return None if row is None else row[0].encode() if isinstance(row[0], str) else bytes(row[0])


def stated(tables: Tables) -> Stated:
    """Return the date that a person last stated."""
    kept = json.loads(recall(tables, _STATED) or b"{}")
    return Stated(kept.get("day", ""), timedelta(days=kept.get("off", 0)), kept.get("tick", -1))


def keep_stated(tables: Tables, said: Stated) -> None:
    """Keep the date that a person stated."""
    remember(tables, _STATED, json.dumps({"day": said.day, "off": said.off.days, "tick": said.tick}))


def forget(tables: Tables, name: str) -> None:
    """Drop a local fact."""
    tables.execute("DELETE FROM machine WHERE name = ?", [name])


def forget_streams(tables: Tables) -> None:
    """Go on in fresh streams: what this copy writes must not stand beside what the original wrote since."""
    tables.execute("DELETE FROM machine WHERE name LIKE 'stream:%'")


def remember_self(tables: Tables, me: Self) -> None:
    """Keep who this machine is."""
    facts = {name: getattr(me, name) for name in ("id", "name", "study", "root", "team", "role", "serials")}
    remember(tables, "self", json.dumps(facts))
    remember(tables, "pair", me.pair.sign + me.pair.box)


def recall_self(tables: Tables) -> Self:
    """Return who this machine is; the folder is at least `requested`."""
    facts = json.loads(recall(tables, "self") or b"{}")
    secret = recall(tables, "pair") or b""
    return Self(**{**facts, "serials": tuple(facts["serials"]), "pair": KeyPair(secret[:32], secret[32:])})


def keep_key(tables: Tables, drawer: str, epoch: int, key: bytes) -> None:
    """Keep a drawer key of one epoch."""
    tables.execute("INSERT OR IGNORE INTO drawer_keys VALUES (?, ?, ?)", [drawer, epoch, key])


def drawer_key(tables: Tables, drawer: str, epoch: int | None = None) -> tuple[int, bytes] | None:
    """Return (epoch, key) of *drawer*, the newest where no epoch is named; None where this machine has no right."""
    row = tables.execute(
        "SELECT epoch, key FROM drawer_keys WHERE drawer = ? AND coalesce(?, epoch) = epoch "
        "ORDER BY epoch DESC LIMIT 1",
        [drawer, epoch],
    ).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


def drawers(tables: Tables) -> dict[str, dict[str, bytes]]:
    """Return every drawer key that this machine holds, by drawer and epoch (as text, ready for an invitation)."""
    held: dict[str, dict[str, bytes]] = {}
    for drawer, epoch, key in tables.execute("SELECT drawer, epoch, key FROM drawer_keys"):
        held.setdefault(drawer, {})[str(epoch)] = bytes(key)
    return held


def orders(tables: Tables) -> list[bytes]:
    """Return every order, as it was signed."""
    return [bytes(row[0]) for row in tables.execute("SELECT body FROM orders ORDER BY id")]


def keep_orders(tables: Tables, found: Iterable[tuple[str, str, bytes]]) -> None:
    """Keep orders as (id, kind, bytes); one that is known changes nothing."""
    tables.conn.executemany("INSERT OR IGNORE INTO orders VALUES (?, ?, ?)", list(found))


def batches(tables: Tables) -> list[tuple[str, str, str]]:
    """Return (at, source, report) of every batch that was read here, newest first."""
    return tables.execute("SELECT at, source, report FROM batches ORDER BY at DESC, id").fetchall()


def everybody(tables: Tables) -> Members:
    """Return the members of the study, as the orders recognise them."""
    rows = tables.execute(
        "SELECT id, body FROM orders WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY id", [json.dumps(KINDS)]
    )
    parsed = [(id_, json.loads(body)) for id_, body in rows]
    said = [Said(order["kind"], order["signer"], order["body"], id_) for id_, order in parsed]
    return members(said, recall_self(tables).root)
