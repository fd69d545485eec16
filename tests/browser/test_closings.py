"""The end of an interview on a phone: said, pointed at, tapped, and one button; a fall of the laptop loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from fieldkit.acts import users
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder

pytestmark = pytest.mark.browser
Unlock = Callable[[Page, Any], None]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('main .seg label, main .tick, main .btn, main summary')]
    .map(one => [one.textContent.trim(), one.getBoundingClientRect().height])
    .filter(([, height]) => height > 0 && height < 44)"""


def tap(page: Page, group: str, *names: str) -> None:
    """Tap choices as a finger does: where they are drawn."""
    for name in names:
        page.get_by_role("group", name=group).get_by_label(name, exact=True).click()


def stored(folder: Path, passphrase: str) -> dict[str, Any]:
    """Return what the disk holds of the only closing, read while no server runs."""
    at = Folder.open(folder)
    desk = users.unlock(at, users.slots(at)[0].code, passphrase, Clock())
    with desk.db.reading() as tables:
        (row,) = tables["closings"].rows
    desk.db.close()
    at.close()
    return dict(row)


def test_an_interview_is_ended_with_a_thumb(
    field_folder: Path, interview: str, start: Any, phone: Page, unlock: Unlock, passphrase: str
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}/close")
    assert not phone.evaluate(WIDE)
    assert phone.evaluate(SMALL) == []
    tap(phone, "结束时的心情", "挺好")
    tap(phone, "私密程度", "看得见、听不见")
    tap(phone, "在场他人", "照护人", "兄弟姐妹")
    tap(phone, "所用语言", "周口话")
    tap(phone, "现场笔记什么时候写的", "边谈边记")
    tap(phone, "完成情况", "完成核心部分")

    phone.get_by_role("button", name="结束访谈").click()  # without the place
    tap(phone, "在场他人或地点还没填。", "今天晚上补")
    tap(phone, "地点类型", "自家院子")
    assert not phone.evaluate(WIDE)
    phone.get_by_role("button", name="结束访谈").first.click()

    expect(phone.locator("body")).to_contain_text("访谈已结束。")
    expect(phone.get_by_role("link", name="继续访谈")).to_have_count(0)
    laptop.stop()
    row = stored(field_folder, passphrase)
    assert (row["mood_end"], row["setting"], row["completion"]) == (4, "home_yard", "core")
    assert json.loads(row["others_present"]) == ["carer", "sibling"]


def test_what_was_ticked_survives_a_look_at_the_questions_and_a_flat_battery(
    field_folder: Path, interview: str, start: Any, phone: Page, unlock: Unlock
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    place = f"{laptop.url}/interviews/{interview}/close"
    phone.goto(place)
    for line in (1, 2):
        phone.locator(f"[name=told][value='{line}']").check()
    tap(phone, "开始时的心情", "一般")
    phone.get_by_role("button", name="先存下").click()
    phone.wait_for_url("**section=E*")

    laptop.kill()
    laptop.start()
    unlock(phone, laptop)
    phone.goto(place)

    expect(phone.locator("[name=told]:checked")).to_have_count(2)
    expect(phone.locator("[type=hidden][name=mood_start]")).to_have_value("3")
    expect(phone.get_by_role("button", name="结束访谈")).to_be_visible()


def test_the_end_can_be_reached_with_the_keyboard_alone(
    field_folder: Path, interview: str, start: Any, phone: Page, unlock: Unlock
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}/close")
    phone.locator("[name=mood_end]").first.focus()
    phone.keyboard.press("ArrowRight")
    phone.keyboard.press("ArrowRight")

    expect(phone.get_by_role("group", name="结束时的心情").get_by_role("radio", name="一般")).to_be_checked()
    phone.keyboard.press("Tab")
    expect(phone.locator("[name=mood_start]:focus")).to_have_count(1)


@pytest.mark.parametrize(
    ("page", "field"), [("close", "#thank_you"), ("observation", "textarea"), ("memo", "textarea")]
)
def test_back_gives_up_nothing_that_was_typed_while_the_laptop_is_away_and_asks_where_it_answers(
    field_folder: Path, interview: str, start: Any, phone: Page, unlock: Unlock, page: str, field: str
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    place = f"{laptop.url}/interviews/{interview}/{page}"
    phone.goto(place)
    box = phone.locator(field).first
    box.evaluate("box => { for (const part of document.querySelectorAll('main details')) part.open = true; }")
    box.click()
    box.fill("屋里有三张床。")
    laptop.kill()
    phone.click("a.back")
    expect(phone.locator("[data-gone]")).to_be_visible()
    expect(phone).to_have_url(place)
    expect(box).to_have_value("屋里有三张床。")

    laptop.start()
    expect(phone.locator("[data-gone]")).to_be_hidden()
    asked = list[str]()
    for answer in ("dismiss", "accept"):
        with phone.expect_event("dialog") as told:
            phone.click("a.back", no_wait_after=True)
        asked.append(told.value.type)
        getattr(told.value, answer)()
        if answer == "dismiss":
            expect(box).to_have_value("屋里有三张床。")
    expect(phone).not_to_have_url(place)
    assert asked == ["beforeunload", "beforeunload"]


def test_what_is_sent_by_its_button_is_not_asked_about(
    field_folder: Path, interview: str, start: Any, phone: Page, unlock: Unlock
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}/memo")
    phone.locator("textarea").first.fill("下次先问学校。")
    asked = list[str]()

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    phone.on("dialog", note)
    with phone.expect_navigation():
        phone.get_by_role("button", name="存好备忘录").click()

    expect(phone.locator("main")).to_contain_text("下次先问学校。")
    assert asked == []
