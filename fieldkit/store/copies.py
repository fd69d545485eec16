"""The backups that this laptop wrote, wherever they went, and which of them still hold what was erased since.

Local facts, by running number (no clock decides which is newer):

    copy:N           {"place":..., "day":"2026-09-03", "ends":{stream:position,...}, "holds":false, "whole":true,
                      "loose":false}
    copies_stale     a fresh mark whenever something went that the dated copies in this folder may hold
    copies_kept      the dated copies that stayed all the same, by file name: what they hold is not all known here
    copies_restored  the day of the backup that this folder was restored from, until a new one is written

A backup seals first, so nearly all that it holds lies in blocks: it holds an emptied block that stood before its
`ends`. What was written while it was made can be in it and in no block: then it is `loose`, and counts as holding
what is erased from then on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace

from fieldkit.clock import new_id
from fieldkit.store import machine
from fieldkit.store.database import Tables, rewrite_pages

_PREFIX, _STALE, _KEPT, _RESTORED = "copy:", "copies_stale", "copies_kept", "copies_restored"
_AT_ONCE = 1000

# What a copy holds, and how these tables know it: an erased change as a stub, by its editor or by its child; what was
# never sealed then by what the same editor wrote in its place.
_KNOWN = {
    "SELECT json_array(hash) FROM blocks": "EXISTS (SELECT 1 FROM blocks WHERE hash = value ->> 0)",
    "SELECT json_array(id) FROM orders": "EXISTS (SELECT 1 FROM orders WHERE id = value ->> 0)",
    "SELECT json_array(id, device, editor, iif(block IS NULL, record, NULL), tick, drawer, subject) FROM changes": """
        EXISTS (SELECT 1 FROM changes WHERE id = value ->> 0)
        OR EXISTS (SELECT 1 FROM stubs WHERE id = value ->> 0 AND device = value ->> 1)
        OR EXISTS (SELECT 1 FROM erased_editors WHERE editor = value ->> 2 AND device = value ->> 1)
        OR EXISTS (SELECT 1 FROM changes
                   WHERE editor = value ->> 2 AND record = value ->> 3 AND device = value ->> 1 AND tick > value ->> 4)
        OR EXISTS (SELECT 1 FROM erased_children WHERE drawer = value ->> 5 AND subject = value ->> 6)
    """,
}
_KNOWN_CHUNKS = {
    "SELECT json_array(name, attachment, device, drawer, alias) FROM chunks": """
        EXISTS (SELECT 1 FROM chunks WHERE name = value ->> 0)
        OR EXISTS (SELECT 1 FROM erased_attachments WHERE id = value ->> 1 AND device = value ->> 2)
        OR EXISTS (SELECT 1 FROM redacted_attachments WHERE id = value ->> 1 AND drawer = value ->> 3)
        OR EXISTS (SELECT 1 FROM erased_aliases WHERE drawer = value ->> 3 AND alias = value ->> 4)
    """,
}


@dataclass(frozen=True)
class Copy:
    """One backup: where it went, on which day, how far each stream reached then, and whether it holds erased words.

    `whole`: it was seen to lie there whole, or a person said so. `loose`: it holds, or may hold, what is in no block.
    """

    place: str
    day: str
    ends: Mapping[str, int]
    holds: bool = False
    whole: bool = False
    loose: bool = False


def keep(tables: Tables, place: str, day: str) -> int:
    """List a backup that is about to be made and may hold anything of these tables; return its number."""
    number = max(every(tables), default=0) + 1
    _remember(tables, number, Copy(place, day, {}, loose=True))
    return number


def look_into(tables: Tables, number: int, copy: Tables) -> None:
    """Note what the finished *copy* of these tables holds; it stays the backup of that number."""
    ends = dict(copy.execute("SELECT stream, max(position) FROM blocks GROUP BY stream").fetchall())
    loose = copy.execute("SELECT 1 FROM changes WHERE block IS NULL").fetchone() is not None
    _remember(tables, number, replace(every(tables)[number], ends=ends, loose=loose))


def every(tables: Tables) -> dict[int, Copy]:
    """Return every backup that is not known to be gone, by number."""
    rows = tables.execute("SELECT name, value FROM machine WHERE name GLOB ?", [_PREFIX + "*"]).fetchall()
    return {int(name.removeprefix(_PREFIX)): Copy(**json.loads(value)) for name, value in rows}


def drop(tables: Tables, number: int) -> None:
    """Forget a backup: it does not exist any more, or never came to be."""
    machine.forget(tables, f"{_PREFIX}{number}")


def seen_whole(tables: Tables, number: int) -> None:
    """Note that a backup lies whole where it went."""
    _remember(tables, number, replace(every(tables)[number], whole=True))


def emptied(tables: Tables, stream: str, position: int) -> None:
    """Note that the block at this place lost its payload: which backups reach so far still hold it."""
    for number, one in every(tables).items():
        if one.ends.get(stream, 0) >= position:
            _remember(tables, number, replace(one, holds=True))


def set_stale(tables: Tables) -> None:
    """Note that something went which pages, the dated copies in this folder and backups that are `loose` may hold."""
    rewrite_pages(tables)
    machine.remember(tables, _STALE, new_id())
    for number, one in every(tables).items():
        if one.loose:
            _remember(tables, number, replace(one, holds=True))


def stale(tables: Tables) -> bytes | None:
    """Return the mark under which they wait to be replaced, or None."""
    return machine.recall(tables, _STALE)


def replaced(tables: Tables, mark: bytes) -> None:
    """They were replaced by what was whole under *mark*; what went meanwhile waits for the next time."""
    if stale(tables) == mark:
        machine.forget(tables, _STALE)


def keep_aside(tables: Tables, names: Collection[str]) -> None:
    """Note which dated copies in this folder were not replaced: what they hold is not all known here."""
    machine.remember(tables, _KEPT, json.dumps(sorted(names)))


def kept_aside(tables: Tables) -> list[str]:
    """Return the dated copies that were not replaced."""
    return list(json.loads(machine.recall(tables, _KEPT) or b"[]"))


def holds_more(tables: Tables, copy: Tables) -> bool:
    """Tell whether *copy*, an older or newer state of this database, holds anything that these tables do not know."""
    of_its_time = _KNOWN | (_KNOWN_CHUNKS if "chunks" in copy.table_names() else {})
    for held, known in of_its_time.items():
        rows = copy.execute(held)
        while part := rows.fetchmany(_AT_ONCE):
            named = "[" + ",".join(row[0] for row in part) + "]"
            if tables.execute(f"SELECT 1 FROM json_each(?) WHERE NOT ({known})", [named]).fetchone():  # noqa: S608 - ours
                return True
    return False


def set_restored(tables: Tables) -> None:
    """Note that these tables come out of the newest backup that they know of: no later one is in their list."""
    known = every(tables)
    if known:
        machine.remember(tables, _RESTORED, known[max(known)].day)


def restored(tables: Tables) -> str:
    """Return the day of the backup that was restored here, empty where none was or a new one was written since."""
    return (machine.recall(tables, _RESTORED) or b"").decode()


def written_anew(tables: Tables) -> None:
    """Note that a backup of what was restored exists."""
    machine.forget(tables, _RESTORED)


def _remember(tables: Tables, number: int, one: Copy) -> None:
    machine.remember(tables, f"{_PREFIX}{number}", json.dumps(asdict(one)))
