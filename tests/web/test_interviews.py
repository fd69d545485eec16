from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient


def test_a_translator_sees_no_interview(sit: Callable[[str], FlaskClient], interview: str) -> None:
    assert sit("translator").get(f"/interviews/{interview}").status_code == 403


def test_without_the_gates_no_interview_starts(browser: FlaskClient, consented: str) -> None:
    answer = browser.post(f"/people/{consented}/interviews")

    assert answer.status_code == 409
    assert "还不能开始访谈" in answer.text


def test_what_only_asks_is_asked_for_before_the_start(browser: FlaskClient, consented: str) -> None:
    said = {"answer": "yes", "told": ["1", "2", "3"], "method": "child_oral"}
    page = browser.post(f"/people/{consented}/assent", data=said, follow_redirects=True).text
    assert 'name="reason_G09"' in page
    assert " checked>" not in page

    answer = browser.post(f"/people/{consented}/interviews", data={"reason_G10": "not_at_home"})
    assert answer.status_code == 409
    assert answer.text.count(" checked>") == 1


def test_both_languages_stand_side_by_side(browser: FlaskClient, interview: str) -> None:
    page = browser.get(f"/interviews/{interview}?section=P").text

    assert "有没有什么时候，你会觉得害怕" in page
    assert "scared or uneasy" in page
    assert 'data-pair="both"' in page
    assert page.count("data-autosave") == 6


def test_the_second_language_can_be_hidden_without_a_script(browser: FlaskClient, interview: str) -> None:
    back = f"/interviews/{interview}"
    assert browser.post("/language", data={"pair": "zh", "back": back}).location == back

    assert 'data-pair="zh"' in browser.get(back).text


def test_the_interview_in_english_puts_english_first(browser: FlaskClient, interview: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    page = browser.get(f"/interviews/{interview}?section=P").text

    assert page.index("scared or uneasy") < page.index("有没有什么时候，你会觉得害怕")
    assert "Next question" in page
