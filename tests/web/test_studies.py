from __future__ import annotations

from flask.testing import FlaskClient

PASSPHRASE = "four plain words here"


def test_a_short_passphrase_founds_nothing(empty: FlaskClient) -> None:
    answer = empty.post("/setup", data={"name": "陈静", "passphrase": "short", "again": "short"})

    assert answer.status_code == 422
    assert "陈静" in answer.text
    assert "short" not in answer.text
    assert "密码要长一点" in answer.text


def test_an_empty_laptop_offers_to_join_or_to_found(empty: FlaskClient) -> None:
    assert "加入研究" in empty.get("/").text
    empty.set_cookie("lang", "en", domain="127.0.0.1")
    assert "Found a study" in empty.get("/").text


def test_the_founder_becomes_the_coordinator(empty: FlaskClient) -> None:
    given = {"name": "陈静", "passphrase": PASSPHRASE, "again": PASSPHRASE}

    assert empty.post("/setup", data=given).status_code == 302
    assert "项目协调员" in empty.get("/inbox").text
    assert "试用：不要录真实的孩子" in empty.get("/inbox").text
