"""The whole path: a fresh laptop, a parent's consent, the child's yes, an answer, a stick, the coordinator, XLSX."""

from __future__ import annotations

import shutil
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


class Study:
    """The folders of a study, a stick beside them, and who carries it."""

    def __init__(self, root: Path, fieldkit: Run) -> None:
        self.root, self.stick, self.fieldkit = root, root / "stick", fieldkit
        self.stick.mkdir()

    def carry(self, giver: str, taker: str) -> dict[str, Any]:
        """Carry the stick from one folder to another with the command line; return the report of the batch."""
        written = self.fieldkit("bundle", "write", self.stick, "--data", self.root / giver, "--json")
        report: dict[str, Any] = self.fieldkit("bundle", "read", written["path"], "--data", self.root / taker, "--json")
        return report


@pytest.fixture
def fresh(tmp_path: Path, fieldkit: Run, passphrase: str) -> Study:
    """Three fresh folders, by the command line: a coordinator founds and prepares, two others join."""
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
    made = Study(tmp_path, fieldkit)
    made.carry("coordinator", "interviewer")
    return made


@pytest.fixture
def ready(four_machines: Path, tmp_path: Path, fieldkit: Run) -> Study:
    """The study of the other tests, ready for interviews."""
    return Study(shutil.copytree(four_machines, tmp_path / "study"), fieldkit)


@pytest.fixture
def at(start: Any, phone: Page, unlock: Callable[..., None], researcher_of: Any) -> Callable[[Study, str], Any]:
    """Sit down at a machine of a study; `leave` closes it, so that commands can have its folder."""

    def sit(study: Study, role: str) -> Any:
        laptop = start(study.root / role)
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
    fresh: Study, fieldkit: Run, at: Callable[[Study, str], Any]
) -> None:
    me = at(fresh, "interviewer")
    interview_a_child(me, "小满", "刘某", SAID)
    me.leave()
    report = fresh.carry("interviewer", "coordinator")

    assert report["changes_new"] > 0
    assert report["received"] == sum(report[name] for name in ("known", "blocked", "foreign", "parked", "new"))
    back = fresh.carry("coordinator", "interviewer")  # it brings the order that recognises the translator
    assert back["changes_new"] == 0
    mine, theirs = (fieldkit("check", "--data", fresh.root / one, "--json") for one in ("interviewer", "coordinator"))
    assert mine["ok"]
    assert theirs["ok"]
    assert mine["digests"] == theirs["digests"]
    assert fresh.carry("interviewer", "coordinator")["new"] == 0
    you = at(fresh, "coordinator")
    you.go("/people")
    you.opens("main a.row")
    you.opens("main a.row")
    assert you.sees("别人家都有人送伞。")
    assert you.page.locator("textarea").count() == 0
    you.leave()
    written = fieldkit("export", "interviews", fresh.root / "out", "--data", fresh.root / "coordinator", "--json")
    rows = list(load_workbook(written["path"]).worksheets[0].iter_rows(values_only=True))
    assert [row[12] for row in rows[1:]] == [SAID]
    assert "刘某" not in str(rows)


def test_a_translators_words_reach_the_next_interview_and_no_open_one(
    ready: Study, at: Callable[[Study, str], Any]
) -> None:
    me = at(ready, "interviewer")
    interview_a_child(me, "小满", "刘某", SAID)
    open_one = me.page.url
    me.leave()
    translator = at(ready, "translator")
    translator.go("/strings/guide:W")
    translator.page.fill('form:has(input[value="guide:W1"]) [name=zh]', "你最喜欢干啥呀？随便说。")
    translator.opens('form:has(input[value="guide:W1"]) button')
    assert translator.sees("已存")
    translator.leave()
    ready.carry("translator", "coordinator")
    coordinator = at(ready, "coordinator")
    coordinator.go("/strings")
    coordinator.press("发布")
    coordinator.leave()
    ready.carry("coordinator", "interviewer")
    me = at(ready, "interviewer")
    me.page.goto(open_one.replace(open_one.split("/interviews")[0], me.url))
    assert me.page.input_value("#note-W1") == SAID
    assert not me.sees("你最喜欢干啥呀？随便说。")
    interview_a_child(me, "阿宁", "顾某", "跳皮筋")
    assert me.sees("你最喜欢干啥呀？随便说。")
