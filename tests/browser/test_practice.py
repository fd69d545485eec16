"""A person practises: every page says so, a lock ends it, and nothing of it is in the real study afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fieldkit.acts.desk import Desk
from fieldkit.store.database import Database

pytestmark = pytest.mark.browser
Unlock = Callable[[Page, Any], None]
RIBBON, CHILDREN = ".ribbon.practice", 'main a[href^="/people/"]:not([href="/people/new"])'
CALLED, INVENTED = "小满", "zr5hn8bwc3jy6ks"  # the only real child, and what is typed about one that is none


@pytest.fixture
def field_folder(desks: dict[str, Desk], consented: str) -> Path:
    """The interviewer's data folder, closed: one child, whose interview has not begun."""
    desk = desks["interviewer"]
    desk.db.close()
    desk.folder.close()
    return desk.folder.path


@pytest.fixture
def on_disk(field_folder: Path, at_rest: Any, clear: Callable[[Database], bytes]) -> Callable[[str], bool]:
    """Tell whether a file of the real folder holds some words, its store read in clear while no server runs."""

    def look(words: str) -> bool:
        with at_rest() as desk:
            content = clear(desk.db)
        files = [path.read_bytes() for path in field_folder.rglob("*") if path.is_file()]
        return any(words.encode() in one for one in (content, *files))

    return look


@pytest.fixture
def laptop(start: Any, field_folder: Path, phone: Page, unlock: Unlock) -> Any:
    opened = start(field_folder)
    unlock(phone, opened)
    return opened


@pytest.fixture
def practising(laptop: Any, phone: Page) -> Page:
    """A page of somebody who has begun to practise."""
    phone.goto(laptop.url)
    phone.click('a[href="/practice"]')
    phone.click("[data-practice] button")
    phone.wait_for_selector(RIBBON, timeout=60_000)  # the children are made meanwhile
    return phone


def note(page: Page, address: str, words: str) -> None:
    """Write the note on W1 of an interview, until it is saved."""
    page.goto(f"{address}?section=W&q=W1")
    page.fill("#note-W1", words)
    page.wait_for_selector(f'#W1 .badge[data-state="saved"][data-acked-length="{len(words)}"]')


def lock(page: Page) -> None:
    page.click("details.who summary")
    page.click('form[action="/lock"] button')
    expect(page.locator('form[action="/lock"]')).to_have_count(0)


def practices(tmp_path: Path) -> int:
    """Return how many practices lie in the temporary folder of the server."""
    return len(list((tmp_path / "scratch").glob("fieldkit-practice-*")))


def test_a_locked_practice_leaves_no_word_and_no_child_in_the_real_study(
    practising: Page,
    laptop: Any,
    consented: str,
    unlock: Unlock,
    tmp_path: Path,
    on_disk: Callable[[str], bool],
) -> None:
    page = practising
    page.click("section.next a.btn")
    page.wait_for_url("**/interviews/*")
    note(page, page.url, INVENTED)
    page.goto(f"{laptop.url}/people")
    expect(page.locator(CHILDREN).first).to_be_visible()
    invented = page.eval_on_selector_all(CHILDREN, "links => links.map((link) => link.getAttribute('href'))")
    assert f"/people/{consented}" not in invented
    assert practices(tmp_path) == 1
    lock(page)
    assert practices(tmp_path) == 0
    unlock(page, laptop)
    page.goto(f"{laptop.url}/people")

    expect(page.locator(f'main a[href="/people/{consented}"]').first).to_be_visible()
    expect(page.locator(RIBBON)).to_have_count(0)
    real = page.eval_on_selector_all(CHILDREN, "links => links.map((link) => link.getAttribute('href'))")
    assert set(real).isdisjoint(invented)
    laptop.kill()
    assert (on_disk(CALLED), on_disk(INVENTED)) == (True, False)


def test_every_page_that_a_person_reaches_says_that_it_is_practice(practising: Page) -> None:
    places = practising.eval_on_selector_all("nav.nav a", "links => links.map((link) => link.href)")
    practising.click("section.next a.btn")
    practising.wait_for_url("**/interviews/*")
    assert len(places) >= 4
    for address in (practising.url, f"{practising.url}/close", *places):
        practising.goto(address)
        expect(practising.locator(RIBBON)).to_contain_text("什么都不会留下")
        assert practising.title().startswith("练习")


def test_what_is_done_in_a_window_whose_practice_ended_in_another_leads_back_to_the_real_day(
    practising: Page, laptop: Any, consented: str
) -> None:
    other = practising.context.new_page()
    other.goto(laptop.url)
    other.click(f"{RIBBON} button")
    expect(other.locator(".news")).to_contain_text("练习结束")
    practising.click("nav.nav a >> nth=1")

    expect(practising.locator(f'main a[href="/people/{consented}"]').first).to_be_visible()
    expect(practising.locator(RIBBON)).to_have_count(0)


def test_to_look_at_who_may_unlock_ends_no_practice(practising: Page, laptop: Any, tmp_path: Path) -> None:
    practising.goto(f"{laptop.url}/unlock")

    expect(practising.locator("[role=alert]")).to_contain_text("先结束练习")
    expect(practising.locator(RIBBON)).to_be_visible()
    assert practices(tmp_path) == 1
    practising.click(f"{RIBBON} button")
    expect(practising.locator(".news")).to_contain_text("练习结束")
    assert practices(tmp_path) == 0
