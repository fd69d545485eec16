from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import assents, forms, people
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild

Desks = dict[str, Desk]
YES = {"answer": "yes", "told": ["1", "2", "3"], "method": "child_oral", "words": "愿意呀"}
KEPT = {"reason_G09": "kept", "reason_G10": "not_at_home"}


def test_a_yes_that_an_adult_gave_is_asked_for_again(browser: FlaskClient, consented: str) -> None:
    path, spoken_for = f"/people/{consented}/assent", {**YES, "adult_spoke": "1"}
    answer = browser.post(path, data=spoken_for)

    assert answer.status_code == 422
    assert "大人替孩子回答了" in answer.text
    assert "愿意呀" in answer.text
    assert browser.post(path, data={**spoken_for, "reason_V30": "asked_again"}).status_code == 302


def test_a_yes_without_the_whole_script_is_no_clear_yes(browser: FlaskClient, consented: str) -> None:
    answer = browser.post(f"/people/{consented}/assent", data={**YES, "told": ["1"]})

    assert answer.status_code == 422
    assert "还没有清楚地说愿意" in answer.text
    assert "愿意呀" in answer.text


def test_enter_in_a_field_is_nobodys_answer(browser: FlaskClient, desks: Desks, consented: str) -> None:
    """A browser presses the first button of the form then."""
    path = f"/people/{consented}/assent"
    form = browser.get(path).text.split('<form class="stack"')[1].split("</form>")[0]
    first = re.findall(r'<button[^>]*name="answer" value="(\w*)"', form)[0]
    assert first == ""

    answer = browser.post(path, data={**YES, "words": "我不想说", "answer": first})
    assert answer.status_code == 200
    assert "我不想说" in answer.text
    assert people.case(desks["interviewer"], consented).assent == "not_sought"


@pytest.mark.parametrize("answer", ["think", "no"])
def test_two_quick_taps_are_one_answer(browser: FlaskClient, desks: Desks, consented: str, answer: str) -> None:
    path = f"/people/{consented}/assent"
    nonce = re.findall(r'name="nonce" value="([^"]+)"', browser.get(path).text)[0]
    first, second = (browser.post(path, data={"answer": answer, "nonce": nonce}) for _ in range(2))

    assert (second.status_code, second.location) == (302, first.location)
    events = people.case(desks["interviewer"], consented).events
    assert len([event for event in events if event.actor == "child"]) == 1


def test_before_a_parents_consent_the_child_is_not_asked(browser: FlaskClient, child: str) -> None:
    answer = browser.post(f"/people/{child}/assent", data=YES)

    assert answer.status_code == 409
    assert "监护人同意之后" in answer.text


def test_after_a_yes_the_interview_may_start(browser: FlaskClient, consented: str) -> None:
    page = browser.post(f"/people/{consented}/assent", data=YES, follow_redirects=True).text
    assert "开始访谈" in page

    started = browser.post(f"/people/{consented}/interviews", data=KEPT)
    again = browser.post(f"/people/{consented}/interviews")
    assert started.location == again.location
    assert "/interviews/" in started.location


def test_a_child_who_turns_out_to_be_too_young_can_only_say_no(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    with desks["interviewer"].db.writing() as tables:
        tables.execute("UPDATE participants SET age_group = 'u9'")
    path = f"/people/{consented}/assent"
    page = browser.get(path)

    assert (page.status_code, 'value="yes"' in page.text, 'value="no"' in page.text) == (200, False, True)
    assert "年龄不在研究范围里" in page.text
    assert browser.post(path, data={"answer": "no"}).location == f"{path}/no"


def test_the_three_answers_weigh_the_same(browser: FlaskClient, consented: str) -> None:
    page = browser.get(f"/people/{consented}/assent").text

    assert page.count('class="btn big" name="answer"') == 3
    assert "primary" not in page
    assert "孩子没有回答" in page


def test_after_a_no_the_adult_reads_one_sentence_and_nothing_else(browser: FlaskClient, consented: str) -> None:
    page = browser.post(f"/people/{consented}/assent", data={"answer": "no"}, follow_redirects=True).text
    main = page.split("<main")[1]

    assert "今天就到这儿" in main
    assert "ZK-A03" not in main
    assert "不愿意" not in page
    refused = browser.post(f"/people/{consented}/assent", data=YES)
    assert refused.status_code == 409
    assert "今天不再问" in refused.text


def test_no_answer_is_a_no(browser: FlaskClient, consented: str) -> None:
    browser.post(f"/people/{consented}/assent", data={"answer": "silent"})

    assert "孩子今天不愿意" in browser.get(f"/people/{consented}").text
    assert "孩子不愿意" in browser.get("/people").text


def test_the_script_in_english(browser: FlaskClient, consented: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Ask the child" in browser.get(f"/people/{consented}/assent").text


def test_only_the_interviewer_of_the_family_is_led_to_the_child(
    consented: str, sit: Callable[[str], FlaskClient]
) -> None:
    assert sit("coordinator").get(f"/people/{consented}/assent").status_code == 403


def test_from_fourteen_on_each_item_has_two_answers_and_none_is_chosen(browser: FlaskClient, desks: Any) -> None:
    born = f"{desks['interviewer'].clock.today().year - 15}-01"
    older = people.register(desks["interviewer"], NewChild("阿远", "", "A03", "m", born))
    page = browser.get(f"/people/{older}/assent").text

    items = forms.child_form(desks["interviewer"], older).items
    assert [page.count(f'name="item_{one.code}"') for one in items] == [2] * len(items)
    assert page.count("checked") == 0


def test_another_day_the_page_asks_first_whether_the_child_brought_it_up(
    browser: FlaskClient, desks: Any, consented: str, later: Callable[[Any, int], Any]
) -> None:
    assents.record(later(desks["interviewer"], -1), consented, ChildAnswer("no"))
    path = f"/people/{consented}/assent"
    page = browser.get(path).text
    form = {**YES, "follows": page.split('name="follows" value="')[1].split('"')[0]}

    assert "以前说过不愿意" in page
    assert browser.post(path, data=form).status_code == 422
    assert browser.post(path, data={**form, "reason_again_own": "brought_up"}).status_code == 302
    assert people.case(desks["interviewer"], consented).assent == "reaffirmed"


def test_without_a_form_in_force_the_child_can_say_no_and_nothing_is_read(
    browser: FlaskClient, consented: str, no_form_in_force: None
) -> None:
    page = browser.get(f"/people/{consented}/assent").text

    assert "没有获批的版本" in page
    assert re.findall(r'name="(?:told|answer)" value="(\w+)"', page) == ["no", "think", "silent"]
    assert browser.post(f"/people/{consented}/assent", data={"answer": "no"}).location.endswith("/assent/no")


def test_the_child_is_asked_once_and_after_all_that_it_is_told(browser: FlaskClient, consented: str) -> None:
    page = browser.get(f"/people/{consented}/assent").text

    assert page.count("愿意跟我聊") == 1
    assert page.index("锁") < page.index("愿意跟我聊") < page.index('value="think"')


def test_a_child_is_asked_to_draw_and_not_to_sign(browser: FlaskClient, consented: str) -> None:
    page = browser.get(f"/people/{consented}/assent").text

    assert "用手指画在这里" in page
    assert "用手指在这里签名" not in page
