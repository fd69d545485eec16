"""What holds for every page: none reads the whole log to show its part of it (`design.md` §10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.store import database

GROWING = "changes|heads|blocks|search_rows|consent_events|interviews|answers|moments|closings|memos"
FEW = "changes_(?:participants|approved|interviews)|answers_doubted|blocks_parked|[a-z_]+_conflict"  # of some rows only
READS_ALL = re.compile(rf"SCAN (?:{GROWING})(?: USING (?:COVERING )?INDEX (?!{FEW})\S+)?$")
NEWEST = "ORDER BY tick DESC LIMIT 1"  # walks an index from its end and stops
ID = re.compile(r"/[\w-]{20,}")
FEW_OF_A_KIND = 3


def test_the_crawl_would_see_a_page_that_reads_everything(sit: Callable[[str], FlaskClient], plans: set[str]) -> None:
    sit("interviewer").get("/check")

    assert any("heads" in plan for plan in plans)  # to compare with a rebuild reads all there is


@pytest.mark.parametrize("role", ["interviewer", "coordinator", "translator", "sg_lead"])
def test_no_page_reads_a_whole_table_that_grows_with_the_interviews(
    sit: Callable[[str], FlaskClient], plans: set[str], role: str
) -> None:
    visited = list(_crawled(sit(role)))

    assert len(visited) > 10
    assert plans == set()


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What was asked so that SQLite reads all of a growing table; the name that a statement gives it is undone."""
    found, known = set[str](), set[str]()
    ask = database._Tables.execute

    def explain(self: database._Tables, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> Any:
        if sql not in known and sql.lstrip().upper().startswith(("SELECT", "WITH")):
            known.add(sql)
            steps = ask(self, f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
            if NEWEST not in sql and any(READS_ALL.match(_unnamed(step[-1], sql)) for step in steps):
                found.add(sql)
        return ask(self, sql, parameters)

    monkeypatch.setattr(database._Tables, "execute", explain)
    return found


def _unnamed(step: str, sql: str) -> str:
    given = {name: table for table, name in re.findall(rf"\b({GROWING}) AS (\w+)", sql)}
    return " ".join(given.get(word, word) for word in step.split(" "))


def _crawled(browser: FlaskClient) -> Iterator[str]:
    """Visit what the pages lead to, of each kind of page a few; the check of the data reads all and is left out."""
    seen, kinds, ahead = {"/check"}, list[str](), ["/"]
    while ahead:
        path = ahead.pop()
        kind = ID.sub("/ID", path)
        if path in seen or kinds.count(kind) == FEW_OF_A_KIND:
            continue
        seen.add(path)
        kinds.append(kind)
        answer = browser.get(path, follow_redirects=True)
        if answer.mimetype == "text/html":
            yield path
            ahead += [link.replace("&amp;", "&") for link in re.findall(r'href="(/(?!static)[^"#]*)', answer.text)]
