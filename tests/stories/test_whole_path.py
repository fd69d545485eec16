"""The whole path: a fresh laptop, a parent's consent, the child's yes, an answer, a stick, the coordinator, XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page

from fieldkit.acts import demo, members, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.rules.gates import TRAINING_NEEDED
from fieldkit.store.folder import Folder

pytestmark = pytest.mark.browser
Run = Callable[..., Any]
SAID = "下雨放学的时候。\n别人家都有人送伞。"


@contextmanager
def at_coordinator(root: Path, passphrase: str) -> Iterator[Desk]:
    """Open the coordinator's folder in this process for a moment."""
    folder = Folder.open(root / "coordinator")
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    yield desk
    desk.db.close()
    folder.close()


@pytest.fixture
def study(tmp_path: Path, fieldkit: Run, passphrase: str) -> Path:
    """Three fresh folders: a coordinator founds and prepares, two others join; a stick lies beside them."""
    fieldkit("found", "--data", tmp_path / "coordinator", "--name", "陈静")
    with at_coordinator(tmp_path, passphrase) as desk:
        demo.make_ready(desk, ("A03",))
    for role, name in (("interviewer", "李岚"), ("translator", "林译文")):
        asked, answer = tmp_path / f"{role}.request", tmp_path / f"{role}.invitation"
        fieldkit("join", "request", asked, "--data", tmp_path / role, "--name", name, "--role", role)
        fieldkit("join", "invite", asked, answer, "--data", tmp_path / "coordinator")
        fieldkit("join", "accept", answer, "--data", tmp_path / role)
    with at_coordinator(tmp_path, passphrase) as desk:
        for record in members.listing(desk):
            members.keep(desk, record.code, dict.fromkeys(TRAINING_NEEDED, desk.today))
    stick = tmp_path / "stick"
    stick.mkdir()
    written = fieldkit("bundle", "write", stick, "--data", tmp_path / "coordinator", "--json")
    fieldkit("bundle", "read", written["path"], "--data", tmp_path / "interviewer")
    return tmp_path


@pytest.fixture
def carry(study: Path, fieldkit: Run) -> Callable[[str, str], dict[str, Any]]:
    """Carry a stick from one folder to another with the command line; return the report of the batch."""

    def take(giver: str, taker: str) -> dict[str, Any]:
        written = fieldkit("bundle", "write", study / "stick", "--data", study / giver, "--json")
        report: dict[str, Any] = fieldkit("bundle", "read", written["path"], "--data", study / taker, "--json")
        return report

    return take


@pytest.fixture
def at(study: Path, start: Any, phone: Page, unlock: Callable[..., None], researcher_of: Any) -> Callable[[str], Any]:
    """Sit down at a machine of the study; `leave` closes it, so that commands can have its folder."""

    def sit(role: str) -> Any:
        laptop = start(study / role)
        unlock(phone, laptop)
        return researcher_of(phone, laptop)

    return sit


def interview_a_child(me: Any, called: str, real_name: str, answer: str) -> None:
    me.registers(called, f"{Clock().today().year - 12}-01")
    me.signs_for_a_parent("母亲", real_name)
    me.hears_yes_from_the_child()
    me.starts()
    me.writes("W1", answer)


def test_one_consented_answer_reaches_the_coordinators_dataset(
    study: Path, fieldkit: Run, carry: Callable[[str, str], dict[str, Any]], at: Callable[[str], Any]
) -> None:
    me = at("interviewer")
    interview_a_child(me, "小满", "刘某", SAID)
    me.leave()
    report = carry("interviewer", "coordinator")

    assert report["changes_new"] > 0
    assert report["received"] == sum(report[name] for name in ("known", "blocked", "foreign", "parked", "new"))
    assert carry("coordinator", "interviewer")["changes_new"] == 0  # it brings the order that recognises the translator
    mine, theirs = (fieldkit("check", "--data", study / one, "--json") for one in ("interviewer", "coordinator"))
    assert mine["ok"]
    assert theirs["ok"]
    assert mine["digests"] == theirs["digests"]
    assert carry("interviewer", "coordinator")["new"] == 0
    you = at("coordinator")
    you.go("/people")
    you.page.locator("main a.row").first.click()
    you.page.locator("main a.row").first.click()
    assert you.sees("别人家都有人送伞。")
    assert you.page.locator("textarea").count() == 0
    you.leave()
    written = fieldkit("export", "interviews", study / "out", "--data", study / "coordinator", "--json")
    rows = list(load_workbook(written["path"]).worksheets[0].iter_rows(values_only=True))
    assert [row[12] for row in rows[1:]] == [SAID]
    assert "刘某" not in str(rows)


def test_a_translators_words_reach_the_next_interview_and_no_open_one(
    carry: Callable[[str, str], dict[str, Any]], at: Callable[[str], Any]
) -> None:
    me = at("interviewer")
    interview_a_child(me, "小满", "刘某", SAID)
    open_one = me.page.url
    me.leave()
    translator = at("translator")
    translator.go("/strings/guide:W")
    translator.page.fill('form:has(input[value="guide:W1"]) [name=zh]', "你最喜欢干啥呀？随便说。")
    translator.page.click('form:has(input[value="guide:W1"]) button')
    assert translator.sees("已存")
    translator.leave()
    carry("translator", "coordinator")
    coordinator = at("coordinator")
    coordinator.go("/strings")
    coordinator.press("发布")
    coordinator.leave()
    carry("coordinator", "interviewer")
    me = at("interviewer")
    me.page.goto(open_one.replace(open_one.split("/interviews")[0], me.url))
    assert not me.sees("你最喜欢干啥呀？随便说。")
    interview_a_child(me, "阿宁", "顾某", "跳皮筋")
    assert me.sees("你最喜欢干啥呀？随便说。")
