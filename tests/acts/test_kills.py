"""The power goes while a parent signs: a consent is whole or absent, and what was acknowledged is there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from fieldkit.acts import checks, interviews, stops, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store import people
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder

pytestmark = pytest.mark.kills
HERE = Path(__file__).parent
ROUNDS = 100
TABLES = {"consent_events": "event", "identities": "identity", "evidence": "evidence", "person_names": "name"}


Writes = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def writes(tmp_path: Path, passphrase: str) -> Iterator[Writes]:
    """Start a program that writes into the folder `machine`."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(HERE / program), str(tmp_path / "machine"), passphrase, *more]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        with process:
            pass


def round_of(process: subprocess.Popen[str], chance: random.Random, at_most: int, longest: float) -> list[str]:
    """Let the program write, kill it at a random moment; return what was acknowledged."""
    assert process.stdin is not None
    assert process.stdout is not None
    print(file=process.stdin, flush=True)
    pid = int(process.stdout.readline())
    acknowledged = [process.stdout.readline().strip() for _ in range(chance.randint(0, at_most))]
    Event().wait(chance.uniform(0, longest))
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
    four_machines: Path, tmp_path: Path, writes: Writes, passphrase: str
) -> None:
    chance, fell, writer = random.Random(20261125), Counter[int](), writes("consent_writer.py")
    for _ in range(ROUNDS):
        shutil.copytree(four_machines / "interviewer", tmp_path / "machine")
        acknowledged = round_of(writer, chance, 2, 0.12)
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


STAYS, GOES = b"wq4nv8xk2zt6mp", b"qx7vk2mpz9lw4td"
STEPS = ["saved", "off the record", "more", "stopping", "gone"]


def test_seventy_kills_while_a_child_takes_words_back_leave_each_step_whole_or_not_begun(
    desks: dict[str, Desk],
    interview: str,
    tmp_path: Path,
    writes: Writes,
    passphrase: str,
    clear: Callable[[Database], bytes],
) -> None:
    before = desks["interviewer"].folder.path
    with desks["interviewer"].db.writing():
        desks["interviewer"].db.leave_no_trace()
    chance, fell, writer = random.Random(20261126), Counter[str](), writes("stop_writer.py", interview)
    for _ in range(70):
        shutil.copytree(before, tmp_path / "machine", ignore=shutil.ignore_patterns("lock"))
        acknowledged = round_of(writer, chance, len(STEPS), 0.03)
        folder = Folder.open(tmp_path / "machine")
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        fell[acknowledged[-1] if acknowledged else "nothing"] += 1

        stood = standing(desk, interview)
        assert checks.check(desk).ok
        assert STEPS.index(stood) >= STEPS.index(acknowledged[-1]) if acknowledged else True
        content = clear(desk.db).lower()
        assert (GOES in content) == (stood == "saved" and said(desk, interview).endswith(GOES.decode()))
        if stood in {"stopping", "gone"}:
            stops.finish_due(desk)
            assert standing(desk, interview) == "gone"
            assert STAYS not in clear(desk.db).lower()
        desk.db.close()
        folder.close()
        shutil.rmtree(tmp_path / "machine")
    assert set(fell) >= {"saved", "off the record", "stopping", "gone"}, fell


def said(desk: Desk, interview: str) -> str:
    return interviews.page(desk, interview).questions[0].text_now


def standing(desk: Desk, interview: str) -> str:
    """Return how far the writer came: each step is there whole, or nothing of it."""
    with desk.db.reading() as tables:
        if people.row(tables, "interviews", "id = ?", interview) is None:
            left = [row for table in ("answers", "moments", "closings") for row in tables.table(table).rows]
            assert not left
            assert tables.execute("SELECT count(*) FROM consent_events WHERE scope = 'stop_discard'").fetchone() == (1,)
            return "gone"
        off = people.row(tables, "moments", "what = 'off_record'") is not None
    assert stops.waiting(desk, interview) is None or off
    if stops.waiting(desk, interview):
        return "stopping"
    text = said(desk, interview)
    assert not off or GOES.decode() not in text
    return "saved" if not off else "more" if text.endswith("more") else "off the record"
