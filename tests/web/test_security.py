from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8750", "127.0.0.1:1", "127.0.0.1", ""])
def test_a_request_under_another_host_is_refused(browser: FlaskClient, host: str) -> None:
    answer = browser.get("/", headers={"Host": host})

    assert answer.status_code == 400
    assert "今天" not in answer.text


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_this_computer_may_ask_under_its_own_names(browser: FlaskClient, name: str) -> None:
    assert browser.get("/help-card", base_url=f"http://{name}:8750").status_code == 200


@pytest.mark.parametrize("path", ["/", "/help-card", "/people/xx", "/static/fieldkit.css", "/people/new"])
def test_every_answer_forbids_whatever_comes_from_elsewhere(browser: FlaskClient, path: str) -> None:
    with browser.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "http" not in policy
    for part in ("default-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_form_without_its_token_is_refused_with_a_sentence(browser: FlaskClient) -> None:
    answer = browser.post("/withdraw", data={"csrf_token": "", "code": "ZK-A03-001"})

    assert answer.status_code == 400
    assert "没做成" in answer.text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: FlaskClient) -> None:
    cookie = browser.get("/").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie


def test_a_form_larger_than_a_page_needs_is_refused_with_a_sentence(browser: FlaskClient) -> None:
    answer = browser.post("/people/new", data={"called": "x" * 600_000})

    assert answer.status_code == 413
    assert "太大了" in answer.text


def test_a_fault_of_ours_shows_no_traceback(browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the child's secret")

    monkeypatch.setattr("fieldkit.acts.people.today", broken)
    answer = browser.get("/today")

    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text
    assert "自己出了毛病" in answer.text


def test_the_log_names_the_fault_and_no_content(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the child's secret")

    monkeypatch.setattr("fieldkit.acts.people.today", broken)
    browser.get("/today")

    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_no_page_loads_anything_from_elsewhere(sit: Callable[[str], FlaskClient]) -> None:
    for role, path in (("interviewer", "/today"), ("coordinator", "/exports"), ("translator", "/strings")):
        text = sit(role).get(path).text
        assert 'src="http' not in text
        assert 'href="http' not in text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text


def test_a_form_of_before_a_lock_shows_what_was_typed_and_no_secret(browser: FlaskClient) -> None:
    typed = {
        "csrf_token": "old",
        "stance_zh": "我来自县城",
        "occupation": "social work",
        "passphrase": "four plain words here",
    }
    page = browser.post("/members/x", data=typed)

    assert page.status_code == 400
    assert "我来自县城" in page.text
    assert "social work" in page.text
    assert "four plain words" not in page.text
