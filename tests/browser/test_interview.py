"""The page of an interview on a phone: the cursor, the moments beside the questions, the minutes, the display."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

pytestmark = pytest.mark.browser
Unlock = Callable[[Page, Any], None]


ABOVE = """() => {
    const box = document.activeElement, bar = document.querySelector('.stopbar').getBoundingClientRect();
    const { top, bottom } = box.parentElement.getBoundingClientRect();
    return document.readyState === 'complete' && box.matches('textarea') && top >= 0 && bottom <= bar.top;
}"""


@pytest.fixture
def talk(phone: Page, start: Any, field_folder: Path, interview: str, unlock: Unlock) -> Page:
    """The open interview in the browser of a phone."""
    laptop = start(field_folder)
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}")
    phone.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
    return phone


def tap(page: Page, selector: str) -> None:
    """Tap what leads to another page, and wait until that one listens."""
    with page.expect_navigation():
        page.click(selector)
    page.wait_for_function("document.readyState === 'complete'")


def stands(page: Page, place: str, at: int | None = None) -> None:
    """Wait until the cursor stands in *place*, before the sign number *at* of its text."""
    page.wait_for_function(
        "([place, at]) => document.activeElement.id === place"
        " && (at === null || document.activeElement.selectionStart === at)",
        arg=[place, at],
    )


def test_the_cursor_stands_where_the_note_goes_on(talk: Page) -> None:
    stands(talk, "note-W1", 0)
    talk.keyboard.type("下雨。")

    tap(talk, "#W1 button[value=next]")
    stands(talk, "note-W2", 0)
    tap(talk, "#W2 button[value=skip]")
    stands(talk, "note-L1")

    talk.click("#left > summary")
    tap(talk, "a.jump:has-text('W1')")
    stands(talk, "note-W1", 3)
    talk.click("#W2 > summary")
    stands(talk, "note-W2", 0)


def test_a_break_covers_the_notes_and_gives_the_cursor_back(talk: Page) -> None:
    talk.click("#W2 > summary")
    stands(talk, "note-W2", 0)
    tap(talk, "button[value=break]")
    stands(talk, "pause")
    talk.keyboard.press("Control+Enter")
    talk.keyboard.type("雨")
    assert talk.evaluate("document.getElementById('main').inert")
    expect(talk.locator("#pause")).to_be_visible()

    tap(talk, "button[value=resumed]")
    stands(talk, "note-W2")
    expect(talk.locator("#pause")).to_be_hidden()
    expect(talk.locator("#note-W2")).to_have_value("")


def test_what_was_typed_before_a_tap_is_on_the_next_page_once(talk: Page) -> None:
    talk.keyboard.type("奶奶在择菜")
    talk.click("a[href='#came']")
    tap(talk, "button[value='came_in carer']")

    expect(talk.locator("#note-W1")).to_have_value("奶奶在择菜")
    stands(talk, "note-W1", 5)
    talk.keyboard.type("。")
    tap(talk, "button[value=left]")
    expect(talk.locator("#note-W1")).to_have_value("奶奶在择菜。")
    expect(talk.locator(".other")).to_have_count(0)


def test_the_minutes_go_on_by_themselves_but_not_in_a_break(talk: Page) -> None:
    beats: list[str] = []

    def note(request: Request) -> None:
        beats.extend([request.url] if request.url.endswith("/beat") else [])

    talk.on("request", note)
    talk.clock.install()
    talk.reload()
    with talk.expect_response(re.compile("/beat$")) as answer:
        talk.clock.fast_forward(20_500)
    assert answer.value.ok
    tap(talk, "button[value=break]")
    seen = len(beats)
    talk.clock.fast_forward(60_000)
    with talk.expect_request("**/session"):  # a beat would have gone before
        talk.evaluate("() => { fetch('/session'); }")

    assert len(beats) == seen


def test_the_display_is_changed_by_one_tap_and_stays(talk: Page) -> None:
    english = talk.locator("h1 [lang=en]")
    talk.click("[data-toggle=pair]")
    expect(english).to_be_hidden()
    talk.click(".display > summary")
    talk.click("[data-toggle=size]")
    talk.reload()

    expect(talk.locator("h1")).to_be_visible()
    expect(english).to_be_hidden()
    assert talk.evaluate("getComputedStyle(document.documentElement).fontSize") == "19.2px"
    talk.click(".display > summary")
    tap(talk, "button[name=first][value=en]")
    expect(english).to_be_visible()
    expect(talk.locator("h1 [lang=zh-CN]")).to_be_hidden()


def test_nothing_moves_while_one_types(talk: Page) -> None:
    below = "document.querySelector('#W1 .acts').getBoundingClientRect().top"
    talk.locator("#W1 .acts").first.scroll_into_view_if_needed()
    talk.keyboard.type("下")  # brings the field into view
    before = talk.evaluate(below)
    talk.keyboard.type("雨")
    assert talk.evaluate(below) == before
    talk.wait_for_selector("#W1 .badge[data-state=saved]")

    assert talk.evaluate(below) == before


def test_a_panel_leads_back_to_the_question_that_was_open(talk: Page) -> None:
    talk.click("#W2 > summary")
    stands(talk, "note-W2", 0)
    talk.click("a[href='#upset']")
    stands(talk, "upset")
    talk.click("#upset a[data-back]")

    stands(talk, "note-W2")
    talk.keyboard.press("Escape")
    talk.wait_for_function("location.hash === '#stop'")
    stands(talk, "stop")
    talk.keyboard.press("Escape")
    stands(talk, "note-W2")


def test_the_cursor_of_a_page_that_opens_stands_above_the_stop_bar(talk: Page) -> None:
    at = talk.url.partition("?")[0]
    for place in ("", "?section=W", "?section=W&q=W2#W2", "?section=L"):
        talk.goto("about:blank")
        talk.goto(at + place)
        talk.wait_for_function(ABOVE)
    talk.set_viewport_size({"width": 1280, "height": 800})
    talk.reload()
    talk.wait_for_function(ABOVE)
