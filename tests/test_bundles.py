"""Bundles from the command line: what a page does, a command does too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import copytree

import pytest

from fieldkit.cli import main

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def typed(monkeypatch: pytest.MonkeyPatch, passphrase: str) -> None:
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", passphrase)


@pytest.fixture
def laptop(four_machines: Path, tmp_path: Path) -> str:
    return str(copytree(four_machines / "interviewer", tmp_path / "laptop"))


def test_a_stick_that_was_not_written_here_is_refused(laptop: str, capsys: Said) -> None:
    for step in ("lost", "found"):
        assert main(["bundle", step, "whichever", "--data", laptop]) == 3
        assert "(no_such_stick)" in capsys.readouterr().err


def test_a_file_that_is_no_bundle_is_not_looked_at(laptop: str, tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    assert main(["bundle", "look", str(tmp_path / "photo.jpg"), "--data", laptop]) == 3
    assert "(not_a_bundle)" in capsys.readouterr().err


def test_a_bundle_is_written_listed_looked_at_and_lost(laptop: str, tmp_path: Path, capsys: Said) -> None:
    stick = str(tmp_path / "stick.fieldkit")
    assert main(["bundle", "write", stick, "--data", laptop]) == 0
    assert main(["bundle", "list", "--data", laptop]) == 0
    assert re.search("stick.fieldkit: .*, interviews: 0$", capsys.readouterr().out, re.MULTILINE)

    assert main(["bundle", "look", stick, "--data", laptop, "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert (seen["received"] == seen["known"] > 0, seen["compared"]["only_there"], seen["two_versions"]) == (True, 0, 0)
    assert main(["bundle", "look", stick, "--data", laptop]) == 0
    assert "什么都没读进来" in capsys.readouterr().out

    assert main(["bundle", "lost", "stick.fieldkit", "--data", laptop]) == 0
    said = capsys.readouterr().out
    assert "谁捡到都看不了" in said
    assert "Marked as lost: stick.fieldkit" in said
    assert main(["bundle", "list", "--data", laptop, "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["bundles"]
    assert (one["name"], one["lost"] != "") == ("stick.fieldkit", True)
    assert main(["bundle", "read", stick, "--data", laptop]) == 0


def test_a_stick_that_turned_up_is_found_by_the_laptop_or_by_a_coordinator(
    laptop: str, four_machines: Path, tmp_path: Path, capsys: Said
) -> None:
    office = str(copytree(four_machines / "coordinator", tmp_path / "office"))
    for name in ("one.fieldkit", "two.fieldkit"):
        assert main(["bundle", "write", str(tmp_path / name), "--data", laptop]) == 0
        assert main(["bundle", "lost", name, "--data", laptop]) == 0
    assert main(["bundle", "write", str(tmp_path / "three.fieldkit"), "--data", laptop]) == 0
    assert main(["bundle", "read", str(tmp_path / "three.fieldkit"), "--data", office]) == 0
    assert main(["bundle", "found", "one.fieldkit", "--data", laptop]) == 0
    assert "No longer marked as lost" in capsys.readouterr().out
    assert main(["bundle", "found", "one.fieldkit", "--data", laptop]) == 3
    assert "(not_lost)" in capsys.readouterr().err

    assert main(["bundle", "list", "--data", office]) == 0
    number = re.search(r"Lost by L1: number (\S+),", capsys.readouterr().out)
    assert number
    assert main(["bundle", "found", number[1], "--data", office]) == 0
    capsys.readouterr()
    assert main(["bundle", "list", "--data", office, "--json"]) == 0
    assert [one["id"] == number[1] for one in json.loads(capsys.readouterr().out)["lost"]] == [False]
