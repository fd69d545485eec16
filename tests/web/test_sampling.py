from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk
from sync.replica import Report

Sit = Callable[[str], FlaskClient]
Hidden = Callable[[str], dict[str, str]]


@pytest.mark.parametrize("role", ["interviewer", "translator", "sg_lead"])
def test_only_a_coordinator_is_let_in(sit: Sit, role: str) -> None:
    for path in ("/sample", "/sample?for=others", "/sample/add", "/sample/x"):
        assert sit(role).get(path).status_code == 403
    assert sit(role).post("/sample/add", data={"target": "3"}).status_code == 403


def test_the_list_of_children_leads_to_an_empty_board_that_says_what_to_do(sit: Sit) -> None:
    browser = sit("coordinator")

    assert 'href="/sample"' in browser.get("/people").text
    assert "先加一格" in browser.get("/sample").text


def test_what_was_refused_stays_typed(sit: Sit) -> None:
    answer = sit("coordinator").post("/sample/add", data={"sex": "m", "target": "很多"})

    assert answer.status_code == 422
    assert 'value="很多"' in answer.text
    assert '<option value="m" selected>' in answer.text


def test_a_cell_shows_its_counts_names_nobody_and_never_says_left_behind(
    sit: Sit, desks: dict[str, Desk], interview: str, carry: Callable[[Desk, Desk], Report]
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    browser = sit("coordinator")
    browser.post("/sample/add", data={"sex": "f", "target": "5"})
    browser.post("/sample/add", data={"lbc_group": "yes_sc2016", "target": "4"})

    for path in ("/sample", "/sample?for=others", "/sample/add"):
        page = browser.get(path).text
        assert not re.search("留守|小满|ZK-|left.behind", page)
        assert "甲组" in page
    assert "1，要5" in browser.get("/sample").text
    assert "不显示，要5" in browser.get("/sample?for=others").text


def test_of_two_tabs_the_later_one_overwrites_nothing_that_it_did_not_show(sit: Sit, hidden: Hidden) -> None:
    browser = sit("coordinator")
    browser.post("/sample/add", data={"sex": "f", "site": "A03", "target": "5"})
    found = re.search(r'href="(/sample/[\w-]{20,})"', browser.get("/sample").text)
    assert found
    opened = hidden(browser.get(found[1]).text)
    browser.post(found[1], data={**opened, "target": "6"})
    page = browser.post(found[1], data={**opened, "target": "7"}, follow_redirects=True).text

    assert "6</b>" in page
    assert "7</b>" in page
    assert "女，A03" in browser.get("/conflicts").text
    assert "女，A03" in browser.get("/sample").text
