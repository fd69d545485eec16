"""What a field laptop has to reach (`design.md` §10): `--check` exits 1 on a missed target.

Start and memory are figures of this machine; saving is a ratio against bare commits of the same disk in the same run.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from fieldkit.acts import answers, demo, people, questions
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock, new_id

SAVES, AUTOSAVE, MEGABYTES = 300, 3.0, 150.0
QUESTION, NOTE = "W1", "下雨放学的时候。别人家都有人送伞。" * 12


def main() -> int:
    """Print every measure beside its target; return how many were missed, if that was asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    missed = sum(row(*measure) for measure in _measures())
    return int(bool(check and missed))


def row(what: str, value: float, target: float, unit: str) -> int:
    missed = value > target
    print(f"{what:52} {value:8.2f} {unit:6} target {target:g}{'   MISSED' if missed else ''}")
    return int(missed)


def _measures() -> Iterator[tuple[str, float, float, str]]:
    _started(["--demo"])  # the first start after an installation compiles
    with tempfile.TemporaryDirectory() as scratch:
        for what, options, target in (
            ("demo: start to first useful page", ["--demo"], 5.0),
            ("laptop: start to first page", ["--data", scratch], 2.0),
        ):
            seconds, megabytes = _started(options)
            yield what, seconds, target, "s"
            yield f"{what.partition(':')[0]}: resident memory", megabytes, MEGABYTES, "MB"
    yield from _saves()


def _started(options: list[str]) -> tuple[float, float]:
    """Return seconds until the first page is read, and the megabytes that the server then holds."""
    begin = time.perf_counter()
    with server(options) as (process, url):
        urlopen(url).read()
        seconds = time.perf_counter() - begin
        return seconds, resident(process.pid)


@contextmanager
def server(options: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a folder; yield the process and the address of its first page."""
    command = [sys.executable, "-m", "fieldkit", "serve", *options, "--port", "0", "--no-browser"]
    keeping = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # a laptop compiles once, not at every start
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=keeping)
    assert process.stdout is not None
    try:
        yield process, next(found[0] for line in process.stdout if (found := re.search(r"http://\S+/", line)))
    finally:
        process.terminate()
        process.communicate()


def resident(pid: int) -> float:
    """Return the megabytes that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def busy(pid: int) -> float:
    """Return the seconds of processor time that a process has had."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _saves() -> Iterator[tuple[str, float, float, str]]:
    with tempfile.TemporaryDirectory() as scratch:
        desks = demo.build(Path(scratch), Clock())
        desk = desks["interviewer"]
        interview = next(one.step.interview for one in people.listing(desk) if one.step.interview) or ""
        yield "autosave p95 against a bare SQLCipher commit", autosave(desk, interview), AUTOSAVE, "x"
        demo.close(desks.values())


def autosave(desk: Desk, interview: str) -> float:
    """Return how many times as long as a bare commit of the same words to the same file an autosave takes (p95).

    Both in turn, so that whatever else the computer does slows both, and on one connection: another one's commit would
    make the first forget the pages that it has read.
    """
    page = questions.page(desk, interview, QUESTION[0])
    base = next(line.base for line in page.questions if line.id == QUESTION)
    editor, connection = new_id(), desk.db._writer
    times = []
    for text in (NOTE + str(number) for number in range(SAVES)):
        said = SaveAnswer(interview, QUESTION, editor, base, text)
        times.append((_timed(partial(_bare_commit, connection, text)), _timed(partial(answers.save, desk, said))))
    bare, saves = (p95(of_one) for of_one in zip(*times, strict=True))
    return saves / bare


def p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _bare_commit(connection: Any, text: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT OR REPLACE INTO machine VALUES ('bench', ?)", [text])
    connection.execute("COMMIT")


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
