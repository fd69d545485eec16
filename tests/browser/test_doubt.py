"""A word of the dialect that the interviewer does not know: written as heard, marked with one tap or key, saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
NOTE, BADGE = "#note-W1", "#W1 .badge"


def test_a_word_not_understood_is_marked_where_the_cursor_stands(
    start: Any,
    field_folder: Any,
    interview: str,
    phone: Page,
    unlock: Callable[..., None],
    stored: Callable[[str], str],
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    phone.focus(NOTE)
    phone.keyboard.insert_text("他在旮沓那边")
    phone.locator(NOTE).evaluate("box => box.setSelectionRange(4, 4)")
    phone.click("#W1 [data-doubt]")
    expect(phone.locator(NOTE)).to_be_focused()
    phone.keyboard.press("End")
    phone.keyboard.press("Alt+/")
    expect(phone.locator(NOTE)).to_have_value("他在旮沓〔待核〕那边〔待核〕")
    expect(phone.locator(BADGE)).to_have_attribute("data-acked-length", "14")
    phone.click(".kin summary")
    expect(phone.locator(".kin dl")).to_contain_text("姥娘")
    laptop.kill()

    assert stored("W1") == "他在旮沓〔待核〕那边〔待核〕"
