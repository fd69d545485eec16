"""The sealed chunks of recordings and pictures: files beside the database, which lists them (`sync/README.md`).

A chunk counts once its row is there, and its file is there before: a cut in between leaves a file that nothing lists,
which the next opening sweeps away. Erased is what has no row any more; its key went with the record.

    attachments/<name>      the sealed content, as long as its label says
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from nacl.signing import VerifyKey

from fieldkit.platform import flush_folder
from fieldkit.store import copies, machine
from fieldkit.store.database import Tables
from fieldkit.store.keys import unb64
from sync import chain, wire
from sync import chunk as chunks
from sync.chunk import Chunk
from sync.errors import SyncError

KIND = "attachment"
NEW, KNOWN, BLOCKED, PARKED, DAMAGED = chain.NEW, chain.KNOWN, wire.BLOCKED, "parked", "damaged"
_SOME = 200


def home(database: Path) -> Path:
    """Return the folder of the chunks of the database at this path."""
    return database.with_name("attachments")


def stage(scratch: Path, one: Chunk) -> Path:
    """Put the sealed content into the folder *scratch*, on the disk; raises OSError."""
    path = scratch / one.name
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(one.content)
        file.flush()
        os.fsync(file.fileno())
    return path


def settle(tables: Tables, folder: Path, staged: Sequence[tuple[Path, Chunk]]) -> None:
    """List chunks that lie in a scratch folder, and move their files into *folder*; raises OSError."""
    for path, one in staged:
        path.replace(folder / one.name)
        label = one.label
        facts = [one.name, label.attachment, label.number, label.device, label.drawer, label.alias, one.label_bytes]
        tables.execute("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", facts)
    flush_folder(folder)


def judged(tables: Tables, one: Chunk) -> str:
    """Return what becomes of a chunk that arrives: it is new, known, erased, of a device unknown here, or damaged.

    Anybody of the study can write any attachment on a label: what its record does not name is none of it, and what it
    names takes the place of the same content that came under another attachment.
    """
    named, label = _named_by_record(tables, one.label.attachment, one.name), one.label
    lies = tables.execute("SELECT attachment FROM chunks WHERE name = ?", [one.name]).fetchone()
    if lies and (lies[0] == label.attachment or not named or _named_by_record(tables, lies[0], one.name)):
        return KNOWN
    device = machine.everybody(tables).devices.get(label.device)
    if device is None:
        return PARKED
    if named is False:
        return DAMAGED
    try:
        chunks.verify(one, VerifyKey(unb64(device.verify)))
    except (SyncError, ValueError):
        return DAMAGED
    return BLOCKED if _is_gone(tables, one) else NEW


def _named_by_record(tables: Tables, attachment: str, name: str) -> bool | None:
    """Tell whether the record of *attachment* names this chunk; None where no such record is here."""
    row = tables.execute("SELECT chunks FROM attachments WHERE id = ?", [attachment]).fetchone()
    return None if row is None else name in json.loads(row[0] or "[]")


def _is_gone(tables: Tables, one: Chunk) -> bool:
    """Tell whether the attachment was erased, by its own device or by a coordinator, or the whole child."""
    label = one.label
    found = tables.execute(
        "SELECT 1 FROM erased_attachments WHERE id = ? AND device = ? "
        "UNION ALL SELECT 1 FROM redacted_attachments WHERE id = ? AND drawer = ? "
        "UNION ALL SELECT 1 FROM erased_aliases WHERE drawer = ? AND alias = ?",
        [label.attachment, label.device, label.attachment, label.drawer, label.drawer, label.alias],
    )
    return found.fetchone() is not None


def drop(tables: Tables, device: str, ids: Iterable[str]) -> None:
    """Let the chunks of these attachments of *device* be gone, those that come later too."""
    for id_ in ids:
        tables.execute("INSERT OR IGNORE INTO erased_attachments VALUES (?, ?)", [id_, device])
        _drop(tables, "attachment = ? AND device = ?", id_, device)


def redact(tables: Tables, drawer: str, ids: Iterable[str]) -> None:
    """Let the chunks of these attachments of *drawer* be gone, whoever made them, those that come later too."""
    for id_ in ids:
        tables.execute("INSERT OR IGNORE INTO redacted_attachments VALUES (?, ?)", [id_, drawer])
        _drop(tables, "attachment = ? AND drawer = ?", id_, drawer)


def drop_child(tables: Tables, drawer: str, alias: str) -> None:
    """Let the chunks of a child be gone; those that come later are known by `erased_aliases`."""
    _drop(tables, "drawer = ? AND alias = ?", drawer, alias)


def _drop(tables: Tables, which: str, *values: str) -> None:
    gone = tables.execute(f"DELETE FROM chunks WHERE {which} RETURNING name", values).fetchall()  # noqa: S608 - ours
    if gone:
        copies.set_stale(tables)


def forget(tables: Tables, names: Iterable[str]) -> None:
    """Take chunks from the list whose files are lost or damaged here: they are asked for again."""
    tables.conn.executemany("DELETE FROM chunks WHERE name = ?", [(name,) for name in names])


def sweep(tables: Tables, folder: Path) -> None:
    """Delete the files that nothing lists; nobody may be writing. Raises OSError."""
    if not folder.is_dir():
        return
    unlisted = {one.name for one in folder.iterdir()} - {row[0] for row in tables.execute("SELECT name FROM chunks")}
    for name in unlisted:
        (folder / name).unlink(missing_ok=True)
    if unlisted:
        flush_folder(folder)


def count(tables: Tables) -> int:
    """Return how many chunks are listed."""
    return int(tables.execute("SELECT count(*) FROM chunks").fetchone()[0])


def every(tables: Tables, folder: Path | None, broken: list[str]) -> Iterator[Chunk]:
    """Yield every chunk that lies in *folder* as its label says, one at a time in memory; of others note the names."""
    if folder is None:
        return
    for name, label in tables.execute("SELECT name, label FROM chunks ORDER BY attachment, number, name"):
        found = _read(folder, name, bytes(label))
        if found is None:
            broken.append(name)
        else:
            yield found


def pick(tables: Tables, folder: Path, names: Sequence[str]) -> Iterator[Chunk]:
    """Yield these chunks, where they lie here whole."""
    rows = tables.execute(
        "SELECT name, label FROM chunks WHERE name IN (SELECT value FROM json_each(?))", [json.dumps(list(names))]
    )
    labels = dict(rows.fetchall())
    found = (_read(folder, name, bytes(labels[name])) for name in names if name in labels)
    return (one for one in found if one is not None)


def _read(folder: Path, name: str, label: bytes) -> Chunk | None:
    with suppress(FileNotFoundError):
        one = Chunk(label, (folder / name).read_bytes())
        if chunks.intact(one):
            return one
    return None


def held(tables: Tables) -> dict[str, list[str]]:
    """Return the names of all chunks that are here, by attachment; where its record is, of those that it names."""
    found: dict[str, list[str]] = {}
    rows = tables.execute(
        "SELECT attachment, name FROM chunks WHERE attachment NOT IN (SELECT id FROM attachments) "
        "UNION SELECT c.attachment, c.name FROM attachments AS a, json_each(a.chunks) AS named "
        "CROSS JOIN chunks AS c ON c.name = named.value AND c.attachment = a.id ORDER BY 1, 2"
    )
    for attachment, name in rows:
        found.setdefault(attachment, []).append(name)
    return found


def lacking(tables: Tables) -> dict[str, list[str]]:
    """Return, by attachment, the chunks that records here name and that are not here."""
    rows = tables.execute(
        "SELECT a.id, named.value FROM attachments AS a, json_each(a.chunks) AS named "
        "WHERE NOT EXISTS (SELECT 1 FROM chunks AS c WHERE c.name = named.value) ORDER BY a.id, named.key"
    )
    found: dict[str, list[str]] = {}
    for attachment, name in rows:
        found.setdefault(attachment, []).append(name)
    return found


def is_whole(tables: Tables, names: Sequence[str]) -> bool:
    """Tell whether all of these chunks are listed here."""
    rows = tables.execute(
        "SELECT 1 FROM json_each(?) AS named WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE name = named.value) LIMIT 1",
        [json.dumps(list(names))],
    )
    return rows.fetchone() is None


def whole(tables: Tables) -> dict[str, str]:
    """Return what a receipt says of the attachments of which every chunk that the record names is here."""
    absent = lacking(tables)
    return {id_: short for id_, (_, short) in named(tables).items() if id_ not in absent}


def named(tables: Tables) -> dict[str, tuple[str, str]]:
    """Return, of every attachment whose record is here, its interview and what a receipt says of one that is whole."""
    rows = tables.execute("SELECT id, interview, chunks FROM attachments ORDER BY id")
    return {id_: (interview, wire.short_of(sorted(json.loads(names)))) for id_, interview, names in rows}


def broken(tables: Tables, folder: Path, names: Sequence[str]) -> list[str]:
    """Return which of these chunks do not lie here as their labels say."""
    parts = (names[start : start + _SOME] for start in range(0, len(names), _SOME))
    whole = {one.name for part in parts for one in pick(tables, folder, part)}
    return [name for name in names if name not in whole]


def opened(folder: Path, attachment: str, key: bytes, names: Sequence[str]) -> Iterator[bytes]:
    """Yield what an attachment holds, part by part. Raises OSError, CannotOpen."""
    for number, name in enumerate(names, 1):
        yield chunks.open_content(attachment, number, (folder / name).read_bytes(), key)


def listed(tables: Tables, folder: Path) -> list[Path]:
    """Return the files of a backup's third part, in its order."""
    return [folder / row[0] for row in tables.execute("SELECT name FROM chunks ORDER BY name")]


def missing(tables: Tables, folder: Path) -> list[str]:
    """Return the chunks that are listed and whose files do not lie in *folder* in their length."""
    rows = tables.execute("SELECT name, json_extract(CAST(label AS TEXT), '$.length') FROM chunks").fetchall()
    lying = {one.name: one.stat().st_size for one in folder.iterdir()}
    return [name for name, length in rows if lying.get(name) != length]


def lay_out(tables: Tables, joined: Path, folder: Path) -> None:
    """Cut the third part of a backup into the chunks that *tables* list, each put into *folder*.

    What does not fit is taken from the list: it is asked for again. Raises OSError.
    """
    rows = tables.execute("SELECT name, label FROM chunks ORDER BY name").fetchall()
    with joined.open("rb") as file:
        for name, label in rows:
            one = Chunk(bytes(label), file.read(chunks.parse(bytes(label)).length))
            if chunks.intact(one):
                stage(folder, one)
            else:
                forget(tables, [name])
    flush_folder(folder)
