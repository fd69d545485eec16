"""No typed word stays in clear on the disk: not in the data folder, a journal, a temporary file, a log, the browser."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

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
    page.click("#W1 button[value=next]")
    seen = found(note, tmp_path) | found(called, tmp_path)
    laptop.kill()
    seen |= found(note, tmp_path) | found(called, tmp_path)
    laptop.start()
    unlock(page, laptop)
    page.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    assert page.input_value("#note-W1") == note
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
