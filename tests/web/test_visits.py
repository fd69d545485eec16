from __future__ import annotations

from flask.testing import FlaskClient


def test_a_visit_without_an_outcome_is_told(browser: FlaskClient, child: str) -> None:
    answer = browser.post(f"/people/{child}/visits", data={"note": "门锁着"})

    assert answer.status_code == 422
    assert "门锁着" in answer.text


def test_a_visit_is_saved_once_and_listed(browser: FlaskClient, child: str) -> None:
    for _ in range(2):
        browser.post(f"/people/{child}/visits", data={"outcome": "not_home", "note": "门锁着", "nonce": "same"})

    assert browser.get(f"/people/{child}/visits").text.count("门锁着") == 1


def test_a_name_in_the_note_is_pointed_at(browser: FlaskClient, child: str) -> None:
    data = {"outcome": "met", "note": "小满在家"}
    answer = browser.post(f"/people/{child}/visits", data=data, follow_redirects=True)

    assert "可能有真实姓名" in answer.text


def test_a_reason_is_one_tap(browser: FlaskClient, child: str) -> None:
    browser.post(f"/people/{child}/visits/not-taking-part", data={"reason": "no_time"})

    assert "没时间" in browser.get("/people").text
