from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import removals, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.store import log
from fieldkit.store.log import Draft
from sync.replica import Report

Desks = dict[str, Desk]


@pytest.fixture
def withdrawn(browser: FlaskClient, desks: Desks, consented: str, interview: str, carry: Callable[..., Report]) -> str:
    """The coordinator's browser, with a child whose mother withdrew everything; its id."""
    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")
    carry(desks["interviewer"], desks["coordinator"])
    browser.post("/demo/switch", data={"machine": "coordinator"})
    return consented


def test_an_interviewer_is_not_let_in(browser: FlaskClient, consented: str) -> None:
    for path in ("/removals", f"/removals/{consented}"):
        assert browser.get(path).status_code == 403
    assert browser.post(f"/removals/{consented}", data={"told_on": "2026-01-01", "told_all": "y"}).status_code == 403


@pytest.mark.parametrize(("told_on", "told_all"), [("", "y"), ("2026-01-01", ""), ("昨天", "y"), ("2999-01-01", "y")])
def test_nothing_is_deleted_before_the_family_was_told(
    browser: FlaskClient, withdrawn: str, told_on: str, told_all: str
) -> None:
    typed = {"told_on": told_on, "told_all": told_all} if told_all else {"told_on": told_on}
    answer = browser.post(f"/removals/{withdrawn}", data=typed)

    assert answer.status_code == 422
    assert f'value="{told_on}"' in answer.text
    assert browser.get(f"/removals/{withdrawn}").status_code == 200


def test_the_inbox_leads_to_it_and_the_child_is_gone(browser: FlaskClient, desks: Desks, withdrawn: str) -> None:
    assert "待删除：1" in browser.get("/inbox").text
    assert "ZK-A03-001" in browser.get("/removals").text
    page = browser.get(f"/removals/{withdrawn}").text
    assert "监护人" in page
    day = desks["coordinator"].today
    answer = browser.post(f"/removals/{withdrawn}", data={"told_on": day, "told_all": "y"}, follow_redirects=True)

    assert "ZK-A03-001 的资料已经删除" in answer.text
    assert (
        "ZK-A03-001" not in answer.text.split("<main")[1].split("news")[1].split("</p>", 1)[1]
    )  # the slip names nobody
    assert all(words in answer.text for words in (f"{day[:4]}年", "有事打", "家里的情况"))
    assert browser.get(f"/removals/{withdrawn}").status_code == 404
    again = browser.post(f"/removals/{withdrawn}", data={"told_on": day, "told_all": "y"})
    assert again.location.startswith("/removals/slips/")
    listing = browser.get("/removals").text
    assert "4 台电脑中已有 1 台" in listing
    assert "没有待删除" in listing


def test_a_slip_that_nobody_has_is_not_there(browser: FlaskClient, withdrawn: str) -> None:
    assert browser.get("/removals/slips/none").status_code == 404


def test_in_english(browser: FlaskClient, withdrawn: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "within 15 days" in browser.get("/removals").text
    assert "Asked for by: Guardian." in browser.get(f"/removals/{withdrawn}").text


def boxes(page: str) -> dict[str, bool]:
    """Return the withdrawals that a page lists by their ids, and which of them are ticked."""
    found = re.findall(r'name="which" value="([^"]+)"( checked)?', page)
    return {id_: bool(ticked) for id_, ticked in found}


def test_the_family_takes_it_back_and_the_child_is_seen_again(browser: FlaskClient, withdrawn: str) -> None:
    assert f"/removals/{withdrawn}/lift" in browser.get(f"/removals/{withdrawn}").text
    page = browser.get(f"/removals/{withdrawn}/lift").text
    assert "母亲" in page
    assert "登记人：" in page
    ((which, ticked),) = boxes(page).items()
    assert ticked  # the only one
    empty = browser.post(f"/removals/{withdrawn}/lift", data={"which": which, "reason": " "})
    assert empty.status_code == 422
    assert "撤销退出" in empty.text
    none = browser.post(f"/removals/{withdrawn}/lift", data={"why": "mistake", "reason": "登记错了孩子"})
    assert none.status_code == 422
    assert boxes(none.text) == {which: False}

    typed = {"which": which, "why": "mistake", "reason": "登记错了孩子"}
    lifted = browser.post(f"/removals/{withdrawn}/lift", data=typed, follow_redirects=True)
    assert "ZK-A03-001 又看得到了" in lifted.text
    assert browser.get(f"/people/{withdrawn}").status_code == 200


def test_who_was_of_age_when_a_guardian_asked_is_asked_first(
    browser: FlaskClient, desks: Desks, withdrawn: str
) -> None:
    desk, told = desks["coordinator"], {"told_on": desks["coordinator"].today, "told_all": "y"}
    assert "own_wish" not in browser.get(f"/removals/{withdrawn}").text
    grown = Draft("participant", {"age_group": "a18", "registered_on": "2026-01-05"}, record=withdrawn)
    with desk.db.writing() as tables:
        log.append_over(tables, desk.pen, replace(grown, subject=withdrawn))

    assert "已满18周岁，先问本人" in browser.get("/removals").text
    page = browser.get(f"/removals/{withdrawn}").text
    assert ("请先问本人" in page, 'name="own_wish"' in page) == (True, True)
    refused = browser.post(f"/removals/{withdrawn}", data=told)
    assert (refused.status_code, "请去问本人" in refused.text) == (422, True)
    done = browser.post(f"/removals/{withdrawn}", data={**told, "own_wish": "y"}, follow_redirects=True)
    assert "ZK-A03-001 的资料已经删除" in done.text


def test_of_several_none_is_ticked_and_the_others_go_on_hiding_the_child(
    browser: FlaskClient, desks: Desks, withdrawn: str, carry: Callable[..., Report]
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [withdrawn], relation="father")
    withdrawals.withdraw_each(desks["interviewer"], [withdrawn], requested_by="child")
    carry(desks["interviewer"], desks["coordinator"])
    page = browser.get(f"/removals/{withdrawn}/lift").text
    assert [*boxes(page).values()] == [False, False, False]
    assert all(who in page for who in ("<b>母亲</b>", "<b>父亲</b>", "<b>孩子</b>"))
    assert re.findall(r'name="why" value="(\w+)"( checked)?', page) == [("came_back", ""), ("mistake", "")]

    ids = {one.by + one.relation: one.id for one in removals.one(desks["coordinator"], withdrawn).asked}
    typed = {"which": [ids["guardianmother"], ids["child"]], "reason": "孩子11月25日自己说的"}
    unsaid = browser.post(f"/removals/{withdrawn}/lift", data=typed)
    assert unsaid.status_code == 422
    assert boxes(unsaid.text) == {id_: id_ in typed["which"] for id_ in ids.values()}
    done = browser.post(f"/removals/{withdrawn}/lift", data={**typed, "why": "came_back"}, follow_redirects=True)
    assert "ZK-A03-001 还是不显示" in done.text
    assert browser.get(f"/people/{withdrawn}").status_code == 404
    last = browser.get(f"/removals/{withdrawn}/lift").text
    assert boxes(last) == {ids["guardianfather"]: True}


def test_what_to_lift_is_asked_in_english_too(browser: FlaskClient, withdrawn: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    page = browser.get(f"/removals/{withdrawn}/lift").text
    assert "Which withdrawal" in page
    assert "Written down by" in page


def test_of_a_guardian_whom_nobody_named_the_page_says_one_thing_about_coming_back(
    browser: FlaskClient, desks: Desks, consented: str, carry: Callable[..., Report]
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])
    carry(desks["interviewer"], desks["coordinator"])
    browser.post("/demo/switch", data={"machine": "coordinator"})
    page = browser.get(f"/removals/{consented}/lift").text
    named, unnamed = "要重新听一遍、重新同意", "以前的同意恢复算数"
    assert (named in page, page.count(unnamed)) == (False, 1)
    assert "谁说的、哪天说的" in page

    withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")
    carry(desks["interviewer"], desks["coordinator"])
    both = browser.get(f"/removals/{consented}/lift").text
    assert (named in both, both.count(unnamed)) == (True, 1)
