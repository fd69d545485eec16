"""The backup file's bytes, as the first version wrote them; other bytes are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldkit.errors import Occupied
from fieldkit.store import backups
from fieldkit.store.backups import NotABackup

VECTOR = (
    b'fieldkit backup 1\n{"files":['
    b'{"hash":"WJCcK2LKNLtZxJkLApdK4TayuI1qvGRZo15Bcbm8PEI","name":"fieldkit.db","size":4},'
    b'{"hash":"wJ2lItrCYcPSVmIwvtENLz7xP452VFdsEuhX4H94YJg","name":"slots.json","size":2}]}\nsea1{}'
)


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in backups.FILES}
    found["fieldkit.db"].write_bytes(b"sea1")
    found["slots.json"].write_bytes(b"{}")
    return found


@pytest.mark.parametrize("at", range(len(VECTOR)))
def test_no_byte_can_be_changed_unseen(tmp_path: Path, at: int) -> None:
    (tmp_path / "b").write_bytes(VECTOR[:at] + bytes([VECTOR[at] ^ 1]) + VECTOR[at + 1 :])
    with pytest.raises((NotABackup, backups.NewerBackup)):
        backups.check(tmp_path / "b")


def test_the_bytes_are_those_of_the_first_version(sources: dict[str, Path], tmp_path: Path) -> None:
    backups.write(tmp_path / "b", sources)
    assert (tmp_path / "b").read_bytes() == VECTOR
    (tmp_path / "out").mkdir()
    found = backups.unpack(tmp_path / "b", tmp_path / "out")
    assert {name: path.read_bytes() for name, path in found.items()} == {"fieldkit.db": b"sea1", "slots.json": b"{}"}


def _photo(path: Path) -> None:
    path.write_bytes(b"\xff\xd8\xff a photo")


def _empty(path: Path) -> None:
    path.touch()


def _link_to_a_backup(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(VECTOR)
    path.symlink_to(path.with_name("elsewhere"))


def _link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")


@pytest.mark.parametrize(
    "put",
    [
        _photo,
        _empty,
        Path.mkdir,
        pytest.param(_link_to_a_backup, marks=POSIX),
        pytest.param(_link_to_nothing, marks=POSIX),
        pytest.param(_pipe, marks=POSIX),
    ],
)
def test_what_is_no_backup_of_ours_is_never_overwritten(
    sources: dict[str, Path], tmp_path: Path, put: Callable[[Path], None]
) -> None:
    path = tmp_path / "taken"
    put(path)
    before = path.lstat()
    with pytest.raises(Occupied):
        backups.write(path, sources)
    assert (path.lstat().st_ino, path.lstat().st_mode, path.lstat().st_size) == (
        before.st_ino,
        before.st_mode,
        before.st_size,
    )


def test_an_earlier_backup_may_be_another_laptops_and_is_not_overwritten_either(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    backups.write(tmp_path / "b", sources)
    with pytest.raises(Occupied):
        backups.write(tmp_path / "b", sources)
    assert (tmp_path / "b").read_bytes() == VECTOR


@POSIX
def test_a_pipe_is_no_backup_and_nobody_waits_for_it(tmp_path: Path) -> None:
    _pipe(tmp_path / "b")
    with pytest.raises(NotABackup):
        backups.unpack(tmp_path / "b", tmp_path)
