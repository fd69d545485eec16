"""Every page of an interviewer with 100 and with 10,000 interviews stored (`design.md` §10); `--check` exits 1.

Ratios of one run: the same 200 children, the same pages, only the interviews and notes behind them are more. Each page
is read of both stores in turn, so that whatever else the computer does slows both. Autosaving with so many interviews
stored, and the memory of the process that serves both stores (more than a laptop's server holds), follow. The words are
those of a load file, one JSON object with a `note` a line, where one is given; else Chinese words at random.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flask.testing import FlaskClient

from fieldkit.acts import demo, people
from fieldkit.acts.desk import Desk
from fieldkit.app import create_app
from fieldkit.clock import Clock, new_id
from fieldkit.records import Change, Value
from fieldkit.store import log, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.web.site import HOME, Machine, Site
from tests.benchmarks.laptop import AUTOSAVE, MEGABYTES, autosave, resident, row

CHILDREN, FEW, MANY = 200, 100, 10_000
ROUNDS = 21
SLOWER, LARGEST = 1.5, 100 * 1024


def main() -> int:
    """Print every page beside its targets; return 1 for a missed one, if that was asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("load", nargs="?", type=Path, help="a file of records, one JSON object a line")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    notes = _notes(asked.load)
    with (
        TemporaryDirectory() as scratch,
        _store(Path(scratch) / "few", FEW, notes) as few,
        _store(Path(scratch) / "many", MANY, notes) as many,
    ):
        missed = sum(_row(page, *_in_turn(few, many, page)) for page in few.pages)
        missed += row("resident memory, both stores served", resident(os.getpid()), MEGABYTES, "MB")
        for size, store in ((FEW, few), (MANY, many)):
            what = f"autosave against a bare commit, {size} stored"
            missed += row(what, autosave(store.desk, store.interview), AUTOSAVE, "x")
    return int(bool(asked.check and missed))


def _row(page: str, few: tuple[float, int], many: tuple[float, int]) -> int:
    ratio = many[0] / few[0]
    missed = ratio > SLOWER or many[1] > LARGEST
    print(
        f"{page:28} p95 {few[0] * 1000:7.1f} ms -> {many[0] * 1000:7.1f} ms  {ratio:5.2f} x (target {SLOWER:g})"
        f"  {many[1] / 1024:6.1f} KB (target 100){'   MISSED' if missed else ''}"
    )
    return int(missed)


def _notes(load: Path | None) -> list[str]:
    if load is not None:
        return [json.loads(line)["note"] for line in load.read_text("utf-8").splitlines()]
    chance, words = random.Random(1), "下雨放学的时候别人家都有人送伞我跟奶奶说不用来接自己跑回去就行了书包顶在头上"
    return ["".join(chance.choice(words) for _ in range(700)) for _ in range(200)]


@dataclass(frozen=True)
class Store:
    """An interviewer's folder of some size, a browser before it, an open interview, and the address of each page."""

    desk: Desk
    client: FlaskClient
    interview: str
    pages: Mapping[str, str]


@contextmanager
def _store(root: Path, size: int, notes: list[str]) -> Iterator[Store]:
    root.mkdir()
    desks = demo.build(root, Clock())
    try:
        desk = desks["interviewer"]
        interview, subject = _fill(desk, size, notes)
        site = Site({HOME: Machine(desk.folder, desk=desk)}, Clock(), 80, demo=True)
        client = create_app(site).test_client()
        client.get("/", base_url="http://localhost")
        yield Store(desk, client, interview, dict(_pages(subject, interview)))
    finally:
        demo.close(desks.values())


def _pages(subject: str, interview: str) -> Iterator[tuple[str, str]]:
    yield from {"today": "/today", "children": "/people", "search": "/people?q=送伞"}.items()
    yield "child", f"/people/{subject}"
    yield "gates", f"/people/{subject}/gates"
    yield "interview", f"/interviews/{interview}"
    yield "stop", f"/interviews/{interview}/stop"
    yield "hand-over", "/handover"
    yield "help card", "/help-card"


def _in_turn(few: Store, many: Store, page: str) -> list[tuple[float, int]]:
    """Return p95 in seconds and bytes of *page*, of both stores; the first reading of each warms up."""
    read = [[_timed(store.client, store.pages[page]) for store in (few, many)] for _ in range(ROUNDS + 1)][1:]
    times = zip(*([seconds for seconds, _ in both] for both in read), strict=True)
    return [(statistics.quantiles(of_one, n=20)[-1], size) for of_one, (_, size) in zip(times, read[-1], strict=True)]


def _timed(client: FlaskClient, path: str) -> tuple[float, int]:
    begin = time.perf_counter()
    answer = client.get(path, base_url="http://localhost")
    seconds = time.perf_counter() - begin
    assert answer.status_code == 200, (path, answer.status_code)
    return seconds, len(answer.data)


def _fill(desk: Desk, size: int, notes: list[str]) -> tuple[str, str]:
    """Write *size* interviews of 200 children, each on a yes of its own and with one note.

    Return an interview that is open today, and a child with as many as any other.
    """
    open_now = next(one.step.interview for one in people.listing(desk) if one.step.interview) or ""
    with desk.db.writing() as tables:
        pattern = next(iter(tables.query("SELECT * FROM interviews WHERE id = ?", [open_now])))
        said = [one for one in standing.events(tables, pattern["subject"]) if one.act in {"given", "reaffirmed"}]
        bodies = {one.actor: log.of_record(tables, one.id)[0].set for one in said}
        children = [_child(desk, tables, number, bodies["guardian"]) for number in range(CHILDREN)]
        placed = [children[number % CHILDREN] for number in range(size)]
        yeses = [_event(desk, tables, child, bodies["child"], new_id()) for child, _ in placed]  # all of them first:
        for number, ((child, parent), own) in enumerate(zip(placed, yeses, strict=True)):  # a yes looks at every note
            session, grounds = own.session or "", (parent, own.id)
            _interview(desk, tables, child, grounds, session, pattern["guide_version"])
            _note(desk, tables, child, grounds, session, notes[number % len(notes)])
    return open_now, children[0][0]


def _child(desk: Desk, tables: Tables, number: int, parents_yes: Mapping[str, Value]) -> tuple[str, str]:
    child = new_id()
    facts = {"case_code": f"ZK-A03-{number + 200:03d}", "site": "A03", "sex": "f", "age_group": "a12_13"}
    facts |= {"registered_on": desk.today, "pseudonym_zh": f"化名{number}", "pseudonym_en": f"Name {number}"}
    log.append(tables, desk.pen, Draft("participant", facts, record=child, subject=child))
    return child, _event(desk, tables, child, parents_yes, "").id


def _event(desk: Desk, tables: Tables, child: str, pattern: Mapping[str, Value], session: str) -> Change:
    said = {**pattern, "person": child, "follows": [], "session": session, "day": "2026-01-05"}
    return log.append(tables, desk.pen, Draft("consent_event", said, subject=child, session=session or None))


def _interview(desk: Desk, tables: Tables, child: str, grounds: tuple[str, ...], session: str, guide: str) -> None:
    facts = {"guide_version": guide, "started_on": "2026-01-05", "interviewer": desk.me.code, "asked": {}}
    draft = Draft("interview", facts, record=session, subject=child, session=session, grounds=grounds)
    log.append(tables, desk.pen, draft)


def _note(desk: Desk, tables: Tables, child: str, grounds: tuple[str, ...], session: str, note: str) -> None:
    said = {"interview": session, "question": "W1", "text": note, "text_kind": "verbatim", "outcome": "answered"}
    log.append(tables, desk.pen, Draft("answer", said, subject=child, session=session, grounds=grounds))


if __name__ == "__main__":
    sys.exit(main())
