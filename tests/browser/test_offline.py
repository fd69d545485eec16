"""A browser that walks out of reach: the open page stays, a plain page waits, nothing of a child is kept."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect

pytestmark = pytest.mark.browser
MOODY = Path(__file__).with_name("moody_laptop.py")
BESIDE = Path(__file__).with_name("beside.py")
DAY = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "day"
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
ACTIVE = """() => Promise.race([  // a page that opens just then is not taken over any more, and needs not be
    navigator.serviceWorker.ready.then(() => undefined),
    new Promise((_, reject) => { setTimeout(() => reject(new Error('never')), 30000); }),
])"""
KEPT = """async () => {
    const names = await caches.keys();
    const caching = await Promise.all(names.map((name) => caches.open(name)));
    const kept = await Promise.all(caching.map((cache) => cache.keys()));
    return kept.flat().map((request) => new URL(request.url).pathname);
}"""
ONE_CACHE = "(await caches.keys()).length === 1"
NOTHING = "(await caches.keys()).length === 0 && (await navigator.serviceWorker.getRegistrations()).length === 0"
WAITS = "连不上电脑"
Stored = Callable[[str], str]
Unlock = Callable[[Page, Any], None]


def keeps(page: Page) -> None:
    """Wait until the browser keeps what it needs while the laptop is away."""
    page.evaluate(ACTIVE)


def until(page: Page, holds: str) -> None:
    """Wait until *holds*, which the policy of the pages forbids a script to read from a text over and over."""
    again = "await new Promise((go) => { setTimeout(go, 100); });"
    page.evaluate(f"""async () => {{
        for (let tries = 0; tries < 200; tries += 1) {{ if ({holds}) return; {again} }}
        throw new Error('never');
    }}""")


def badge(page: Page, state: str, question: str = "W1") -> None:
    expect(page.locator(f"#{question} .badge")).to_have_attribute("data-state", state)


def unlock_beside(page: Page, laptop: Any, unlock: Unlock) -> None:
    """Unlock in another page than *page*, which asks who is here and then gives way by itself."""
    page.wait_for_load_state()  # only then it hears of it
    unlock(page.context.new_page(), laptop)
    expect(page.locator("h1")).not_to_have_text("谁在这里？")


def open_note(page: Page, base: str, interview: str, question: str = "W1") -> None:
    page.goto(f"{base}/interviews/{interview}?section={question[0]}&q={question}")
    page.focus(f"#note-{question}")
    keeps(page)


@pytest.fixture
def laptop(start: Any, field_folder: Path, phone: Page, unlock: Unlock) -> Any:
    """The interviewer's laptop, unlocked in its own browser."""
    opened = start(field_folder)
    unlock(phone, opened)
    return opened


def test_a_page_that_is_asked_for_out_of_reach_gives_way_to_one_that_waits_and_comes_back_by_itself(
    laptop: Any, phone: Page, interview: str, unlock: Unlock, stored: Stored
) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    phone.keyboard.insert_text("下雨了")
    badge(phone, "browser")
    phone.reload()

    expect(phone.locator("h1")).to_have_text(WAITS)
    expect(phone.locator("[data-some]")).to_have_text(
        "有1份记录加密留在这个浏览器里。连上以后打开那次访谈，它们会自己存到电脑上。"
    )
    assert "下雨了" not in phone.content()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    laptop.start()
    expect(phone.locator("h1")).to_have_text("谁在这里？")
    unlock_beside(phone, laptop, unlock)
    expect(phone.locator("[data-delivered] a")).to_have_text("W1")  # the page that was asked for, by itself
    laptop.kill()
    assert stored("W1") == "下雨了"


def test_without_a_note_that_waits_the_page_says_so(laptop: Any, phone: Page, interview: str) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    phone.goto(f"{laptop.url}/today")

    expect(phone.locator("[data-some]")).to_have_text("这个浏览器里没有等着存的记录。")


def test_the_open_page_is_not_given_up_for_one_that_cannot_come(
    laptop: Any, phone: Page, interview: str, unlock: Unlock, stored: Stored
) -> None:
    open_note(phone, laptop.url, interview)
    phone.keyboard.insert_text("下雨了")
    badge(phone, "saved")
    laptop.kill()
    gone = phone.locator("[data-gone]")
    phone.click(".nav a >> nth=2")
    expect(gone).to_be_visible()
    phone.click(".stopbar button[value=break]")
    phone.click(".stopbar .stop")
    phone.click("#stop button[value=stop_keep]")
    phone.click("#stop .acts a >> nth=0")
    phone.click("#W1 button[value=next]")
    expect(phone.locator("#note-W2")).to_be_focused()
    phone.keyboard.insert_text("没人送伞")
    badge(phone, "browser", "W2")

    laptop.start()
    unlock(phone.context.new_page(), laptop)
    badge(phone, "saved", "W2")
    expect(gone).to_be_hidden()
    with phone.expect_navigation():
        phone.click(".nav a >> nth=2")
    laptop.kill()
    assert (stored("W1"), stored("W2")) == ("下雨了", "没人送伞")


def test_what_helps_a_child_stands_on_the_open_page_when_the_laptop_is_out_of_reach(
    laptop: Any, phone: Page, interview: str
) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    for link in ("#upset .stack a >> nth=0", "#upset .stack a >> nth=1", "#upset .acts a >> nth=1"):
        phone.click(".stopbar a[href='#upset']")
        phone.click(link)
        expect(phone.locator("#help")).to_contain_text("先不问了，陪着孩子")
        expect(phone.locator("#help a[href='tel:110']").first).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.click("#help .acts a")
        expect(phone.locator("#note-W1")).to_be_focused()


def test_a_childs_stop_out_of_reach_is_carried_out_once_the_laptop_answers(
    laptop: Any, phone: Page, interview: str, unlock: Unlock
) -> None:
    open_note(phone, laptop.url, interview)
    waits = phone.locator("[data-waits]")
    laptop.kill()
    phone.click(".stopbar .stop")
    phone.click("#stop button[value=stop_keep]")
    expect(waits).to_be_visible()
    phone.click("#stop .acts a >> nth=0")  # the child wants to go on: nothing is carried out
    expect(waits).to_be_hidden()
    phone.click(".stopbar .stop")
    phone.click("#stop button[value=stop_discard]")
    expect(waits).to_contain_text("电脑就照孩子选的办")

    laptop.start()
    unlock(phone.context.new_page(), laptop)
    expect(phone.locator("[data-left]")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("这次说的都不要了")


def choose(page: Page, choice: str) -> None:
    """Tap what the child chose, while the laptop does not take it."""
    page.click(".stopbar .stop")
    page.click(f"#stop button[value={choice}]")
    expect(page.locator("[data-waits]")).to_contain_text("电脑就照孩子选的办")
    expect(page.locator("[data-waits] [data-kept]")).to_be_visible()  # sealed in this browser


def test_a_stop_that_waits_outlives_its_page_and_the_page_that_stands_in_says_so(
    laptop: Any, phone: Page, interview: str, unlock: Unlock
) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    choose(phone, "stop_discard")
    phone.reload()
    expect(phone.locator("h1")).to_have_text(WAITS)
    expect(phone.locator("[data-stops]")).to_contain_text("还没办")

    laptop.start()
    expect(phone.locator("h1")).to_have_text("谁在这里？")
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}")
    expect(phone.locator("[data-left]")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("这次说的都不要了")
    expect(phone.locator("main")).to_contain_text("是电脑连不上的时候选的")


def test_a_stop_that_waits_in_a_page_that_was_closed_is_carried_out_by_another_of_its_interview(
    laptop: Any, phone: Page, interview: str, unlock: Unlock
) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    choose(phone, "stop_keep")
    page = phone.context.new_page()
    phone.close()
    laptop.start()
    unlock(page, laptop)
    page.goto(f"{laptop.url}/interviews/{interview}?section=L")

    expect(page.locator("[data-left]")).to_be_visible()
    expect(page.locator("main")).to_contain_text("说过的留着")


def test_without_a_stop_that_waits_the_page_that_stands_in_says_nothing_of_one(
    laptop: Any, phone: Page, interview: str
) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    phone.reload()

    expect(phone.locator("[data-some]")).to_have_text("这个浏览器里没有等着存的记录。")
    expect(phone.locator("[data-stops]")).to_be_hidden()


def test_that_the_child_goes_on_takes_a_stop_back_that_waits(
    laptop: Any, phone: Page, interview: str, unlock: Unlock, waiting: Any
) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    choose(phone, "stop_discard")
    phone.click("#stop a[data-goes-on]")
    expect(phone.locator("[data-waits]")).to_be_hidden()
    expect(phone.locator("[data-chosen]")).to_be_hidden()
    waiting.until(phone, "records.length === 1 && records[0].undo")  # what another page chose it does not know
    phone.reload()
    expect(phone.locator("[data-some]")).to_have_text("这个浏览器里没有等着存的记录。")
    expect(phone.locator("[data-stops]")).to_be_hidden()
    expect(phone.locator("[data-undos]")).to_be_visible()

    laptop.start()
    expect(phone.locator("h1")).to_have_text("谁在这里？")  # the page that stands in has given way by itself
    unlock_beside(phone, laptop, unlock)
    open_note(phone, laptop.url, interview)
    expect(phone.locator("#stop")).to_be_hidden()
    waiting.until_nothing(phone)


def test_no_other_tap_takes_a_stop_back_that_waits(laptop: Any, phone: Page, interview: str, unlock: Unlock) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    choose(phone, "stop_discard")
    phone.click("text=孩子要退出")
    phone.keyboard.press("Escape")
    chosen = phone.locator("[data-chosen]")
    expect(chosen).to_contain_text("还没办")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.go_back()
    phone.evaluate("location.hash = 'upset'")
    phone.click("#upset .acts a >> nth=0")
    phone.click(".stopbar button[value=break]")
    chosen.locator("a").click()
    expect(phone.locator("#stop [aria-pressed=true]")).to_have_text("这次的都不要")

    laptop.start()
    unlock(phone.context.new_page(), laptop)
    expect(phone.locator("[data-left]")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("这次说的都不要了")


def test_what_was_chosen_is_marked_while_it_waits(laptop: Any, phone: Page, interview: str) -> None:
    open_note(phone, laptop.url, interview)
    laptop.kill()
    choose(phone, "stop_discard")
    phone.click("#stop button[value=stop_keep]")

    expect(phone.locator("[data-waits]")).to_contain_text("孩子选的是：说过的可以留。")
    expect(phone.locator("#stop [aria-pressed=true]")).to_have_count(1)
    expect(phone.locator("#stop [value=stop_keep]")).to_have_attribute("aria-pressed", "true")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_connection_that_breaks_while_a_stop_is_sent_leaves_the_page_where_it_is(
    laptop: Any, phone: Page, interview: str
) -> None:
    open_note(phone, laptop.url, interview)
    phone.route(
        "**/stop", lambda route: route.abort("connectionreset") if route.request.method == "POST" else route.continue_()
    )
    choose(phone, "stop_discard")
    assert phone.url.endswith("#stop")

    phone.unroute("**/stop")
    expect(phone.locator("[data-left]")).to_be_visible()
    phone.wait_for_url("**/stop")


def test_help_is_there_soon_where_the_laptop_neither_answers_nor_refuses(
    laptop: Any, phone: Page, interview: str
) -> None:
    open_note(phone, laptop.url, interview)
    phone.evaluate("() => { AbortSignal.timeout = () => new AbortController().signal; }")  # no request is given up
    phone.route("**/session*", lambda _route: None)  # on the way for ever
    phone.click(".stopbar a[href='#upset']")
    phone.click("#upset .stack a >> nth=0")
    expect(phone.locator("#upset .stack a >> nth=0")).to_have_attribute("aria-busy", "true")

    expect(phone.locator("#help")).to_contain_text("先不问了，陪着孩子")
    expect(phone.locator("[aria-busy]")).to_have_count(0)


def test_a_child_whose_card_is_out_of_reach_reads_nothing_that_is_meant_for_adults(laptop: Any, phone: Page) -> None:
    phone.goto(f"{laptop.url}/help-card")
    keeps(phone)
    laptop.kill()
    phone.goto(f"{laptop.url}/child")

    expect(phone.locator("h1:visible")).to_have_text("等一等")
    expect(phone.locator("main")).to_contain_text("现在传不过去")
    expect(phone.locator("a:visible")).to_have_count(0)


def test_only_files_and_the_page_that_waits_are_kept(laptop: Any, phone: Page, interview: str) -> None:
    open_note(phone, laptop.url, interview)
    phone.goto(f"{laptop.url}/people")
    phone.goto(f"{laptop.url}/help-card")
    kept = phone.evaluate(KEPT)

    assert "/away" in kept
    assert "/static/js/interview.js" in kept
    assert [path for path in kept if path != "/away" and not path.startswith("/static/")] == []


def test_what_an_older_program_kept_is_cleared_away(laptop: Any, phone: Page) -> None:
    phone.goto(f"{laptop.url}/help-card")
    keeps(phone)
    phone.evaluate("""async () => {
        await (await caches.open('fieldkit older')).put('/people', new Response('older'));
        for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
    }""")
    phone.goto(f"{laptop.url}/help-card")
    keeps(phone)

    until(phone, ONE_CACHE)
    assert "/people" not in phone.evaluate(KEPT)


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that keeps a profile on the disk, as a person's does."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile", executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
    )
    yield context
    with suppress(Error):  # closed by the test
        context.close()


def found(words: str, folder: Path) -> list[str]:
    """Return the files below *folder* that hold *words* in clear."""
    forms = [words.encode(code) for code in ENCODINGS]
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path.relative_to(folder)) for path in files if any(form in path.read_bytes() for form in forms)]


def random_word() -> str:
    """Return 24 random letters: nothing else on the disk reads so."""
    return "".join(random.choices(string.ascii_letters, k=24))


def test_no_word_of_a_page_reaches_the_disk_through_what_is_kept(
    start: Any, field_folder: Path, interview: str, unlock: Unlock, profile: BrowserContext, tmp_path: Path
) -> None:
    laptop, page, note, control = start(field_folder), profile.new_page(), random_word(), random_word()
    unlock(page, laptop)
    open_note(page, laptop.url, interview)
    page.keyboard.insert_text(note)
    badge(page, "saved")
    page.reload()
    expect(page.locator("#note-W1")).to_have_value(note)
    page.evaluate(
        "async (words) => (await caches.open('control')).put('/control', new Response(words))",
        control,
    )
    laptop.kill()
    page.reload()
    expect(page.locator("h1")).to_have_text(WAITS)
    profile.close()

    assert [path for path in found(control, tmp_path / "profile") if "CacheStorage" in path]
    assert found(note, tmp_path / "profile") == []
    assert found("小满", tmp_path / "profile") == []


@pytest.fixture
def trusting(playwright: Playwright) -> Iterator[Browser]:
    """A phone that has installed the laptop's certificate: its browser trusts it."""
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--ignore-certificate-errors"]
    )
    yield browser
    browser.close()


def test_a_phone_keeps_writing_out_of_the_hotspot_and_keeps_nothing_once_it_was_removed(
    start: Any,
    field_folder: Path,
    interview: str,
    phone: Page,
    unlock: Unlock,
    trusting: Browser,
    passphrase: str,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    laptop = start(field_folder, str(BESIDE))
    unlock(phone, laptop)
    laptop.until("https://127.0.0.2:")
    handset = trusting.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN", has_touch=True).new_page()
    phone.goto(f"{laptop.url}/phones")
    with phone.expect_navigation():  # the page before shows an address too
        phone.click("text=配一部手机")
    url = phone.inner_text(".qr + .meta")
    base = url.partition("/pair/")[0]
    handset.goto(url)
    handset.fill("#name", "小李的手机")
    handset.click("text=配对 >> nth=-1")
    handset.fill("#passphrase", passphrase)
    handset.click("form.card button.primary")
    expect(handset.locator("h1")).not_to_have_text("谁在这里？")
    open_note(handset, base, interview)

    laptop.kill()
    handset.keyboard.insert_text("下雨了")
    badge(handset, "browser")
    handset.reload()
    expect(handset.locator("h1")).to_have_text(WAITS)
    expect(handset.locator("[data-some]")).to_contain_text("有1份记录")
    handset.screenshot(path=(DAY if pytestconfig.getoption("--pictures") else tmp_path) / "away.zh.360.png")
    laptop.start()
    unlock(phone, laptop)
    expect(handset.locator("h1")).to_have_text("谁在这里？")
    assert handset.evaluate(KEPT)

    phone.goto(f"{laptop.url}/phones")
    with phone.expect_navigation():
        phone.click("text=移除")
    handset.goto(f"{base}/today")
    until(handset, NOTHING)


AHEAD = "const real = performance.now.bind(performance); performance.now = () => real() + (window.ahead ?? AHEAD);"


def minutes_pass(page: Page, moods: Path, minutes: int) -> None:
    """Let the running clocks of the laptop and of this page go on, with nobody at it."""
    (moods / "minutes").write_text(str(minutes))
    page.evaluate(f"ahead = {minutes * 60_000}")


@pytest.fixture
def moody(start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock, moods: Path) -> Any:
    """A laptop whose clocks do as they are told, and an open interview on it."""
    laptop = start(field_folder, str(MOODY), str(moods))
    unlock(phone, laptop)
    phone.add_init_script(AHEAD.replace("AHEAD", "0"))
    phone.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    phone.fill("#note-W1", "下雨了")
    expect(phone.locator("#W1 .badge")).to_have_attribute("data-state", "saved")
    return laptop


def talk_away(page: Page, moods: Path, type_away: Callable[..., None]) -> None:
    """Talk for twelve minutes out of the laptop's reach."""
    page.route("**/*", lambda route: route.abort("connectionreset"))
    for minutes, question in ((4, "W1"), (8, "W2"), (12, "W2")):
        minutes_pass(page, moods, minutes)
        type_away(page, f"第{minutes}分钟说的", question)


@pytest.mark.parametrize("page_lives", [True, False])
def test_a_talk_out_of_the_laptops_reach_counts_its_minutes(
    moody: Any, phone: Page, interview: str, moods: Path, type_away: Callable[..., None], waiting: Any, page_lives: bool
) -> None:
    talk_away(phone, moods, type_away)
    page = phone if page_lives else phone.context.new_page()
    if page_lives:
        phone.unroute_all()
        expect(phone.locator("#W2 .badge")).to_have_attribute("data-state", "saved")
    else:
        waiting.until(phone, "records.filter(({ turn }) => turn >= 2).length === 2")  # the last words of both
        phone.close()
        page.add_init_script(AHEAD.replace("AHEAD", "720_000"))
        page.goto(f"{moody.url}/interviews/{interview}?section=L")
        waiting.until_nothing(page)

    page.goto(f"{moody.url}/interviews/{interview}/close")
    expect(page.locator("main")).to_contain_text("12 分钟")
    expect(page.locator("main")).not_to_contain_text("分钟数偏少")
    page.goto(f"{moody.url}/interviews/{interview}?section=W")
    for question, minute in (("W1", 0), ("W2", 8)):
        expect(page.locator(f"#{question} summary")).to_contain_text(f"{minute} 分钟")


def test_minutes_that_passed_before_the_laptop_was_started_anew_are_said_to_be_missing(
    moody: Any, phone: Page, interview: str, moods: Path, type_away: Callable[..., None], unlock: Unlock
) -> None:
    talk_away(phone, moods, type_away)
    moody.kill()
    moody.start()
    unlock(phone.context.new_page(), moody)
    phone.unroute_all()
    expect(phone.locator("#W2 .badge")).to_have_attribute("data-state", "saved")

    phone.goto(f"{moody.url}/interviews/{interview}/close")
    expect(phone.locator("main")).to_contain_text("分钟数偏少")
    expect(phone.locator("main")).to_contain_text("0 分钟")


def test_a_date_that_jumps_by_years_in_the_midst_of_a_talk_is_said_and_the_talk_goes_on(
    moody: Any, phone: Page, interview: str, moods: Path, stored: Callable[[str], str]
) -> None:
    for days in (2190, -7300):
        (moods / "days").write_text(str(days))
        phone.goto(f"{moody.url}/interviews/{interview}?section=W&q=W1")
        expect(phone.locator("main")).to_contain_text("这台电脑的日期跳了")
        expect(phone.locator("main")).not_to_contain_text("一直没有结束")
        phone.focus("#note-W1")
        phone.keyboard.insert_text("。")
        length = len(phone.input_value("#note-W1"))
        expect(phone.locator("#W1 .badge")).to_have_attribute("data-acked-length", str(length))
    (moods / "days").unlink()
    phone.goto(f"{moody.url}/interviews/{interview}?section=W&q=W1")
    expect(phone.locator("#note-W1")).to_have_value("下雨了。。")
    expect(phone.locator("main")).not_to_contain_text("这台电脑的日期跳了")
    moody.kill()
    assert stored("W1") == "下雨了。。"
