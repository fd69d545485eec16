from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient


def test_the_help_card_needs_no_passphrase(locked: FlaskClient) -> None:
    page = locked.get("/help-card").text

    assert "12356" in page
    assert "还没核对" in page


def test_the_help_card_in_english(empty: FlaskClient) -> None:
    empty.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Danger now: police" in empty.get("/help-card").text


def test_before_unlocking_no_sites_numbers_are_shown(locked: FlaskClient) -> None:
    assert "0394-0000120" not in locked.get("/help-card?site=A03").text


def test_signed_in_a_sites_card_shows_its_numbers_and_whom_to_ring(browser: FlaskClient) -> None:
    page = browser.get("/help-card?site=A03").text

    assert "0394-0000120" in page
    assert "赵慧" in page


def test_a_translator_enters_no_numbers(sit: Callable[[str], FlaskClient]) -> None:
    data = {"line": "card:5", "number": "0394-1", "rung": "yes"}

    assert sit("translator").post("/help-card/A03", data=data).status_code == 403


def test_a_site_that_nobody_entered_has_no_page(browser: FlaskClient) -> None:
    assert browser.get("/help-card/Z99").status_code == 404
    assert browser.get("/help-card?site=Z99").status_code == 404
    assert browser.post("/help-card/Z99", data={"line": "card:5", "number": "0394-1"}).status_code == 404


def test_what_is_no_number_stays_typed(browser: FlaskClient) -> None:
    answer = browser.post("/help-card/A04", data={"line": "card:5", "number": "nobody"})

    assert answer.status_code == 422
    assert 'value="nobody"' in answer.text


def test_a_number_that_was_rung_today_is_on_the_card(browser: FlaskClient) -> None:
    data = {"line": "card:5", "number": "0394-7777", "rung": "yes"}

    assert browser.post("/help-card/A04", data=data).status_code == 302
    assert "0394-7777" in browser.get("/help-card?site=A04").text


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(
    browser: FlaskClient, hidden: Callable[[str], dict[str, str]]
) -> None:
    place, opened = "/help-card/A03", hidden(browser.get("/help-card/A03").text)
    browser.post(place, data={**opened, "line": "card:5", "number": "0394-7777", "rung": "yes"})

    data = {**opened, "line": "card:5", "number": "0394-8888", "rung": "yes"}
    page = browser.post(place, data=data, follow_redirects=True).text

    assert "0394-7777</b>（李岚）" in page
    assert "0394-8888</b>（李岚）" in page
    card = browser.get("/help-card?site=A03").text
    assert "tel:0394-7777" in card  # whoever needs help sees both
    assert "tel:0394-8888" in card
