"""No typed word stays in clear on the disk: not in the data folder, a journal, a temporary file, a log, the browser."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from fieldkit.store.database import Database

pytestmark = pytest.mark.browser
ENCODINGS = ("utf-8", "utf-16-le", "gb18030")
Places = dict[str, Path]


def random_words() -> str:
    """Return 16 random Chinese characters: nothing else on the disk reads so."""
    return "".join(random.choices([chr(code) for code in range(0x4E00, 0x9FA5)], k=16))


def found(words: str, folder: Path) -> set[tuple[str, str]]:
    """Return in which files below *folder*, and in which encoding, *words* stand in clear."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {(str(path.relative_to(folder)), encoding) for path in files for encoding in _readings(words, path)}


def _readings(words: str, path: Path) -> list[str]:
    content = b""
    with suppress(FileNotFoundError):  # a running browser takes its own files away
        content = path.read_bytes()
    return [encoding for encoding in ENCODINGS if words.encode(encoding) in content]


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that keeps a profile on the disk, as a person's does."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile", executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
    )
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext) -> Page:
    return profile.new_page()


IN_BROWSER = {  # each place in which a page can keep something
    "indexeddb": """(words) => new Promise((resolve) => {
        const opening = indexedDB.open('control');
        opening.onupgradeneeded = () => opening.result.createObjectStore('control').put(words, 1);
        opening.onsuccess = () => resolve(opening.result.close());
    })""",
    "cache storage": "async (words) => (await caches.open('control')).put('/control', new Response(words))",
    "session storage": "(words) => sessionStorage.setItem('control', words)",
    "local storage": "(words) => localStorage.setItem('control', words)",
}


def test_the_search_finds_what_a_page_keeps_wherever_a_browser_lets_it(
    start: Any, field_folder: Path, page: Page, profile: BrowserContext, unlock: Callable[..., None], tmp_path: Path
) -> None:
    laptop = start(field_folder)
    unlock(page, laptop)
    planted = {place: random_words() for place in IN_BROWSER}
    for place, words in planted.items():
        page.evaluate(IN_BROWSER[place], words)
    profile.close()

    assert [place for place, words in planted.items() if not found(words, tmp_path / "profile")] == []


@pytest.fixture
def in_file(at_rest: Any, clear: Callable[[Database], bytes]) -> Callable[[str], bool]:
    """Whether the decrypted file holds words, read while no server runs."""

    def look(words: str) -> bool:
        with at_rest() as desk:
            content = clear(desk.db)
        return any(words.encode(encoding) in content for encoding in ENCODINGS)

    return look


def test_what_is_taken_back_or_discarded_is_in_no_byte_of_laptop_or_browser(
    start: Any,
    field_folder: Path,
    interview: str,
    page: Page,
    profile: BrowserContext,
    unlock: Callable[..., None],
    tmp_path: Path,
    in_file: Callable[[str], bool],
) -> None:
    laptop, back, gone = start(field_folder), random_words(), random_words()
    unlock(page, laptop)
    page.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    laptop.kill()
    page.fill("#note-W1", f"{gone}。{back}")
    page.wait_for_selector('#W1 .badge[data-state="browser"]')
    laptop.start()
    unlock(profile.new_page(), laptop)
    page.wait_for_selector('#W1 .badge[data-state="saved"]')
    laptop.stop()
    assert (in_file(back), in_file(gone)) == (True, True)

    laptop.start()
    unlock(profile.pages[-1], laptop)
    page.click("#W1 [value=off_record]")
    page.wait_for_selector("#W1 [data-off]", state="visible")
    page.wait_for_selector('#W1 .badge[data-state="saved"]')
    laptop.kill()
    assert (in_file(back), in_file(gone)) == (False, True)

    laptop.start()
    unlock(profile.pages[-1], laptop)
    page.goto(f"{laptop.url}/interviews/{interview}/stop")
    page.click("[value=stop_discard]")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")
    profile.close()
    laptop.kill()
    assert (in_file(back), in_file(gone)) == (False, False)
    assert found(back, tmp_path) | found(gone, tmp_path) == set()


def test_after_a_discard_neither_what_was_saved_nor_what_was_typed_beside_the_notes_is_in_any_byte_of_laptop_or_browser(
    start: Any,
    field_folder: Path,
    interview: str,
    page: Page,
    profile: BrowserContext,
    unlock: Callable[..., None],
    tmp_path: Path,
    in_file: Callable[[str], bool],
) -> None:
    laptop, saved, typed = start(field_folder), random_words(), random_words()
    unlock(page, laptop)
    page.goto(f"{laptop.url}/interviews/{interview}/observation")
    page.fill("#profile", saved)
    page.click("form[data-holds] button.primary")
    expect(page.locator("main")).to_contain_text("已存")
    page.fill("#profile", typed)
    expect(page.locator("[data-typed] .badge")).to_have_attribute("data-state", "browser")
    laptop.kill()
    assert (in_file(saved), in_file(typed)) == (True, False)

    laptop.start()
    beside = profile.new_page()
    unlock(beside, laptop)
    beside.goto(f"{laptop.url}/interviews/{interview}/stop")
    beside.click("[value=stop_discard]")
    beside.click("[data-finish]")
    beside.wait_for_url("**/stopped*")
    profile.close()
    laptop.kill()
    assert (in_file(saved), in_file(typed)) == (False, False)
    assert found(saved, tmp_path) | found(typed, tmp_path) == set()


def plant(words: str, folder: Path) -> None:
    for encoding in ENCODINGS:
        (folder / f"control-{encoding}").write_bytes(words.encode(encoding))


def test_no_typed_word_is_found_while_the_laptop_runs_after_a_kill_or_after_the_end(
    start: Any,
    field_folder: Path,
    interview: str,
    page: Page,
    profile: BrowserContext,
    unlock: Callable[..., None],
    tmp_path: Path,
) -> None:
    laptop = start(field_folder)
    unlock(page, laptop)
    note, called = random_words(), random_words()
    page.goto(f"{laptop.url}/people/new")
    page.fill("[name=called]", called)
    page.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    page.fill("#note-W1", note)
    page.wait_for_selector('#W1 .badge[data-state="saved"]')
    with page.expect_navigation():
        page.click("#W1 button[value=next]")
    seen = found(note, tmp_path) | found(called, tmp_path)
    laptop.kill()
    seen |= found(note, tmp_path) | found(called, tmp_path)
    laptop.start()
    unlock(page, laptop)
    page.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    expect(page.locator("#note-W1")).to_have_value(note)
    profile.close()
    laptop.stop()

    assert seen | found(note, tmp_path) | found(called, tmp_path) == set()


def test_the_search_finds_a_plain_copy_in_every_place_and_encoding(
    start: Any, field_folder: Path, page: Page, unlock: Callable[..., None], tmp_path: Path
) -> None:
    laptop = start(field_folder)
    unlock(page, laptop)
    words = random_words()
    with (tmp_path / "server.log").open("ab") as log:
        log.write(words.encode())
    for folder in (field_folder, tmp_path / "scratch", tmp_path / "profile"):
        plant(words, folder)
        assert found(words, folder) == {(f"control-{encoding}", encoding) for encoding in ENCODINGS}

    assert ("server.log", "utf-8") in found(words, tmp_path)
