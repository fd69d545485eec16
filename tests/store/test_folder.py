from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Migrations

from fieldkit.store import keys, log, schema
from fieldkit.store.database import Database, ForeignStore, Tables
from fieldkit.store.folder import EMPTY, READY, REQUESTED, Folder, FolderInUse, FolderNewer, NotEmpty
from fieldkit.store.keys import Cost, KeyPair
from fieldkit.store.log import Draft, Pen

NOW = datetime(2026, 3, 9, 8, 5, 7, tzinfo=UTC)
ONE_SLOT = [{"code": "li", "name": "李岚", "role": "interviewer"}]
Files = Callable[[], dict[str, bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """An empty data folder, held by this process."""
    opened = Folder.open(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def used(folder: Folder, store_key: bytes) -> Folder:
    """A closed folder that holds one fact."""
    db = folder.create_database(store_key)
    with db.writing() as tables:
        tables.execute("INSERT INTO machine VALUES ('said', '奶奶在家')")
    db.close()
    folder.write_slots(READY, ONE_SLOT)
    return folder


@pytest.fixture
def files(folder: Folder) -> Files:
    """Return what lies in the folder, byte for byte."""
    return lambda: {
        str(path.relative_to(folder.path)): path.read_bytes() for path in folder.path.rglob("*") if path.is_file()
    }


def test_a_folder_that_is_open_is_refused(folder: Folder, files: Files) -> None:
    before = files()
    with pytest.raises(FolderInUse) as told:
        Folder.open(folder.path)
    assert str(folder.path) in told.value.sentence("en")
    assert files() == before


def test_another_process_is_refused_until_the_folder_is_closed(folder: Folder) -> None:
    asked = "import sys; from pathlib import Path; from fieldkit.store.folder import *; Folder.open(Path(sys.argv[1]))"
    command = [sys.executable, "-c", asked, str(folder.path)]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "FolderInUse" in refused.stderr
    folder.close()
    assert subprocess.run(command, check=False).returncode == 0


def test_a_process_that_died_leaves_its_folder_to_the_next(tmp_path: Path) -> None:
    dies = "import os, sys; from pathlib import Path; from fieldkit.store.folder import *\n"
    dies += "held = Folder.open(Path(sys.argv[1])); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", dies, str(tmp_path / "data")], check=False).returncode == 9
    Folder.open(tmp_path / "data").close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"format":1,"state":"ready","users":[]}',
        b'{"format":"1","state":"ready","store":"s","users":[]}',
        b'{"format":null,"state":"ready","store":"s","users":[]}',
        b'{"format":1,"state":"ready","store":"s","users":7}',
        b'{"format":1,"state":"ready","store":"s","users":["li"]}',
        b'{"format":1,"state":"ready","store":"s","users":[{"name":"li"}]}',
        b"[" * 100_000,
    ],
)
def test_damaged_slots_are_a_foreign_store_and_stay_as_they_are(used: Folder, files: Files, content: bytes) -> None:
    (used.path / "slots.json").write_bytes(content)
    before = files()
    for ask in (lambda: used.state, lambda: used.slots, lambda: used.write_slots(READY, ONE_SLOT)):
        with pytest.raises(ForeignStore):
            ask()
    assert files() == before


def test_slots_of_a_newer_program_are_left_alone(used: Folder, files: Files) -> None:
    newer = b'{"format":3,"state":"ready","store":"s","users":{"li":[]}}'
    (used.path / "slots.json").write_bytes(newer)
    before = files()
    for ask in (lambda: used.state, lambda: used.slots, lambda: used.write_slots(READY, ONE_SLOT)):
        with pytest.raises(FolderNewer):
            ask()
    assert files() == before


@pytest.mark.parametrize("case", ["missing", "empty", "cut", "foreign", "another key"])
def test_a_file_that_is_not_this_folders_is_refused_and_left_as_it_is(
    used: Folder, files: Files, store_key: bytes, case: str
) -> None:
    raw = used.database_path.read_bytes()
    spoiled = {"empty": b"", "cut": raw[:4096], "foreign": b"SQLite format 3\0" + bytes(8176)}
    if case == "missing":
        used.database_path.unlink()
    elif case in spoiled:
        used.database_path.write_bytes(spoiled[case])
    before = files()
    with pytest.raises(ForeignStore):
        used.open_database(bytes(48) if case == "another key" else store_key, NOW)
    assert files() == before


def test_a_database_without_our_mark_is_foreign(folder: Folder, files: Files, store_key: bytes) -> None:
    stranger = Database(folder.database_path, store_key)
    with stranger.writing() as tables:
        tables.execute("CREATE TABLE letters (id)")
    stranger.close()
    before = files()
    with pytest.raises(ForeignStore):
        folder.open_database(store_key, NOW)
    assert files() == before


def test_an_update_looks_again_at_who_is_of_age(folder: Folder, store_key: bytes, pen: Pen) -> None:
    older = Database(folder.database_path, store_key)
    with older.writing() as tables:
        schema.migrations.apply(tables, stop_before=schema.KNOWN[-1])
        log.append(tables, pen, Draft("participant", {"sex": "f"}, record="kid", subject="kid"))
        log.append(tables, pen, Draft("identity", {"birth_date": "2008-05-09"}, record="who", subject="kid"))
        tables.execute("UPDATE grown SET since = '1999-01-01'")
    older.close()

    updated = folder.open_database(store_key, NOW)
    with updated.reading() as tables:
        assert tables.execute("SELECT * FROM grown").fetchall() == [("kid", "2026-05-10")]
    updated.close()


def test_a_study_is_never_founded_over_another(used: Folder, files: Files, store_key: bytes) -> None:
    before = files()
    with pytest.raises(NotEmpty):
        used.create_database(store_key)
    assert files() == before


def test_a_new_folder_is_empty_and_closed_to_others(folder: Folder) -> None:
    assert folder.state == EMPTY
    assert folder.slots == []
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_slots_are_replaced_whole_and_the_store_keeps_its_id(folder: Folder) -> None:
    folder.write_slots(REQUESTED, [])
    first = json.loads((folder.path / "slots.json").read_bytes())
    folder.write_slots(READY, ONE_SLOT)
    second = json.loads((folder.path / "slots.json").read_bytes())
    assert second == {"format": 2, "store": first["store"], "state": READY, "users": ONE_SLOT}
    assert len(first["store"]) == 22
    assert [path.name for path in folder.path.glob("slots*")] == ["slots.json"]
    assert stat.S_IMODE((folder.path / "slots.json").stat().st_mode) == 0o600


def test_a_store_opens_again_as_it_was_closed(used: Folder, store_key: bytes) -> None:
    db = used.open_database(store_key, NOW)
    with db.reading() as tables:
        assert tables.execute("SELECT value FROM machine").fetchall() == [("奶奶在家",)]
    db.close()
    assert not (used.path / "backups").exists()


def test_a_migration_of_a_later_program_is_left_alone(used: Folder, files: Files, store_key: bytes) -> None:
    db = used.open_database(store_key, NOW)
    with db.writing() as tables:
        schema.migrations._record_applied(tables, "of a later version")
    db.close()
    before = files()
    with pytest.raises(FolderNewer):
        used.open_database(store_key, NOW)
    assert files() == before


@pytest.fixture
def with_one_more(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """The program of a later version: it knows one more migration."""
    later = Migrations("fieldkit")
    for migration in schema.migrations._migrations:
        later(name=migration.name)(migration.fn)
    monkeypatch.setattr(schema, "migrations", later)
    monkeypatch.setattr(schema, "KNOWN", (*schema.KNOWN, "one_more"))
    return later


def test_an_older_store_is_copied_before_it_is_migrated(
    used: Folder, store_key: bytes, with_one_more: Migrations
) -> None:
    with_one_more(name="one_more")(lambda tables: tables.execute("DELETE FROM machine"))
    used.open_database(store_key, NOW).close()
    copies = used.path / "backups"
    assert {path.name for path in copies.iterdir()} >= {"2026-03-09-080507-fieldkit.db", "2026-03-09-080507-slots.json"}
    assert stat.S_IMODE(copies.stat().st_mode) == 0o700
    copy = Database(copies / "2026-03-09-080507-fieldkit.db", store_key)
    with copy.reading() as tables:
        assert tables.execute("SELECT value FROM machine").fetchall() == [("奶奶在家",)]
        assert [one.name for one in with_one_more.pending(tables)] == ["one_more"]
    copy.close()


def test_the_copy_holds_what_a_crash_left_in_the_log(
    used: Folder, store_key: bytes, tmp_path: Path, with_one_more: Migrations
) -> None:
    running = Database(used.database_path, store_key)
    with running.writing() as tables:
        tables.execute("INSERT INTO machine VALUES ('last', 'words')")
    crashed = Folder.open(Path(shutil.copytree(used.path, tmp_path / "crashed")))
    running.close()
    with_one_more(name="one_more")(lambda tables: tables.execute("DELETE FROM machine"))
    crashed.open_database(store_key, NOW).close()
    copy = Database(crashed.path / "backups" / "2026-03-09-080507-fieldkit.db", store_key)
    with copy.reading() as tables:
        assert tables.execute("SELECT name FROM machine ORDER BY name").fetchall() == [("last",), ("said",)]
    copy.close()
    crashed.close()


def test_a_migration_runs_once(used: Folder, store_key: bytes, with_one_more: Migrations) -> None:
    ran = []
    with_one_more(name="one_more")(lambda tables: ran.append(1))
    for _ in range(2):
        used.open_database(store_key, NOW).close()
    assert ran == [1]
    assert len(list((used.path / "backups").glob("*.db"))) == 1


def test_a_migration_that_fails_leaves_the_store_usable_by_the_program_before(
    used: Folder, store_key: bytes, with_one_more: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(tables: Tables) -> None:
        tables.execute("DELETE FROM machine")
        raise RuntimeError("half-way")

    with_one_more(name="one_more")(fail)
    with pytest.raises(RuntimeError, match="half-way"):
        used.open_database(store_key, NOW)
    monkeypatch.undo()
    db = used.open_database(store_key, NOW)
    with db.reading() as tables:
        assert tables.execute("SELECT value FROM machine").fetchall() == [("奶奶在家",)]
    db.close()


def test_slots_of_the_first_format_are_still_read(used: Folder) -> None:
    content = json.loads((used.path / "slots.json").read_bytes())
    (used.path / "slots.json").write_text(json.dumps({**content, "format": 1}), "utf-8")
    assert (used.state, used.slots) == (READY, ONE_SLOT)


def test_a_folder_of_the_first_landing_is_migrated_and_its_dated_copy_opens_by_itself(
    folder: Folder, store_key: bytes, passphrase: str, cheap: Cost
) -> None:
    pair = KeyPair.make()
    first = Migrations("fieldkit")
    first(name="log_and_state")(schema.log_and_state)
    old = Database(folder.database_path, store_key)
    with old.writing() as tables:
        first.apply(tables)
        tables.execute("INSERT INTO machine VALUES ('said', '奶奶在家')")
    old.close()
    slot = keys.make_slot(ONE_SLOT[0], passphrase, store_key, pair, cheap)
    folder.write_slots(READY, [slot])
    opened, _ = keys.open_slot(folder.slots[0], passphrase)
    db = folder.open_database(opened, NOW)
    with db.reading() as tables:
        assert schema.migrations.pending(tables) == []
        assert tables.execute("SELECT value FROM machine").fetchall() == [("奶奶在家",)]
    db.close()
    alone = folder.path / "backups" / "alone"
    alone.mkdir()
    for name in ("fieldkit.db", "slots.json"):
        shutil.copy2(folder.path / "backups" / f"2026-03-09-080507-{name}", alone / name)
    copy = Folder.open(alone)
    again, theirs = keys.open_slot(copy.slots[0], passphrase)
    raw = Database(copy.database_path, again)
    with raw.reading() as tables:
        assert [one.name for one in schema.migrations.applied(tables)] == ["log_and_state"]
        assert tables.execute("SELECT value FROM machine").fetchall() == [("奶奶在家",)]
    raw.close()
    copy.close()
    assert theirs == pair
