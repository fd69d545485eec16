from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import revocations
from fieldkit.acts.desk import Desk
from sync.replica import Report

Desks = dict[str, Desk]


def test_who_is_no_coordinator_takes_nobody_out(browser: FlaskClient, desks: Desks) -> None:
    laptop = desks["interviewer"].device.id
    assert "丢了，或者不再参加" not in browser.get("/devices").text
    for path in (f"/devices/{laptop}/out", f"/devices/{laptop}/release"):
        assert browser.post(path, data={"why": "lost"}).status_code == 403


@pytest.mark.parametrize(("lang", "own", "unknown"), [("zh", "您正在用的", "没有"), ("en", "that you are using", "no")])
def test_the_own_computer_an_unknown_one_and_no_reason_are_refused_in_both_languages(
    sit: Callable[[str], FlaskClient], desks: Desks, lang: str, own: str, unknown: str
) -> None:
    browser = sit("coordinator")
    browser.set_cookie("lang", lang, domain="127.0.0.1")
    refused = browser.post(f"/devices/{desks['coordinator'].device.id}/out", data={"why": "lost"})
    assert refused.status_code in {409, 422}
    assert own in refused.text
    nobody = browser.post("/devices/L77/out", data={"why": "lost"})
    assert nobody.status_code == 404
    assert unknown in nobody.text
    assert browser.get("/devices/L77/out").status_code == 404
    assert browser.post(f"/devices/{desks['interviewer'].device.id}/out").status_code == 422
    assert revocations.listing(desks["coordinator"]) == {}


def test_a_lost_laptop_is_taken_out_in_two_taps_and_what_comes_later_is_let_count(
    sit: Callable[[str], FlaskClient], desks: Desks, interview: str, carry: Callable[[Desk, Desk], Report]
) -> None:
    browser, laptop = sit("coordinator"), desks["interviewer"].device.id
    assert f"/devices/{laptop}/out" in browser.get("/devices").text
    assert "只保护以后的数据" in browser.get(f"/devices/{laptop}/out").text
    assert browser.post(f"/devices/{laptop}/out", data={"why": "lost"}).location == "/devices"
    assert "已移出" in browser.get("/devices").text
    assert browser.post(f"/devices/{laptop}/out", data={"why": "lost"}).status_code == 409

    carry(desks["interviewer"], desks["coordinator"])
    assert f"/devices/{laptop}/release" in browser.get("/devices").text
    assert browser.post(f"/devices/{laptop}/release").location == "/devices"
    assert f"/devices/{laptop}/release" not in browser.get("/devices").text


def test_a_computer_that_was_taken_out_says_on_every_page_what_to_do(
    browser: FlaskClient, desks: Desks, carry: Callable[[Desk, Desk], Report]
) -> None:
    assert "已经移出研究" not in browser.get("/today").text
    revocations.revoke(desks["coordinator"], desks["interviewer"].device.id, "lost")
    carry(desks["coordinator"], desks["interviewer"])
    for page in ("/today", "/devices", "/hub"):
        assert "移出研究" in browser.get(page).text


def test_the_page_says_when_two_computers_write_under_one_name(
    sit: Callable[[str], FlaskClient], desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, laptop = sit("coordinator"), desks["interviewer"].device
    assert "有两台电脑都在用" not in browser.get("/devices").text
    monkeypatch.setattr(revocations, "copied", lambda _: {laptop.id})
    assert f"有两台电脑都在用 {laptop.name} 这个身份" in browser.get("/devices").text
