"""The guide on paper: closed to others, in one language or both, linked from where it is needed."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient


def test_a_translator_prints_no_guide(sit: Callable[[str], FlaskClient]) -> None:
    assert sit("translator").get("/guide/print").status_code == 403


def test_the_guide_is_printed_in_one_language_or_both(browser: FlaskClient) -> None:
    chinese, both = browser.get("/guide/print").text, browser.get("/guide/print?lang=both").text

    assert "个案编号（不写姓名）" in chinese
    assert "Case code (no name)" not in chinese
    assert "Case code (no name)" in both
    assert "Begun at" in both
    assert browser.get("/guide/print?lang=fr").text.count('<b class="code">') == both.count('<b class="code">') > 20


def test_whoever_types_in_a_sheet_finds_the_guide_to_print(browser: FlaskClient, child: str) -> None:
    assert "/guide/print" in browser.get(f"/people/{child}/late-entry").text
