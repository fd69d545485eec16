"""Files that are whole or not there, and closed to other people of the computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from stat import S_IMODE

import pytest

from fieldkit.platform import default_folder, flush_folder, make_private, own_addresses, write_atomically

POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX; Windows has the profile's own rights")


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    slots = tmp_path / "slots.json"
    write_atomically(slots, b"old")
    slots.with_name("slots.json.new").symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left"):
        write_atomically(slots, b"new")

    assert slots.read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "gone" / "slots.json", b"new")

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    slots = tmp_path / "slots.json"
    slots.with_name("slots.json.new").write_bytes(b"left by a power cut, and longer than what comes now")
    for content in (b"first, and longer", b"second", b""):
        write_atomically(slots, content)

        assert slots.read_bytes() == content
    assert list(tmp_path.iterdir()) == [slots]


@POSIX
def test_a_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    slots = tmp_path / "slots.json"
    slots.write_bytes(b"readable by all")
    slots.chmod(0o644)

    write_atomically(slots, b"new")

    assert mode(slots) == 0o600


@POSIX
def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "fieldkit"
    make_private(folder)
    folder.chmod(0o755)

    make_private(folder)

    assert mode(folder) == 0o700


def test_a_folder_can_be_flushed_as_often_as_one_likes(tmp_path: Path) -> None:
    make_private(tmp_path / "fieldkit")
    for _ in range(2):
        flush_folder(tmp_path / "fieldkit")

    assert (tmp_path / "fieldkit").is_dir()


@pytest.mark.skipif(os.name != "posix" or "darwin" in os.uname().sysname.lower(), reason="XDG is for Linux")
def test_the_data_folder_lies_where_the_person_keeps_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert default_folder() == tmp_path / "fieldkit"


def test_a_computer_without_a_name_and_without_a_network_has_no_further_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.getaddrinfo", nothing)
    monkeypatch.setattr("socket.socket.connect", nothing)
    monkeypatch.setattr("socket.if_nameindex", list, raising=False)

    assert own_addresses() == set()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the computer's own name stands for every interface")
def test_an_interface_without_a_route_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.getaddrinfo", nothing)
    monkeypatch.setattr("socket.socket.connect", nothing)

    assert "127.0.0.1" in own_addresses()
