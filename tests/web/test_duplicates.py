from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import consents, duplicates, people
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.store import log
from fieldkit.store.log import Draft
from sync.replica import Report

Desks = dict[str, Desk]


@pytest.fixture
def again(desks: Desks, consented: str, interview: str) -> str:
    born = f"{Clock().today().year - 12}-01"
    return people.register(
        desks["interviewer"], NewChild("满子", "0394-0000000", "A03", "f", born, reasons={"alike": "another"})
    )


@pytest.fixture
def path(consented: str, again: str) -> str:
    return f"/duplicates/{consented}/{again}"


def base(browser: FlaskClient, path: str) -> str:
    found = re.search(r'name="base" value="([^"]*)"', browser.get(path).text)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("role", ["translator", "sg_lead"])
def test_who_asks_no_children_is_not_let_in(sit: Callable[[str], FlaskClient], path: str, role: str) -> None:
    browser = sit(role)

    for place in ("/duplicates", path):
        assert browser.get(place).status_code == 403
    for choice in ("one", "two"):
        assert browser.post(f"{path}/{choice}", data={"reason": "papers"}).status_code == 403


def test_without_a_reason_the_page_comes_back(browser: FlaskClient, path: str) -> None:
    answer = browser.post(f"{path}/one", data={"base": base(browser, path)})

    assert answer.status_code == 422
    assert "怎么知道" in answer.text
    assert "有错：" in answer.text


def test_two_who_are_not_there_are_no_page(browser: FlaskClient, consented: str) -> None:
    assert browser.get(f"/duplicates/{consented}/nobody").status_code == 404


def test_an_old_page_is_told_that_somebody_decided_meanwhile(
    browser: FlaskClient, desks: Desks, path: str, consented: str, again: str
) -> None:
    before = base(browser, path)
    duplicates.link(desks["interviewer"], consented, again, "papers")
    answer = browser.post(f"{path}/two", data={"base": before})

    assert answer.status_code == 409
    assert "这两个" in answer.text


def test_the_interviewers_day_leads_to_the_pair_and_one_tap_makes_it_one(
    browser: FlaskClient, path: str, consented: str, again: str
) -> None:
    assert "可能是同一个孩子：1" in browser.get("/today").text
    assert path in browser.get("/duplicates").text
    page = browser.get(path).text
    assert "小名用同一个字，同一个电话，同一个调查点" in page
    answer = browser.post(f"{path}/one", data={"reason": "papers", "base": base(browser, path)}, follow_redirects=True)

    assert "又名 ZK-A03-002" in answer.text
    listing = browser.get("/people").text
    assert consented in listing
    assert f"/people/{again}" not in listing
    assert "同一个孩子：1" not in browser.get("/today").text
    other = browser.get(f"/people/{again}").text
    assert "和 ZK-A03-001 是同一个孩子" in other


def test_from_the_childs_page_it_is_taken_back(
    browser: FlaskClient, desks: Desks, path: str, consented: str, again: str
) -> None:
    duplicates.link(desks["interviewer"], consented, again, "papers")
    assert path in browser.get(f"/people/{consented}").text
    assert f"/duplicates/{again}/{consented}" in browser.get(f"/people/{again}").text
    answer = browser.post(f"{path}/two", data={"base": base(browser, path)}, follow_redirects=True)

    assert "不会再问" in answer.text
    assert f"/people/{again}" in browser.get("/people").text


@pytest.mark.parametrize(("relation", "leads"), [("uncle_aunt", True), ("mother", False)])
def test_the_childs_page_leads_to_the_record_where_alone_a_no_is_taken_back(
    browser: FlaskClient, desks: Desks, consented: str, again: str, relation: str, *, leads: bool
) -> None:
    desk = desks["interviewer"]
    no = GuardianAnswer(relation, {"participate": "no"}, [], basis="court")
    consents.record(desk, again, no)
    duplicates.link(desk, consented, again, "papers")

    there = f'href="/people/{again}">看那份记录'
    for page in (f"/people/{consented}", f"/people/{consented}/gates"):
        text = browser.get(page).text
        assert (there in text, "那位监护人改主意了" in text) == (leads, not leads)
    assert "看那份记录" not in browser.get(f"/people/{again}").text


def test_the_inbox_of_the_vault_officer_asks_and_of_who_lacks_the_vault_does_not(
    sit: Callable[[str], FlaskClient], desks: Desks, path: str, carry: Callable[[Desk, Desk], Report]
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    browser = sit("coordinator")
    assert "可能是同一个孩子，或编号重复：1" in browser.get("/inbox").text
    with desks["coordinator"].db.writing() as tables:
        tables.execute("DELETE FROM drawer_keys WHERE drawer LIKE 'vault/%'")

    assert "可能是同一个孩子" not in browser.get("/inbox").text
    refused = browser.get(path)
    assert refused.status_code == 403
    assert "姓名" in refused.text


def test_a_code_given_out_twice_is_one_tap_of_the_coordinator(
    sit: Callable[[str], FlaskClient],
    desks: Desks,
    consented: str,
    again: str,
    carry: Callable[[Desk, Desk], Report],
) -> None:
    desk, later = desks["interviewer"], max(consented, again)
    assert sit("interviewer").post(f"/duplicates/codes/{later}").status_code == 403
    with desk.db.writing() as tables:
        draft = Draft("participant", {"case_code": "ZK-A03-001"}, record=again, subject=again)
        log.append_over(tables, desk.pen, draft)
    carry(desk, desks["coordinator"])
    browser = sit("coordinator")
    assert "或编号重复：2" in browser.get("/inbox").text
    page = browser.get("/duplicates").text
    assert "个案编号重复" in page
    assert f"/duplicates/codes/{later}" in page
    answer = browser.post(f"/duplicates/codes/{later}", follow_redirects=True)

    assert "新编号是 ZK-A03-9" in answer.text
    assert "个案编号重复" not in answer.text
    assert "或编号重复：1" in browser.get("/inbox").text
    assert browser.post(f"/duplicates/codes/{later}").status_code == 409
