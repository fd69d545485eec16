"""The power goes: a consent and each step of an interview is whole or not begun, and what was acknowledged is there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fieldkit.acts import checks, stops, users
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


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line of a program that still runs."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line not in {"", "ended"}, "the program ended by itself"
    return line


def begin(process: subprocess.Popen[str], asked: str) -> None:
    """Let a fresh process begin with what is asked."""
    print(asked, file=process.stdin, flush=True)


def told_until_the_end(process: subprocess.Popen[str]) -> list[str]:
    """Return what the fresh process still said before it was ended."""
    assert process.stdout is not None
    return [line.strip() for line in iter(process.stdout.readline, "ended\n")]


def drawn(chance: random.Random, at_most: int, longest: float) -> str:
    """Return after which acknowledgement, and how many seconds after it, the kernel is to end a program.

    A drawn time and no drawn statement: only so does the end come while a commit is being written as well.
    """
    return f"{chance.randint(0, at_most)} {chance.uniform(1e-6, longest):f}"  # a timer of 0 never goes off


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
        begin(writer, drawn(chance, 2, 0.12))
        acknowledged = told_until_the_end(writer)
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


STAYS, GOES = "wq4nv8xk2zt6mp", "qx7vk2mpz9lw4td"
TYPED = STAYS + GOES
STAGES = {  # what the disk says before the first step, and after each
    "typing": [TYPED, f"{TYPED} 1", f"{TYPED} 2", f"{TYPED} 3"],
    "off_the_record": [TYPED, f"{STAYS}, words taken back"],
    "stopping": [TYPED, "stop_keep", "stopped"],
    "discarding": [TYPED, "stop_discard", "discarded"],
    "closing": [TYPED, "ticked", "ended"],
}
AT_RANDOM = 20  # kills of each activity


def test_kills_at_every_named_point_and_at_random_leave_each_step_whole_or_not_begun(
    plug: Plug, capsys: pytest.CaptureFixture[str]
) -> None:
    fell = Counter[tuple[str, str]]()
    for activity in STAGES:
        fell.update(plug.at_each_point(activity))
        fell.update(plug.at_random(activity, random.Random(f"20261126 {activity}")))
    with capsys.disabled():
        print("", *(f"{count:5d}  {activity}: {where}" for (activity, where), count in sorted(fell.items())), sep="\n")

    assert plug.wrong == []
    for activity, stages in STAGES.items():
        named = {where for one, where in fell if one == activity and ": " in where}
        swept = activity in {"off_the_record", "discarding"}
        assert len(named) == 2 * (len(stages) - 1) + swept
        assert len({where for one, where in fell if one == activity and where.startswith("at random")}) > 1
    assert fell.total() >= 120


@pytest.mark.parametrize(("fault", "activity"), [("early", "typing"), ("early", "closing"), ("halves", "discarding")])
def test_a_build_that_acknowledges_early_or_discards_in_halves_is_found_out(
    faulty: Callable[[str], Plug], fault: str, activity: str
) -> None:
    plug = faulty(fault)
    plug.at_each_point(activity)

    assert plug.wrong != []


class Plug:
    """Pulls the plug of one interview: each time of a fresh copy of the machine that has it open."""

    def __init__(
        self, writer: subprocess.Popen[str], before: Path, interview: str, passphrase: str, *look: Any
    ) -> None:
        self.writer, self.before, self.interview, self.passphrase = writer, before, interview, passphrase
        self.clear, self.standing = look
        self.wrong: list[str] = []

    def at_each_point(self, activity: str) -> Counter[tuple[str, str]]:
        """Kill at each point that *activity* comes to, and after its last answer."""
        fell = Counter[tuple[str, str]]()
        for point in count(1):
            with self._machine() as path:
                begin(self.writer, f"{activity} at {point}")
                pid, said = self._typed(), list[str]()
                while not (said and said[-1].startswith(("held", "done"))):
                    said.append(line_of(self.writer))
                where = said.pop()
                os.kill(pid, signal.SIGKILL)
                assert told_until_the_end(self.writer) == []
                done = len(said) + ("after" in where or "swept" in where)
                self._look(path, activity, where, {done})
                fell[activity, where.removeprefix("held ") if where != "done" else "after the last answer"] += 1
            if where == "done":
                return fell
        raise AssertionError

    def at_random(self, activity: str, chance: random.Random) -> Counter[tuple[str, str]]:
        """Let it end at random moments; what has a name is killed by `at_each_point`."""
        fell = Counter[tuple[str, str]]()
        for _ in range(AT_RANDOM):
            with self._machine() as path:
                begin(self.writer, f"{activity} after {drawn(chance, len(STAGES[activity]) - 1, 0.01)}")
                self._typed()
                said = told_until_the_end(self.writer)
                done = len(said) - ("done" in said)
                self._look(path, activity, f"{done} acknowledged", {done, done + 1})
                fell[activity, f"at random, {done} of {len(STAGES[activity]) - 1} steps acknowledged"] += 1
        return fell

    @contextmanager
    def _machine(self) -> Iterator[Path]:
        path = shutil.copytree(self.before, self.before.with_name("machine"), ignore=shutil.ignore_patterns("lock"))
        yield path
        shutil.rmtree(path)

    def _typed(self) -> int:
        pid = int(line_of(self.writer))
        assert line_of(self.writer) == "typed"
        return pid

    def _look(self, path: Path, activity: str, where: str, allowed: set[int]) -> None:
        """Open the machine as after a power cut and note what is wrong."""
        folder = Folder.open(path)
        desk = users.unlock(folder, users.slots(folder)[0].code, self.passphrase, Clock())
        stood, stages = self.standing(desk, self.interview), STAGES[activity]
        right = [stages[step] for step in allowed if step < len(stages)]
        stops.finish_due(desk)
        finally_, content = self.standing(desk, self.interview), self.clear(desk.db).lower()
        kept = {text: text.encode() in content for text in (STAYS, GOES)}
        wanted = {STAYS: finally_ != "discarded", GOES: finally_ not in {"discarded", STAGES["off_the_record"][1]}}
        if stood not in right or finally_.startswith("stop_") or kept != wanted or not checks.check(desk).ok:
            self.wrong.append(f"{activity}, {where}: {stood}, then {finally_}; {kept}")
        desk.db.close()
        folder.close()


@pytest.fixture
def faulty(
    desks: dict[str, Desk],
    interview: str,
    tmp_path: Path,
    writes: Writes,
    passphrase: str,
    clear: Callable[[Database], bytes],
    standing: Callable[[Desk, str], str],
) -> Callable[[str], Plug]:
    desk = desks["interviewer"]
    with desk.db.writing():
        desk.db.leave_no_trace()
    before = tmp_path / "before"
    shutil.copytree(desk.folder.path, before, ignore=shutil.ignore_patterns("lock"))
    return lambda fault: Plug(
        writes("stop_writer.py", interview, fault), before, interview, passphrase, clear, standing
    )


@pytest.fixture
def plug(faulty: Callable[[str], Plug]) -> Plug:
    return faulty("")
