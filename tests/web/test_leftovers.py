from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk
from fieldkit.store import leftovers
from fieldkit.store.leftovers import Left

Desks = dict[str, Desk]


def test_an_interviewer_deletes_nothing(browser: FlaskClient, consented: str) -> None:
    assert browser.post(f"/leftovers/{consented}").status_code == 403


@pytest.mark.parametrize(("parked", "says"), [(False, "从这里删除"), (True, "让它算数")])
def test_the_inbox_says_what_came_of_which_laptop_and_what_to_do(
    browser: FlaskClient, desks: Desks, consented: str, monkeypatch: pytest.MonkeyPatch, parked: bool, says: str
) -> None:
    left = Left(consented, "research/A", "block", desks["interviewer"].device.id, parked)
    browser.post("/demo/switch", data={"machine": "coordinator"})
    assert "已删除的内容又传来了" not in browser.get("/inbox").text
    monkeypatch.setattr(leftovers, "every", lambda _: [left])
    page = browser.get("/inbox").text
    assert "已删除的内容又传来了" in page
    assert desks["interviewer"].device.name in page
    assert says in page
    assert (f"/leftovers/{consented}" in page) is not parked


def test_a_second_tap_says_that_there_is_nothing_left(browser: FlaskClient, consented: str) -> None:
    browser.post("/demo/switch", data={"machine": "coordinator"})
    assert browser.post(f"/leftovers/{consented}").status_code == 404


def test_it_is_deleted_with_one_tap(browser: FlaskClient, desks: Desks, consented: str) -> None:
    """Of a block that is not there at all nothing but the order remains."""
    browser.post("/demo/switch", data={"machine": "coordinator"})
    left = Left(consented, "research/A", "block", desks["interviewer"].device.id, parked=False)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(leftovers, "every", lambda _: [left])
        assert browser.post(f"/leftovers/{consented}").headers["Location"].endswith("/inbox")
    assert "这里已删除" in browser.get("/inbox").text
