"""What is typed while the laptop is out of reach waits in the browser, sealed, and reaches its own question later."""

from __future__ import annotations

import json
import os
import random
import signal
import string
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.bindings import crypto_aead_aes256gcm_decrypt
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect

from fieldkit.acts import queues, users
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder

pytestmark = pytest.mark.browser
Stored = Callable[[str], str]
Unlock = Callable[[Page, Any], None]
Crash = Callable[[Page], Page]
TypeAway = Callable[..., None]
SERVICE_WORKERS = "block"  # a test stands in for what the laptop answers
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def open_note(page: Page, laptop: Any, interview: str, question: str = "W1") -> None:
    page.goto(f"{laptop.url}/interviews/{interview}?section={question[0]}&q={question}")
    page.focus(f"#note-{question}")


def badge(page: Page, state: str, question: str = "W1") -> None:
    expect(page.locator(f"#{question} .badge")).to_have_attribute("data-state", state)


def test_what_was_typed_without_the_laptop_reaches_its_question_from_another_page_of_the_interview(
    talk: Any,
    interview: str,
    phone: Page,
    context: BrowserContext,
    unlock: Unlock,
    stored: Stored,
    waiting: Any,
    type_away: TypeAway,
) -> None:
    talk.kill()
    type_away(phone, "下雨了")
    expect(phone.locator("#W1 .badge span")).to_contain_text("已加密留在这个浏览器里")
    phone.close()
    talk.start()
    page = context.new_page()
    unlock(page, talk)
    open_note(page, talk, interview, "L1")

    expect(page.locator("[data-delivered]")).to_be_visible()
    expect(page.locator("#say")).to_contain_text("已经存到电脑上了")
    waiting.until_nothing(page)
    page.click("[data-delivered] a")
    expect(page.locator("#note-W1")).to_have_value("下雨了")
    assert page.locator("section.other").count() == 0
    talk.kill()
    assert (stored("W1"), stored("L1")) == ("下雨了", "")


def test_two_questions_typed_and_composed_without_the_laptop_are_delivered_each_to_its_own(
    talk: Any,
    interview: str,
    phone: Page,
    context: BrowserContext,
    unlock: Unlock,
    stored: Stored,
    waiting: Any,
    type_away: TypeAway,
) -> None:
    talk.kill()
    type_away(phone, "下雨了。\n")
    phone.locator("#W2").evaluate("element => { element.open = true; }")
    phone.focus("#note-W2")
    input_method = context.new_cdp_session(phone)
    input_method.send("Input.imeSetComposition", {"text": "没人送伞", "selectionStart": 4, "selectionEnd": 4})
    badge(phone, "browser", "W2")
    assert len(waiting(phone)) == 2
    phone.close()
    talk.start()
    page = context.new_page()
    unlock(page, talk)
    open_note(page, talk, interview)

    expect(page.locator("[data-delivered] a")).to_have_count(2)
    talk.kill()
    assert (stored("W1"), stored("W2")) == ("下雨了。\n", "没人送伞")


def test_the_open_page_delivers_by_itself_and_another_page_of_the_interview_keeps_away_from_its_words(
    start: Any,
    field_folder: Path,
    interview: str,
    phone: Page,
    context: BrowserContext,
    unlock: Unlock,
    stored: Stored,
    waiting: Any,
    type_away: TypeAway,
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    other = context.new_page()
    open_note(phone, laptop, interview)
    phone.route("**/answers/W1", lambda route: route.abort())
    type_away(phone, "下雨了")
    open_note(other, laptop, interview, "L1")
    other.wait_for_load_state("networkidle")
    type_on = "我自己跑回去"
    phone.bring_to_front()
    phone.keyboard.insert_text(type_on)
    assert len(waiting(other)) == 1
    expect(other.locator("[data-delivered]")).to_be_hidden()
    phone.unroute("**/answers/W1")

    badge(phone, "saved")
    waiting.until_nothing(phone)
    expect(other.locator("[data-delivered]")).to_be_hidden()
    laptop.kill()
    assert stored("W1") == "下雨了" + type_on


def test_words_of_a_page_that_was_killed_are_delivered(
    talk: Any, interview: str, phone: Page, stored: Stored, crash: Crash, type_away: TypeAway
) -> None:
    phone.route("**/answers/W1", lambda route: route.abort())
    type_away(phone, "下雨了")
    page = crash(phone)
    open_note(page, talk, interview)

    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    talk.kill()
    assert stored("W1") == "下雨了"


def test_words_typed_under_a_lock_are_delivered_after_unlocking(
    talk: Any, interview: str, phone: Page, context: BrowserContext, unlock: Unlock, stored: Stored, type_away: TypeAway
) -> None:
    talk.kill()
    talk.start()
    type_away(phone, "下雨了")
    expect(phone.locator("#W1 .badge span")).to_contain_text("电脑锁着")
    phone.close()
    page = context.new_page()
    unlock(page, talk)
    open_note(page, talk, interview)

    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    talk.kill()
    assert stored("W1") == "下雨了"


def test_a_colleague_on_the_same_browser_gets_nothing_of_it(
    colleague: str,
    start: Any,
    field_folder: Path,
    interview: str,
    phone: Page,
    context: BrowserContext,
    stored: Stored,
    sit: Callable[..., None],
    waiting: Any,
    type_away: TypeAway,
) -> None:
    laptop, mine = start(field_folder), "李岚"
    sit(phone, laptop, mine)
    open_note(phone, laptop, interview)
    laptop.kill()
    type_away(phone, "下雨了")
    phone.close()
    laptop.start()
    page = context.new_page()
    sit(page, laptop, colleague)
    open_note(page, laptop, interview)
    waiting.until(page, "records.every((record) => record.days > 0)")  # the page could not open it
    (record,) = waiting(page)

    assert (record["v"], record["days"]) == (1, 1)
    expect(page.locator("[data-delivered]")).to_be_hidden()
    expect(page.locator("#note-W1")).to_have_value("")
    context.clear_cookies()
    sit(page, laptop, mine)
    open_note(page, laptop, interview)
    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    laptop.kill()
    assert stored("W1") == "下雨了"


def key_of(field_folder: Path, interview: str, passphrase: str) -> bytes:
    """Return the key that the laptop's only person gets, while no server runs."""
    folder = Folder.open(field_folder)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    key = bytes.fromhex(queues.key(desk, interview))
    desk.db.close()
    folder.close()
    return key


def opened(record: dict[str, Any], key: bytes) -> dict[str, str]:
    """Return what a record of format 1 says under *key*."""
    about = f"fieldkit queue 1 {record['id']}".encode()
    words = crypto_aead_aes256gcm_decrypt(bytes(record["sealed"]), about, bytes(record["iv"]), key)
    return dict(json.loads(words))


def test_python_opens_what_the_browser_sealed(
    left: tuple[Any, Page], field_folder: Path, interview: str, passphrase: str, waiting: Any
) -> None:
    laptop, page = left
    (record,) = waiting(page)
    laptop.kill()
    key = key_of(field_folder, interview, passphrase)
    words = opened(record, key)

    assert record.keys() == {"id", "v", "iv", "sealed", "turn", "day", "days"}
    assert (record["v"], record["day"], record["days"]) == (1, "", 0)
    assert words.keys() == {
        "interview",
        "question",
        "editor",
        "base",
        "text",
        "text_kind",
        "off",
        "begun",
        "moments",
        "had",
        "had_turn",
        "typed",
    }
    expected = (interview, "W1", "下雨了", "verbatim")
    assert tuple(words[name] for name in ("interview", "question", "text", "text_kind")) == expected


def test_a_stop_that_waits_is_sealed_and_in_clear_it_says_neither_whose_nor_which(
    talk: Any, phone: Page, field_folder: Path, interview: str, passphrase: str, waiting: Any
) -> None:
    talk.kill()
    phone.click(".stopbar .stop")
    phone.click("#stop button[value=stop_discard]")
    waiting.until(phone, "records.length === 1")
    (record,) = waiting(phone)
    words = opened(record, key_of(field_folder, interview, passphrase))

    assert record.keys() == {"id", "v", "iv", "sealed", "turn", "day", "days", "stop"}
    assert (record["v"], record["stop"]) == (1, True)
    assert words.keys() == {"interview", "stop", "mark", "knew", "instead", "at", "typed"}
    assert (words["interview"], words["stop"]) == (interview, "stop_discard")
    assert phone.evaluate("() => Object.entries(localStorage)") == [[f"fieldkit queue {record['id']}", "0"]]


def test_a_form_that_waits_is_sealed_and_in_clear_it_says_neither_whose_nor_which(
    talk: Any, phone: Page, field_folder: Path, interview: str, passphrase: str, waiting: Any
) -> None:
    phone.goto(f"{talk.url}/interviews/{interview}/observation")
    nonce = phone.input_value("[name=nonce]")
    phone.fill("#profile", "院子里有三只鸡")
    waiting.until(phone, "records.length === 1")
    (record,) = waiting(phone)
    talk.kill()
    words = opened(record, key_of(field_folder, interview, passphrase))

    assert record.keys() == {"id", "v", "iv", "sealed", "turn", "day", "days", "form"}
    assert (record["v"], record["form"]) == (1, True)
    assert words.keys() == {"interview", "form", "base", "fields", "typed"}
    assert (words["interview"], words["form"], record["id"]) == (interview, "observation", nonce)
    assert "['profile', '院子里有三只鸡']" in str(words["fields"])


def test_words_that_meet_a_newer_version_stand_beside_it(
    left: tuple[Any, Page], interview: str, stored: Stored
) -> None:
    laptop, page = left
    page.route("**/js/delivery.js", lambda route: route.fulfill(content_type="text/javascript", body=NO_DELIVERY))
    open_note(page, laptop, interview)
    page.keyboard.insert_text("出太阳了")
    badge(page, "saved")
    page.unroute("**/js/delivery.js")
    open_note(page, laptop, interview)
    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    page.click("[data-delivered] a")

    expect(page.locator("#W1 section.other")).to_have_count(1)
    both = {page.input_value("#note-W1"), page.locator("#W1 section.other p:not(.meta):not(.acts)").inner_text()}
    assert both == {"下雨了", "出太阳了"}


NO_DELIVERY = "export class Delivery {}"


def test_what_waits_lies_in_the_browser_while_the_answer_to_its_save_is_on_the_way(
    talk: Any, phone: Page, waiting: Any
) -> None:
    phone.clock.install()
    phone.clock.pause_at(datetime.now().astimezone() + timedelta(minutes=1))
    phone.route("**/answers/W1", lambda route: route.abort())
    phone.keyboard.insert_text("下雨了")
    phone.clock.run_for(600)
    badge(phone, "browser")
    phone.route("**/answers/W1", lambda _route: None)  # on the way for ever
    with phone.expect_request("**/answers/W1"):
        phone.clock.run_for(2000)

    assert len(waiting(phone)) == 1


def test_words_that_the_laptop_does_not_take_stay_and_can_be_read_or_thrown_away(
    left: tuple[Any, Page], interview: str, consented: str, stored: Stored, waiting: Any
) -> None:
    laptop, page = left
    token = page.evaluate("async () => (await (await fetch('/session')).json()).csrf")
    said = {"csrf_token": token, "code": consented, "scope": "stop_keep", "asker": "child"}
    page.request.post(f"{laptop.url}/withdraw", form=said)
    page.goto(f"{laptop.url}/interviews/{interview}?section=W")
    refused = page.locator("section.problem")

    expect(refused).to_contain_text("W1")
    expect(refused).to_contain_text("没存上")
    assert len(waiting(page)) == 1
    refused.locator("summary").click()
    expect(refused.locator("textarea")).to_have_value("下雨了")
    refused.locator("button").click()
    expect(refused).to_have_count(0)
    waiting.until_nothing(page)
    laptop.kill()
    assert stored("W1") == ""


def test_what_was_deleted_again_without_the_laptop_does_not_come_back(
    talk: Any, phone: Page, unlock: Unlock, stored: Stored, waiting: Any, type_away: TypeAway
) -> None:
    phone.keyboard.insert_text("下雨了")
    badge(phone, "saved")
    talk.kill()
    type_away(phone, "说错了")
    phone.fill("#note-W1", "下雨了")
    talk.start()
    unlock(phone.context.new_page(), talk)
    badge(phone, "saved")

    waiting.until_nothing(phone)
    talk.kill()
    assert stored("W1") == "下雨了"


def test_a_page_seals_under_the_key_that_came_with_the_last_save(
    talk: Any, phone: Page, waiting: Any, type_away: TypeAway
) -> None:
    phone.route(
        "**/answers/W1",
        lambda route: route.fulfill(response=(found := route.fetch()), json={**found.json(), "queue": "0" * 64}),
    )
    phone.keyboard.insert_text("下雨了")
    badge(phone, "saved")
    phone.unroute("**/answers/W1")
    talk.kill()
    type_away(phone, "没人送伞")
    (record,) = waiting(phone)

    assert opened(record, bytes(32))["text"] == "下雨了没人送伞"


def test_after_a_restart_every_note_of_the_page_is_acknowledged_again(
    talk: Any, phone: Page, unlock: Unlock, stored: Stored
) -> None:
    """The first one to be saved brings a new token for all; each has a key of its own."""
    phone.keyboard.insert_text("今天")
    badge(phone, "saved")
    talk.kill()
    talk.start()
    unlock(phone.context.new_page(), talk)
    for question, words in (("W1", "下雨了"), ("W2", "出太阳了")):
        phone.locator(f"#{question}").evaluate("element => { element.open = true; }")
        phone.focus(f"#note-{question}")
        phone.keyboard.insert_text(words)
        length = len(phone.input_value(f"#note-{question}"))
        expect(phone.locator(f"#{question} .badge")).to_have_attribute("data-acked-length", str(length))
    talk.kill()

    assert (stored("W1"), stored("W2")) == ("今天下雨了", "出太阳了")


def test_next_opens_the_next_question_of_this_page_while_the_laptop_is_away(
    talk: Any, phone: Page, unlock: Unlock, stored: Stored
) -> None:
    talk.kill()
    phone.keyboard.insert_text("下雨了")
    phone.click("#W1 button[value=next]")

    expect(phone.locator("#note-W2")).to_be_focused()
    badge(phone, "browser")
    phone.click("#W2 button[value=skip]")
    expect(phone.locator("#W2 .badge span")).to_contain_text("连不上电脑")
    talk.start()
    unlock(phone.context.new_page(), talk)
    badge(phone, "saved")
    talk.kill()
    assert stored("W1") == "下雨了"


def test_next_right_after_the_last_key_takes_the_last_key_along(
    talk: Any, phone: Page, stored: Stored, waiting: Any
) -> None:
    phone.keyboard.insert_text("下雨了")
    phone.click("#W1 button[value=next]")
    phone.wait_for_url("**#W2")

    waiting.until_nothing(phone)
    talk.kill()
    assert stored("W1") == "下雨了"


def random_word() -> str:
    """Return 24 random letters: nothing else on the disk reads so."""
    return "".join(random.choices(string.ascii_letters, k=24))


def found(words: str | bytes, folder: Path) -> list[str]:
    """Return the files below *folder* that hold *words* in clear: in UTF-8, or as a browser keeps keys and values."""
    forms = [words.encode(code) for code in ENCODINGS] if isinstance(words, str) else [words]
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path.relative_to(folder)) for path in files if any(form in path.read_bytes() for form in forms)]


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Start a browser on one and the same profile on the disk."""
    begun: list[BrowserContext] = []

    def begin() -> BrowserContext:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        begun.append(context)
        return context

    yield begin
    for one in begun:
        with suppress(Error):  # it was killed
            one.close()


def kill_browser(folder: Path) -> None:
    """End the browser of this profile without warning, and nothing else."""
    said = {path: path.read_bytes().decode().split("\0") for path in Path("/proc").glob("[0-9]*/cmdline")}
    (main,) = (
        path.parent.name
        for path, words in said.items()
        if f"--user-data-dir={folder}" in words and not any(word.startswith("--type=") for word in words)
    )
    os.kill(int(main), signal.SIGKILL)


CONTROL = """(words) => new Promise((resolve) => {
    const opening = indexedDB.open('control');
    opening.onupgradeneeded = () => opening.result.createObjectStore('control').put(words, 1);
    opening.onsuccess = () => resolve(opening.result.close());
})"""


def test_a_killed_browser_holds_no_word_in_clear_and_delivers_them_once_when_it_comes_back(
    start: Any,
    field_folder: Path,
    interview: str,
    unlock: Unlock,
    stored: Stored,
    tmp_path: Path,
    passphrase: str,
    profile: Callable[[], BrowserContext],
    waiting: Any,
    type_away: TypeAway,
) -> None:
    laptop, note, control = start(field_folder), random_word(), random_word()
    browser = profile()
    page = browser.new_page()
    unlock(page, laptop)
    open_note(page, laptop, interview)
    page.evaluate(CONTROL, control)
    laptop.kill()
    type_away(page, note)
    (record,) = waiting(page)
    kill_browser(tmp_path / "profile")
    with suppress(Error):  # it is gone
        browser.close()
    key = key_of(field_folder, interview, passphrase)

    assert found(control, tmp_path / "profile" / "Default" / "IndexedDB")
    assert found(record["id"], tmp_path / "profile" / "Default" / "IndexedDB")
    assert [found(words, tmp_path / "profile") for words in (note, key.hex(), key)] == [[], [], []]
    assert found(interview, tmp_path / "profile" / "Default" / "IndexedDB") == []
    laptop.start()
    page = profile().new_page()
    unlock(page, laptop)
    open_note(page, laptop, interview, "L1")
    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    laptop.kill()
    assert (stored("W1"), stored("L1")) == (note, "")


def test_what_stood_in_a_form_of_a_killed_browser_lies_nowhere_in_clear_and_is_offered_when_it_comes_back(
    start: Any,
    field_folder: Path,
    interview: str,
    unlock: Unlock,
    tmp_path: Path,
    profile: Callable[[], BrowserContext],
) -> None:
    laptop, words, control = start(field_folder), random_word(), random_word()
    browser = profile()
    page = browser.new_page()
    unlock(page, laptop)
    page.evaluate(CONTROL, control)
    page.goto(f"{laptop.url}/interviews/{interview}/memo")
    page.fill("#self_role", words)
    expect(page.locator("[data-typed] .badge")).to_have_attribute("data-state", "browser")
    kill_browser(tmp_path / "profile")
    laptop.kill()
    with suppress(Error):  # it is gone
        browser.close()

    assert found(control, tmp_path / "profile")
    assert found(words, tmp_path) == []
    laptop.start()
    page = profile().new_page()
    unlock(page, laptop)
    page.goto(f"{laptop.url}/interviews/{interview}/memo")
    page.click("[data-found] [data-back]")
    expect(page.locator("#self_role")).to_have_value(words)


def test_the_badge_says_that_a_page_which_was_closed_is_to_be_opened_again(
    talk: Any, phone: Page, type_away: TypeAway
) -> None:
    talk.kill()
    type_away(phone, "下雨了")

    expect(phone.locator("#W1 .badge span")).to_contain_text("再打开这次访谈")
    expect(phone.locator("#W1 .badge span")).not_to_contain_text("可以关掉")


@pytest.mark.parametrize("path", ["today", "people", "handover"])
def test_other_pages_say_that_a_note_waits_in_this_browser_until_its_interview_is_opened(
    left: tuple[Any, Page], interview: str, waiting: Any, path: str
) -> None:
    laptop, page = left
    page.goto(f"{laptop.url}/{path}")
    line = page.locator("[data-waiting]")
    expect(line).to_contain_text("有1份记录")
    expect(page.locator("[data-stops]")).to_be_hidden()
    line.get_by_role("link").click()
    page.wait_for_url(f"{laptop.url}/people")

    open_note(page, laptop, interview)
    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    waiting.until_nothing(page)
    page.goto(f"{laptop.url}/{path}")
    page.evaluate(
        "async () => (await import('/static/js/waits.js')).tellWaiting(document.querySelector('[data-waiting]'))"
    )
    expect(line).to_be_hidden()


def test_other_pages_say_that_a_stop_waits_in_this_browser(
    talk: Any, phone: Page, context: BrowserContext, unlock: Unlock, waiting: Any
) -> None:
    later = context.new_page()
    phone.bring_to_front()
    talk.kill()
    phone.click(".stopbar .stop")
    phone.click("#stop button[value=stop_discard]")
    waiting.until(phone, "records.length === 1")
    phone.close()
    talk.start()
    unlock(later, talk)
    later.goto(f"{talk.url}/today")

    expect(later.locator("[data-stops]")).to_contain_text("还没办")


def discard(page: Page, laptop: Any, interview: str) -> None:
    page.goto(f"{laptop.url}/interviews/{interview}/stop")
    page.click("[value=stop_discard]")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")


def test_after_a_discard_what_was_never_saved_stays_on_its_page_and_no_page_says_that_it_waits(
    talk: Any, phone: Page, context: BrowserContext, interview: str, waiting: Any, type_away: TypeAway
) -> None:
    phone.keyboard.insert_text("奶奶在家。")
    badge(phone, "saved")
    phone.route("**/answers/**", lambda route: route.abort("connectionreset"))
    type_away(phone, "下雨了。")
    page = context.new_page()
    discard(page, talk, interview)
    phone.bring_to_front()
    expect(phone.locator("[data-over]")).to_contain_text("没存上的字只在这一页上")
    phone.focus("#note-W1")
    phone.keyboard.insert_text("没人送伞。")
    badge(phone, "lost")

    expect(phone.locator("#note-W1")).to_have_value("下雨了。没人送伞。")
    waiting.until_nothing(phone)
    page.goto(f"{talk.url}/today")
    page.evaluate(
        "async () => (await import('/static/js/waits.js')).tellWaiting(document.querySelector('[data-waiting]'))"
    )
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_of_what_waits_it_is_said_that_after_its_interview_was_deleted_nothing_is_left_to_do(
    left: tuple[Any, Page], interview: str
) -> None:
    laptop, page = left
    discard(page, laptop, interview)
    page.goto(f"{laptop.url}/today")

    expect(page.locator("[data-waiting]")).to_contain_text("有1份记录")
    expect(page.locator("[data-waiting] [data-deleted]")).to_be_visible()
    expect(page.locator("[data-waiting] [data-deleted]")).to_have_text("要是那次访谈后来已经删了，就不用管了。")


def test_a_note_on_which_words_were_delivered_stands_open_with_them_and_typing_on_makes_no_second_version(
    talk: Any, interview: str, phone: Page, context: BrowserContext, stored: Stored, type_away: TypeAway
) -> None:
    phone.keyboard.insert_text("奶奶在家。")
    badge(phone, "saved")
    context.set_offline(True)
    type_away(phone, "下雨了。")
    page = context.new_page()
    phone.close()
    context.set_offline(False)
    open_note(page, talk, interview)
    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    expect(page.locator("#note-W1")).to_have_value("奶奶在家。下雨了。")
    page.keyboard.insert_text("没人送伞。")
    expect(page.locator("#W1 .badge")).to_have_attribute("data-acked-length", "14")

    open_note(page, talk, interview)
    expect(page.locator("#note-W1")).to_have_value("奶奶在家。下雨了。没人送伞。")
    expect(page.locator("#W1 section.other")).to_have_count(0)
