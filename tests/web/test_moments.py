from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk
from fieldkit.records import decode

Sit = Callable[[str], FlaskClient]


def tap(browser: FlaskClient, interview: str, what: str, **more: str) -> str:
    answer = browser.post(f"/interviews/{interview}/moments", data={"tap": what, **more})
    assert answer.status_code == 302
    return answer.location


def noted(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.db.reading() as tables:
        bodies = tables.execute("SELECT body FROM changes WHERE kind = 'moment' ORDER BY tick").fetchall()
    return [(one.set["what"], one.set["who"], one.set["question"]) for one in (decode(body[0]) for body in bodies)]


@pytest.mark.parametrize("role", ["coordinator", "translator"])
def test_only_an_interviewer_notes_moments_from_a_page(sit: Sit, interview: str, role: str) -> None:
    browser = sit(role)

    assert browser.post(f"/interviews/{interview}/moments", data={"tap": "break"}).status_code in {403, 404}
    assert browser.get(f"/interviews/{interview}/distress").status_code in {403, 404}


@pytest.mark.parametrize("what", ["", "sang", "came_in mayor", "came_in\tcarer"])
def test_a_tap_that_means_nothing_is_refused(browser: FlaskClient, interview: str, what: str) -> None:
    assert browser.post(f"/interviews/{interview}/moments", data={"tap": what}).status_code == 422


def test_words_instead_of_a_question_are_refused(browser: FlaskClient, interview: str, desks: dict[str, Desk]) -> None:
    answer = browser.post(f"/interviews/{interview}/moments", data={"tap": "break", "q": "他说的话"})

    assert answer.status_code == 404
    assert noted(desks["interviewer"]) == []


def test_somebody_came_is_one_tap_and_who_is_one_more(
    browser: FlaskClient, interview: str, desks: dict[str, Desk]
) -> None:
    page = browser.get(f"/interviews/{interview}?section=P").text
    assert 'href="#came"' in page
    assert 'value="came_in carer"' in page

    back = tap(browser, interview, "came_in carer", q="P1")

    assert back == f"/interviews/{interview}?section=P&q=P1#P1"
    assert noted(desks["interviewer"]) == [("came_in", "carer", "P1")]
    page = browser.get(back).text
    assert "现在听得见的人：照护人。" in page
    assert re.search(r'class="q later" id="P4"', page)
    assert "人走了" in page

    tap(browser, interview, "left", q="P1")
    assert 'class="q later"' not in browser.get(back).text


def test_the_second_of_two_quick_taps_notes_nothing(
    browser: FlaskClient, interview: str, desks: dict[str, Desk]
) -> None:
    for _ in range(2):
        tap(browser, interview, "distress_1", mark="this-page")

    assert noted(desks["interviewer"]) == [("distress_1", "", "")]


def test_a_break_covers_the_page_until_it_is_over(browser: FlaskClient, interview: str) -> None:
    assert 'class="sheet" id="pause"' in browser.get(f"/interviews/{interview}").text

    back = tap(browser, interview, "break", q="W2")
    assert 'class="sheet on" id="pause"' in browser.get(back).text

    back = tap(browser, interview, "resumed", q="W2")
    page = browser.get(back).text
    assert 'class="sheet" id="pause"' in page
    assert 'id="W2" open' in page


def test_a_little_upset_is_one_tap_and_a_calm_line(browser: FlaskClient, interview: str) -> None:
    page = browser.get(tap(browser, interview, "distress_1", q="W1")).text

    assert "敏感的问题等到第 6 分钟再问" in page
    assert re.search(r'class="q later" id="P4"', browser.get(f"/interviews/{interview}?section=P").text)


def test_very_upset_leads_to_what_to_do_and_closes_nothing(browser: FlaskClient, interview: str) -> None:
    place = tap(browser, interview, "distress_2", q="P1")
    assert place == f"/interviews/{interview}/distress"

    page = unescape(browser.get(place).text)
    assert "那咱们今天就到这儿。" in page
    assert "谢谢你愿意告诉我。这不是你的错。" in page
    assert "不要说：真的吗？" in page
    assert 'href="tel:110"' in page
    assert f'href="/interviews/{interview}/stop"' in page
    assert "已记下，带时间。" in page
    assert "敏感的问题不再问了" in browser.get(f"/interviews/{interview}").text


def test_what_to_do_when_a_child_tells_of_harm_leaves_no_trace(
    browser: FlaskClient, interview: str, desks: dict[str, Desk]
) -> None:
    with desks["interviewer"].db.reading() as tables:
        before = tables.execute("SELECT id FROM changes ORDER BY id").fetchall()

    page = browser.get(f"/interviews/{interview}/distress").text

    assert "这个电话就是报告" in page
    assert page.count('name="tap"') == 1  # level 2 only
    with desks["interviewer"].db.reading() as tables:
        assert tables.execute("SELECT id FROM changes ORDER BY id").fetchall() == before


def test_the_distress_page_in_english(browser: FlaskClient, interview: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    page = unescape(browser.get(f"/interviews/{interview}/distress").text)

    assert "The child is very upset" in page
    assert "the call is the report" in page
