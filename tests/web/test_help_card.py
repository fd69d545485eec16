from __future__ import annotations

from flask.testing import FlaskClient


def test_the_help_card_needs_no_passphrase(locked: FlaskClient) -> None:
    page = locked.get("/help-card").text

    assert "12356" in page
    assert "还没核对" in page


def test_the_help_card_in_english(empty: FlaskClient) -> None:
    empty.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Danger now: police" in empty.get("/help-card").text
