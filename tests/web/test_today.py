from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import people, tasks
from fieldkit.acts.desk import Desk
from fieldkit.acts.tasks import Task, Tasks
from fieldkit.clock import Clock
from fieldkit.store import gaps
from fieldkit.store.gaps import Gap


def test_a_child_who_waits_has_one_next_step(browser: FlaskClient, agreed_by_grandmother: str) -> None:
    page = browser.get("/").text

    assert "演示：人物都是虚构的" in page
    assert "打电话给父母" in page
    assert "等待监护人同意" in page


def test_today_in_english(browser: FlaskClient, consented: str) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    page = browser.get("/today").text

    assert "Demo: all people are invented" in page
    assert "Ask the child" in page


def test_nobody_yet_says_how_to_begin(browser: FlaskClient) -> None:
    assert "从第一个开始登记" in browser.get("/today").text


def test_a_date_is_asked_for_only_while_it_is_doubted(browser: FlaskClient, child: str) -> None:
    assert "今天是几号" not in browser.get("/today").text
    answer = browser.post("/today/date", data={"day": "2026-11-20"})

    assert (answer.status_code, "对得上" in answer.text) == (409, True)


def test_a_far_date_comes_back_with_what_was_typed_and_can_be_put_right(
    browser: FlaskClient, child: str, desks: Any
) -> None:
    at, site = desks["interviewer"], browser.application.extensions["fieldkit"]
    browser.get("/today")
    site.machines["interviewer"].desk = replace(at, clock=Clock(timedelta(days=40)))
    browser.post("/demo/switch", data={"machine": "interviewer"})
    assert "今天是几号" in browser.get("/today").text
    answer = browser.post("/today/date", data={"day": "2062-01-02"})
    assert (answer.status_code, 'value="2062-01-02"' in answer.text) == (422, True)
    assert browser.post("/today/date", data={"day": "2062-01-02", "reason_V31": "date_right"}).status_code == 302

    page = browser.get("/today").text
    assert "日期是手填的" in page
    assert browser.post("/today/date", data={"day": at.today, "reason_V31": "date_right"}).status_code == 302


def test_a_long_list_of_things_to_do_is_shown_thirty_at_a_time(
    browser: FlaskClient, desks: Any, child: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Task("memo", people.case(desks["interviewer"], child), "2026-11-25", "some interview")
    monkeypatch.setattr(tasks, "waiting", lambda *_: Tasks([one] * 30, 15))
    page = browser.get("/today").text

    assert page.count("/interviews/some%20interview/memo") == 30
    assert "后面还有 15 件" in page


@pytest.mark.parametrize(
    ("code", "path", "said"),
    [
        ("paper", "/people/{child}/events/some/paper", "确认书待补"),
        ("ask_again", "/people/{child}/consent", "再问一次家长"),
        ("visit", "/people/{child}", "再去一趟"),
        ("tell_change", "/people/{child}/events/some/tell", "同意书有小改动"),
        ("turns_14", "/people/{child}", "快满 14 岁"),
        ("memo", "/interviews/some/memo", "写反思备忘录"),
        ("closing", "/interviews/some/close", "补全访谈结束信息"),
        ("words", "/interviews/some?section=E&amp;q=E2#E2", "有没听懂的词，待核"),
        ("aftercare", "/people/{child}/visits", "问问孩子现在怎么样"),
    ],
)
def test_what_is_to_do_leads_to_where_it_is_done(
    browser: FlaskClient, child: str, desks: Any, monkeypatch: pytest.MonkeyPatch, code: str, path: str, said: str
) -> None:
    one = Task(code, people.case(desks["interviewer"], child), event="some", question="E2")
    monkeypatch.setattr(tasks, "waiting", lambda *_: Tasks([one], 0))
    line = browser.get("/today").text.split("<h2>待办</h2>")[1].split("</a>")[0]

    assert f'href="{path.format(child=child)}"' in line
    assert said in line


def test_after_a_restore_the_day_says_that_noes_may_be_missing_until_somebody_says_why_nothing_is_newer(
    browser: FlaskClient, desks: dict[str, Desk]
) -> None:
    assert "备份恢复过" not in browser.get("/today").text
    with desks["interviewer"].db.writing() as tables:
        gaps.keep(tables, Gap("2026-05-01", 2**40))
    page = browser.get("/today").text
    assert "5月1日 星期五 的备份恢复过" in page
    assert "不愿意或者要退出" in page

    assert browser.post("/backup/nothing-newer", data={}).status_code == 422
    assert browser.post("/backup/nothing-newer", data={"reason": "not_used"}).status_code == 302
    assert "备份恢复过" not in browser.get("/today").text
    assert f"备份以后这台电脑没有用过（{desks['interviewer'].me.name}，" in browser.get("/backup").text
