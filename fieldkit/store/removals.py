"""A whole child that was asked to be gone: an order that names its aliases in past and future blocks (`design.md` §4).

An order of kind `erase_child` is signed by the user key of a coordinator, and holds no words and no name:

    body    {"version":1,"drawers":{drawer:alias,...}}     of `research` and `vault` only, never of `consent`

Every block of that alias loses its payload and keeps its header, also one that arrives later, and on a machine that
has no right to the drawer. What stays of the child are the consent events and a tombstone (`domain.md` §3.6).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from fieldkit.records import KINDS, Value
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import aftercare, attachments, copies, erasures, log, machine, queues, search
from fieldkit.store.aliases import alias_of
from fieldkit.store.database import Tables

KIND, VERSION = "erase_child", 1
DRAWERS = ("research", "vault")
INTERVIEW = "interview"


def body_of(tables: Tables, team: str, subject: str) -> dict[str, Value]:
    """Return what an order says that erases *subject*, a child of *team*, whose secret is known here."""
    drawers = [f"{base}/{team}" for base in DRAWERS]
    return {"version": VERSION, "drawers": {drawer: alias_of(tables, drawer, subject) for drawer in drawers}}


def counted(tables: Tables, subject: str) -> dict[str, int]:
    """Return how many records of each kind are known here of *subject* that an order would remove."""
    rows = tables.execute("SELECT DISTINCT kind, record, drawer FROM changes WHERE subject = ?", [subject])
    return dict(Counter(kind for kind, _, drawer in rows if drawer.partition("/")[0] in DRAWERS))


def take_in(tables: Tables) -> list[str]:
    """Carry out every order that is not carried out yet and can be; return the interviews that are gone by it.

    Its signer has to be known here as a coordinator. Where the children of a drawer are readable and the secret of its
    team is not known yet, nobody can tell which of them is meant: the order waits for it.
    """
    waiting = tables.execute(
        "SELECT id, body FROM orders WHERE kind = ? AND id NOT IN (SELECT id FROM erasures) ORDER BY id", [KIND]
    ).fetchall()
    if not waiting:
        return []
    interviews: list[str] = []
    everybody = machine.everybody(tables)
    coordinators = {one.verify for one in everybody.users.values() if one.role == COORDINATOR}
    for id_, content in waiting:
        order = json.loads(content)  # its signature was looked at when it was kept
        counts = order["signer"] in coordinators and everybody.counts(id_, order["signer"])
        if counts and _well_formed(order["body"]):
            drawers = order["body"]["drawers"]
            interviews += [one for drawer, alias in drawers.items() for one in _carry_out(tables, drawer, alias)]
            if not any(_is_unsure(tables, drawer) for drawer in drawers):
                tables.execute("INSERT INTO erasures VALUES (?)", [id_])
    search.sweep(tables)
    return interviews


def covers(tables: Tables, drawer: str, alias: str | None) -> bool:
    """Tell whether blocks of *alias* in *drawer* are to be empty, wherever they come from."""
    found = tables.execute("SELECT 1 FROM erased_aliases WHERE drawer = ? AND alias = ?", [drawer, alias])
    return alias is not None and found.fetchone() is not None


def carried_out(tables: Tables) -> list[str]:
    """Return the orders of this kind that were carried out on this machine."""
    rows = tables.execute(
        "SELECT o.id FROM orders AS o JOIN erasures AS e ON e.id = o.id WHERE o.kind = ? ORDER BY o.id", [KIND]
    )
    return [row[0] for row in rows]


def _well_formed(body: Mapping[str, Value]) -> bool:
    """Anybody may sign anything: an order of another shape is kept, passed on, and harms nothing here."""
    drawers = body.get("drawers")
    return (
        body.get("version") == VERSION
        and isinstance(drawers, dict)
        and all(isinstance(alias, str) and drawer.partition("/")[0] in DRAWERS for drawer, alias in drawers.items())
    )


def _carry_out(tables: Tables, drawer: str, alias: str) -> list[str]:
    tables.execute("INSERT OR IGNORE INTO erased_aliases VALUES (?, ?)", [drawer, alias])
    _empty_blocks(tables, drawer, alias)
    attachments.drop_child(tables, drawer, alias)
    known = tables.execute("SELECT DISTINCT subject FROM changes WHERE drawer = ? AND subject <> ''", [drawer])
    meant = [subject for (subject,) in known.fetchall() if alias_of(tables, drawer, subject) == alias]
    return [interview for subject in meant for interview in drop(tables, drawer, subject)]


def _is_unsure(tables: Tables, drawer: str) -> bool:
    readable = tables.execute("SELECT subject FROM changes WHERE drawer = ? AND subject <> '' LIMIT 1", [drawer])
    found = readable.fetchone()
    return found is not None and alias_of(tables, drawer, found[0]) is None


def _empty_blocks(tables: Tables, drawer: str, alias: str) -> None:
    erasures.empty(tables, "drawer = ? AND json_extract(CAST(header AS TEXT), '$.alias') = ?", drawer, alias)


def drop(tables: Tables, drawer: str, subject: str) -> list[str]:
    """Let all changes of *subject* in *drawer* be gone, sealed or not, and what they amounted to.

    Returns the interviews among them.
    """
    tables.execute("INSERT OR IGNORE INTO erased_children VALUES (?, ?)", [drawer, subject])
    gone = tables.execute(
        "DELETE FROM changes WHERE drawer = ? AND subject = ? RETURNING record, kind", [drawer, subject]
    ).fetchall()
    interviews = sorted({record for record, kind in gone if kind == INTERVIEW})
    for interview in interviews:
        queues.drop(tables, interview)  # what browsers still hold of it is never opened again
    aftercare.forget(tables, subject)
    log.settle_records(tables, {record: kind for record, kind in gone if kind in KINDS})
    tables.execute("DELETE FROM standings WHERE subject = ?", [subject])
    tables.execute("DELETE FROM grown WHERE subject = ?", [subject])
    copies.set_stale(tables)
    return interviews
