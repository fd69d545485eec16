"""A backup holds everything, is whole or absent, and what is restored goes on without doubling anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fieldkit.acts import answers, backups, checks, handover, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import NoSuchPlace
from fieldkit.clock import Clock
from fieldkit.records import Change
from fieldkit.store import backups as files
from fieldkit.store.backups import NewerBackup, NotABackup
from fieldkit.store.folder import Folder, NotEmpty
from sync.replica import Report

Desks = dict[str, Desk]


@pytest.fixture
def written(desks: Desks, interview: str, tmp_path: Path) -> Path:
    """A backup of the interviewer's laptop with one note."""
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨天"))
    path = tmp_path / "laptop.backup"
    backups.write(desks["interviewer"], path)
    return path


def test_a_backup_is_not_restored_over_a_study(desks: Desks, written: Path) -> None:
    with pytest.raises(NotEmpty):
        backups.restore(desks["coordinator"].folder, written)
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
        backups.restore(folder, written)
    assert (folder.state, [path.name for path in folder.path.iterdir()]) == ("empty", ["lock"])
    folder.close()


def test_a_place_that_cannot_be_reached_is_told(desks: Desks, tmp_path: Path) -> None:
    with pytest.raises(NoSuchPlace):
        backups.write(desks["interviewer"], tmp_path / "no" / "such" / "file")
    folder = Folder.open(tmp_path / "new")
    with pytest.raises(NoSuchPlace):
        backups.restore(folder, tmp_path / "nothing")
    folder.close()


def test_a_backup_that_cannot_be_finished_leaves_the_earlier_one(
    desks: Desks, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written.read_bytes()

    def broken(path: Path) -> None:
        raise NotABackup

    monkeypatch.setattr(files, "check", broken)
    with pytest.raises(NotABackup):
        backups.write(desks["interviewer"], written)
    assert written.read_bytes() == before
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
    backups.restore(folder, written)
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
