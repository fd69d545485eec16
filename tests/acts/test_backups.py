"""A backup holds everything, is whole or absent, and what is restored goes on without doubling anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fieldkit.acts import answers, backups, checks, handover, sheets, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.backups import BackupClosed
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import NoSuchPlace
from fieldkit.clock import Clock
from fieldkit.errors import Occupied
from fieldkit.i18n import EN, ZH
from fieldkit.records import Change
from fieldkit.store import backups as files
from fieldkit.store import keys, machine
from fieldkit.store.backups import NewerBackup, NotABackup
from fieldkit.store.database import Database, ForeignStore
from fieldkit.store.folder import Folder, NotEmpty
from fieldkit.store.keys import Cost
from sync.replica import Report

Desks = dict[str, Desk]
PASSPHRASE = "four plain words here"


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
        (lambda raw: raw.replace(b"backup 1\n", b"backup 2\n", 1), NewerBackup),
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
    assert not [path for path in desks["interviewer"].folder.path.iterdir() if path.is_dir() and path.name != "backups"]


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
