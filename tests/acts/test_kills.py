"""The power goes while a parent signs: a consent is whole or absent, and what was acknowledged is there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from fieldkit.acts import checks, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store import people
from fieldkit.store.folder import Folder

pytestmark = pytest.mark.kills
WRITER = Path(__file__).with_name("consent_writer.py")
ROUNDS = 100
TABLES = {"consent_events": "event", "identities": "identity", "evidence": "evidence", "person_names": "name"}


@pytest.fixture
def writer(tmp_path: Path, passphrase: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(WRITER), str(tmp_path / "machine"), passphrase]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


def round_of(process: subprocess.Popen[str], chance: random.Random) -> list[str]:
    """Let consents be recorded, kill the process at a random moment; return the events that were acknowledged."""
    assert process.stdin is not None
    assert process.stdout is not None
    print(file=process.stdin, flush=True)
    pid = int(process.stdout.readline())
    acknowledged = [process.stdout.readline().strip() for _ in range(chance.randint(0, 2))]
    Event().wait(chance.uniform(0, 0.12))
    os.kill(pid, signal.SIGKILL)
    return acknowledged + list(iter(lambda: process.stdout.readline().strip(), "ended"))  # type: ignore[union-attr]


def parts(desk: Desk) -> list[dict[str, str]]:
    """Return, for each child, which parts of a consent are there."""
    with desk.db.reading() as tables:
        return [
            {
                **{
                    part: str(row["id"])
                    for table, part in TABLES.items()
                    if (row := people.row(tables, table, "subject = ?", child["id"]))
                },
                **({"pseudonym": child["pseudonym_zh"]} if child["pseudonym_zh"] else {}),
            }
            for child in people.participants(tables)
        ]


def test_a_hundred_kills_leave_every_consent_whole_or_absent(
    four_machines: Path, tmp_path: Path, writer: subprocess.Popen[str], passphrase: str
) -> None:
    chance, fell = random.Random(20261125), Counter[int]()
    for _ in range(ROUNDS):
        shutil.copytree(four_machines / "interviewer", tmp_path / "machine")
        acknowledged = round_of(writer, chance)
        folder = Folder.open(tmp_path / "machine")
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        found = parts(desk)

        assert {len(one) for one in found} <= {0, len(TABLES) + 1}
        assert set(acknowledged) <= {one["event"] for one in found if one}
        assert checks.check(desk).ok
        fell[len(found) - len(acknowledged)] += 1
        desk.db.close()
        folder.close()
        shutil.rmtree(tmp_path / "machine")
    assert len(fell) > 1, fell  # between two consents and inside one
