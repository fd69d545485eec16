"""What is typed into a memo, an observation or the end of an interview outlives its page, browser and laptop."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser
SERVICE_WORKERS = "block"  # a test stands in for what the laptop answers
Unlock = Callable[[Page, Any], None]
Crash = Callable[[Page], Page]
FORMS = {"memo": "#self_role", "observation": "#profile", "close": "#setting_note"}
BADGE = "[data-typed] .badge"
OFFER = "[data-found]"
BACK, AWAY = f"{OFFER} [data-back]", f"{OFFER} [data-away]"
every_form = pytest.mark.parametrize("form", FORMS)


def open_form(page: Page, laptop: Any, interview: str, form: str) -> None:
    page.goto(f"{laptop.url}/interviews/{interview}/{form}")
    page.evaluate("() => document.querySelectorAll('main details').forEach((part) => { part.open = true; })")


def badge(page: Page, state: str) -> None:
    expect(page.locator(BADGE)).to_have_attribute("data-state", state)


def type_it(page: Page, laptop: Any, interview: str, form: str, text: str = "院子里有三只鸡") -> None:
    open_form(page, laptop, interview, form)
    page.focus(FORMS[form])
    page.keyboard.insert_text(text)
    badge(page, "browser")


@pytest.fixture
def laptop(start: Any, field_folder: Path, phone: Page, unlock: Unlock) -> Any:
    found = start(field_folder)
    unlock(phone, found)
    return found


def test_a_colleague_at_the_same_browser_is_offered_nothing_and_its_author_is(
    colleague: str,
    start: Any,
    field_folder: Path,
    interview: str,
    phone: Page,
    context: BrowserContext,
    sit: Callable[..., None],
    waiting: Any,
) -> None:
    laptop = start(field_folder)
    sit(phone, laptop, "李岚")
    type_it(phone, laptop, interview, "memo")
    phone.close()
    context.clear_cookies()
    page = context.new_page()
    sit(page, laptop, colleague)
    open_form(page, laptop, interview, "memo")
    waiting.until(page, "records.every((record) => record.days > 0)")  # the page could not open it
    expect(page.locator(OFFER)).to_have_count(0)

    context.clear_cookies()
    sit(page, laptop, "李岚")
    open_form(page, laptop, interview, "memo")
    expect(page.locator(OFFER)).to_have_count(1)


@every_form
def test_what_was_typed_on_a_page_that_was_killed_is_put_back_and_saved(
    laptop: Any, phone: Page, interview: str, crash: Crash, waiting: Any, form: str
) -> None:
    type_it(phone, laptop, interview, form)
    expect(phone.locator(f"{BADGE} span")).to_contain_text("还没存到电脑")
    page = crash(phone)
    open_form(page, laptop, interview, form)
    expect(page.locator(f"{OFFER} textarea")).to_have_value("院子里有三只鸡")
    expect(page.locator(FORMS[form])).to_have_value("")
    page.click(BACK)
    expect(page.locator(FORMS[form])).to_have_value("院子里有三只鸡")
    expect(page.locator(OFFER)).to_have_count(0)
    save(page, form)

    open_form(page, laptop, interview, form)
    assert "院子里有三只鸡" in page.content()
    waiting.until_nothing(page)
    expect(page.locator(OFFER)).to_have_count(0)


def save(page: Page, form: str) -> None:
    with page.expect_navigation():
        page.click("form[data-holds] [value=keep]" if form == "close" else "form[data-holds] button.primary")


@every_form
def test_what_was_typed_outlives_laptop_and_page_together(
    laptop: Any, phone: Page, context: BrowserContext, interview: str, unlock: Unlock, form: str
) -> None:
    type_it(phone, laptop, interview, form)
    laptop.kill()
    phone.close()
    laptop.start()
    page = context.new_page()
    unlock(page, laptop)
    open_form(page, laptop, interview, form)
    page.click(BACK)

    expect(page.locator(FORMS[form])).to_have_value("院子里有三只鸡")


def test_another_page_offers_nothing_that_an_open_one_still_holds_and_each_its_own_later(
    laptop: Any, phone: Page, context: BrowserContext, interview: str, waiting: Any
) -> None:
    type_it(phone, laptop, interview, "memo", "第一页")
    second, third = context.new_page(), context.new_page()
    type_it(second, laptop, interview, "memo", "第二页")
    open_form(third, laptop, interview, "memo")
    assert len(waiting(third)) == 2
    expect(third.locator(OFFER)).to_have_count(0)
    phone.close()
    second.close()
    waiting.until(third, f"(dispatchEvent(new Event('focus')), document.querySelectorAll('{OFFER}').length === 2)")
    fourth = context.new_page()
    open_form(fourth, laptop, interview, "memo")
    expect(fourth.locator(OFFER)).to_have_count(2)

    for left in (1, 0):
        third.locator(BACK).first.click()
        expect(third.locator(OFFER)).to_have_count(left)
    expect(third.locator(FORMS["memo"])).to_have_value(re.compile("第一页"))
    expect(third.locator(FORMS["memo"])).to_have_value(re.compile("第二页"))
    fourth.locator(BACK).first.click()
    expect(fourth.locator(OFFER)).to_have_count(1)
    expect(fourth.locator(FORMS["memo"])).to_have_value("")


def test_what_is_thrown_away_or_saved_is_offered_no_more(
    laptop: Any, phone: Page, interview: str, crash: Crash, waiting: Any
) -> None:
    type_it(phone, laptop, interview, "memo", "要扔掉的")
    page = crash(phone)
    open_form(page, laptop, interview, "memo")
    page.click(AWAY)
    waiting.until_nothing(page)
    type_it(page, laptop, interview, "memo", "要存的")
    page.click("form[data-holds] button.primary")
    expect(page.locator("main")).to_contain_text("只有自己能看")

    waiting.until_nothing(page)
    expect(page.locator(OFFER)).to_have_count(0)


def test_other_pages_say_that_a_form_waits_until_it_is_saved(
    laptop: Any, phone: Page, interview: str, crash: Crash, waiting: Any
) -> None:
    type_it(phone, laptop, interview, "close")
    page = crash(phone)
    page.goto(f"{laptop.url}/today")
    expect(page.locator("[data-waiting] [data-forms]")).to_be_visible()
    open_form(page, laptop, interview, "close")
    page.click(BACK)
    waiting.until(page, "records.length === 1")  # the one of this page
    for name, code in (("setting", "home_yard"), ("others_present", "carer"), ("completion", "core")):
        page.locator(f"[name={name}][value={code}]").check(force=True)
    with page.expect_navigation():
        page.locator("form[data-holds] button.primary").last.click()
    expect(page.locator("body")).to_contain_text("访谈已结束。")
    page.evaluate(
        "async () => (await import('/static/js/waits.js')).tellWaiting(document.querySelector('[data-waiting]'))"
    )

    assert len(waiting(page)) == 1  # it goes with the page of its interview that is opened next
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_a_memo_whose_saving_was_heard_by_no_page_is_not_offered_again(
    laptop: Any, phone: Page, interview: str, waiting: Any
) -> None:
    type_it(phone, laptop, interview, "memo")
    phone.route("**/memo", lambda route: (route.fetch(max_redirects=0), route.abort()))  # the laptop has it
    with phone.expect_event("requestfailed"):
        phone.click("form[data-holds] button.primary", no_wait_after=True)
    phone.unroute("**/memo")
    open_form(phone, laptop, interview, "memo")

    expect(phone.locator("main section.card:not([data-found], [data-waiting])")).to_contain_text("院子里有三只鸡")
    waiting.until_nothing(phone)
    expect(phone.locator(OFFER)).to_have_count(0)


def test_what_comes_back_with_a_refusal_is_kept_by_the_page_that_shows_it_and_offered_once(
    laptop: Any, phone: Page, interview: str, crash: Crash, waiting: Any
) -> None:
    type_it(phone, laptop, interview, "close")
    with phone.expect_navigation():
        phone.locator("form[data-holds] button.primary").last.click()  # without how far it came
    expect(phone.locator(FORMS["close"])).to_have_value("院子里有三只鸡")
    badge(phone, "browser")
    waiting.until(phone, "(dispatchEvent(new Event('focus')), records.length === 1)")
    page = crash(phone)
    open_form(page, laptop, interview, "close")

    expect(page.locator(OFFER)).to_have_count(1)


def test_what_is_put_back_goes_over_no_word_that_was_saved_since(
    laptop: Any, phone: Page, context: BrowserContext, interview: str
) -> None:
    type_it(phone, laptop, interview, "observation", "先打的字")
    page = context.new_page()
    type_it(page, laptop, interview, "observation", "后来存的字")
    page.click("form[data-holds] button.primary")
    expect(page.locator("main")).to_contain_text("已存")
    phone.close()
    open_form(page, laptop, interview, "observation")
    page.click(BACK)
    page.click("form[data-holds] button.primary")

    expect(page.locator("main .hint-line")).to_contain_text("先打的字")
    expect(page.locator("main .hint-line")).to_contain_text("后来存的字")


def test_where_the_browser_keeps_nothing_the_badge_says_that_only_this_page_holds_it(
    laptop: Any, phone: Page, interview: str
) -> None:
    phone.add_init_script("IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); };")
    open_form(phone, laptop, interview, "memo")
    phone.focus(FORMS["memo"])
    phone.keyboard.insert_text("院子里有三只鸡")

    badge(phone, "lost")
    expect(phone.locator(f"{BADGE} span")).to_contain_text("只在这一页上")


def test_composed_words_are_kept_before_they_are_chosen(laptop: Any, phone: Page, interview: str, crash: Crash) -> None:
    open_form(phone, laptop, interview, "memo")
    phone.focus(FORMS["memo"])
    composing = phone.context.new_cdp_session(phone)
    composing.send("Input.imeSetComposition", {"text": "下雨", "selectionStart": 2, "selectionEnd": 2})
    badge(phone, "browser")
    page = crash(phone)
    open_form(page, laptop, interview, "memo")

    expect(page.locator(f"{OFFER} textarea")).to_have_value("下雨")


def test_the_interview_says_that_something_typed_beside_it_waits(
    laptop: Any, phone: Page, interview: str, crash: Crash
) -> None:
    type_it(phone, laptop, interview, "observation")
    page = crash(phone)
    page.goto(f"{laptop.url}/interviews/{interview}")
    expect(page.locator("[data-filled=observation]")).to_be_visible()
    expect(page.locator("[data-filled=memo]")).to_be_hidden()
    page.click("[data-filled=observation] a")

    expect(page.locator(OFFER)).to_have_count(1)


def test_once_nothing_is_left_of_the_interview_an_open_form_keeps_nothing_and_says_so(
    laptop: Any, phone: Page, context: BrowserContext, interview: str, waiting: Any
) -> None:
    type_it(phone, laptop, interview, "memo")
    page = context.new_page()
    page.goto(f"{laptop.url}/interviews/{interview}/stop")
    page.click("[value=stop_discard]")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")
    waiting.until_nothing(phone)

    badge(phone, "lost")
    expect(phone.locator(f"{BADGE} span")).to_contain_text("这里存不了了")
    phone.focus(FORMS["memo"])
    phone.keyboard.insert_text("还在打")
    waiting.until_nothing(phone)
    badge(phone, "lost")


def test_an_open_form_asks_the_laptop_now_and_then_and_not_at_every_pause_of_typing(
    laptop: Any, phone: Page, interview: str, waiting: Any
) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url) if f"interview={interview}" in request.url else None)
    phone.clock.install()
    open_form(phone, laptop, interview, "memo")
    phone.focus(FORMS["memo"])
    asked.clear()
    for turn, words in enumerate(("院子里", "有三只鸡", "和一条狗"), 1):
        phone.keyboard.insert_text(words)
        waiting.until(phone, f"records[0]?.turn === {turn}")
    assert asked == []

    with phone.expect_request("**/session*"):
        phone.clock.run_for(20000)
