from __future__ import annotations

from flask.testing import FlaskClient


def test_the_check_in_both_languages(browser: FlaskClient, child: str) -> None:
    assert "都对" in browser.get("/check").text
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "All in order" in browser.get("/check").text


def test_the_drawers_are_read_out_in_words(browser: FlaskClient, child: str) -> None:
    page = browser.get("/check").text

    assert "<b>同意记录（A组）</b>" in page
    assert not any(code in page for code in ("consent/", "research/", "vault/", "<b>study"))
