"""What axe finds on the pages of a visit, of the phone beside it and of the desks: both languages, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from fieldkit.acts.desk import Desk

pytestmark = pytest.mark.browser
BESIDE = Path(__file__).with_name("beside.py")
SEEN = (("zh", "light"), ("en", "dark"))
GRAVE = {"serious", "critical"}
AXE = Axe()
DESKS = {
    "coordinator": ("/inbox", "/people", "/readiness", "/forms", "/members", "/devices", "/exports", "/sites"),
    "translator": ("/strings", "/strings/guide:P", "/handover"),
    "sg_lead": ("/records", "/help-card"),
}


def grave(page: Page) -> list[str]:
    """Return what axe calls serious or critical on the page that is open."""
    found = AXE.run(page).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found if one["impact"] in GRAVE for node in one["nodes"]]


def visitor(chromium: Browser, url: str, language: str, scheme: Any) -> Page:
    size: Any = {"width": 360, "height": 740}
    context = chromium.new_context(viewport=size, locale="zh-CN", color_scheme=scheme, ignore_https_errors=True)
    context.add_cookies([{"name": "lang", "value": language, "url": url}])
    return context.new_page()


def visited(page: Page, url: str, paths: Iterable[str]) -> dict[str, list[str]]:
    """Open one page after the other; return what is grave, by path."""
    found: dict[str, list[str]] = {}
    for path in paths:
        opened = page.goto(url + path)
        assert opened, path
        assert opened.ok, (path, opened.status)
        found[path] = grave(page)
    return {path: said for path, said in found.items() if said}


def followed(page: Page, url: str, path: str, taps: Iterable[str]) -> dict[str, list[str]]:
    """Open *path* and tap on; return what is grave, by tap."""
    found = visited(page, url, [path])
    for tap in taps:
        with page.expect_navigation():
            page.click(tap)
        found |= {f"{path} {tap}": said for said in [grave(page)] if said}
    return found


@pytest.fixture
def laptop(start: Any, field_folder: Path, phone: Page, unlock: Callable[[Page, Any], None]) -> Any:
    """The interviewer's laptop, unlocked, so that its doors are open."""
    opened = start(field_folder, str(BESIDE))
    unlock(phone, opened)
    opened.until("https://127.0.0.2:")
    return opened


def test_what_cannot_be_read_or_has_no_name_is_found(phone: Page) -> None:
    phone.set_content(
        "<html lang=en><title>a</title><main><h1 style='color:#aaa;background:#fff'>pale</h1><input></main></html>"
    )

    assert [one.partition(":")[0] for one in grave(phone)] == ["color-contrast", "label"]


def test_the_pages_of_a_visit_and_of_the_phone_beside_it_have_nothing_grave(
    chromium: Browser, laptop: Any, passphrase: str, consented: str, interview: str
) -> None:
    talk, child = f"/interviews/{interview}", f"/people/{consented}"
    named = ("", "/gates", "/consent", "/assent", "/late-entry", "/pseudonym", "/visits", "/household", "/withdraw")
    of_talk = ("", "?section=W&q=W1#stop", "/stop", "/close", "/distress", "/memo")
    desk = ("/today", "/people", "/people/new", "/help-card/A03", "/phones", "/trust", "/backup", "/guide/print")
    for language, scheme in SEEN:
        page = unlocked(visitor(chromium, laptop.url, language, scheme), laptop.url, passphrase)
        paths = [*desk, *(child + one for one in named), *(talk + one for one in of_talk)]
        found = visited(page, laptop.url, paths)
        found |= followed(page, laptop.url, f"{child}/consent", ("a[href*='seen=']", "[value=mother]"))
        found |= on_the_phone(page, laptop.url, talk, visitor(chromium, laptop.url, language, scheme))
        found |= followed(page, laptop.url, "/cover", ())
        assert found == {}, (language, scheme)
        page.context.close()


def test_practice_has_nothing_grave(
    chromium: Browser, start: Any, desks: dict[str, Desk], passphrase: str, consented: str
) -> None:
    desk, taps = desks["interviewer"], ("button.big", "section.next a.btn", ".practice button")
    desk.db.close()
    desk.folder.close()
    url = start(desk.folder.path).url
    for language, scheme in SEEN:
        page = unlocked(visitor(chromium, url, language, scheme), url, passphrase)
        assert followed(page, url, "/practice", taps) == {}, (language, scheme)
        page.context.close()


def unlocked(page: Page, url: str, passphrase: str) -> Page:
    """Unlock the laptop on *page*."""
    page.goto(f"{url}/unlock")
    page.fill("#passphrase", passphrase)
    with page.expect_navigation():
        page.click("form.card button.primary")
    page.wait_for_selector("nav.nav")
    return page


def test_the_desks_of_the_others_have_nothing_grave(chromium: Browser, start: Any) -> None:
    url = start(None).url
    for language, scheme in SEEN:
        page = visitor(chromium, url, language, scheme)
        for role, paths in DESKS.items():
            page.goto(url)
            with page.expect_navigation():
                page.click(f"button[name=machine][value={role}]")
            page.wait_for_selector(f"button[name=machine][value={role}][aria-pressed=true]")
            assert visited(page, url, paths) == {}, (language, scheme, role)
        page.context.close()


def on_the_phone(page: Page, url: str, talk: str, handset: Page) -> dict[str, list[str]]:
    """Pair *handset*, hand it to the child and take it back; return what is grave on both."""
    found = followed(page, url, "/phones", ("form.acts .primary",))
    base, _, token = page.inner_text(".qr + .meta").partition("/pair/")
    found |= visited(handset, base, [f"/pair/{token}"])
    handset.fill("#name", "手机")
    with handset.expect_navigation():
        handset.click("button.primary")
    handset.wait_for_selector("#passphrase")
    found |= visited(handset, base, ["/child"])
    handset.goto("about:blank")  # else that page looks for its card by itself, just when the next one is asked for
    found |= followed(page, url, talk, ("#card button",))
    found |= followed(handset, base, "/child", ("[value='4']", "[value='stop']"))
    found |= visited(page, url, ["/help-card", f"{talk}/stop", talk])
    page.click("#stop .acts a >> nth=0")  # the child wants to go on: only then the card is taken back
    page.wait_for_selector("aside.called", state="hidden")
    with page.expect_navigation():
        page.click("#card button")
    handset.context.close()
    return found
