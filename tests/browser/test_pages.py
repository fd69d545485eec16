"""Every page of the demo that a link leads to, at phone and laptop width, in both languages, as a browser sees it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from fieldkit.clock import Clock

pytestmark = pytest.mark.browser
ROLES = ("interviewer", "coordinator", "translator", "sg_lead")
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LINKS = "links => links.map(link => link.href.split('#')[0])"
SMALL = """() => [...document.querySelectorAll('a.btn, button:not([aria-hidden]), summary, .nav a')]
    .map(one => [one.textContent.trim(), one.getBoundingClientRect().height])
    .filter(([, height]) => height > 0 && height < 44).map(([words]) => words)"""
BROKEN = """() => [...document.querySelectorAll('.nav a, .btn')].flatMap(({ firstChild: text }) => {
    if (text?.nodeType !== 3) return [];
    return [...text.data.matchAll(/[A-Za-z]+/g)].filter(({ 0: word, index }) => {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        return range.getClientRects().length > 1;
    }).map(([word]) => word);
})"""
PHONE, LAPTOP = 360, 1280
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"


@pytest.fixture
def demo(start: Any) -> str:
    url: str = start(None).url
    return url


def visitor(chromium: Browser, demo: str, width: int, language: str) -> BrowserContext:
    context = chromium.new_context(viewport={"width": width, "height": 740}, locale="zh-CN")
    context.add_cookies([{"name": "lang", "value": language, "url": demo}])
    return context


def sit(page: Page, demo: str, role: str) -> None:
    page.goto(demo)
    with page.expect_navigation():
        page.click(f"button[name=machine][value={role}]")


FILES = {"rosters/template"}  # downloaded, not shown


def walk(page: Page, begin: str) -> dict[str, list[str]]:
    """Follow links to one page of each kind (path without ids); return, by kind, what is wrong with it."""
    waiting: list[str] = [begin]
    kinds: dict[str, list[str]] = {}
    while waiting:
        url = waiting.pop(0)
        kind = "/".join(part if len(part) < 20 else "ID" for part in url.removeprefix(begin).split("?")[0].split("/"))
        if kind in kinds or not url.startswith(begin) or kind in FILES:
            continue
        page.goto(url)
        kinds[kind] = complaints(page)
        waiting += page.eval_on_selector_all("a[href]", LINKS)
    return kinds


def complaints(page: Page) -> list[str]:
    """Return what is wrong with the page that is open, on a phone and on a laptop."""
    headings = page.locator("h1").count()
    found = [f"{headings} first headings"] if headings != 1 else []
    for width in (PHONE, LAPTOP):
        page.set_viewport_size({"width": width, "height": 740})
        found += [f"wider than {width}"] if page.evaluate(WIDE) else []
        found += [f"small at {width}: {words}" for words in page.evaluate(SMALL)]
        found += [f"broken at {width}: {word}" for word in page.evaluate(BROKEN)]
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_fits_can_be_tapped_and_asks_nothing_from_elsewhere(
    chromium: Browser, demo: str, language: str
) -> None:
    context = visitor(chromium, demo, PHONE, language)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    seen: dict[str, list[str]] = {}
    for role in ROLES:
        sit(page, demo, role)
        seen |= {f"{role}: {kind}": wrong for kind, wrong in walk(page, f"{demo}/").items()}
    context.close()

    assert {kind: wrong for kind, wrong in seen.items() if wrong} == {}
    assert [url for url in asked if not url.startswith(demo)] == []
    assert said == []
    assert len(seen) >= 30


def test_the_walk_complains_of_a_word_that_is_broken(phone: Page) -> None:
    phone.set_content("<h1>a</h1><a class=btn style='display:block;min-height:44px;width:1em;overflow-wrap:anywhere'>")
    assert complaints(phone) == []
    phone.locator("a").evaluate("link => { link.append('devices'); }")

    assert complaints(phone) == ["broken at 360: devices", "broken at 1280: devices"]


def test_the_walk_complains_of_a_page_that_is_too_wide_or_too_small_to_tap(phone: Page) -> None:
    phone.set_content("<h1>a</h1><h1>b</h1><p><button style='height:1rem'>x</button>" + "w" * 100)

    assert complaints(phone) == ["2 first headings", "wider than 360", "small at 360: x", "small at 1280: x"]


TO_READ = ("a.row", ".next a.btn", "[value=mother]")
UNDERSTOOD = tuple(f"[name=back{place}][value=ok]" for place in range(3))
TO_ITEMS = (*TO_READ, *UNDERSTOOD, "button.primary")
INTERVIEW = "section.next a.btn"
BORN = f"{Clock().today().year - 12}-12"
SLIP = ("[name=sex][value=f]", f"#birth_date ← {BORN}", "#site ← A03", "#called ← 小禾")
DRAWN = (  # name, width, who, where it begins, what is tapped on the way, or where what is typed
    ("today", PHONE, "interviewer", "/today", ()),
    ("gates", PHONE, "interviewer", "/people?q=石头", ("a.row", "a.link")),
    ("reading", PHONE, "interviewer", "/people?q=小满", TO_READ),
    ("item", PHONE, "interviewer", "/people?q=小满", (*TO_ITEMS, "form + p.meta")),
    ("sign", PHONE, "interviewer", "/people?q=小满", (*TO_ITEMS, *["[value=yes]"] * 6, "#signature legend")),
    ("who", PHONE, "interviewer", "/people?q=小满", ("a.row", ".next a.btn")),
    ("call", PHONE, "interviewer", "/people?q=小满", ("a.row", ".next a.btn", "[name=phone][value=mother]")),
    ("start", PHONE, "interviewer", "/people?q=A04-002", ("a.row", ".next a.btn")),
    ("household", PHONE, "interviewer", "/people?q=阿宁", ("a.row", "a.link[href$=household]")),
    ("card", PHONE, "interviewer", "/help-card/A03", ()),
    ("readiness", LAPTOP, "coordinator", "/readiness", ()),
    ("forms", LAPTOP, "coordinator", "/forms", ()),
    ("members", LAPTOP, "coordinator", "/members", ()),
    ("child", PHONE, "interviewer", "/people?q=阿宁", ("a.row", ".next a.btn", "[for=words]")),
    ("interview", PHONE, "interviewer", "/today", (INTERVIEW, "#W1 .badge")),
    ("stop", PHONE, "interviewer", "/today", (INTERVIEW, ".stopbar .stop")),
    ("handover", PHONE, "interviewer", "/handover", ()),
    ("exchange", PHONE, "interviewer", "/exchange", ()),
    ("aloud", PHONE, "interviewer", "/people?q=小满", (*TO_READ, "a[href*='/aloud/']")),
    ("visit", PHONE, "interviewer", "/people?q=小满", ("a.row", "a[href$='/visits']")),
    ("slip", PHONE, "interviewer", "/people?q=小满", ("a.row", "a[href$='/slip']")),
    ("withdrawal", PHONE, "interviewer", "/people?q=阿宁", ("a.row", "a[href$='/withdraw']:not(.who a)")),
    ("memo", PHONE, "interviewer", "/today", ("a.row[href$='/memo']",)),
    ("roster", PHONE, "interviewer", "/rosters", ()),
    ("site", PHONE, "interviewer", "/sites/edit?site=A03", ()),
    ("sheet", PHONE, "interviewer", "/sheet", ()),
    ("cover", PHONE, "interviewer", "/cover", ("#pin ← 2468", "button.primary")),
    ("print", LAPTOP, "coordinator", "/forms/guardian_info_consent/print", ()),
    ("backup", PHONE, "coordinator", "/backup", ()),
    ("inbox", PHONE, "coordinator", "/inbox", ()),
    ("export", PHONE, "coordinator", "/exports", ()),
    ("words", LAPTOP, "translator", "/strings/guide:P", ()),
    ("register", PHONE, "interviewer", "/people/new", ()),
    ("screening", PHONE, "interviewer", "/people/new", (*SLIP, "button.primary")),  # one child more: the last picture
)


def tap_or_type(page: Page, said: str) -> None:
    """Tap what *said* names; before an arrow it names a field, and behind it stands what is typed there."""
    where, _, words = said.partition(" ← ")
    if words:
        page.fill(where, words)
    else:
        page.click(where)


def shown(language: str) -> set[str]:
    """Return the pictures that the handbooks and README lead to."""
    pages = [*PICTURES.parent.glob("*.md"), PICTURES.parents[1] / "README.md"]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    return set(re.findall(rf"pictures/(\w+\.{language}\.\d+\.png)", text))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pictures_of_the_handbooks_are_drawn(
    chromium: Browser, demo: str, language: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    folder = PICTURES if pytestconfig.getoption("--pictures") else tmp_path
    drawn: set[str] = set()
    page, sits = visitor(chromium, demo, PHONE, language).new_page(), ""
    for name, width, role, path, taps in DRAWN:
        page.set_viewport_size({"width": width, "height": 740})
        if role != sits:
            sit(page, demo, sits := role)
        opened = page.goto(f"{demo}{path}")
        assert opened, path
        assert opened.ok, path
        for tap in taps:
            tap_or_type(page, tap)
        page.wait_for_load_state()
        drawn.add(f"{name}.{language}.{width}.png")
        page.screenshot(path=folder / f"{name}.{language}.{width}.png")
    page.context.close()

    assert drawn == shown(language)
