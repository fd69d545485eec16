from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Self, cast

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import household, people, stops
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import IdentityTold, Seen
from fieldkit.web.sessions import HeldSessions

SCRIPT = {"X-Fieldkit": "script"}
KEPT = {"reason_G09": "kept", "reason_G10": "not_at_home", "reason_G12": "checked"}


def test_a_translator_sees_no_interview(sit: Callable[[str], FlaskClient], interview: str) -> None:
    assert sit("translator").get(f"/interviews/{interview}").status_code == 403


def test_without_the_gates_no_interview_starts(browser: FlaskClient, consented: str) -> None:
    answer = browser.post(f"/people/{consented}/interviews")

    assert answer.status_code == 409
    assert "还不能开始访谈" in answer.text


def test_what_only_asks_is_asked_for_before_the_start(browser: FlaskClient, consented: str) -> None:
    said = {"answer": "yes", "told": ["1", "2", "3"], "method": "child_oral"}
    page = browser.post(f"/people/{consented}/assent", data=said, follow_redirects=True).text
    assert 'name="reason_G09"' in page
    assert " checked>" not in page

    answer = browser.post(f"/people/{consented}/interviews", data={"reason_G10": "not_at_home"})
    assert answer.status_code == 409
    assert answer.text.count(" checked>") == 1


def test_a_start_under_a_pseudonym_that_tells_leads_to_another_one(
    browser: FlaskClient, consented: str, desks: dict[str, Desk]
) -> None:
    name = people.case(desks["interviewer"], consented).name
    browser.post(f"/people/{consented}/assent", data={"answer": "yes", "told": ["1", "2", "3"], "method": "child_oral"})
    told = IdentityTold(pet_names=f"小{name[0]}")
    household.save_identity(desks["interviewer"], consented, told, Seen())

    answer = browser.post(f"/people/{consented}/interviews", data=KEPT)

    assert (answer.status_code, answer.location) == (302, f"/people/{consented}/pseudonym")
    assert people.case(desks["interviewer"], consented).interviews == []


def test_both_languages_stand_side_by_side(browser: FlaskClient, interview: str) -> None:
    page = browser.get(f"/interviews/{interview}?section=P").text

    assert "有没有什么时候，你会觉得害怕" in page
    assert "scared or uneasy" in page
    assert 'data-pair="both"' in page
    assert page.count("data-autosave") == 6


def test_the_second_language_can_be_hidden_without_a_script(browser: FlaskClient, interview: str) -> None:
    back = f"/interviews/{interview}"
    assert browser.post("/language", data={"pair": "zh", "back": back}).location == back

    assert 'data-pair="zh"' in browser.get(back).text


def test_the_interview_in_english_puts_english_first(browser: FlaskClient, interview: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    page = browser.get(f"/interviews/{interview}?section=P").text

    assert page.index("scared or uneasy") < page.index("有没有什么时候，你会觉得害怕")
    assert "Next question" in page


def test_which_language_comes_first_and_how_large_is_chosen_without_a_script(
    browser: FlaskClient, interview: str
) -> None:
    back = f"/interviews/{interview}?section=P"
    page = browser.get(back).text
    assert re.search(r'"pair"><span lang="zh-CN">[^<]*你会觉得害怕', page)
    assert "data-size" not in page.split("<body")[0]

    assert browser.post("/language", data={"first": "en", "size": "large", "back": back}).location == back

    page = browser.get(back).text
    assert re.search(r'"pair"><span lang="en">[^<]*scared or uneasy', page)
    assert 'data-size="large"' in page.split("<body")[0]
    assert "下一题" in page  # the words of the page stay in the reader's language


def test_what_does_not_exist_is_no_choice_of_the_display(browser: FlaskClient) -> None:
    answer = browser.post("/language", data={"first": "fr", "size": "huge\r\nX: y"})

    assert "first=" not in str(answer.headers)
    assert "size=" not in str(answer.headers)


def test_the_opening_stands_folded_at_the_beginning_with_its_ticks(browser: FlaskClient, interview: str) -> None:
    page = browser.get(f"/interviews/{interview}").text
    assert "我叫李岚" in page
    assert page.count("✓ 第 ") == 3

    assert "我叫李岚" not in browser.get(f"/interviews/{interview}?section=P").text


def test_what_is_left_is_one_tap_away(browser: FlaskClient, interview: str) -> None:
    browser.post(f"/interviews/{interview}/answers/W1", data={"editor": "editor-1", "text": "下雨", "do": "next"})
    page = browser.get(f"/interviews/{interview}?section=N").text

    assert "还有 27 题没问" in page
    assert f'href="/interviews/{interview}?section=P&amp;q=P4#P4"' in page
    assert "✓ 已记</span>" in page


def test_the_core_set_is_chosen_and_taken_back(browser: FlaskClient, interview: str) -> None:
    answer = browser.post(f"/interviews/{interview}/mode", data={"mode": "core", "section": "P"})
    assert answer.location == f"/interviews/{interview}?section=P#left"
    assert 'id="P3"' not in browser.get(answer.location).text

    browser.post(f"/interviews/{interview}/mode", data={"mode": "full", "section": "P"})
    assert 'id="P3"' in browser.get(answer.location).text
    assert browser.post(f"/interviews/{interview}/mode", data={"mode": "some"}).status_code == 422


def test_next_goes_past_a_question_that_better_waits(browser: FlaskClient, interview: str) -> None:
    browser.post(f"/interviews/{interview}/moments", data={"tap": "came_in carer"})
    said = {"editor": "editor-1", "text": "跑步", "do": "next"}

    assert browser.post(f"/interviews/{interview}/answers/P3", data=said).location.endswith("q=P5#P5")


def test_a_question_that_better_waits_is_not_opened_by_itself_but_can_be(browser: FlaskClient, interview: str) -> None:
    browser.post(f"/interviews/{interview}/moments", data={"tap": "came_in carer"})
    for place, question in enumerate(("P1", "P2", "P3")):
        said = {"editor": f"editor-{place}", "text": "", "do": "skip"}
        browser.post(f"/interviews/{interview}/answers/{question}", data=said)

    assert 'id="P5" open' in browser.get(f"/interviews/{interview}?section=P").text
    assert 'id="P4" open' in browser.get(f"/interviews/{interview}?section=P&q=P4").text


def test_a_question_that_is_not_there_opens_the_next_one(browser: FlaskClient, interview: str) -> None:
    assert 'id="P1" open' in browser.get(f"/interviews/{interview}?section=P&q=ZZ").text


def test_a_beat_tells_the_minutes(browser: FlaskClient, interview: str) -> None:
    answer = browser.post(f"/interviews/{interview}/beat")

    assert answer.json == {"minutes": 0, "rest": ""}
    assert browser.post("/interviews/nowhere/beat").status_code == 404


def later(browser: FlaskClient, minutes: float) -> None:
    held = cast("HeldSessions", browser.application.session_interface).held
    for session in [one for one in held.values() if "desk" in one]:
        clock = session["desk"].clock
        session["desk"] = replace(session["desk"], clock=replace(clock, ahead=clock.ahead + timedelta(minutes=minutes)))


@pytest.mark.parametrize("how", ["beat", "answers/W1"])
@pytest.mark.parametrize(("ago", "minutes"), [("", 0), ("x nan inf -900 1e999", 0), ("800 300.0 x", 20)])
def test_a_page_tells_how_many_seconds_ago_somebody_was_there(
    browser: FlaskClient, interview: str, how: str, ago: str, minutes: int
) -> None:
    browser.post(f"/interviews/{interview}/beat")
    later(browser, 20)
    said = {"editor": "editor-1", "text": "下雨", "begun": "300", "ago": ago}
    assert browser.post(f"/interviews/{interview}/{how}", data=said, headers=SCRIPT).status_code == 200

    assert f"，{minutes} 分钟" in browser.get(f"/interviews/{interview}/close").text


def test_minutes_that_could_not_be_counted_are_said_at_the_end(browser: FlaskClient, interview: str) -> None:
    path = f"/interviews/{interview}/close"
    assert "分钟数偏少" not in browser.get(path).text
    browser.post(f"/interviews/{interview}/beat", data={"ago": "90000"})

    assert "分钟数偏少" in browser.get(path).text


@pytest.mark.parametrize("years", [-7, 6])
def test_a_date_that_jumps_in_the_midst_of_a_talk_is_said_and_the_talk_goes_on(
    browser: FlaskClient, interview: str, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            found = super().now(tz)
            return found.replace(year=found.year + years, day=min(found.day, 28))

    path, said = f"/interviews/{interview}", "这台电脑的日期跳了"
    assert said not in browser.get(path).text
    monkeypatch.setattr("fieldkit.clock.datetime", Jumping)

    page = browser.get(path).text
    assert said in page
    assert f"现在显示的是{datetime.now().astimezone().year + years}-" in page
    assert "一直没有结束" not in page
    saved = browser.post(f"{path}/answers/W1", data={"editor": "editor-1", "text": "下雨"}, headers=SCRIPT)
    assert saved.status_code == 200


def test_a_note_shows_its_minute(browser: FlaskClient, interview: str) -> None:
    browser.post(f"/interviews/{interview}/answers/W1", data={"editor": "editor-1", "text": "下雨", "do": "next"})

    assert re.search(r'已记 <span class="num">0 分钟</span>', browser.get(f"/interviews/{interview}").text)


def test_an_interview_that_ended_says_so_and_is_only_read(
    browser: FlaskClient, interview: str, desks: dict[str, Desk]
) -> None:
    page = browser.get(f"/interviews/{interview}").text
    assert f'href="/interviews/{interview}/close">结束访谈' in page

    stops.finish(desks["interviewer"], interview, stops.begin(desks["interviewer"], interview, "stop_keep").mark)

    page = browser.get(f"/interviews/{interview}").text
    assert "这次访谈已经结束" in page
    assert f'href="/interviews/{interview}/close"' in page
    for gone in ("data-autosave", "stopbar", "data-beat"):
        assert gone not in page


def test_the_page_is_light(browser: FlaskClient, interview: str) -> None:
    for section in "WLPCNE":
        assert len(browser.get(f"/interviews/{interview}?section={section}").data) < 60_000


def test_of_a_stopped_interview_a_note_can_be_deleted_whole(
    browser: FlaskClient, desks: dict[str, Desk], interview: str
) -> None:
    me, path = desks["interviewer"], f"/interviews/{interview}"
    browser.post(f"{path}/answers/W1", data={"editor": "editor-1", "text": "下雨天", "do": "next"})
    assert "把这一条彻底删掉" not in browser.get(path).text
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)
    assert "把这一条彻底删掉" in browser.get(path).text

    page = browser.post(f"{path}/answers/W1/erase", follow_redirects=True).text

    assert "这一条已经从这台电脑上彻底删掉了" in page
    assert "下雨天" not in page
