"""What the child took back on one page goes from every other one, whatever state the interview is in there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser
Unlock = Callable[[Page, Any], None]
NOTE, BADGE, OFF = "#note-W1", "#W1 .badge", "#W1 [value=off_record]"
STAYS, GOES, SINCE = "奶奶在家。", "爸爸昨天喝酒了。", "妹妹也在。"


def open_note(page: Page, laptop: Any, interview: str, question: str = "W1") -> None:
    page.bring_to_front()
    page.goto(f"{laptop.url}/interviews/{interview}?section=W&q={question}")


def heard(page: Page) -> None:
    """Return once the page has asked the laptop how the interview stands, twice: it knows the answer to the first."""
    page.bring_to_front()
    for _ in range(2):
        with page.expect_response("**/stop/now"):
            pass


def type_it(page: Page, text: str, state: str, question: str = "W1") -> None:
    page.bring_to_front()
    page.locator(f"#{question}").evaluate("element => { element.open = true; }")
    page.focus(f"#note-{question}")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)
    expect(page.locator(f"#{question} .badge")).to_have_attribute("data-state", state)


def take_back(page: Page) -> None:
    page.bring_to_front()
    page.focus(NOTE)
    page.click(OFF)
    expect(page.locator("#W1 [data-off]")).to_be_visible()


def marked(page: Page, words: str) -> list[str | int]:
    begins = page.input_value(NOTE).index(words)
    return [NOTE, begins, begins + len(words)]


def take_back_away(page: Page, typed: str, words: str) -> None:
    """Out of reach, type and take back just *words*; the note is open on the page."""
    page.bring_to_front()
    page.context.set_offline(True)
    if typed:
        type_it(page, typed, "browser")
    page.evaluate("([box, from, to]) => document.querySelector(box).setSelectionRange(from, to)", marked(page, words))
    page.click(OFF)
    expect(page.locator(BADGE)).to_contain_text("电脑上还没删掉")


@pytest.fixture
def page(talk: Any, phone: Page) -> Page:
    type_it(phone, STAYS + GOES, "saved")
    return phone


@pytest.fixture
def another(talk: Any, chromium: Browser, unlock: Unlock) -> Iterator[Callable[[], Page]]:
    """Make pages, each of another device on which the same person works."""
    contexts = []

    def make() -> Page:
        contexts.append(chromium.new_context(locale="zh-CN"))
        page = contexts[-1].new_page()
        unlock(page, talk)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def device(another: Callable[[], Page]) -> Page:
    return another()


def stop(page: Page, laptop: Any, interview: str, choice: str) -> None:
    page.bring_to_front()
    page.goto(f"{laptop.url}/interviews/{interview}/stop")
    page.click(f"[value={choice}]")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")


def end(page: Page, laptop: Any, interview: str) -> None:
    page.goto(f"{laptop.url}/interviews/{interview}/close")
    for group, name in (
        ("私密程度", "看得见、听不见"),
        ("在场他人", "照护人"),
        ("所用语言", "周口话"),
        ("现场笔记什么时候写的", "边谈边记"),
        ("完成情况", "完成核心部分"),
        ("地点类型", "自家院子"),
    ):
        page.get_by_role("group", name=group).get_by_label(name, exact=True).click()
    page.get_by_role("button", name="结束访谈").first.click()
    expect(page.locator("body")).to_contain_text("访谈已结束。")


def test_words_taken_back_after_the_end_go_from_the_page_of_another_device(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    end(page, talk, interview)
    for one in (page, device):
        open_note(one, talk, interview)
    expect(device.locator(NOTE)).to_have_value(STAYS + GOES)
    heard(device)
    take_back(page)

    device.bring_to_front()
    expect(device.locator(NOTE)).to_have_value(STAYS)


def test_a_note_that_is_deleted_after_a_stop_goes_from_the_pages_on_which_nothing_can_be_written_any_more(
    talk: Any, page: Page, device: Page, another: Callable[[], Page], interview: str
) -> None:
    third = another()
    open_note(third, talk, interview)
    stop(page, talk, interview, "stop_keep")
    for one in (page, device):
        open_note(one, talk, interview)
    expect(device.locator("#W1")).to_contain_text(GOES)
    third.bring_to_front()
    expect(third.locator("[data-over]")).to_be_visible()
    heard(third)
    heard(device)
    page.bring_to_front()
    page.click("#W1 summary:has-text('孩子要求把这一条删掉')")
    page.click("#W1 button:has-text('把这一条彻底删掉')")
    page.wait_for_load_state()

    device.bring_to_front()
    expect(device.locator("#W1")).not_to_contain_text(GOES)
    third.bring_to_front()
    expect(third.locator(NOTE)).to_have_value("")


def test_another_version_of_a_note_from_which_words_were_taken_out_goes_on_without_them_on_a_third_page(
    talk: Any, page: Page, device: Page, another: Callable[[], Page], interview: str
) -> None:
    page.fill(NOTE, "")
    expect(page.locator(BADGE)).to_have_attribute("data-acked-length", "0")
    for one in (page, device):
        open_note(one, talk, interview)
    type_it(page, STAYS + GOES, "saved")
    type_it(device, SINCE, "saved")
    third = another()
    open_note(third, talk, interview)
    expect(third.locator(NOTE)).to_have_value(SINCE)
    expect(third.locator("#W1 .other")).to_contain_text(GOES)
    heard(third)
    take_back(page)

    third.bring_to_front()
    expect(third.locator("#W1 .other")).to_have_count(1)
    expect(third.locator("#W1 .other")).not_to_contain_text(GOES)
    other = third.locator("#W1 .other p:not([class])").inner_text()
    assert {third.input_value(NOTE), other} == {STAYS, SINCE}
    expect(device.locator(NOTE)).to_have_value(SINCE)  # typed on it


def test_after_a_discard_the_page_of_another_device_shows_only_what_was_never_saved(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    type_it(page, STAYS, "saved", "W2")
    page.route("**/answers/**", lambda route: route.abort("connectionreset"))
    type_it(page, SINCE, "browser")
    stop(device, talk, interview, "stop_discard")

    page.bring_to_front()
    expect(page.locator("[data-over]")).to_contain_text("没存上的字只在这一页上")
    expect(page.locator(NOTE)).to_have_value(SINCE)
    expect(page.locator("#note-W2")).to_have_value("")


def test_after_a_discard_a_page_on_which_all_was_saved_is_left_and_one_keeps_what_was_typed_amid_it(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    page.route("**/answers/**", lambda route: route.abort("connectionreset"))
    page.evaluate("document.querySelector('#note-W1').setSelectionRange(5, 5)")
    page.keyboard.insert_text(SINCE)
    expect(page.locator(NOTE)).to_have_value(STAYS + SINCE + GOES)
    expect(page.locator(BADGE)).to_have_attribute("data-state", "browser")
    beside = page.context.new_page()
    open_note(beside, talk, interview)
    expect(beside.locator(NOTE)).to_have_value(STAYS + GOES)
    stop(device, talk, interview, "stop_discard")

    beside.bring_to_front()
    expect(beside.locator("main")).to_contain_text("这次聊的什么都不留")
    page.bring_to_front()
    expect(page.locator(NOTE)).to_have_value(SINCE)


def test_a_phone_that_was_out_of_reach_shows_and_keeps_words_no_more_that_were_taken_back_meanwhile(
    talk: Any, page: Page, device: Page, interview: str, waiting: Any
) -> None:
    open_note(device, talk, interview)
    open_note(page, talk, interview)
    page.context.set_offline(True)
    type_it(page, SINCE, "browser")
    take_back(device)
    page.bring_to_front()
    page.context.set_offline(False)

    expect(page.locator(NOTE)).to_have_value(STAYS + SINCE)
    expect(page.locator(BADGE)).to_have_attribute("data-acked-length", str(len(STAYS + SINCE)))
    expect(page.locator(BADGE)).to_have_attribute("data-state", "saved")
    waiting.until_nothing(page)
    open_note(device, talk, interview)
    expect(device.locator(NOTE)).to_have_value(STAYS + SINCE)


@pytest.mark.parametrize("restarted", [False, True])
def test_words_of_which_the_answer_got_lost_do_not_come_back_after_they_were_taken_back_elsewhere(
    talk: Any, page: Page, device: Page, interview: str, unlock: Unlock, restarted: bool
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/answers/**", lambda route: route.abort("connectionreset"))
    page.route("**/answers/**", lose, times=1)
    page.route("**/stop/now", lambda route: route.abort("connectionreset"))
    with page.expect_event("requestfailed", lambda request: "/answers/" in request.url):
        page.keyboard.insert_text("还打我。")
    open_note(device, talk, interview)
    expect(device.locator(NOTE)).to_have_value(STAYS + GOES + "还打我。")
    for words in (STAYS + GOES, STAYS):
        take_back(device)
        expect(device.locator(NOTE)).to_have_value(words)
    if restarted:
        talk.kill()
        talk.start()
        for one in (device, page.context.new_page()):
            unlock(one, talk)
    page.bring_to_front()
    page.unroute_all()
    if restarted:  # how far the typing came is forgotten: a person looks
        expect(page.locator(BADGE)).to_contain_text("请先抄下后来打的字")
    else:
        expect(page.locator(NOTE)).to_have_value(STAYS)

    open_note(device, talk, interview)
    expect(device.locator(NOTE)).to_have_value(STAYS)


def test_a_page_that_is_gone_leaves_no_copy_that_shows_words_which_were_taken_back_meanwhile(
    talk: Any, page: Page, device: Page, interview: str, waiting: Any
) -> None:
    context = page.context
    later = context.new_page()
    open_note(device, talk, interview)
    page.bring_to_front()
    context.set_offline(True)
    type_it(page, SINCE, "browser")
    page.close()
    take_back(device)
    context.set_offline(False)
    open_note(later, talk, interview)

    expect(later.locator("[data-delivered] a")).to_have_text("W1")
    expect(later.locator(NOTE)).to_have_value(STAYS + SINCE)
    expect(later.locator("section.problem")).to_have_count(0)
    waiting.until_nothing(later)


BOTH = {
    "typed since": (SINCE, SINCE, STAYS),
    "other words": ("", STAYS, ""),
    "other words, and typed on": (SINCE, STAYS, SINCE),
    "the same words": ("", GOES, STAYS),
    "more than those": (SINCE, STAYS + GOES, SINCE),
}


@pytest.mark.parametrize("first", [True, False], ids=["wrote it", "opened on it"])
@pytest.mark.parametrize(("typed", "words", "stays"), BOTH.values(), ids=BOTH)
def test_what_is_taken_back_out_of_reach_goes_beside_what_was_taken_back_elsewhere_meanwhile(
    talk: Any,
    page: Page,
    device: Page,
    interview: str,
    waiting: Any,
    *,
    typed: str,
    words: str,
    stays: str,
    first: bool,
) -> None:
    open_note(device, talk, interview)
    if not first:
        open_note(page, talk, interview)
    take_back_away(page, typed, words)
    take_back(device)
    page.bring_to_front()
    page.context.set_offline(False)

    expect(page.locator("#W1 [data-off]")).to_be_visible()
    expect(page.locator(NOTE)).to_have_value(stays)
    expect(page.locator(BADGE)).to_have_attribute("data-acked-length", str(len(stays)))
    waiting.until_nothing(page)
    open_note(device, talk, interview)
    expect(device.locator(NOTE)).to_have_value(stays)
    expect(device.locator("#W1 .other")).to_have_count(0)


@pytest.mark.parametrize(("typed", "words", "stays"), BOTH.values(), ids=BOTH)
def test_what_a_page_that_is_gone_took_back_goes_beside_what_was_taken_back_elsewhere_meanwhile(
    talk: Any, page: Page, device: Page, interview: str, waiting: Any, *, typed: str, words: str, stays: str
) -> None:
    later = page.context.new_page()
    open_note(device, talk, interview)
    take_back_away(page, typed, words)
    waiting.until(page, "records.some((record) => record.off)")
    page.close()
    take_back(device)
    later.context.set_offline(False)
    open_note(later, talk, interview)

    expect(later.locator("[data-delivered] a")).to_have_text("W1")
    expect(later.locator(NOTE)).to_have_value(stays)
    waiting.until_nothing(later)
    open_note(device, talk, interview)
    expect(device.locator(NOTE)).to_have_value(stays)
    expect(device.locator("#W1 .other")).to_have_count(0)


def test_where_nobody_can_tell_whether_what_is_taken_back_still_stands_on_the_laptop_a_person_is_told_to_look(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    later = page.context.new_page()
    type_it(page, STAYS, "saved")
    open_note(device, talk, interview)
    expect(device.locator(NOTE)).to_have_value(STAYS + GOES + STAYS)
    take_back_away(page, "", STAYS)
    take_back(device)
    page.bring_to_front()
    page.context.set_offline(False)

    expect(page.locator(BADGE)).to_contain_text("电脑上可能还有")
    expect(page.locator(NOTE)).to_have_value(GOES + STAYS)
    page.close(run_before_unload=False)
    open_note(later, talk, interview)
    expect(later.locator("section.problem")).to_contain_text("电脑上可能还有")
    expect(later.locator(NOTE)).to_have_value(STAYS + GOES)
