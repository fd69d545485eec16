from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk

Sit = Callable[[str], FlaskClient]


def test_nobody_edits_a_colleagues_record(sit: Sit, desks: dict[str, Desk]) -> None:
    other = desks["coordinator"].me.code

    assert sit("interviewer").post(f"/members/{other}", data={"occupation": "x"}).status_code == 403


def test_an_impossible_day_is_refused_and_stays_typed(sit: Sit, desks: dict[str, Desk]) -> None:
    answer = sit("interviewer").post(f"/members/{desks['interviewer'].me.code}", data={"nda_signed_on": "2999-01-01"})

    assert answer.status_code == 422
    assert "2999-01-01" in answer.text


def test_a_person_keeps_their_own_record(sit: Sit, desks: dict[str, Desk]) -> None:
    browser, code = sit("interviewer"), desks["interviewer"].me.code

    assert browser.post(f"/members/{code}", data={"occupation": "研究生"}).status_code == 302
    assert "研究生" in browser.get(f"/members/{code}").text
    assert "陈静" not in browser.get("/members").text


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(
    sit: Sit, desks: dict[str, Desk], hidden: Callable[[str], dict[str, str]]
) -> None:
    browser, place = sit("interviewer"), f"/members/{desks['interviewer'].me.code}"
    opened = hidden(browser.get(place).text)
    browser.post(place, data={**opened, "occupation": "研究生", "gender": "f"})

    page = browser.post(place, data={**opened, "occupation": "讲师"}, follow_redirects=True).text

    assert "研究生</b>（李岚）" in page
    assert "讲师</b>（李岚）" in page
    assert 'value="f" checked' in page
    assert "有两种写法" in browser.get("/members").text
