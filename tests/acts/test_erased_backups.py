"""What was erased comes back from no older copy: neither from a backup nor from what this program copied by itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fieldkit.acts import answers, backups, checks, interviews, stops, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.backups import BackupFirst, StillThere
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import DiskFull, NotFound, Occupied
from fieldkit.store import backups as files
from fieldkit.store import copies, erasures, search
from fieldkit.store.database import Database
from fieldkit.store.erasures import ErasedLogBroken, ErasedLogNewer
from fieldkit.store.folder import Folder
from sync.replica import Report

Desks = dict[str, Desk]
Clear = Callable[[Database], bytes]
Again = Callable[[Folder], Desk]
WORDS, STAYS = "qx7vk2mpz9lw4td", "wq4nv8xk2zt6mp"
DATED = "2026-03-09-080507"


@pytest.fixture
def me(desks: Desks, interview: str) -> Desk:
    """The interviewer, who wrote down what the child said."""
    desk = desks["interviewer"]
    line = interviews.page(desk, interview).questions[0]
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
    line = interviews.page(desk, interview).questions[0]
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
        assert erasures.read_log(me.folder.erased_log) == erasures.given(tables)


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
    backups.destroyed(me, one.number)

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
