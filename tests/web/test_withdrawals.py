from __future__ import annotations

from flask.testing import FlaskClient


def test_an_empty_code_is_asked_again(browser: FlaskClient) -> None:
    answer = browser.post("/withdraw", data={"code": " ", "requested_by": "child"})

    assert answer.status_code == 422
    assert "还有一处没填" in answer.text


def test_in_three_taps_the_child_is_gone_everywhere(browser: FlaskClient, interview: str, consented: str) -> None:
    assert f"/people/{consented}/withdraw" in browser.get(f"/people/{consented}").text
    assert "谁提出的" in browser.get(f"/people/{consented}/withdraw").text
    done = browser.post("/withdraw", data={"code": consented, "requested_by": "child", "scope": "all"}).text

    assert "看不到这个孩子" in done
    assert browser.get(f"/people/{consented}").status_code == 404
    assert browser.get(f"/interviews/{interview}").status_code == 404
    assert "ZK-A03-001" not in browser.get("/people?q=A03").text


def test_a_code_from_elsewhere_becomes_a_notice(browser: FlaskClient) -> None:
    done = browser.post("/withdraw", data={"code": "ZK-B01-042", "requested_by": "guardian"}).text

    assert "ZK-B01-042" in done
    assert "跟着下一个数据包走" in done


def test_withdrawing_in_english(browser: FlaskClient, child: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "no reason is needed" in browser.get(f"/people/{child}/withdraw").text
