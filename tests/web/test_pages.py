"""What holds for every page: none reads the whole log to show its part of it (`design.md` §10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import people
from fieldkit.acts.desk import Desk
from fieldkit.resources import resource_dir
from fieldkit.store import database
from sync.replica import Report

TEMPLATES = resource_dir("templates")
GROWING = "changes|heads|blocks|search_rows|consent_events|interviews|answers|moments|closings|memos|attachments|chunks"
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


def test_an_interviews_page_reads_no_such_table(
    sit: Callable[[str], FlaskClient], interview: str, plans: set[str]
) -> None:
    page = sit("interviewer").get(f"/interviews/{interview}").text

    assert "attachments" in page
    assert plans == set()


def test_the_boards_of_a_coordinator_read_no_whole_table_either(
    sit: Callable[[str], FlaskClient],
    plans: set[str],
    desks: dict[str, Desk],
    interview: str,
    carry: Callable[[Desk, Desk], Report],
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    plans.clear()  # a stick is read whole
    browser, clock = sit("coordinator"), f"/clocks/{desks['interviewer'].device.id}"
    browser.post("/sample/add", data={"sex": "f", "target": "5"})
    code = people.listing(desks["coordinator"])[0].case_code
    browser.post("/worklists", data={"team": "A", "what": "再去一次", "children": code, "due": "2031-05-09"})
    first = re.findall(r'<option value="(\d+)"', browser.get(clock).text)[0]
    browser.post(clock, data={"first": first, "last": first, "right": "2031-05-09", "reason": "battery"})
    pages = ("/sample", "/worklists", clock, "/inbox", f"/people/{people.listing(desks['coordinator'])[0].id}")

    assert [browser.get(page).status_code for page in pages] == [200] * len(pages)
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


def test_what_is_wrong_is_told_with_the_name_of_its_field_on_every_page() -> None:
    """The summary at the top knows every field that the page shows."""
    unnamed = {}
    for path in TEMPLATES.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        told = re.search(r"faults_of\(form(.*)\) }}", page)
        if told and "names" not in told[1]:
            shown = set(re.findall(r"\b(?:text|choose|radios|fault)\(form\.(\w+)", page))
            unnamed[str(path.relative_to(TEMPLATES))] = shown - set(re.findall(r"'(\w+)': ", told[1]))

    assert len(unnamed) > 20
    assert {page: fields for page, fields in unnamed.items() if fields} == {}
    assert all("of_evidence" in _page(f"{page}.html") for page in ("consents/sign", "consents/call", "consents/late"))


def _page(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def test_a_phone_that_is_too_long_is_told_as_the_phone(browser: FlaskClient) -> None:
    page = browser.post("/people/new", data={"called": "小满", "phone": "0" * 100}).text

    assert '<a href="#phone">家长电话：太长了，最多40个字，写短一点。</a>' in page


@pytest.mark.parametrize(("field", "told"), [("months_away", "在外月数"), ("contact_freq", "联系频率")])
def test_what_does_not_fit_in_a_household_is_told_with_its_field(
    browser: FlaskClient, consented: str, field: str, told: str
) -> None:
    page = browser.post(f"/people/{consented}/household/parents/mother", data={field: "x" * 100}).text

    assert f'<a href="#{field}">{told}' in page
