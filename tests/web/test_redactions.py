"""Pages on which single answers are taken back, and deleted once the family was told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import answers, assents, attachments, interviews, people, questions, redactions
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.records import natural_id
from sync.replica import Report

Desks = dict[str, Desk]
WORDS = "放学以后先喂鸡再写作业"


@pytest.fixture
def noted(browser: FlaskClient, desks: Desks, consented: str, interview: str, carry: Callable[..., Report]) -> str:
    """The record of a note that interviewer and coordinator hold."""
    desk = desks["interviewer"]
    line = questions.page(desk, interview).questions[0]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, WORDS))
    carry(desk, desks["coordinator"])
    return natural_id("answer", interview, line.id)


def test_an_interviewer_deletes_nothing_of_others(browser: FlaskClient, consented: str, noted: str) -> None:
    assert browser.get(f"/redactions/{consented}").status_code == 403
    typed = {"told_on": "2026-01-01", "told_all": "y"}
    assert browser.post(f"/redactions/{consented}", data=typed).status_code == 403


def test_a_form_without_a_tick_says_what_is_missing_and_keeps_who_asks(
    browser: FlaskClient, consented: str, noted: str
) -> None:
    answer = browser.post(f"/people/{consented}/withdraw/answers", data={"asker": "child"})

    assert answer.status_code == 422
    assert "哪几条回答" in answer.text
    assert re.search('value="child"[^>]* checked', answer.text)


def test_who_takes_an_answer_back_is_asked_once_and_stands_in_nobodys_way(
    browser: FlaskClient, desks: Desks, consented: str, noted: str
) -> None:
    path, sent = f"/people/{consented}/withdraw/answers", {"answer": [noted]}
    asked = browser.post(path, data=sent)
    assert (asked.status_code, "请点一下是谁提出的" in asked.text) == (422, True)
    assert re.search(f'value="{noted}"[^>]* checked', asked.text)
    assert 'type="hidden" name="asked"' in asked.text

    assert browser.post(path, data={**sent, "asked": "yes"}).status_code == 302
    assert people.case(desks["interviewer"], consented).events[-1].actor == "guardian"


def test_a_family_takes_back_one_answer_and_the_coordinator_deletes_it(
    browser: FlaskClient, desks: Desks, consented: str, interview: str, noted: str
) -> None:
    browser.post("/demo/switch", data={"machine": "coordinator"})
    assert f"/people/{consented}/withdraw/answers" in browser.get(f"/people/{consented}/withdraw").text
    assert WORDS in browser.get(f"/people/{consented}/withdraw/answers").text
    typed = {"asker": "guardian", "answer": [noted]}
    answer = browser.post(f"/people/{consented}/withdraw/answers", data=typed, follow_redirects=True)
    assert "从现在起隐藏" in answer.text
    assert WORDS not in browser.get(f"/interviews/{interview}").text
    assert "待删除：1" in browser.get("/inbox").text
    assert f"/redactions/{consented}" in browser.get("/removals").text
    page = browser.get(f"/redactions/{consented}").text
    assert WORDS not in page
    assert browser.post(f"/redactions/{consented}", data={"told_on": "", "told_all": "y"}).status_code == 422

    day = desks["coordinator"].today
    done = browser.post(f"/redactions/{consented}", data={"told_on": day, "told_all": "y"}, follow_redirects=True)
    assert "收回的内容已从这台电脑上删除" in done.text
    assert "孩子的1条回答" in done.text
    assert "4 台电脑中已有 1 台" in browser.get("/removals").text
    assert browser.get(f"/redactions/{consented}").status_code == 409
    assert WORDS not in browser.get(f"/people/{consented}/withdraw/answers").text


def test_a_family_takes_back_the_recordings_and_the_coordinator_deletes_them(
    browser: FlaskClient,
    desks: Desks,
    consented: str,
    carry: Callable[..., Report],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    laptop, chief = desks["interviewer"], desks["coordinator"]
    assents.record(laptop, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", items={"audio": "yes"}))
    attachments.add(laptop, interviews.start(laptop, consented, KEPT), "audio/mpeg", 5, BytesIO(b"river"))
    carry(laptop, chief)
    browser.post("/demo/switch", data={"machine": "coordinator"})
    said = browser.post("/withdraw", data={"code": consented, "shown": "it", "scope": "audio", "asker": "guardian"})
    assert "15 天内在所有电脑上删除" in said.text
    assert "1 份录音或图片" in browser.get("/removals").text
    page = browser.get(f"/redactions/{consented}").text
    assert "录音</b> 1 KB" in page
    assert laptop.device.name in page
    typed = {"told_on": chief.today, "told_all": "y"}
    slip = browser.post(f"/redactions/{consented}", data=typed, follow_redirects=True)
    assert "孩子的1份录音或图片" in slip.text
    assert f"{chief.clock.today().year}年" in slip.text.split("<main")[1]
    assert "1 份录音或图片" in browser.get("/removals").text

    kept = redactions.kept
    monkeypatch.setattr(redactions, "kept", lambda *of: replace(kept(*of), requested_by="adult"))
    own = browser.get(slip.request.path).text  # as somebody reads it who asked at 18
    assert "您的1份录音或图片" in own
    assert "孩子" not in own.split("<section")[1]


def test_what_the_child_takes_back_is_deleted_from_the_laptop_at_once(
    browser: FlaskClient, consented: str, interview: str, noted: str
) -> None:
    typed = {"asker": "child", "answer": [noted]}
    answer = browser.post(f"/people/{consented}/withdraw/answers", data=typed, follow_redirects=True)

    assert "已删除。" in answer.text
    page = browser.get(f"/interviews/{interview}").text
    assert WORDS not in page
    assert "这里说过的话已经收回" in page
