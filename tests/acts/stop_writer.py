"""An interview until the plug is pulled: for every line on standard input one fresh process.

It prints its id, each step once it is acknowledged, and `done`. Of a line `ACTIVITY at NUMBER` it comes to the point
NUMBER (before a commit, after it, before the journal is swept), prints `held` and which point that is, and stays there
to be killed. Of a line `ACTIVITY after NUMBER SECONDS` the kernel ends it so many seconds after the acknowledgement
NUMBER (0: from the first step on): nothing in it hears of that.
A last argument plants a fault: `early` acknowledges before it does, `halves` discards in two transactions.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from fieldkit.acts import answers, closings, endings, questions, stops, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import Seen
from fieldkit.clock import Clock
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder

STAYS, GOES = "wq4nv8xk2zt6mp", "qx7vk2mpz9lw4td"
TICKED = ClosingTold(told=(1, 3))
ENDED = ClosingTold("full", "", "home_yard", "", "private", ("none",), "zhoukou", "", "during", 4, 5, told=(1, 3))
FAULT = sys.argv[4] if len(sys.argv) > 4 else ""
Steps = Iterator[tuple[str, Callable[[], object]]]
_commit, _sweep, _finish = Database._commit, Database._emptied_journal, stops.finish


def say(words: object) -> None:
    """Write a line at once: no end comes in the middle of it."""
    os.write(sys.stdout.fileno(), f"{words}\n".encode())


class Points:
    """Which point is reached, counted from the first step on; at the one that was asked for the process waits."""

    def __init__(self) -> None:
        self.wanted, self.count, self.step = 0, 0, ""

    def reached(self, where: str) -> None:
        self.count += bool(self.step)
        if self.step and self.count == self.wanted:
            say(f"held {self.step}: {where}")
            sys.stdin.read()


class Fuse:
    """Lets the kernel end this process some seconds after an acknowledgement."""

    def __init__(self) -> None:
        self.left, self.seconds = -1, 0.0

    def burn(self) -> None:
        if self.left == 0:
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
        self.left -= 1


points, fuse = Points(), Fuse()


def commit(self: Database, connection: Any) -> None:
    if connection is not self._writer:
        return _commit(self, connection)
    points.reached("before the commit")
    _commit(self, connection)
    return points.reached("after the commit")


def sweep(self: Database) -> bool:
    points.reached("before the journal is swept")
    return _sweep(self)


def finish_in_halves(desk: Desk, interview: str, mark: str) -> None:
    with desk.db.writing() as tables:
        endings.erase(desk, tables, interview)
    _finish(desk, interview, mark)


def typing(desk: Desk, said: SaveAnswer) -> Steps:
    for count in range(1, 4):
        yield f"save {count}", partial(answers.save, desk, replace(said, text=f"{said.text} {count}"))


def off_the_record(desk: Desk, said: SaveAnswer) -> Steps:
    yield "take back", partial(answers.off_record, desk, replace(said, text=STAYS), GOES)


def stopping(desk: Desk, said: SaveAnswer, choice: str = "stop_keep") -> Steps:
    yield "choose", partial(stops.begin, desk, said.interview, choice)
    waiting = stops.waiting(desk, said.interview)
    yield "finish", partial(stops.finish, desk, said.interview, waiting.mark if waiting else "")


def closing(desk: Desk, said: SaveAnswer) -> Steps:
    for name, act, told in (("tick", closings.keep, TICKED), ("end", closings.end, ENDED)):
        seen = Seen(closings.page(desk, said.interview).opened.base)
        yield name, partial(act, desk, said.interview, told, seen)


ACTIVITIES: dict[str, Callable[[Desk, SaveAnswer], Steps]] = {
    "typing": typing,
    "off_the_record": off_the_record,
    "stopping": stopping,
    "discarding": partial(stopping, choice="stop_discard"),
    "closing": closing,
}


def write(path: Path, passphrase: str, interview: str, activity: str) -> None:
    folder = Folder.open(path)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    line = questions.page(desk, interview, "W").questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, STAYS + GOES)
    answers.save(desk, said)
    say("typed")
    fuse.burn()
    for points.step, act in ACTIVITIES[activity](desk, said):
        if FAULT == "early":
            say(points.step)
        act()
        if FAULT != "early":
            say(points.step)
        fuse.burn()
    say("done")


Database._commit = commit  # type: ignore[method-assign]
Database._emptied_journal = sweep  # type: ignore[method-assign]
if FAULT == "halves":
    stops.finish = finish_in_halves
for asked in sys.stdin:
    child = os.fork()
    if child == 0:
        activity, how, number, *seconds = asked.split()
        if how == "at":
            points.wanted = int(number)
        else:
            fuse.left, fuse.seconds = int(number), float(seconds[0])
        say(os.getpid())
        write(Path(sys.argv[1]), sys.argv[2], sys.argv[3], activity)
        sys.stdin.read()
    os.waitpid(child, 0)
    say("ended")
