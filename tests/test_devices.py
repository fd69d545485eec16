"""A computer that was lost, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from fieldkit.cli import main


@pytest.fixture
def office(four_machines: Path, tmp_path: Path, passphrase: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The coordinator's folder."""
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", passphrase)
    return str(copytree(four_machines / "coordinator", tmp_path / "office"))


@pytest.mark.parametrize(
    ("device", "role", "code"),
    [("L1", "interviewer", "not_allowed"), ("C1", "coordinator", "own_computer"), ("L77", "coordinator", "not_found")],
)
def test_who_may_not_whom_not_and_nobody_are_refused_with_their_code(
    office: str, four_machines: Path, capsys: pytest.CaptureFixture[str], device: str, role: str, code: str
) -> None:
    folder = office if role == "coordinator" else str(copytree(four_machines / role, f"{office} of {role}"))
    assert main(["revoke", device, "--why", "lost", "--data", folder, "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert said["refused"] == code
    assert said["zh_CN"] != said["en"]


def test_a_lost_laptop_is_taken_out_once_and_let_count_again(office: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["revoke", "L1", "--why", "lost", "--data", office]) == 0
    assert "L1" in capsys.readouterr().out
    assert main(["revoke", "L1", "--why", "left", "--data", office]) == 3
    assert "(out_already)" in capsys.readouterr().err
    assert main(["release", "L1", "--data", office, "--json"]) == 0
    (out,) = json.loads(capsys.readouterr().out)["out"]
    assert (out["name"], out["why"], out["waiting"]) == ("L1", "lost", 0)
