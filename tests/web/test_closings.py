from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import moments, people, stops
from fieldkit.acts.desk import Desk

Desks = dict[str, Desk]
Hidden = Callable[[str], dict[str, str]]
WHOLE: dict[str, object] = {
    "completion": "full",
    "setting": "home_yard",
    "privacy": "private",
    "others_present": ["carer", "sibling"],
    "language_main": "zhoukou",
    "field_notes_when": "during",
    "mood_end": "4",
    "told": ["1", "2"],
}


def chosen(page: str) -> list[tuple[str, str]]:
    """Return the choices that are tapped on a page."""
    return re.findall(r'name="(\w+)" value="(\w+)" checked', page)


@pytest.fixture
def close(browser: FlaskClient, interview: str, hidden: Hidden) -> Callable[..., object]:
    """Send the page as it is opened now."""

    def send(**changes: object) -> object:
        path = f"/interviews/{interview}/close"
        return browser.post(path, data={**hidden(browser.get(path).text), **WHOLE, **changes})

    return send


def test_what_is_still_empty_asks_for_one_tap_and_keeps_all_that_was_tapped(
    browser: FlaskClient, interview: str
) -> None:
    sent = {name: value for name, value in WHOLE.items() if name != "setting"} | {"thank_you": "一个本子"}
    answer = browser.post(f"/interviews/{interview}/close", data=sent)

    assert (answer.status_code, "在场他人或地点还没填" in answer.text) == (422, True)
    assert {("others_present", "carer"), ("mood_end", "4"), ("told", "2"), ("completion", "full")} <= set(
        chosen(answer.text)
    )
    assert 'value="一个本子"' in answer.text
    assert browser.post(f"/interviews/{interview}/close", data=sent | {"reason_V37": "tonight"}).status_code == 302


@pytest.mark.parametrize("line", ["x", "", "0", "-1", "99", "9" * 5000])
def test_a_line_that_the_script_does_not_have_ends_nothing_and_keeps_what_was_typed(
    browser: FlaskClient, interview: str, line: str
) -> None:
    sent = WHOLE | {"told": ["1", line], "thank_you": "一个本子"}
    answer = browser.post(f"/interviews/{interview}/close", data=sent)

    assert (answer.status_code, "结束时对孩子说的话" in answer.text) == (422, True)
    assert 'value="一个本子"' in answer.text
    assert {("told", "1"), ("mood_end", "4"), ("completion", "full")} <= set(chosen(answer.text))


def test_how_far_it_came_has_to_be_said(browser: FlaskClient, interview: str) -> None:
    answer = browser.post(f"/interviews/{interview}/close", data=WHOLE | {"completion": ""})

    assert (answer.status_code, "完成情况" in answer.text) == (422, True)


def test_the_coordinator_does_not_close(sit: Callable[[str], FlaskClient], interview: str) -> None:
    assert sit("coordinator").get(f"/interviews/{interview}/close").status_code == 403


def test_an_interview_is_ended_with_one_button(
    browser: FlaskClient, desks: Desks, interview: str, consented: str
) -> None:
    moments.note(desks["interviewer"], interview, "came_in", "carer")
    page = browser.get(f"/interviews/{interview}/close").text
    assert chosen(page) == [("others_present", "carer")]
    assert "聊点高兴的" in page
    assert "今天就到这儿" in page

    done = browser.post(f"/interviews/{interview}/close", data=WHOLE)

    assert done.location == f"/people/{consented}"
    child = browser.get(done.location).text
    assert "访谈已结束。" in child
    assert "继续访谈" not in child
    kept = people.case(desks["interviewer"], consented)
    assert (kept.step.code, kept.interviews[-1].ended) == ("none", True)


def test_it_is_opened_again_to_complete_it(browser: FlaskClient, interview: str, close: Callable[..., object]) -> None:
    close(others_present=[], reason_V37="tonight")
    assert f"/interviews/{interview}/close" in browser.get("/today").text

    page = browser.get(f"/interviews/{interview}/close").text
    assert "没填的还可以补" in page
    assert 'value="keep"' not in page
    close(others_present=["none"])

    assert f"/interviews/{interview}/close" not in browser.get("/today").text
    assert ("others_present", "none") in chosen(browser.get(f"/interviews/{interview}/close").text)


def test_what_was_ticked_is_there_after_a_look_at_the_last_questions(
    browser: FlaskClient, interview: str, close: Callable[..., object]
) -> None:
    answer = close(do="keep", completion="", setting="")
    assert getattr(answer, "location", "") == f"/interviews/{interview}?section=E"

    page = browser.get(f"/interviews/{interview}/close").text
    assert {("told", "1"), ("told", "2"), ("mood_end", "4")} <= set(chosen(page))
    assert 'value="keep"' in page


def test_after_the_childs_stop_nothing_more_is_said_to_the_child(
    browser: FlaskClient, desks: Desks, interview: str, close: Callable[..., object]
) -> None:
    close(do="keep")
    stops.finish(desks["interviewer"], interview, stops.begin(desks["interviewer"], interview, "stop_keep").mark)
    page = browser.get(f"/interviews/{interview}/close").text
    assert "聊点高兴的" not in page
    assert all(words in page for words in ("孩子到这儿就停了", "小礼物", "今天就到这儿"))

    said = re.findall(r'type="hidden" name="told" value="(\d)"', page)
    close(told=said)

    with desks["interviewer"].db.reading() as tables:
        assert [(row["completion"], row["told"]) for row in tables["closings"].rows] == [("partial_child", "[1,2]")]


def test_two_versions_of_an_end_stand_side_by_side(
    browser: FlaskClient, interview: str, close: Callable[..., object]
) -> None:
    browser.post(f"/interviews/{interview}/close", data=WHOLE)
    torn = browser.post(f"/interviews/{interview}/close", data=WHOLE | {"others_present": ["none"]})
    assert torn.location == f"/interviews/{interview}/close"

    page = browser.get(torn.location).text
    assert "<b>照护人，兄弟姐妹</b>" in page
    assert "<b>没有他人</b>" in page
    close()

    assert "两个版本" not in browser.get(f"/interviews/{interview}/close").text


def test_what_looks_wrong_is_said_once_and_stops_nothing(
    browser: FlaskClient, consented: str, close: Callable[..., object]
) -> None:
    close(privacy="overheard", setting_note="13912345678")

    page = browser.get(f"/people/{consented}").text
    assert all(words in page for words in ("不足 10 分钟", "有人能听到", "可能有真实姓名"))


def test_the_page_in_english(browser: FlaskClient, interview: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    page = browser.get(f"/interviews/{interview}/close").text
    assert "End the interview" in page
    assert "Who else was there" in page
