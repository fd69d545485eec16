"""Every page of an interviewer with 100 and with 10,000 interviews stored (`design.md` §10); `--check` exits 1.

Ratios of one run: the same 200 children, the same pages, only the interviews and notes behind them are more. Each store
is served by a process of its own, as on a laptop, and each page is read of both in turn, so that whatever else the
computer does slows both; beside it stands the processor time of each server for one reading, which nothing else moves.
The memory of each server once it has shown every page, and autosaving with so many interviews stored, follow. The words
are those of a load file, one JSON object with a `note` a line, where one is given; else Chinese words at random.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from fieldkit.acts import demo, people, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock, new_id
from fieldkit.records import Change, Value
from fieldkit.store import log, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from tests.benchmarks.laptop import AUTOSAVE, MEGABYTES, autosave, busy, p95, resident, row, server

CHILDREN, FEW, MANY = 200, 100, 10_000
ROUNDS = 101  # of fewer, one in twenty is a single reading that the computer held up
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
        for size, store in ((FEW, few), (MANY, many)):
            missed += row(f"resident memory, {size} stored", resident(store.process), MEGABYTES, "MB")
            missed += row(f"autosave p95 against a bare commit, {size} stored", store.autosave, AUTOSAVE, "x")
    return int(bool(asked.check and missed))


@dataclass(frozen=True)
class Read:
    """Reading a page again and again: p95 and the mean of the server's processor time, in seconds; its bytes."""

    p95: float
    busy: float
    size: int


def _row(page: str, few: Read, many: Read) -> int:
    ratio = many.p95 / few.p95
    missed = ratio > SLOWER or many.size > LARGEST
    print(
        f"{page:12} p95 {few.p95 * 1000:6.1f} ms -> {many.p95 * 1000:6.1f} ms  {ratio:5.2f} x (target {SLOWER:g})"
        f"   processor {few.busy * 1000:5.1f} ms -> {many.busy * 1000:5.1f} ms  {many.busy / few.busy:5.2f} x"
        f"  {many.size / 1024:6.1f} KB (target 100){'   MISSED' if missed else ''}"
    )
    return int(missed)


def _notes(load: Path | None) -> list[str]:
    if load is not None:
        return [json.loads(line)["note"] for line in load.read_text("utf-8").splitlines()]
    chance, words = random.Random(1), "下雨放学的时候别人家都有人送伞我跟奶奶说不用来接自己跑回去就行了书包顶在头上"
    return ["".join(chance.choice(words) for _ in range(700)) for _ in range(200)]


@dataclass(frozen=True)
class Store:
    """An interviewer's folder of some size: its server, a browser before it, the address of each page."""

    process: int
    browser: OpenerDirector
    pages: Mapping[str, str]
    autosave: float


@contextmanager
def _store(root: Path, size: int, notes: list[str]) -> Iterator[Store]:
    root.mkdir()
    desks, passphrase = demo.build(root, Clock()), new_id()
    try:
        desk = desks["interviewer"]
        interview, subject = _fill(desk, size, notes)
        saving = autosave(desk, interview)
        slot = users.slot_of(desk.folder, desk.me.code)
        users.replace_slot(desk.folder, users.sealed_anew(slot, passphrase, desk.db.key, desk.keys, demo.CHEAP))
    finally:
        demo.close(desks.values())
    with server(["--data", str(desk.folder.path)]) as (process, address):
        pages = {name: address.rstrip("/") + path for name, path in _pages(subject, interview)}
        yield Store(process.pid, _unlocked(address, desk.me.code, passphrase), pages, saving)


def _unlocked(address: str, code: str, passphrase: str) -> OpenerDirector:
    browser, page = build_opener(HTTPCookieProcessor()), f"{address}unlock"
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.open(page).read().decode())
    assert token, page
    typed = {"csrf_token": token[1], "code": code, "passphrase": passphrase}
    assert browser.open(page, urlencode(typed).encode()).url != page
    return browser


def _pages(subject: str, interview: str) -> Iterator[tuple[str, str]]:
    yield from {"today": "/today", "children": "/people", "search": f"/people?q={quote('送伞')}"}.items()
    yield "child", f"/people/{subject}"
    yield "gates", f"/people/{subject}/gates"
    yield "interview", f"/interviews/{interview}"
    yield "stop", f"/interviews/{interview}/stop"
    yield "hand-over", "/handover"
    yield "help card", "/help-card"


def _in_turn(few: Store, many: Store, page: str) -> list[Read]:
    """Read *page* of both stores; the first reading of each warms up."""
    both = (few, many)
    for store in both:
        _timed(store.browser, store.pages[page])
    begun = [busy(store.process) for store in both]
    read = [[_timed(store.browser, store.pages[page]) for store in both] for _ in range(ROUNDS)]
    ended = [busy(store.process) for store in both]
    return [
        Read(p95([seconds for seconds, _ in times]), (end - begin) / ROUNDS, times[-1][1])
        for times, begin, end in zip(zip(*read, strict=True), begun, ended, strict=True)
    ]


def _timed(browser: OpenerDirector, address: str) -> tuple[float, int]:
    begin = time.perf_counter()
    with browser.open(address) as answer:
        size = len(answer.read())
    seconds = time.perf_counter() - begin
    assert answer.url == address, (address, answer.url)
    return seconds, size


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
