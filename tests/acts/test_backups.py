"""A backup holds everything, is whole or absent, and what is restored goes on without doubling anything."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fieldkit.acts import (
    answers,
    backups,
    cards,
    checks,
    handover,
    interviews,
    people,
    phones,
    questions,
    queues,
    sheets,
    stops,
    users,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.backups import BackupClosed, BackupFirst, StillThere
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import NoSuchPlace
from fieldkit.acts.interviews import GatesClosed
from fieldkit.acts.phones import Book
from fieldkit.acts.stops import ChoiceWaits
from fieldkit.clock import Clock
from fieldkit.errors import DiskFull, Invalid, NotAllowed, NotFound, Occupied
from fieldkit.i18n import EN, ZH
from fieldkit.records import Change
from fieldkit.rules import gates
from fieldkit.store import backups as files
from fieldkit.store import copies, erasures, keys, machine, replica, search
from fieldkit.store import queues as secrets
from fieldkit.store.backups import NewerBackup, NotABackup
from fieldkit.store.database import Database, ForeignStore
from fieldkit.store.erasures import ErasedLogBroken, ErasedLogInTheWay, ErasedLogNewer
from fieldkit.store.folder import Folder, NotEmpty
from fieldkit.store.keys import Cost
from sync.replica import Report

Desks = dict[str, Desk]
PASSPHRASE = "four plain words here"
Clear = Callable[[Database], bytes]
Again = Callable[[Folder], Desk]
WORDS, STAYS = "qx7vk2mpz9lw4td", "wq4nv8xk2zt6mp"
DATED = "2026-03-09-080507"


@pytest.fixture
def written(desks: Desks, interview: str, tmp_path: Path) -> Path:
    """A backup of the interviewer's laptop with one note."""
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨天"))
    path = tmp_path / "laptop.backup"
    backups.write(desks["interviewer"], path)
    return path


def test_a_backup_is_not_restored_over_a_study(desks: Desks, written: Path) -> None:
    with pytest.raises(NotEmpty):
        backups.restore(desks["coordinator"].folder, written, PASSPHRASE)
    assert checks.check(desks["coordinator"]).ok


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda raw: b"", NotABackup),
        (lambda raw: b"PK\3\4" + raw, NotABackup),
        (lambda raw: raw[: len(raw) // 2], NotABackup),
        (lambda raw: raw[:-1], NotABackup),
        (lambda raw: raw + b"x", NotABackup),
        (lambda raw: raw[:9000] + bytes([raw[9000] ^ 1]) + raw[9001:], NotABackup),
        (lambda raw: raw.replace(b"fieldkit.db", b"../../xx.db", 1), NotABackup),
        (lambda raw: raw.replace(b"backup 1\n", b"backup 3\n", 1), NewerBackup),
        (lambda raw: files.MARK + b"1\n" + b"[" * 4000, NotABackup),
    ],
)
def test_a_torn_or_foreign_file_is_refused_and_the_folder_stays_empty(
    written: Path, tmp_path: Path, spoil: Callable[[bytes], bytes], refusal: type[Exception]
) -> None:
    folder = Folder.open(tmp_path / "new")
    written.write_bytes(spoil(written.read_bytes()))
    with pytest.raises(refusal):
        backups.restore(folder, written, PASSPHRASE)
    assert (folder.state, [path.name for path in folder.path.iterdir()]) == ("empty", ["lock"])
    folder.close()


def test_a_backup_is_not_written_over_something_else_and_a_folder_gets_one_more_each_time(
    desks: Desks, tmp_path: Path
) -> None:
    desk = desks["interviewer"]
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(Occupied):
        backups.write(desk, tmp_path / "photo.jpg")
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8\xff"

    (tmp_path / "stick").mkdir()
    for _ in range(3):
        backups.write(desk, backups.named(desk, tmp_path / "stick"))
    day = f"fieldkit-{desk.device.name}-{desk.today}"
    assert {path.name for path in (tmp_path / "stick").iterdir()} == {
        f"{day}.backup",
        f"{day}-2.backup",
        f"{day}-3.backup",
    }


def with_files(written: Path, tmp_path: Path, **changed: Callable[[Path], object]) -> None:
    """Write the backup anew, with right hashes, around files that *changed*."""
    (tmp_path / "spoilt").mkdir()
    found = files.unpack(written, tmp_path / "spoilt")
    for name, change in changed.items():
        change(found[{"database": "fieldkit.db", "slots": "slots.json"}[name]])
    written.unlink()
    files.write(written, found)


def _junk(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _plain(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE changes (id TEXT)")


def _empty(desk: Desk, path: Path) -> None:
    path.unlink()
    Database(path, desk.db.key).close()


def _without(*statements: str) -> Callable[[Desk, Path], None]:
    def strip(desk: Desk, path: Path) -> None:
        database = Database(path, desk.db.key)
        with database.writing() as tables:
            for statement in statements:
                tables.execute(statement)
        database.close()

    return strip


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _desk, path: _junk(path),
        lambda _desk, path: _plain(path),
        lambda _desk, path: path.write_bytes(b""),
        _empty,
        _without("DROP TABLE orders"),
        _without("DROP TABLE participants"),
        _without("DROP TABLE machine"),
        _without("DELETE FROM machine"),
        _without("DELETE FROM orders"),
    ],
)
def test_a_backup_whose_database_does_not_open_is_refused_and_the_folder_stays_empty(
    desks: Desks, written: Path, tmp_path: Path, passphrase: str, spoil: Callable[[Desk, Path], object]
) -> None:
    with_files(written, tmp_path, database=lambda path: spoil(desks["interviewer"], path))
    folder = Folder.open(tmp_path / "new")
    with pytest.raises(ForeignStore):
        backups.restore(folder, written, passphrase)
    assert (folder.state, [path.name for path in folder.path.iterdir()]) == ("empty", ["lock"])
    folder.close()


def test_a_backup_with_the_slots_of_another_laptop_is_refused(
    desks: Desks, written: Path, tmp_path: Path, passphrase: str
) -> None:
    other = (desks["coordinator"].folder.path / "slots.json").read_bytes()
    with_files(written, tmp_path, slots=lambda path: path.write_bytes(other))
    folder = Folder.open(tmp_path / "new")
    with pytest.raises(ForeignStore):
        backups.restore(folder, written, passphrase)
    assert folder.state == "empty"
    folder.close()


@pytest.mark.parametrize("state", ["empty", "requested"])
def test_a_backup_that_was_no_study_is_refused(written: Path, tmp_path: Path, passphrase: str, state: str) -> None:
    def change(path: Path) -> None:
        path.write_bytes(path.read_bytes().replace(b'"state":"ready"', f'"state":"{state}"'.encode()))

    with_files(written, tmp_path, slots=change)
    folder = Folder.open(tmp_path / "new")
    with pytest.raises(ForeignStore):
        backups.restore(folder, written, passphrase)
    assert folder.state == "empty"
    folder.close()


def test_who_knows_neither_passphrase_nor_sheet_of_a_backup_restores_nothing(written: Path, tmp_path: Path) -> None:
    folder = Folder.open(tmp_path / "new")
    for said in ("", "not the right words", " ".join(sheets.words(bytes(16), EN))):
        with pytest.raises(BackupClosed):
            backups.restore(folder, written, said)
    assert (folder.state, [path.name for path in folder.path.iterdir()]) == ("empty", ["lock"])
    folder.close()


def test_the_words_of_a_sheet_restore_a_backup_too(desks: Desks, tmp_path: Path, passphrase: str, cheap: Cost) -> None:
    desk, code = desks["interviewer"], sheets.new_code()
    sheets.keep(desk, passphrase, code, {}, cheap)
    backups.write(desk, tmp_path / "b")
    folder = Folder.open(tmp_path / "new")
    backups.restore(folder, tmp_path / "b", "".join(sheets.words(code, ZH)))
    users.unlock(folder, desk.me.code, passphrase, Clock()).db.close()
    folder.close()


def test_a_place_that_cannot_be_reached_is_told(desks: Desks, tmp_path: Path) -> None:
    with pytest.raises(NoSuchPlace):
        backups.write(desks["interviewer"], tmp_path / "no" / "such" / "file")
    folder = Folder.open(tmp_path / "new")
    with pytest.raises(NoSuchPlace):
        backups.restore(folder, tmp_path / "nothing", PASSPHRASE)
    folder.close()


def test_a_backup_that_cannot_be_finished_leaves_no_half_of_itself(
    desks: Desks, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = written.with_name("later.backup")

    def broken(path: Path) -> None:
        raise NotABackup

    monkeypatch.setattr(files, "check", broken)
    with pytest.raises(NotABackup):
        backups.write(desks["interviewer"], later)
    assert not later.exists()
    assert [path.name for path in written.parent.glob("*.new")] == []
    assert not [
        path
        for path in desks["interviewer"].folder.path.iterdir()
        if path.is_dir() and path.name not in {"backups", "attachments"}
    ]


def test_no_word_of_the_study_can_be_read_in_a_backup(written: Path) -> None:
    raw = written.read_bytes()
    assert "李岚".encode() in raw  # what may be read before anything is unlocked: the control
    for needle in ("下雨天", "小满", "刘某"):
        assert needle.encode() not in raw
        assert needle.encode("utf-16-le") not in raw
    assert b"SQLite format 3" not in raw


def test_a_backup_seals_first(desks: Desks, written: Path) -> None:
    assert handover.state(desks["interviewer"]).unsealed == 0


def test_a_restored_laptop_goes_on_in_fresh_streams_and_nothing_is_lost_or_doubled(
    desks: Desks,
    written: Path,
    interview: str,
    tmp_path: Path,
    passphrase: str,
    carry: Callable[[Desk, Desk], Report],
    changes: Callable[[Desk, str], list[Change]],
) -> None:
    lost, chief = desks["interviewer"], desks["coordinator"]
    answers.save(lost, SaveAnswer(interview, "W2", "editor-2", "", "写在备份之后"))
    carry(lost, chief)
    folder = Folder.open(tmp_path / "new")
    backups.restore(folder, written, PASSPHRASE)
    again = users.unlock(folder, lost.me.code, passphrase, Clock())
    assert checks.check(again).ok
    assert (again.me, again.device) == (lost.me, lost.device)

    answers.save(again, SaveAnswer(interview, "P1", "editor-3", "", "写在恢复之后"))
    carry(again, chief)
    report = carry(chief, again)
    assert (report.damaged, report.gaps) == (0, 0)
    texts = {"下雨天", "写在备份之后", "写在恢复之后"}
    for desk in (chief, again):
        assert {change.set["text"] for change in changes(desk, "answer")} == texts
        assert checks.check(desk).ok
        with desk.db.reading() as tables:
            assert (
                tables.execute("SELECT stream, position FROM blocks GROUP BY 1, 2 HAVING count(*) > 1").fetchall() == []
            )
    assert checks.check(again).digests.items() >= checks.check(chief).digests.items()
    again.db.close()
    folder.close()


def test_a_backup_from_before_a_recovery_does_not_bring_the_replaced_key_back(
    desks: Desks, tmp_path: Path, passphrase: str, cheap: Cost, carry: Callable[[Desk, Desk], Report]
) -> None:
    desk, chief, code = desks["interviewer"], desks["coordinator"], sheets.new_code()
    words = "".join(sheets.words(code, ZH))
    sheets.keep(desk, passphrase, code, {}, cheap)
    backups.write(desk, tmp_path / "b")
    sheets.recover(desk.folder, desk.me.code, words, "another four plain words", cheap)
    recovered = users.change_seat(desk, desk.me.code, "another four plain words")
    carry(recovered, chief)

    folder = Folder.open(tmp_path / "new")
    backups.restore(folder, tmp_path / "b", passphrase)
    again = users.unlock(folder, desk.me.code, passphrase, Clock())
    assert again.keys == desk.keys  # nobody has told this laptop yet
    carry(chief, again)
    again = users.change_seat(again, desk.me.code, passphrase)
    assert again.keys.sign == desk.keys.sign
    assert again.keys.box not in {desk.keys.box, recovered.keys.box}
    carry(again, chief)
    for at in (again, chief):
        with at.db.reading() as tables:
            known = machine.everybody(tables).users[desk.me.code].box
        assert again.keys.unseal(keys.seal_to(known, b"words")) == b"words"
    once_more = users.change_seat(again, desk.me.code, passphrase)
    assert once_more.keys == again.keys
    assert sheets.made(folder, desk.me.code)
    again.db.close()
    folder.close()


@pytest.fixture
def me(desks: Desks, interview: str) -> Desk:
    """The interviewer, who wrote down what the child said."""
    desk = desks["interviewer"]
    line = questions.page(desk, interview).questions[0]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, f"{STAYS} {WORDS}"))
    return desk


@pytest.fixture
def older(me: Desk, tmp_path: Path) -> Path:
    """A backup from before anything was erased."""
    backups.write(me, tmp_path / "older.backup")
    return tmp_path / "older.backup"


@pytest.fixture
def again(me: Desk, passphrase: str) -> Iterator[Again]:
    """Unlock another folder of the same laptop."""
    opened: list[Desk] = []

    def unlock(folder: Folder) -> Desk:
        opened.append(users.unlock(folder, me.me.code, passphrase, Clock()))
        return opened[-1]

    yield unlock
    for desk in opened:
        desk.db.close()


@pytest.fixture
def emptied(tmp_path: Path) -> Iterator[Callable[[Desk], Folder]]:
    """A data folder whose database and slots are lost; what lies beside them is still there."""
    made: list[Folder] = []

    def lose(desk: Desk) -> Folder:
        path = tmp_path / f"emptied-{len(made)}"
        shutil.copytree(desk.folder.path, path, ignore=lambda _, names: {n for n in names if n in LOST})
        made.append(Folder.open(path))
        return made[-1]

    yield lose
    for folder in made:
        folder.close()


LOST = {"fieldkit.db", "fieldkit.db-wal", "fieldkit.db-shm", "slots.json", "lock"}


def discards(desk: Desk, interview: str) -> None:
    stops.finish(desk, interview, stops.begin(desk, interview, "stop_discard").mark)


def takes_back(desk: Desk, interview: str) -> None:
    line = questions.page(desk, interview).questions[0]
    answers.off_record(desk, SaveAnswer(interview, line.id, line.editor, line.base, STAYS), WORDS)


def in_clear(path: Path, key: bytes, clear: Clear) -> bytes:
    with closing(Database(path, key)) as db:
        return clear(db).lower()


def found(desk: Desk, words: str = WORDS) -> list[str]:
    with desk.db.reading() as tables:
        return search.find(tables, words)


@pytest.mark.parametrize("erases", [discards, takes_back])
def test_an_older_backup_is_restored_without_what_was_erased_here_since(
    me: Desk,
    older: Path,
    interview: str,
    passphrase: str,
    again: Again,
    emptied: Callable[[Desk], Folder],
    words: Callable[[Desk], str],
    clear: Clear,
    erases: Callable[[Desk, str], None],
) -> None:
    before = emptied(me)
    backups.restore(before, older, passphrase)
    assert WORDS.encode() in in_clear(before.database_path, me.db.key, clear)  # the control
    assert found(again(before))
    erases(me, interview)

    folder = emptied(me)
    backups.restore(folder, older, passphrase)

    assert WORDS.encode() not in in_clear(folder.database_path, me.db.key, clear)
    restored = again(folder)
    assert found(restored) == []
    assert WORDS not in words(restored)
    assert checks.check(restored).ok
    assert not [one for one in folder.path.iterdir() if one.name.startswith("scratch")]


def test_words_that_stay_are_restored(
    me: Desk, older: Path, interview: str, passphrase: str, again: Again, emptied: Callable[[Desk], Folder]
) -> None:
    discards(me, interview)
    folder = emptied(me)
    backups.restore(folder, older, passphrase)
    assert [case["case_code"] for case in _rows(again(folder), "participants")] == [
        case["case_code"] for case in _rows(me, "participants")
    ]


def _rows(desk: Desk, table: str) -> list[dict[str, object]]:
    with desk.db.reading() as tables:
        return [dict(row) for row in tables.table(table).rows]


def test_the_older_file_put_in_place_by_hand_obeys_too(me: Desk, interview: str, again: Again, clear: Clear) -> None:
    with me.db.writing():
        me.db.leave_no_trace()
    raw = me.folder.path.parent / "raw"
    shutil.copy2(me.db.path, raw)
    assert WORDS.encode() in in_clear(raw, me.db.key, clear)
    key = me.db.key
    discards(me, interview)
    me.db.close()
    raw.replace(me.db.path)

    opened = again(me.folder)

    assert found(opened) == []
    assert WORDS.encode() not in in_clear(opened.db.path, key, clear)


def test_restored_on_another_laptop_it_goes_with_the_next_bundle(
    desks: Desks,
    me: Desk,
    older: Path,
    interview: str,
    tmp_path: Path,
    passphrase: str,
    again: Again,
    carry: Callable[[Desk, Desk], Report],
    clear: Clear,
) -> None:
    discards(me, interview)
    carry(me, desks["coordinator"])
    with closing(Folder.open(tmp_path / "another")) as folder:
        backups.restore(folder, older, passphrase)
        restored = again(folder)
        assert found(restored)

        carry(desks["coordinator"], restored)

        assert found(restored) == []
        assert WORDS.encode() not in clear(restored.db).lower()
        assert checks.check(restored).ok
        assert [one.place for one in backups.holding(restored)] == [str(older)]
        assert (folder.path / "erased.log").exists()


def test_the_list_outside_tells_nobody_anything(me: Desk, interview: str) -> None:
    named = [interview, me.me.code, me.me.name, *(str(row["id"]) for row in _rows(me, "participants"))]
    with me.db.reading() as tables:
        named += [row[0] for row in tables.execute("SELECT id FROM changes")]
    assert not me.folder.erased_log.exists()
    discards(me, interview)
    content = me.folder.erased_log.read_text()
    assert len(content.splitlines()) >= 2
    assert [one for one in [*named, WORDS] if one in content] == []


def test_a_list_that_cannot_be_written_stops_no_erasing_and_is_made_up_for(
    me: Desk, interview: str, monkeypatch: pytest.MonkeyPatch, again: Again
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patched:
        patched.setattr(erasures, "write_log", full)
        discards(me, interview)
    assert found(me) == []
    assert not me.folder.erased_log.exists()
    me.db.close()
    opened = again(me.folder)
    with opened.db.reading() as tables:
        assert erasures.read_log(me.folder.erased_log) == replica.given(tables)


@pytest.mark.parametrize(
    ("content", "refusal"), [(b"fieldkit erased 1\ntorn", ErasedLogBroken), (b"fieldkit erased 2\n", ErasedLogNewer)]
)
def test_beside_a_list_that_cannot_be_read_nothing_is_restored(
    me: Desk,
    older: Path,
    interview: str,
    passphrase: str,
    emptied: Callable[[Desk], Folder],
    content: bytes,
    refusal: type[Exception],
) -> None:
    discards(me, interview)
    folder = emptied(me)
    folder.erased_log.write_bytes(content)
    with pytest.raises(refusal):
        backups.restore(folder, older, passphrase)
    assert (folder.state, folder.database_path.exists()) == ("empty", False)
    assert folder.erased_log.read_bytes() == content


def test_a_broken_list_locks_nobody_out_and_is_written_anew(me: Desk, interview: str, again: Again) -> None:
    discards(me, interview)
    before = me.folder.erased_log.read_bytes()
    me.folder.erased_log.write_bytes(b"torn")
    me.db.close()
    again(me.folder)
    assert me.folder.erased_log.read_bytes() == before


@pytest.fixture
def dated(me: Desk) -> Path:
    """A raw copy as one is made before a migration, a backup of today, and files that are not this program's."""
    with me.db.writing():
        me.db.leave_no_trace()
    for name in ("fieldkit.db", "slots.json"):
        shutil.copy2(me.folder.path / name, me.folder.backups / f"{DATED}-{name}")
    backups.write(me, backups.named(me, me.folder.backups))
    (me.folder.backups / "fieldkit-L9-2026-03-09.backup").write_bytes(b"of another laptop")
    (me.folder.backups / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    return me.folder.backups


OTHERS = {"fieldkit-L9-2026-03-09.backup", "photo.jpg"}


def test_while_nothing_was_erased_the_copies_stay(me: Desk, dated: Path) -> None:
    before = sorted(one.name for one in dated.iterdir())
    assert backups.renew(me) == 0
    assert sorted(one.name for one in dated.iterdir()) == before


def test_one_new_backup_takes_the_place_of_the_copies_that_held_it(
    me: Desk, dated: Path, interview: str, tmp_path: Path, passphrase: str, clear: Clear
) -> None:
    assert WORDS.encode() in in_clear(dated / f"{DATED}-fieldkit.db", me.db.key, clear)
    discards(me, interview)
    assert [one.place for one in backups.holding(me)] != []

    assert backups.renew(me) == 3
    assert backups.renew(me) == 0

    (left,) = [one for one in dated.iterdir() if one.name not in OTHERS]
    assert {one.name for one in dated.iterdir()} - {left.name} == OTHERS
    assert re.fullmatch(rf"fieldkit-{me.device.name}-{me.today}(-\d)?\.backup", left.name)
    assert WORDS.encode() not in held_by(left, tmp_path, me.db.key, clear)
    with closing(Folder.open(tmp_path / "new")) as folder:
        backups.restore(folder, left, passphrase)
    assert backups.holding(me) == []


def held_by(backup: Path, tmp_path: Path, key: bytes, clear: Clear) -> bytes:
    """Return the database in a backup, in clear."""
    (tmp_path / "unpacked").mkdir()
    return in_clear(files.unpack(backup, tmp_path / "unpacked")["fieldkit.db"], key, clear)


def test_without_copies_none_is_made(me: Desk, interview: str) -> None:
    discards(me, interview)
    assert backups.renew(me) == 0
    assert list(me.folder.backups.iterdir()) == []


def test_on_a_full_disk_the_copies_stay_until_there_is_room(
    me: Desk, dated: Path, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    discards(me, interview)
    before = sorted(one.name for one in dated.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patched:
        patched.setattr(files, "check", full)
        with pytest.raises(DiskFull):
            backups.renew(me)
    assert sorted(one.name for one in dated.iterdir()) == before
    assert backups.renew(me) == 3


POINTS = ["before the copy", "before it is whole", "before the old go", "between the old", "before the mark goes"]


@pytest.mark.parametrize("point", POINTS)
def test_killed_on_the_way_there_is_a_whole_copy_and_the_next_time_ends_it(
    me: Desk,
    dated: Path,
    interview: str,
    tmp_path: Path,
    passphrase: str,
    again: Again,
    clear: Clear,
    point: str,
) -> None:
    discards(me, interview)
    path, key = me.folder.path, me.db.key
    me.db.close()
    me.folder.close()
    writer = [sys.executable, str(Path(__file__).with_name("backup_writer.py")), str(path), passphrase, point]
    assert subprocess.run(writer, check=False).returncode == 9

    held = sorted(one for one in dated.iterdir() if one.name not in OTHERS)
    ours = [one for one in held if one.suffix == ".backup"]
    assert ours
    for one in ours:
        files.check(one)
    with closing(Folder.open(path)) as folder:
        assert not list(path.glob("scratch-*"))
        opened = again(folder)
        backups.renew(opened)
        (left,) = [one for one in dated.iterdir() if one.name not in OTHERS]
        assert WORDS.encode() not in held_by(left, tmp_path, key, clear)
        assert checks.check(opened).ok
        with opened.db.reading() as tables:
            assert copies.stale(tables) is None
        opened.db.close()


def test_a_backup_on_a_stick_is_named_until_a_newer_one_exists_and_it_is_destroyed(
    me: Desk, older: Path, interview: str, tmp_path: Path
) -> None:
    assert backups.holding(me) == []
    takes_back(me, interview)
    (one,) = backups.holding(me)
    assert (one.day, one.place, one.replaced) == (me.today, str(older), False)
    with pytest.raises(BackupFirst):
        backups.destroyed(me, one.number)

    backups.write(me, tmp_path / "newer.backup")
    (one,) = backups.holding(me)
    assert one.replaced
    with pytest.raises(StillThere):
        backups.destroyed(me, one.number)
    older.unlink()
    assert backups.destroyed(me, one.number) == me.today

    assert backups.holding(me) == []
    with pytest.raises(NotFound):
        backups.destroyed(me, one.number)


def test_a_backup_that_never_came_to_be_is_not_named(me: Desk, older: Path, interview: str) -> None:
    with pytest.raises(Occupied):
        backups.write(me, older)
    discards(me, interview)
    assert [one.place for one in backups.holding(me)] == [str(older)]
    assert len(backups.holding(me)) == 1


def test_what_a_killed_program_left_of_a_copy_is_gone_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "data" / "scratch-abc").mkdir(parents=True)
    (tmp_path / "data" / "scratch-abc" / "fieldkit.db").write_bytes(b"an older copy")
    with closing(Folder.open(tmp_path / "data")) as folder:
        assert [one.name for one in folder.path.iterdir()] == ["lock"]


@pytest.fixture
def brought_back(
    me: Desk, older: Path, interview: str, passphrase: str, again: Again, emptied: Callable[[Desk], Folder]
) -> Desk:
    """The older backup is restored where a clean one lies that is a day newer."""
    takes_back(me, interview)
    answers.save(me, SaveAnswer(interview, "W2", "editor-2", "", "写在第二天"))
    backups.write(me, backups.named(me, me.folder.backups))
    folder = emptied(me)
    backups.restore(folder, older, passphrase)
    return again(folder)


def test_a_copy_that_holds_more_than_this_laptop_is_never_deleted_and_is_named(brought_back: Desk) -> None:
    (newer,) = brought_back.folder.backups.iterdir()
    with brought_back.db.reading() as tables:
        assert copies.stale(tables)

    assert backups.renew(brought_back) == 0

    assert list(brought_back.folder.backups.iterdir()) == [newer]
    assert backups.kept(brought_back) == [newer]
    backups.renew_if_possible(brought_back)
    assert backups.kept(brought_back) == [newer]


def test_once_all_of_it_is_known_here_that_copy_is_replaced(
    brought_back: Desk, passphrase: str, again: Again, tmp_path: Path, interview: str
) -> None:
    (newer,) = brought_back.folder.backups.iterdir()
    backups.renew(brought_back)
    with closing(Folder.open(tmp_path / "new")) as folder:
        backups.restore(folder, newer, passphrase)
        handover.write(again(folder), tmp_path / "bundle")
    handover.read(brought_back, tmp_path / "bundle")

    assert backups.renew(brought_back) == 1

    assert backups.kept(brought_back) == []
    assert len(list(brought_back.folder.backups.iterdir())) == 1
    assert checks.check(brought_back).ok


def test_a_copy_that_does_not_open_stays_and_is_named_and_the_others_are_replaced(
    me: Desk, dated: Path, interview: str
) -> None:
    torn = dated / f"fieldkit-{me.device.name}-2026-03-08.backup"
    torn.write_bytes(b"torn")
    wal = dated / "2026-03-08-080507-fieldkit.db-wal"
    wal.write_bytes(b"without its database")
    discards(me, interview)

    assert backups.renew(me) == 3

    assert backups.kept(me) == [wal, torn]
    assert {torn, wal} < set(dated.iterdir())
    torn.unlink()
    assert backups.kept(me) == [wal]


def test_what_is_not_named_as_this_program_names_its_copies_is_left_alone(
    desks: Desks, me: Desk, dated: Path, interview: str
) -> None:
    name = f"fieldkit-{me.device.name}"
    left = {
        f"{name}-notes.txt",
        f"{name}-2-{me.today}.backup",
        f"{name}-2026-03-08.backup",
        f"{name}-{me.today}.backup.x",
    }
    for one in sorted(left)[:-1]:
        backups.write(me, dated / one)
    (dated / f"{name}-2026-03-08.backup").unlink()
    (dated / f"{name}-2026-03-08.backup").mkdir()
    (dated / f"{name}-notes.txt").write_text("call the village head")
    discards(me, interview)

    assert backups.renew(me) == 3

    assert {one.name for one in dated.iterdir()} > left | OTHERS
    assert backups.kept(me) == []


def test_words_that_were_typed_on_after_a_raw_copy_do_not_keep_it(
    me: Desk, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.save(me, SaveAnswer(interview, "W2", "editor-2", "", "下雨"))
    shutil.copy2(me.folder.path / "fieldkit.db", me.folder.backups / f"{DATED}-fieldkit.db")
    shutil.copy2(me.folder.path / "fieldkit.db-wal", me.folder.backups / f"{DATED}-fieldkit.db-wal")
    answers.save(me, SaveAnswer(interview, "W2", "editor-2", "", "下雨天"))
    discards(me, interview)

    assert backups.renew(me) == 2
    assert backups.kept(me) == []


def test_a_renewed_copy_is_the_newer_one_of_those_elsewhere_and_is_listed_itself(
    me: Desk, older: Path, dated: Path, interview: str
) -> None:
    takes_back(me, interview)
    backups.renew(me)

    (one,) = backups.holding(me)
    assert (one.place, one.replaced) == (str(older), True)
    discards(me, interview)
    assert [str(dated) in one.place for one in backups.holding(me)] == [False, True]


def test_a_place_is_listed_as_it_is_called_by_itself(me: Desk, dated: Path, interview: str) -> None:
    backups.write(me, dated / ".." / "backups" / f"fieldkit-{me.device.name}-2026-03-08.backup")
    discards(me, interview)
    assert backups.renew(me) == 4
    assert backups.holding(me) == []


def test_a_backup_that_was_cut_off_is_no_newer_one(
    me: Desk, older: Path, interview: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    discards(me, interview)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(files, "check", cut)
        with pytest.raises(KeyboardInterrupt):
            backups.write(me, tmp_path / "newer.backup")
    older.unlink()
    assert [one.replaced for one in backups.holding(me)] == [False]
    with pytest.raises(BackupFirst):
        backups.destroyed(me, backups.holding(me)[0].number)


def test_a_newer_backup_counts_while_it_lies_there(me: Desk, older: Path, interview: str, tmp_path: Path) -> None:
    discards(me, interview)
    backups.write(me, tmp_path / "newer.backup")
    assert [one.replaced for one in backups.holding(me)] == [True]
    (tmp_path / "newer.backup").unlink()
    assert [one.replaced for one in backups.holding(me)] == [False]


def test_a_download_counts_once_a_person_says_that_it_is_there(
    me: Desk, older: Path, interview: str, tmp_path: Path
) -> None:
    assert backups.downloaded(me) is None
    with pytest.raises(NotFound):
        backups.saved(me, 1)
    discards(me, interview)
    backups.write(me, tmp_path / "sent", "a.backup")
    assert [one.replaced for one in backups.holding(me)] == [False]

    one = backups.downloaded(me)
    assert one
    assert one.place == "a.backup"
    backups.saved(me, one.number)

    assert [one.replaced for one in backups.holding(me)] == [True]
    assert backups.downloaded(me) is None


def test_of_backups_later_than_the_restored_one_nothing_is_known_until_a_new_one_is_written(
    me: Desk, older: Path, passphrase: str, again: Again, tmp_path: Path
) -> None:
    assert backups.restored_from(me) == ""
    with closing(Folder.open(tmp_path / "new")) as folder:
        backups.restore(folder, older, passphrase)
        desk = again(folder)
        assert backups.restored_from(desk) == me.today
        with pytest.raises(Occupied):
            backups.write(desk, older)
        assert backups.restored_from(desk) == me.today
        backups.write(desk, tmp_path / "newer.backup")
        assert backups.restored_from(desk) == ""


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda log: log.write_bytes(b"fieldkit erased 2\n"), ErasedLogNewer),
        (lambda log: log.mkdir(), ErasedLogInTheWay),
    ],
)
def test_where_the_list_outside_cannot_be_kept_nothing_is_erased_opened_or_restored(
    me: Desk,
    older: Path,
    interview: str,
    passphrase: str,
    again: Again,
    emptied: Callable[[Desk], Folder],
    spoil: Callable[[Path], object],
    refusal: type[Exception],
) -> None:
    spoil(me.folder.erased_log)
    with pytest.raises(refusal):
        discards(me, interview)
    assert found(me)
    with pytest.raises(refusal):
        backups.restore(emptied(me), older, passphrase)
    me.db.close()
    with pytest.raises(refusal):
        again(me.folder)


def test_what_was_typed_over_erased_words_after_a_restore_is_put_aside_and_can_be_read(
    desks: Desks, me: Desk, older: Path, interview: str, passphrase: str, again: Again, tmp_path: Path
) -> None:
    takes_back(me, interview)
    handover.write(me, tmp_path / "bundle")
    with closing(Folder.open(tmp_path / "new")) as folder:
        backups.restore(folder, older, passphrase)
        desk = again(folder)
        line = questions.page(desk, interview).questions[0]
        for text in ("后来", "后来又说了很多"):
            answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, text))
        assert questions.set_aside(desk, interview) == {}

        handover.read(desk, tmp_path / "bundle")

        assert questions.page(desk, interview).questions[0].text_now == STAYS
        assert questions.set_aside(desk, interview) == {line.id: ["后来又说了很多"]}
        assert found(desk, "后来又说了很多") == []
        answers.erase(desk, interview, line.id)
        assert questions.set_aside(desk, interview) == {}
        with pytest.raises(NotFound):
            questions.set_aside(desk, "nothing")
    with pytest.raises(NotAllowed):
        questions.set_aside(desks["coordinator"], interview)


def test_while_a_discard_cannot_be_done_no_backup_is_written(
    me: Desk, interview: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops.begin(me, interview, "stop_discard")

    def full(*_: object) -> None:
        raise DiskFull

    monkeypatch.setattr(withdrawals, "by_child", full)
    with pytest.raises(ChoiceWaits):
        backups.write(me, tmp_path / "b")
    assert not (tmp_path / "b").exists()
    with me.db.reading() as tables:
        assert copies.every(tables) == {}


def test_what_waits_to_be_discarded_is_discarded_before_a_backup_is_written(
    me: Desk, interview: str, tmp_path: Path, clear: Clear
) -> None:
    stops.begin(me, interview, "stop_discard")

    backups.write(me, tmp_path / "b")

    assert WORDS.encode() not in held_by(tmp_path / "b", tmp_path, me.db.key, clear)


def test_a_restored_backup_shows_no_stop_that_was_answered_on_the_laptop_since(
    me: Desk, interview: str, tmp_path: Path, again: Again
) -> None:
    card = cards.to_talk(me, interview)
    cards.tap(card, "stop", me.clock)
    cards.keep_stop(me, card)
    backups.write(me, tmp_path / "b")
    assert cards.left(me) is not None

    folder = Folder.open(tmp_path / "other")
    backups.restore(folder, tmp_path / "b", PASSPHRASE)
    assert cards.left(again(folder)) is None


def test_own_copies_are_not_renewed_while_somebody_can_still_undo_a_stop(me: Desk, dated: Path, interview: str) -> None:
    takes_back(me, interview)
    stops.begin(me, interview, "stop_keep")
    before = sorted(dated.iterdir())

    backups.renew_if_possible(me)

    assert (sorted(dated.iterdir()), stops.waiting(me, interview) is not None) == (before, True)
    stops.finish_due(me, all_of_them=True)
    backups.renew_if_possible(me)
    assert sorted(dated.iterdir()) != before


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let somebody do *act* after a backup was listed and before its copy is made."""
    copy_to = Database.copy_to

    def late(self: Database, path: Path) -> None:
        act()
        copy_to(self, path)

    monkeypatch.setattr(Database, "copy_to", late)


def test_a_backup_with_words_that_were_typed_while_it_was_made_is_named_once_they_are_taken_back(
    desks: Desks, interview: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clear: Clear
) -> None:
    me, said = desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "{}", f"{STAYS} {WORDS}")
    with monkeypatch.context() as patched:
        meanwhile(patched, lambda: answers.save(me, said))
        backups.write(me, tmp_path / "b")
    assert WORDS.encode() in held_by(tmp_path / "b", tmp_path, me.db.key, clear)  # the control
    assert backups.holding(me) == []

    takes_back(me, interview)

    assert [one.place for one in backups.holding(me)] == [str(tmp_path / "b")]


def test_a_backup_that_was_made_in_a_silence_is_not_named_for_what_was_typed_after_it(
    me: Desk, older: Path, interview: str
) -> None:
    answers.save(me, SaveAnswer(interview, "W2", "editor-2", "{}", "后来"))
    answers.off_record(me, SaveAnswer(interview, "W2", "editor-2", "{}", ""), "后来")

    assert backups.holding(me) == []


def test_a_stop_that_begins_while_a_backup_is_made_is_in_no_backup(
    me: Desk, interview: str, tmp_path: Path, passphrase: str, again: Again, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        meanwhile(patched, lambda: stops.begin(me, interview, "stop_discard"))
        backups.write(me, tmp_path / "b")
    with closing(Folder.open(tmp_path / "new")) as folder:
        backups.restore(folder, tmp_path / "b", passphrase)
        assert stops.waiting(again(folder), interview) is None
    assert stops.waiting(me, interview) is not None


def test_no_phone_is_paired_after_a_restore_also_none_that_was_lost_and_sent_away(
    me: Desk, interview: str, tmp_path: Path, passphrase: str, again: Again, emptied: Callable[[Desk], Folder]
) -> None:
    book = Book()
    cookie = phones.take(me, book, phones.offer(me, book), "丢了的手机")
    backups.write(me, tmp_path / "b")
    phones.revoke(me, book, phones.listing(me)[0].id)
    folder = emptied(me)
    backups.restore(folder, tmp_path / "b", passphrase)

    restored = again(folder)
    assert phones.listing(restored) == []
    assert phones.known(folder, restored, Book(), cookie) is None


def test_on_the_yes_of_a_discarded_talk_none_is_opened_after_a_restore_and_no_browser_delivers_to_it(
    me: Desk,
    consented: str,
    interview: str,
    tmp_path: Path,
    passphrase: str,
    again: Again,
    emptied: Callable[[Desk], Folder],
) -> None:
    queues.key(me, interview)
    backups.write(me, tmp_path / "b")
    discards(me, interview)
    folder = emptied(me)
    backups.restore(folder, tmp_path / "b", passphrase)
    restored = again(folder)

    assert people.case(restored, consented).step.code == "ask_child"
    with pytest.raises(GatesClosed):
        interviews.start(restored, consented, KEPT)
    with restored.db.reading() as tables:
        assert secrets.secret(tables, interview) is None


@pytest.fixture
def returned(me: Desk, consented: str, tmp_path: Path, passphrase: str, again: Again) -> Iterator[Desk]:
    """The interviewer's laptop, restored from a backup from before a withdrawal, of which the coordinator has heard."""
    backups.write(me, tmp_path / "before.backup")
    code = people.case(me, consented).case_code
    withdrawals.withdraw_each(me, [code])
    with closing(Folder.open(tmp_path / "returned")) as folder:
        backups.restore(folder, tmp_path / "before.backup", passphrase)
        yield again(folder)


def _asked(desk: Desk, subject: str) -> list[str]:
    return [gate.reason.en for gate in gates.asking(people.gates_of(desk, subject).gates) if gate.id == "G12"]


def test_after_a_restore_the_start_asks_until_the_coordinators_newer_bundle_was_read(
    desks: Desks, me: Desk, returned: Desk, consented: str, tmp_path: Path, carry: Callable[[Desk, Desk], Report]
) -> None:
    (told,) = _asked(returned, consented)
    assert "a no or a withdrawal said since may be missing here" in told
    told_me = backups.gap(returned)
    assert told_me is not None
    assert (told_me.day, told_me.reason) == (me.today, "")

    carry(me, desks["coordinator"])
    carry(desks["coordinator"], returned)
    assert backups.gap(returned) is None
    assert [one.id for one in people.listing(returned)] == []


def test_a_bundle_from_before_the_restore_and_one_of_no_coordinator_leave_the_question_open(
    desks: Desks,
    me: Desk,
    returned: Desk,
    consented: str,
    carry: Callable[[Desk, Desk], Report],
    later: Callable[[Desk, int], Desk],
) -> None:
    carry(later(desks["coordinator"], -1), returned)
    carry(me, returned)

    assert backups.gap(returned) is not None


def test_a_bundle_that_breaks_off_leaves_the_question_open_until_all_of_it_was_read(
    desks: Desks, me: Desk, returned: Desk, tmp_path: Path, carry: Callable[[Desk, Desk], Report]
) -> None:
    carry(me, desks["coordinator"])
    handover.write(desks["coordinator"], tmp_path / "whole.fieldkit")
    whole = (tmp_path / "whole.fieldkit").read_bytes()
    (tmp_path / "torn.fieldkit").write_bytes(whole[: len(whole) * 9 // 10])

    assert handover.read(returned, tmp_path / "torn.fieldkit").torn
    assert backups.gap(returned) is not None
    handover.read(returned, tmp_path / "whole.fieldkit")
    assert backups.gap(returned) is None


def test_who_says_that_there_is_nothing_newer_says_why_and_is_named(returned: Desk, consented: str, me: Desk) -> None:
    with pytest.raises(Invalid):
        backups.nothing_newer(returned, "")
    assert _asked(returned, consented)
    backups.nothing_newer(returned, "none_there")

    assert _asked(returned, consented) == []
    said = backups.gap(returned)
    assert said is not None
    assert (said.reason, said.by, said.name, said.on) == (
        "none_there",
        returned.me.code,
        returned.me.name,
        returned.today,
    )
    with pytest.raises(NotFound):
        backups.nothing_newer(me, "none_there")
