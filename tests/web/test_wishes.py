from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import stops, wishes
from fieldkit.acts.desk import Desk
from fieldkit.acts.stops import DecidedSince

Desks = dict[str, Desk]
MARK = "0123456789abcdef" * 2


@pytest.fixture
def waits(desks: Desks, interview: str) -> str:
    """An interview in which the child went on here, and a phone brought an older stop afterwards."""
    me = desks["interviewer"]
    stops.go_on_unasked(me, interview)
    with pytest.raises(DecidedSince):
        stops.begin(me, interview, "stop_discard", MARK, "", ago=600)
    return interview


def test_without_a_reason_it_waits_on(browser: FlaskClient, desks: Desks, waits: str) -> None:
    answer = browser.post(f"/interviews/{waits}/wishes/{MARK}", data={"reason": ""})

    assert answer.status_code == 422
    assert [one.id for one in wishes.waiting(desks["interviewer"])] == [MARK]


def test_today_the_child_and_the_interview_say_that_it_is_not_done(
    browser: FlaskClient, consented: str, waits: str
) -> None:
    for path in ("/today", f"/people/{consented}", f"/interviews/{waits}"):
        page = browser.get(path).text
        assert "孩子在没连上电脑的页面上选了：" in page
        assert f"/interviews/{waits}/wishes" in page


def test_it_is_done_from_its_page_and_then_waits_no_more(browser: FlaskClient, desks: Desks, waits: str) -> None:
    page = browser.get(f"/interviews/{waits}/wishes").text
    assert 'name="choice" value="stop_discard"' in page

    browser.post(f"/interviews/{waits}/stop", data={"choice": "stop_discard"})
    assert wishes.waiting(desks["interviewer"])
    browser.post("/lock")

    assert wishes.waiting(desks["interviewer"]) == []


def test_it_stays_as_decided_for_a_reason_and_is_not_asked_again(
    browser: FlaskClient, desks: Desks, waits: str
) -> None:
    page = browser.post(f"/interviews/{waits}/wishes/{MARK}", data={"reason": "asked"}, follow_redirects=True).text

    assert "这里没有等着办的事了" in page
    with pytest.raises(DecidedSince):
        stops.begin(desks["interviewer"], waits, "stop_discard", MARK, "")
    assert "孩子在没连上电脑的页面上选了" not in browser.get(f"/interviews/{waits}").text.split("data-asks")[0]


def test_an_open_page_hears_that_something_waits(browser: FlaskClient, desks: Desks, waits: str) -> None:
    assert browser.get(f"/interviews/{waits}/stop/now").get_json()["asks"] is True
    wishes.settle(desks["interviewer"], waits, MARK, "asked")
    assert browser.get(f"/interviews/{waits}/stop/now").get_json()["asks"] is False


def test_a_page_that_goes_on_and_knows_of_no_stop_is_a_decision(
    browser: FlaskClient, desks: Desks, interview: str
) -> None:
    script = {"X-Fieldkit": "script"}
    assert browser.post(f"/interviews/{interview}/stop/undo", data={"stop": ""}, headers=script).status_code == 204
    late = {"choice": "stop_discard", "mark": MARK, "knew": "", "ago": "90"}
    answer = browser.post(f"/interviews/{interview}/stop", data=late, headers=script)

    assert answer.get_json()["code"] == "decided_since"
    assert [one.what for one in wishes.waiting(desks["interviewer"])] == ["stop_discard"]
