from __future__ import annotations

from flask.testing import FlaskClient


def test_a_child_who_waits_has_one_next_step(browser: FlaskClient, agreed_by_grandmother: str) -> None:
    page = browser.get("/").text

    assert "演示：人物都是虚构的" in page
    assert "打电话给父母" in page
    assert "等待监护人同意" in page


def test_today_in_english(browser: FlaskClient, consented: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    page = browser.get("/today").text

    assert "Demo: all people are invented" in page
    assert "Ask the child" in page


def test_nobody_yet_says_how_to_begin(browser: FlaskClient) -> None:
    assert "从第一个开始登记" in browser.get("/today").text
