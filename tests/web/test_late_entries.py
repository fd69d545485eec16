from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from fieldkit.acts import people, stops
from fieldkit.acts.desk import Desk

Desks = dict[str, Desk]
WHOLE = {
    "paper_ref": "P-7，蓝纸袋",
    "answer": "yes",
    "told": ["1", "2", "3"],
    "method": "child_oral",
    "words": "愿意",
    "reason_G09": "kept",
    "reason_G10": "not_at_home",
    "reason_G12": "checked",
}


def place(subject: str) -> str:
    return f"/people/{subject}/late-entry"


def enter(browser: FlaskClient, desk: Desk, subject: str, **changes: object) -> str:
    answer = browser.post(place(subject), data={**WHOLE, "day": desk.today, **changes})
    assert answer.status_code == 302
    return str(answer.location)


def test_a_coordinator_types_no_interview_in(sit: Callable[[str], FlaskClient], consented: str) -> None:
    at = sit("coordinator")

    assert at.get(f"{place(consented)}?day=2026-09-03").status_code == 403
    assert at.post(f"{place(consented)}/some/wrong-day").status_code == 403


def test_what_is_missing_for_that_day_is_said_at_once_with_the_next_step(
    browser: FlaskClient, desks: Desks, child: str
) -> None:
    day = desks["interviewer"].today
    page = browser.get(f"{place(child)}?day={day}").text

    assert re.findall(r'<p class="small">(G\d\d)</p>', page) == ["G04", "G14"]
    assert f'href="/people/{child}/consent?seen=' in page
    assert 'name="paper_ref"' not in page
    answer = browser.post(place(child), data={**WHOLE, "day": day})
    assert answer.status_code == 409
    assert "V34" in answer.text


def test_a_day_that_is_none_or_has_not_come_is_asked_for_again(browser: FlaskClient, consented: str) -> None:
    for day, words in (("gestern", "这不是日期"), ("2999-01-01", "这一天还没到")):
        answer = browser.get(f"{place(consented)}?day={day}")
        assert answer.status_code == 422
        assert words in answer.text
        assert f'value="{day}"' in answer.text


def test_the_childs_page_has_a_quiet_way_to_it_once_a_parent_agreed(
    browser: FlaskClient, child: str, consented: str
) -> None:
    assert f'<a class="link" href="{place(consented)}">补录访谈纸质记录</a>' in browser.get(f"/people/{consented}").text
    assert "哪一天谈的" in browser.get(place(consented)).text


def test_before_a_parent_agreed_nothing_leads_there(browser: FlaskClient, child: str) -> None:
    assert "补录访谈纸质记录" not in browser.get(f"/people/{child}").text


def test_what_was_typed_stays_when_something_is_missing(browser: FlaskClient, desks: Desks, consented: str) -> None:
    typed = {**WHOLE, "day": desks["interviewer"].today, "told": ["1"], "begun": "14:05", "over": "14:50"}
    answer = browser.post(place(consented), data=typed)

    assert answer.status_code == 422
    assert "V29" in answer.text
    assert 'value="P-7，蓝纸袋"' in answer.text
    assert 'value="14:05"' in answer.text
    assert answer.text.count(" checked>") == 4  # a part that was said, the way, two reasons
    assert browser.post(place(consented), data={**typed, "told": WHOLE["told"], "paper_ref": ""}).status_code == 422


def test_of_begin_and_end_both_are_wanted(browser: FlaskClient, desks: Desks, consented: str) -> None:
    answer = browser.post(place(consented), data={**WHOLE, "day": desks["interviewer"].today, "begun": "14:05"})

    assert (answer.status_code, "两个都填" in answer.text, 'value="14:05"' in answer.text) == (422, True, True)


def test_a_pseudonym_that_tells_is_said_on_the_sheet_and_what_was_typed_stays(
    browser: FlaskClient, desks: Desks, consented: str, hidden: Callable[[str], dict[str, str]]
) -> None:
    before = people.case(desks["interviewer"], consented).pseudonym
    assert before is not None
    at = f"/people/{consented}/household/identity"
    told = {"birth_calendar": "gregorian", "pet_names": f"小{before.zh[0]}"}
    browser.post(at, data={**hidden(browser.get(at).text), **told})

    answer = browser.post(place(consented), data={**WHOLE, "day": desks["interviewer"].today})
    assert answer.status_code == 422
    assert "V11" in answer.text
    assert f'href="/people/{consented}/pseudonym"' in answer.text
    assert 'value="P-7，蓝纸袋"' in answer.text
    assert people.case(desks["interviewer"], consented).interviews == []


def test_what_the_child_had_discarded_is_said_instead_of_the_sheet(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    typed = enter(browser, desk, consented).rpartition("/")[2]
    stops.finish(desk, typed, stops.begin(desk, typed, "stop_discard").mark)

    answer = browser.get(f"{place(consented)}?day={desk.today}")
    assert (answer.status_code, "孩子要求不要了" in answer.text) == (409, True)
    assert 'name="paper_ref"' not in answer.text


def test_a_sheet_of_the_wrong_day_is_taken_out_and_the_right_day_is_asked_for(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    where = enter(browser, desk, consented)
    assert "这张纸录错了日期" in browser.get(where).text
    away = f"{place(consented)}/{where.rpartition('/')[2]}/wrong-day"
    assert browser.post(away).location == place(consented)
    assert browser.get(where).status_code == 404
    assert people.case(desk, consented).interviews == []
    assert browser.post(away).status_code == 404


def test_the_form_of_a_sheet_that_was_taken_out_types_it_in_again(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    form = {"nonce": "the-same-form", "reason_V31": "date_right"}
    typed = enter(browser, desk, consented, **form).rpartition("/")[2]
    browser.post(f"{place(consented)}/{typed}/wrong-day")

    where = enter(browser, desk, consented, **form, reason_again_own="brought_up")
    assert browser.get(where).status_code == 200
    assert [f"/interviews/{line.id}" for line in people.case(desk, consented).interviews] == [where]


def test_a_talk_and_what_is_closed_offer_no_other_day(
    browser: FlaskClient, desks: Desks, consented: str, interview: str
) -> None:
    assert "这张纸录错了日期" not in browser.get(f"/interviews/{interview}").text
    assert browser.post(f"{place(consented)}/{interview}/wrong-day").status_code == 409


def test_the_end_of_a_sheet_may_say_that_the_child_stopped(
    browser: FlaskClient, desks: Desks, consented: str, hidden: Callable[[str], dict[str, str]]
) -> None:
    where = enter(browser, desks["interviewer"], consented)
    page = browser.get(f"{where}/close").text
    assert 'name="completion" value="partial_child"' in page

    told = {**hidden(page), "completion": "partial_child", "setting": "home_inside", "others_present": ["none"]}
    assert browser.post(f"{where}/close", data=told).status_code == 302
    assert "这张纸录错了日期" not in browser.get(where).text
    done = browser.get(f"/people/{consented}/stopped?interview={where.rpartition('/')[2]}").text
    assert "孩子中途停下了" in done
    assert "今天" not in done


def test_an_interview_on_paper_is_typed_in_on_the_same_pages(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    where = enter(browser, desks["interviewer"], consented)
    page = browser.get(where).text

    assert re.search(r"补录：[0-9年]+月[0-9]+日 星期.的访谈，纸质记录：P-7，蓝纸袋", page)
    assert "data-beat" not in page
    assert 'value="break"' not in page
    assert "data-autosave" in page
    assert 'href="#stop"' in page
    saved = browser.post(f"{where}/answers/W1", data={"editor": "editor-1", "text": "下雨", "do": "next"})
    assert saved.status_code == 302
    assert "下雨" in browser.get(where + "?section=W").text


def test_a_second_tap_leads_to_the_same_interview(browser: FlaskClient, desks: Desks, consented: str) -> None:
    desk = desks["interviewer"]
    first = enter(browser, desk, consented, nonce="one")

    assert enter(browser, desk, consented, nonce="one") == first
    assert browser.post(place(consented), data={**WHOLE, "day": desk.today, "nonce": "two"}).status_code == 409
    assert len(people.case(desk, consented).interviews) == 1


def test_at_the_end_the_minutes_of_the_sheet_are_asked_for(
    browser: FlaskClient, desks: Desks, consented: str, hidden: Callable[[str], dict[str, str]]
) -> None:
    where = enter(browser, desks["interviewer"], consented, begun="14:05", over="14:50")
    page = browser.get(f"{where}/close").text
    assert re.search(r'name="minutes"[^>]*value="45"', page)

    told = {**hidden(page), "completion": "core", "setting": "home_inside", "others_present": ["none"]}
    refused = browser.post(f"{where}/close", data={**told, "minutes": "viel"})
    assert (refused.status_code, 'value="viel"' in refused.text) == (422, True)
    assert browser.post(f"{where}/close", data={**told, "minutes": "50"}).status_code == 302
    assert re.search(r'name="minutes"[^>]*value="50"', browser.get(f"{where}/close").text)


def test_an_interview_at_the_laptop_is_asked_for_no_minutes(browser: FlaskClient, interview: str) -> None:
    assert 'name="minutes"' not in browser.get(f"/interviews/{interview}/close").text


def test_the_yes_is_not_asked_for_again_where_it_is_on_record(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    browser.post(f"/people/{consented}/assent", data={"answer": "yes", **{k: WHOLE[k] for k in ("told", "method")}})
    page = browser.get(f"{place(consented)}?day={desks['interviewer'].today}").text

    assert 'name="told"' not in page
    assert 'name="paper_ref"' in page
    assert enter(browser, desks["interviewer"], consented, told=[], method="")


def test_the_page_in_english(browser: FlaskClient, desks: Desks, consented: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "Type in an interview held on paper" in browser.get(f"/people/{consented}").text

    where = enter(browser, desks["interviewer"], consented)
    assert "Typed in later: the interview on paper of " in browser.get(where).text


def test_of_a_sheet_the_stop_page_asks_for_what_the_sheet_says_and_the_next_one_sends_it_to_be_destroyed(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    typed = enter(browser, desks["interviewer"], consented).rsplit("/", 1)[1]
    page = browser.get(f"/interviews/{typed}/stop").text
    assert ("<h1>孩子中途停下了</h1>" in page, "今天就到这儿" in page, "孩子还想聊" in page) == (True, False, False)

    browser.post(f"/interviews/{typed}/stop", data={"choice": "stop_discard"})
    waiting = stops.waiting(desks["interviewer"], typed)
    assert waiting is not None
    said = browser.post(
        f"/interviews/{typed}/stop/finish", data={"subject": consented, "stop": waiting.mark}, follow_redirects=True
    ).text
    assert ("销毁" in said, "今天不再问孩子" in said) == (True, False)


def test_of_a_sheet_that_is_discarded_the_page_says_that_it_is_typed_in_under_no_other_day(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    typed = enter(browser, desk, consented).rpartition("/")[2]
    stops.finish(desk, typed, stops.begin(desk, typed, "stop_discard").mark)

    page = browser.get(f"/people/{consented}/stopped?interview={typed}").text
    assert "换一个日期也不要再录" in page


def test_a_sheet_may_say_that_the_child_was_upset_and_no_minute_is_told(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    where = enter(browser, desks["interviewer"], consented)
    page = browser.get(where).text
    assert 'href="#upset"' in page
    assert 'value="distress_1"' in page
    assert "递杯水" not in page

    answer = browser.post(f"{where}/moments", data={"tap": "distress_1", "mark": "m"})
    assert answer.status_code == 302
    assert "已记下：那天孩子有点难受" in browser.get(where).text
    assert 'class="q later"' not in browser.get(where).text


def test_a_sheet_of_a_child_who_was_very_upset_leads_to_what_is_still_to_be_done(
    browser: FlaskClient, desks: Desks, consented: str
) -> None:
    where = enter(browser, desks["interviewer"], consented)
    assert f'href="{where}/distress"' in browser.get(where).text
    page = browser.get(f"{where}/distress").text
    assert "停止提问" not in page
    assert "想接着聊" not in page

    answer = browser.post(f"{where}/moments", data={"tap": "distress_2", "mark": "m"})
    assert answer.location == f"{where}/distress"
    page = browser.get(answer.location).text
    assert 'value="distress_2"' not in page
    assert "已记下：那天孩子很难受" in page
    assert "已记下：那天孩子很难受" in browser.get(where).text
    assert 'class="q later"' not in browser.get(where).text
