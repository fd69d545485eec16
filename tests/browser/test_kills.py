"""Pull the plug while a note is typed: what was acknowledged is on the disk (`domain.md` §7, story 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.kills]
SLOW_DISK = Path(__file__).with_name("slow_disk.py")
NOTE = "#note-W1"
BADGE = "#W1 .badge"
Stored = Callable[[str], str]


@dataclass
class Typing:
    """One note as it grows."""

    page: Page
    text: str = ""

    def type(self, piece: str) -> None:
        self.page.keyboard.insert_text(piece)
        self.text += piece

    def acknowledged(self) -> int:
        return int(self.page.get_attribute(BADGE, "data-acked-length") or 0)


def open_note(page: Page, url: str, interview: str) -> None:
    page.goto(f"{url}/interviews/{interview}?section=W&q=W1#W1")
    page.focus(NOTE)


@pytest.fixture
def typing(phone: Page, interview: str, unlock: Callable[..., None]) -> Callable[[Any], Typing]:
    def begin(laptop: Any) -> Typing:
        unlock(phone, laptop)
        open_note(phone, laptop.url, interview)
        return Typing(phone)

    return begin


def test_a_kill_before_the_commit_leaves_no_word_and_no_acknowledgement(
    start: Any, field_folder: Path, stored: Stored, typing: Callable[[Any], Typing]
) -> None:
    laptop = start(field_folder, str(SLOW_DISK), "before_commit")
    note = typing(laptop)
    note.type("下雨了")
    laptop.until("held")
    laptop.kill()

    note.page.wait_for_selector(f'{BADGE}[data-state="browser"]')
    assert note.acknowledged() == 0
    assert stored("W1") == ""


def test_words_that_no_disk_held_are_saved_by_the_open_page_after_the_restart(
    start: Any, field_folder: Path, stored: Stored, typing: Callable[[Any], Typing], unlock: Callable[..., None]
) -> None:
    laptop = start(field_folder)
    note = typing(laptop)
    laptop.kill()
    note.type("下雨了")
    note.page.wait_for_selector(f'{BADGE}[data-state="browser"]')
    laptop.start()
    unlock(note.page.context.new_page(), laptop)
    note.page.wait_for_selector(f'{BADGE}[data-state="saved"]')
    laptop.kill()

    assert stored("W1") == "下雨了"


def test_a_kill_after_the_commit_keeps_the_words_once_although_the_page_sends_them_again(
    start: Any,
    field_folder: Path,
    stored: Stored,
    typing: Callable[[Any], Typing],
    unlock: Callable[..., None],
    interview: str,
) -> None:
    laptop = start(field_folder, str(SLOW_DISK), "after_commit")
    note = typing(laptop)
    note.type("下雨了")
    laptop.until("held")
    laptop.kill()

    note.page.wait_for_selector(f'{BADGE}[data-state="browser"]')
    assert note.acknowledged() == 0
    assert stored("W1") == "下雨了"
    laptop.command = []
    laptop.start()
    unlock(note.page.context.new_page(), laptop)
    note.page.wait_for_selector(f'{BADGE}[data-state="saved"]')
    open_note(note.page, laptop.url, interview)

    expect(note.page.locator(NOTE)).to_have_value("下雨了")
    expect(note.page.locator("section.other")).to_have_count(0)


def lost_after_the_answer(laptop: Any, note: Typing, stored: Stored) -> int:
    """Return how many acknowledged characters a kill right after the answer loses."""
    note.type("下雨了")
    note.page.wait_for_selector(f'{BADGE}[data-state="saved"]')
    acknowledged = note.acknowledged()
    laptop.kill()
    return acknowledged - len(stored("W1"))


def test_a_kill_after_the_answer_loses_nothing(
    start: Any, field_folder: Path, stored: Stored, typing: Callable[[Any], Typing]
) -> None:
    laptop = start(field_folder)

    assert lost_after_the_answer(laptop, typing(laptop), stored) == 0


def test_a_build_that_answers_before_it_commits_is_found_out(
    start: Any, field_folder: Path, stored: Stored, typing: Callable[[Any], Typing]
) -> None:
    laptop = start(field_folder, str(SLOW_DISK), "early_answer")

    assert lost_after_the_answer(laptop, typing(laptop), stored) > 0
