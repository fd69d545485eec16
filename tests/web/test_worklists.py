from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import people
from fieldkit.acts.desk import Desk
from sync.replica import Report

Sit = Callable[[str], FlaskClient]
Carry = Callable[[Desk, Desk], Report]
TOLD = {"team": "A", "what": "再去一次", "due": "2031-05-09"}


@pytest.mark.parametrize("role", ["interviewer", "translator", "sg_lead"])
def test_only_a_coordinator_sees_and_fills_the_lists(sit: Sit, role: str) -> None:
    assert sit(role).get("/worklists").status_code == 403
    assert sit(role).post("/worklists", data={**TOLD, "children": "x"}).status_code == 403
    assert sit(role).get("/worklists/x/off").status_code == 403
    assert sit(role).post("/worklists/x/off").status_code == 403


def test_what_was_refused_stays_typed(sit: Sit) -> None:
    answer = sit("coordinator").post("/worklists", data={**TOLD, "children": "ZK-A03-999"})

    assert answer.status_code == 422
    assert "再去一次</textarea>" in answer.text
    assert 'value="ZK-A03-999"' in answer.text


def test_an_item_stands_on_today_until_it_is_ticked_off_there(
    sit: Sit, desks: dict[str, Desk], consented: str, carry: Carry
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    code = people.case(desks["coordinator"], consented).case_code
    browser = sit("coordinator")
    assert 'href="/worklists"' in browser.get("/people").text
    sent = browser.post("/worklists", data={**TOLD, "children": code, "nonce": "n1"}, follow_redirects=True)
    browser.post("/worklists", data={**TOLD, "children": code, "nonce": "n1"})
    assert sent.text.count("再去一次") == browser.get("/worklists").text.count("再去一次") == 1
    carry(desks["coordinator"], desks["interviewer"])

    found = re.search(r'href="(/worklists/[\w-]+)"', sit("interviewer").get("/today").text)
    assert found
    assert "2031年5月9日" in browser.get(found[1]).text
    assert browser.post(found[1], data={"came": ""}).status_code == 422
    assert "勾掉了" in browser.post(found[1], data={"came": "去过了", "nonce": "n2"}, follow_redirects=True).text
    assert browser.post(found[1], data={"came": "去过了", "nonce": "n2"}).status_code == 302
    assert found[1] not in browser.get("/today").text
    assert browser.get(found[1]).status_code == 404
    carry(desks["interviewer"], desks["coordinator"])
    assert "去过了" in sit("coordinator").get("/worklists").text


def test_an_item_is_taken_off_after_a_look_at_it(
    sit: Sit, desks: dict[str, Desk], consented: str, carry: Carry
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    code = people.case(desks["coordinator"], consented).case_code
    browser = sit("coordinator")
    sent = browser.post("/worklists", data={**TOLD, "children": code}, follow_redirects=True)
    found = re.search(r'href="(/worklists/[\w-]+)/off"', sent.text)
    assert found
    carry(desks["coordinator"], desks["interviewer"])
    assert "再去一次" in browser.get(f"{found[1]}/off").text
    after = browser.post(f"{found[1]}/off", follow_redirects=True).text
    assert "已撤下：1" in after
    assert "陈静" in after
    assert f"{found[1]}/off" not in after
    carry(desks["coordinator"], desks["interviewer"])

    assert found[1] not in sit("interviewer").get("/today").text
    late = browser.post(found[1], data={"came": "去过了", "nonce": "n2"})
    assert (late.status_code, "协调员已经把这一条撤下" in late.text) == (410, True)
