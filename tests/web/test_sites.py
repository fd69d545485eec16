from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient


def test_a_code_that_is_none_is_told(browser: FlaskClient) -> None:
    assert browser.post("/sites/edit", data={"code": "3A"}).status_code == 422


def test_a_site_is_saved_and_leads_to_its_help_card(browser: FlaskClient) -> None:
    browser.post("/sites/edit", data={"code": "A09", "site_type": "village", "name": "柳河村"})

    assert "柳河村" in browser.get("/sites").text
    assert "/help-card?site=A09" in browser.get("/sites/edit?site=A09").text


def test_a_coordinator_is_asked_for_no_names(sit: Callable[[str], FlaskClient]) -> None:
    page = sit("coordinator").get("/sites/edit").text

    assert 'name="county"' in page
    assert 'name="gatekeeper"' not in page
