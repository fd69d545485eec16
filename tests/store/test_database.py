from __future__ import annotations

import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from fieldkit.errors import StoreBusy
from fieldkit.store import database
from fieldkit.store.database import Database, DatabaseError, ForeignStore, Tables

Clear = Callable[[Database], bytes]
SENTENCE = "爸爸过年才回来 and he calls on Sundays"


def _keep(tables: Tables, name: str, value: str) -> None:
    tables.execute("INSERT INTO machine VALUES (?, ?)", [name, value])


def _keep_all(tables: Tables, names: list[str]) -> None:
    for name in names:
        _keep(tables, name, "")


def _kept(tables: Tables) -> list[str]:
    return [row[0] for row in tables.execute("SELECT name FROM machine ORDER BY name")]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_another_key_opens_nothing_and_changes_nothing(db: Database, tmp_path: Path) -> None:
    db.close()
    before = _files(tmp_path)
    with pytest.raises(ForeignStore):
        Database(db.path, bytes(48))
    assert _files(tmp_path) == before


@pytest.mark.parametrize("damage", ["cut", "short", "first page", "plain SQLite", "a picture"])
def test_a_damaged_or_foreign_file_is_refused_and_left_as_it_is(db: Database, tmp_path: Path, damage: str) -> None:
    key = db.key
    db.close()
    raw = db.path.read_bytes()
    spoiled = {
        "cut": raw[: len(raw) // 2],
        "short": raw[:100],
        "first page": raw[:500] + bytes([raw[500] ^ 1]) + raw[501:],
        "plain SQLite": _plain(tmp_path / "plain.db", "nothing"),
        "a picture": b"\x89PNG\r\n\x1a\n" + os.urandom(5000),
    }[damage]
    db.path.write_bytes(spoiled)
    with pytest.raises(ForeignStore):
        _look(db.path, key)
    assert db.path.read_bytes() == spoiled


def _look(path: Path, key: bytes) -> None:
    opened = Database(path, key)
    try:
        with opened.reading() as tables:
            tables.execute("SELECT count(*) FROM changes").fetchone()
    finally:
        opened.close()


def _plain(path: Path, sentence: str) -> bytes:
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE machine (name TEXT, value TEXT)")
    plain.execute("INSERT INTO machine VALUES ('said', ?)", [sentence])
    plain.commit()
    plain.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("synchronous", 2),  # FULL: what was acknowledged is on the disk
        ("secure_delete", 1),
        ("journal_mode", "wal"),
        ("recursive_triggers", 1),
        ("temp_store", 2),  # in memory: nothing is sorted in the clear on the disk
    ],
)
def test_every_connection_has_the_settings_that_the_promises_rest_on(db: Database, pragma: str, value: object) -> None:
    asked = f"PRAGMA {pragma}"
    with db.writing() as writing:
        assert writing.execute(asked).fetchone() == (value,)
    with db.reading() as first, db.reading() as second:
        assert first.execute(asked).fetchone() == second.execute(asked).fetchone() == (value,)


def test_no_word_lies_readable_in_the_file_or_its_log(db: Database, tmp_path: Path) -> None:
    with db.writing() as tables:
        _keep(tables, "said", SENTENCE)
    on_disk = b"".join(_files(tmp_path).values())
    assert len(list(tmp_path.iterdir())) == 3  # the file, its log, and the index of the log
    db.close()
    on_disk += db.path.read_bytes()
    assert not any(word.encode() in on_disk for word in (SENTENCE, "Sundays", "爸爸", "machine", "CREATE TABLE"))
    assert b"SQLite format 3" not in on_disk


def test_the_same_sentence_is_found_in_a_plain_file(tmp_path: Path) -> None:
    plain = _plain(tmp_path / "plain.db", SENTENCE)
    assert all(word.encode() in plain for word in (SENTENCE, "Sundays", "爸爸", "CREATE TABLE", "SQLite format 3"))


def test_a_transaction_that_fails_leaves_nothing(db: Database) -> None:
    with pytest.raises(DatabaseError, match="UNIQUE"), db.writing() as tables:
        _keep_all(tables, ["half", "of it", "half"])
    with db.writing() as tables:
        assert _kept(tables) == []


def test_a_reader_sees_one_moment(db: Database) -> None:
    with db.reading() as reader:
        assert _kept(reader) == []
        with db.writing() as writer:
            _keep(writer, "new", "")
        assert _kept(reader) == []
    with db.reading() as reader:
        assert _kept(reader) == ["new"]


def test_reading_keeps_nothing_from_being_written(db: Database) -> None:
    with db.reading() as reader, db.writing() as writer:
        assert _kept(reader) == []
        _keep(writer, "new", "")


def test_what_a_reader_left_half_read_holds_no_later_reader_at_its_moment(db: Database) -> None:
    with db.writing() as tables:
        _keep_all(tables, ["one", "two", "three"])
    with db.reading() as reader:
        left = reader.execute("SELECT name FROM machine")
        assert left.fetchone()
    with db.writing() as writer:
        _keep(writer, "four", "")
    with db.reading() as reader:
        assert "four" in _kept(reader)
    assert left.description


def test_what_a_reader_left_half_read_does_not_keep_the_journal_from_being_emptied(db: Database) -> None:
    with db.writing() as tables:
        _keep_all(tables, ["one", "two", "three"])
    with db.reading() as reader:
        left = reader.execute("SELECT name FROM machine")
        assert left.fetchone()
    db.leave_no_trace()
    with db.writing() as writer:
        _keep(writer, "four", "")
    assert Path(f"{db.path}-wal").stat().st_size == 0
    assert left.description


def _moved_about(db: Database) -> dict[str, str]:
    """Keep rows in an order in which SQLite moves many of them from page to page; return some of their words."""
    rows = {f"{number * 7919 % 400:04}": f"{secrets.token_hex(8)}{'.' * (number * 37 % 500)}" for number in range(400)}
    with db.writing() as tables:
        for name, value in rows.items():
            _keep(tables, name, value)
    return {name: value[:16] for name, value in rows.items() if int(name) % 8 == 0}


def _delete(tables: Tables, names: Iterable[str]) -> None:
    tables.execute("DELETE FROM machine WHERE name IN (SELECT value FROM json_each(?))", [json.dumps(list(names))])


def _left(db: Database, words: Iterable[str], clear: Clear) -> list[str]:
    content = clear(db)
    return [word for word in words if word.encode() in content]


def test_no_page_holds_a_copy_of_what_was_deleted_once_pages_are_written_anew(db: Database, clear: Clear) -> None:
    words = _moved_about(db)
    db.leave_no_trace()
    with db.writing() as tables:
        _delete(tables, words)
    assert _left(db, words.values(), clear), "the control: to clear a row leaves copies of it in other pages"

    db.leave_no_trace()
    with db.writing() as tables:
        database.rewrite_pages(tables)

    assert _left(db, words.values(), clear) == []
    with db.reading() as reader:
        assert len(_kept(reader)) == 350


def test_pages_that_could_not_be_written_anew_are_so_later(db: Database, clear: Clear, store_key: bytes) -> None:
    words = _moved_about(db)
    db.leave_no_trace()
    pending = db._writer.execute("SELECT name FROM machine")
    assert pending.fetchone()  # a statement that is not at its end: nothing is written anew beside it
    with db.writing() as tables:
        _delete(tables, words)
        database.rewrite_pages(tables)
    assert _left(db, words.values(), clear)

    pending.close()
    db.close()
    later = Database(db.path, store_key)
    later.leave_no_trace()
    with later.writing() as tables:
        _kept(tables)

    assert _left(later, words.values(), clear) == []
    later.close()


def test_where_nothing_was_deleted_no_page_is_written_anew(db: Database) -> None:
    heard: list[str] = []
    db._writer.set_trace_callback(heard.append)
    db.leave_no_trace()
    with db.writing() as tables:
        _kept(tables)
    assert "VACUUM" not in heard


def test_a_transaction_says_nothing_that_makes_a_connection_forget_its_statements(db: Database) -> None:
    heard: list[str] = []
    db._writer.set_trace_callback(heard.append)
    with db.writing() as tables:
        _kept(tables)
    assert heard == ["BEGIN IMMEDIATE", "SELECT name FROM machine ORDER BY name", "COMMIT"]


def test_a_connection_forgets_no_statement_that_the_program_has(db: Database) -> None:
    """To take a statement apart anew takes longer than to run it, and a save of a note is thirty of them."""
    parsed: list[object] = []

    def parse(*what: object) -> int:
        parsed.append(what)
        return 0

    db._writer.set_authorizer(parse)
    statements = [f"SELECT {number}" for number in range(400)]
    for _ in range(2):
        taken_apart = len(parsed)
        with db.writing() as tables:
            for one in statements:
                tables.execute(one).fetchall()
    assert len(parsed) == taken_apart


def test_readers_one_after_another_open_the_file_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.reading() as tables:
        _kept(tables)
    monkeypatch.setattr(Database, "_connect", pytest.fail)
    with db.reading() as tables:
        assert _kept(tables) == []


def test_a_connection_whose_transaction_could_not_be_ended_is_not_given_to_the_next_reader(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(_tables: database._Tables) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(database._Tables, "end", end)
        with pytest.raises(RuntimeError), db.reading():
            raise KeyError
    with db.reading() as tables:
        assert _kept(tables) == []


def test_no_more_connections_are_kept_than_pages_are_read_at_once(db: Database) -> None:
    with ExitStack() as many:
        for _ in range(database.READERS + 2):
            many.enter_context(db.reading())
    assert len(db._idle) == database.READERS


def test_a_reader_that_outlasts_the_store_leaves_no_connection_behind(db: Database) -> None:
    with db.reading():
        db.close()
    assert db._idle == []


def test_writers_in_one_process_wait_for_each_other(db: Database) -> None:
    def write(number: int) -> None:
        with db.writing() as tables:
            seen = len(_kept(tables))
            _keep(tables, f"{number:02d} after {seen}", "")

    writers = [Thread(target=write, args=[number]) for number in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with db.reading() as tables:
        assert sorted(int(name.rsplit(" ", 1)[1]) for name in _kept(tables)) == list(range(12))


def test_a_writer_who_holds_the_file_for_too_long_makes_others_busy(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = tuple(pragma.replace("10000", "0") for pragma in database._PRAGMAS)
    monkeypatch.setattr(database, "_PRAGMAS", hurried)
    other = Database(db.path, db.key)
    with db.writing(), pytest.raises(StoreBusy), other.writing():
        pass
    other.close()


def test_closing_drops_the_key_and_folds_the_log_into_the_file(db: Database, tmp_path: Path) -> None:
    with db.writing() as tables:
        _keep(tables, "said", SENTENCE)
    db.close()
    assert db.key == b""
    assert [path.name for path in tmp_path.iterdir()] == ["fieldkit.db"]


def test_sqlite_utils_adds_a_column_in_an_encrypted_file(db: Database) -> None:
    with db.writing() as tables:
        tables.table("loose").insert({"id": 1})
        tables.table("loose").insert({"id": 2, "later": "yes"}, alter=True)
        assert [row["later"] for row in tables.table("loose").rows] == [None, "yes"]


_DIES = """
import os, sys
from pathlib import Path
from fieldkit.store.database import Database
db = Database(Path(sys.argv[1]), bytes(range(48)))
with db.writing() as tables:
    tables.execute("INSERT INTO machine VALUES ('acknowledged', '')")
opened = db.writing()
opened.__enter__().execute("INSERT INTO machine VALUES ('never acknowledged', '')")
os._exit(9)
"""

_FULL = """
import resource, sys
from pathlib import Path
from fieldkit.errors import DiskFull
from fieldkit.store.database import Database
db = Database(Path(sys.argv[1]), bytes(range(48)))
with db.writing() as tables:
    tables.execute("INSERT INTO machine VALUES ('before', '')")
used = Path(sys.argv[1] + "-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (used + 8192, resource.RLIM_INFINITY))
try:
    with db.writing() as tables:
        tables.execute("INSERT INTO machine VALUES ('too much', ?)", ["x" * 200_000])
except DiskFull:
    print("disk full")
with db.reading() as tables:
    print([row[0] for row in tables.execute("SELECT name FROM machine")])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with db.writing() as tables:
    tables.execute("INSERT INTO machine VALUES ('room again', '')")
db.close()
"""


def test_what_was_committed_outlives_a_process_that_dies(db: Database) -> None:
    ended = subprocess.run([sys.executable, "-c", _DIES, str(db.path)], check=False)
    assert ended.returncode == 9
    with db.reading() as tables:
        assert _kept(tables) == ["acknowledged"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no limit on the size of files")
def test_a_full_disk_refuses_the_new_and_keeps_the_old(db: Database) -> None:
    ended = subprocess.run([sys.executable, "-c", _FULL, str(db.path)], check=True, capture_output=True, text=True)
    assert ended.stdout.splitlines() == ["disk full", "['before']"]
    with db.reading() as tables:
        assert _kept(tables) == ["before", "room again"]


def test_a_copy_apart_cannot_be_made_over_a_file_that_is_there(db: Database, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"holiday.jpg" * 500)
    with pytest.raises(ForeignStore), db.apart(there):
        raise AssertionError
    assert there.read_bytes() == b"holiday.jpg" * 500


def test_a_copy_apart_holds_everything_and_nothing_of_it_comes_back(db: Database, tmp_path: Path) -> None:
    with db.writing() as tables:
        _keep(tables, "here", "奶奶")
    everything = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    with db.apart(tmp_path / "apart.db") as copy, copy.trying() as theirs:
        with db.writing() as tables:  # the copy stands, and typing goes on
            _keep(tables, "later", "爷爷")
            assert theirs.execute(everything).fetchall() == tables.execute(everything).fetchall()
        assert _kept(theirs) == ["here"]
        _keep(theirs, "there", "姥姥")
    with db.reading() as tables:
        assert _kept(tables) == ["here", "later"]


def test_no_key_that_is_kept_opens_a_copy_apart(db: Database, tmp_path: Path) -> None:
    keys = set()
    for name in ("one.db", "two.db"):
        with db.apart(tmp_path / name) as copy:
            keys.add(copy.key)
        with pytest.raises(ForeignStore):
            Database(tmp_path / name, db.key)
    assert len(keys - {db.key, b""}) == 2
