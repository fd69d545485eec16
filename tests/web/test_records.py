from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient


def test_records_are_for_the_lead(browser: FlaskClient) -> None:
    assert browser.get("/records").status_code == 403


def test_the_lead_is_told_what_this_version_does_not_do(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("sg_lead")
    assert "还不能写儿童保护记录" in browser.get("/records").text
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "cannot write safeguarding records yet" in browser.get("/records").text
