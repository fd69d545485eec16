"""The cover over an open page: what was typed is hidden, not lost, and comes back with the same session."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_what_was_typed_is_hidden_under_the_cover_and_still_there_afterwards(
    start: Any, four_machines: Path, tmp_path: Path, phone: Page, unlock: Callable[..., None], passphrase: str
) -> None:
    laptop = start(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop"))
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/users")
    phone.fill("#name", "王越")
    other = phone.context.new_page()
    other.goto(f"{laptop.url}/cover")
    other.fill("#pin", "2468")
    other.click("form.card button.primary")
    expect(other.locator("h1")).to_have_text("李岚")

    phone.evaluate("dispatchEvent(new Event('focus'))")
    expect(phone.locator("main")).to_be_hidden()
    expect(phone.locator("[data-cover]")).to_be_visible()

    other.fill("#secret", "2468")
    other.click("form.card button.primary")
    expect(other.locator("nav")).to_be_visible()
    phone.evaluate("dispatchEvent(new Event('focus'))")
    expect(phone.locator("main")).to_be_visible()
    assert phone.input_value("#name") == "王越"


def test_a_page_without_typed_words_goes_under_the_cover_by_itself(
    start: Any, four_machines: Path, tmp_path: Path, phone: Page, unlock: Callable[..., None]
) -> None:
    laptop = start(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop"))
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/users")
    other = phone.context.new_page()
    other.goto(f"{laptop.url}/cover")
    other.fill("#pin", "2468")
    other.click("form.card button.primary")
    expect(other.locator("#secret")).to_be_visible()

    phone.evaluate("dispatchEvent(new Event('focus'))")
    phone.wait_for_url("**/cover?next=%2Fusers")
    phone.fill("#secret", "2468")
    phone.click("form.card button.primary")
    phone.wait_for_url("**/users")
