"""The backup file's bytes, as the first version wrote them; other bytes are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

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
