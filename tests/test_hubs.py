"""The hub and the laptop's `sync` from the command line, as people start them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from socket import create_server

import httpx
import pytest

from fieldkit import hubs
from fieldkit.acts import hubs as acts
from fieldkit.cli import main

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def typed(monkeypatch: pytest.MonkeyPatch, passphrase: str) -> None:
    monkeypatch.setenv("FIELDKIT_PASSPHRASE", passphrase)


@pytest.fixture
def folders(four_machines: Path, tmp_path: Path) -> Path:
    return Path(copytree(four_machines, tmp_path / "machines"))


@contextmanager
def _running(*words: str | Path) -> Iterator[list[str]]:
    """Start a hub; yield what it said, up to where its card lies."""
    command = [sys.executable, "-m", "fieldkit", "hub", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            yield [process.stdout.readline() for _ in range(6)]
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            assert process.wait() == 130


def test_a_hub_without_a_pass_is_told_where_to_get_one(capsys: Said) -> None:
    assert main(["hub"]) == 3
    said = capsys.readouterr().err
    assert "fieldkit hub pass FILE" in said
    assert "(pass_needed)" in said


def test_a_hub_that_does_not_say_where_it_stands_is_refused(folders: Path, tmp_path: Path, capsys: Said) -> None:
    told = tmp_path / "study.pass"
    assert main(["hub", "pass", str(told), "--data", str(folders / "coordinator")]) == 0
    assert main(["hub", "--pass", str(told), "--store", str(tmp_path / "hub")]) == 3
    assert "(wrong_country)" in capsys.readouterr().err
    assert main(["hub", "pass", str(told), "--data", str(folders / "coordinator")]) == 3
    assert main(["hub", "pass", str(tmp_path / "other"), "--data", str(folders / "interviewer")]) == 3


def test_a_card_too_large_for_a_code_is_told_and_leaves_no_older_one(tmp_path: Path, capsys: Said) -> None:
    older = tmp_path / hubs.CODE
    older.write_bytes(b"of an earlier start")
    hubs._draw(b"x" * 3000, older)
    assert not older.exists()
    assert "放不进二维码" in capsys.readouterr().out


@pytest.mark.parametrize("half", ["--cert", "--key"])
def test_half_a_certificate_is_none(tmp_path: Path, capsys: Said, half: str) -> None:
    assert main(["hub", "--pass", str(tmp_path / "study.pass"), half, str(tmp_path / "half.pem")]) == 3
    assert "(half_a_certificate)" in capsys.readouterr().err


def test_sync_without_a_card_is_refused_for_machines_too(folders: Path, capsys: Said) -> None:
    assert main(["sync", "--data", str(folders / "interviewer"), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["refused"] == "no_hub"


def test_a_laptop_and_a_coordinator_exchange_by_the_handbook(folders: Path, tmp_path: Path, capsys: Said) -> None:
    told, store = tmp_path / "study.pass", tmp_path / "hub"
    main(["hub", "pass", str(told), "--data", str(folders / "coordinator")])
    with _running("--pass", told, "--store", store, "--country", "CN", "--host", "127.0.0.1", "--port", "0") as said:
        card = store / hubs.CARD
        assert str(card) in said[3]
        assert str(store / hubs.CODE) in said[5]
        assert (store / hubs.CODE).read_bytes() == acts.picture(card.read_bytes())
        for role in ("interviewer", "coordinator", "interviewer"):
            words = ["sync", "--data", str(folders / role), "--hub-card", str(card)]
            assert main(words) == 0
        assert "中心端已确认" in capsys.readouterr().out
        assert main(["sync", "--data", str(folders / "coordinator"), "--json"]) == 0
        done = json.loads(capsys.readouterr().out)
        assert (done["done"], done["sent"], done["aside"], done["restored"]) == (True, 0, {}, False)
        url = json.loads(card.read_bytes())["url"]
        status = httpx.get(f"{url}/status.json").json()
        assert (status["country"], status["quarantine"], len(status["seen"])) == ("CN", 0, 2)
        page = httpx.get(url).text
        assert status["study"] in page
        assert "李岚" not in page
    with _running("--pass", told, "--store", store, "--country", "CN", "--port", "0", "--restored") as said:
        assert len(said) == 6
        assert json.loads(card.read_bytes())["key"] == status["key"]


def test_a_port_that_is_taken_is_told(folders: Path, tmp_path: Path, free: Callable[[], int]) -> None:
    told = tmp_path / "study.pass"
    main(["hub", "pass", str(told), "--data", str(folders / "coordinator")])
    port = str(free())
    words = ["--pass", str(told), "--country", "CN", "--host", "127.0.0.1", "--port", port]
    with _running(*words, "--store", tmp_path / "one"):
        command = [sys.executable, "-m", "fieldkit", "hub", *words, "--store", str(tmp_path / "two")]
        second = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert second.returncode == 3
    assert "(port_taken)" in second.stderr


@pytest.fixture
def free() -> Callable[[], int]:
    """Find a port that nothing listens on."""

    def find() -> int:
        with create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])

    return find
