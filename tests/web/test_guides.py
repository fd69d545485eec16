"""The guide on paper: closed to others, in one language or both, linked from where it is needed."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from fieldkit.studies import load_study


def test_a_translator_prints_no_guide(sit: Callable[[str], FlaskClient]) -> None:
    assert sit("translator").get("/guide/print").status_code == 403


def test_the_guide_is_printed_in_one_language_or_both(browser: FlaskClient) -> None:
    chinese, both = browser.get("/guide/print").text, browser.get("/guide/print?lang=both").text

    assert "个案编号（不写姓名）" in chinese
    assert "Case code (no name)" not in chinese
    assert "Case code (no name)" in both
    assert "Begun at" in both
    assert browser.get("/guide/print?lang=fr").text.count('<b class="code">') == both.count('<b class="code">') > 20


def test_the_sheet_marks_core_and_careful_questions_and_says_what_the_marks_mean(browser: FlaskClient) -> None:
    page = browser.get("/guide/print").text
    marked = load_study().guide.questions

    assert page.count('<span>● <span lang="zh-CN">核心题</span>') == sum(one.core for one in marked)
    assert page.count('<span>? <span lang="zh-CN">问之前先想想</span>') == sum(one.ctx == "careful" for one in marked)
    assert "时间不够，或者孩子小、累了，只问这些" in page
    assert "孩子自己提起再聊" in page


def test_a_child_who_stops_chooses_on_the_sheet_what_stays_and_no_box_is_made_before(browser: FlaskClient) -> None:
    page = browser.get("/guide/print").text
    stopped = page[page.index("孩子中途停下了") : page.index("结束时</span></h2>")]

    assert '□ <span lang="zh-CN">说过的可以留' in stopped
    assert '□ <span lang="zh-CN">这次的都不要' in stopped
    assert "停在哪一题" in stopped


def test_whoever_types_in_a_sheet_finds_the_guide_to_print(browser: FlaskClient, child: str) -> None:
    assert "/guide/print" in browser.get(f"/people/{child}/late-entry").text
