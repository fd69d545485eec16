from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

Hidden = Callable[[str], dict[str, str]]


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


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(browser: FlaskClient, hidden: Hidden) -> None:
    place = "/sites/edit?site=A09"
    browser.post("/sites/edit", data={"code": "A09", "power": "no", "name": "柳河村"})
    opened = hidden(browser.get(place).text)
    browser.post(place, data={**opened, "power": "yes", "name": "柳河"})

    page = browser.post(place, data={**opened, "power": "partly", "name": "柳河庄"}, follow_redirects=True).text

    assert "是</b>（李岚）" in page
    assert "有一些</b>（李岚）" in page
    assert "柳河</b>（李岚）" in page
    assert "柳河庄</b>（李岚）" in page
    assert "有两种写法" in browser.get("/sites").text

    browser.post(place, data={**hidden(page), "power": "yes", "name": "柳河"})
    assert "有两种写法" not in browser.get("/sites").text + browser.get(place).text


def test_a_permission_on_no_day_stays_typed(browser: FlaskClient) -> None:
    answer = browser.post("/sites/edit", data={"code": "A09", "name": "柳河村", "permission_on": "notadate"})

    assert answer.status_code == 422
    assert "许可日期" in answer.text
    assert 'value="notadate"' in answer.text
    assert 'value="柳河村"' in answer.text
