"""A browser whose store is ill, a laptop that was replaced, odd text: nothing false is said, nothing old delivered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser
Stored = Callable[[str], str]
Unlock = Callable[[Page, Any], None]
Crash = Callable[[Page], Page]
TypeAway = Callable[..., None]
SERVICE_WORKERS = "block"  # a test stands in for what the laptop answers
OPEN = "IDBFactory.prototype.open"
PUT, DELETE, GET = (f"IDBObjectStore.prototype.{call}" for call in ("put", "delete", "get"))


def throws(*calls: str) -> str:
    """Let the store of the browser fail."""
    return "".join(f"{call} = () => {{ throw new DOMException('', 'UnknownError'); }};" for call in calls)


def hangs(*calls: str) -> str:
    """Let the store of the browser never answer."""
    return "".join(f"{call} = () => ({{}});" for call in calls)


NO_DELETE = throws(DELETE)
ILL = [throws(DELETE), throws(PUT, DELETE), hangs(PUT, DELETE), throws(OPEN), hangs(OPEN)]
OFF = "#W1 [value=off_record]"


def open_note(page: Page, laptop: Any, interview: str, question: str = "W1") -> None:
    page.goto(f"{laptop.url}/interviews/{interview}?section={question[0]}&q={question}")
    page.focus(f"#note-{question}")


def badge(page: Page, state: str, question: str = "W1") -> None:
    expect(page.locator(f"#{question} .badge")).to_have_attribute("data-state", state)


def saved(page: Page, length: int) -> None:
    """Wait until the laptop has acknowledged so many characters of W1, and the badge says so."""
    page.wait_for_selector(f'#W1 .badge[data-state="saved"][data-acked-length="{length}"]')


def test_where_nothing_can_be_kept_the_badge_says_so_and_the_browser_asks_before_leaving(
    start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock
) -> None:
    phone.add_init_script(f"{OPEN} = () => {{ throw new DOMException('full', 'QuotaExceededError'); }};")
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    laptop.kill()
    phone.keyboard.insert_text("下雨了")
    badge(phone, "lost")

    expect(phone.locator("#W1 .badge span")).to_contain_text("这些字只在这一页")
    with phone.expect_event("dialog") as asked:
        phone.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    expect(phone.locator("#W1 .badge span")).to_be_visible()


def test_a_stop_that_can_be_kept_nowhere_is_not_said_to_be_and_the_browser_asks_before_leaving(
    talk: Any, phone: Page, unlock: Unlock
) -> None:
    phone.evaluate(f"() => {{ {throws(OPEN)} }}")
    talk.kill()
    phone.click(".stopbar .stop")
    phone.click("#stop button[value=stop_keep]")
    expect(phone.locator("[data-waits]")).to_be_visible()

    expect(phone.locator("[data-waits] [data-kept]")).to_be_hidden()
    with phone.expect_event("dialog") as asked:
        phone.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    talk.start()
    unlock(phone.context.new_page(), talk)
    expect(phone.locator("[data-left]")).to_be_visible()


def test_a_browser_without_its_own_cryptography_promises_nothing(
    start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock, waiting: Any
) -> None:
    phone.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });")
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text("下雨了")

    badge(phone, "lost")
    waiting.until_nothing(phone)


@pytest.mark.parametrize("answer", ["Promise.resolve(false)", "Promise.reject(new DOMException('', 'TypeError'))"])
def test_the_browser_is_asked_once_not_to_clear_away_what_waits_and_may_say_no(
    start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock, answer: str
) -> None:
    phone.add_init_script(
        f"window.asked = 0; StorageManager.prototype.persist = () => {{ window.asked += 1; return {answer}; }};"
    )
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text("下雨了")
    saved(phone, 3)

    assert phone.evaluate("window.asked") == 1


def forget_the_secret(page: Page) -> None:
    """Let the page be handed another key than the one that the words wait under."""
    page.route(
        "**/interviews/*",
        lambda route: route.fulfill(response=(found := route.fetch()), body=another_key(found.text())),
    )


def another_key(html: str) -> str:
    before, after = html.split('data-queue="')
    return f'{before}data-queue="{"0" * 64}{after[64:]}'


@pytest.mark.parametrize(("days", "kept"), [(29, 1), (30, 0)])
def test_what_nobody_can_open_stays_until_it_was_met_on_thirty_days(
    left: tuple[Any, Page], interview: str, days: int, kept: int, waiting: Any
) -> None:
    laptop, page = left
    age(page, days)
    forget_the_secret(page)
    open_note(page, laptop, interview)

    waiting.until(page, "records.every((record) => record.day !== 'another day')")
    assert len(waiting(page)) == kept


def test_what_waits_stays_until_the_laptop_itself_has_acknowledged_it(
    left: tuple[Any, Page], interview: str, stored: Stored, waiting: Any
) -> None:
    laptop, page = left
    page.route("**/answers/W1", lambda route: route.fulfill(json={"ack": "0" * 64}))
    with page.expect_response("**/answers/W1"):
        open_note(page, laptop, interview, "L1")
    with page.expect_response("**/answers/W1"):
        pass  # once more: the first answer was looked at
    assert len(waiting(page)) == 1
    expect(page.locator("[data-delivered]")).to_be_hidden()
    page.unroute("**/answers/W1")

    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    waiting.until_nothing(page)
    laptop.kill()
    assert stored("W1") == "下雨了"


def test_a_pasted_megabyte_is_refused_with_a_sentence_and_nothing_is_lost(
    start: Any, field_folder: Path, interview: str, phone: Page, context: BrowserContext, unlock: Unlock
) -> None:
    laptop, pasted = start(field_folder), "雨" * 350_000
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.fill("#note-W1", pasted)
    badge(phone, "lost")
    expect(phone.locator("#W1 .badge span")).to_contain_text("50,000")
    expect(phone.locator("#W1 .badge span")).to_contain_text("也已加密留在这个浏览器里")
    phone.close()
    page = context.new_page()
    open_note(page, laptop, interview)

    expect(page.locator("section.problem")).to_contain_text("50,000")
    assert page.locator("section.problem textarea").input_value() == pasted


def test_a_note_of_fifty_thousand_characters_is_saved_and_one_more_is_not(talk: Any, phone: Page) -> None:
    phone.fill("#note-W1", "\U0001f327" * 50_000)
    badge(phone, "saved")
    phone.keyboard.press("End")
    phone.keyboard.insert_text("了")
    badge(phone, "lost")
    expect(phone.locator("#W1 .badge span")).to_contain_text("50,000")


@pytest.mark.parametrize(
    ("typed", "kept"), [("a\0b", "a\ufffdb"), ("下\ud83d雨", "下\ufffd雨"), ("\n 下\r\n雨", "\n 下\n雨")]
)
def test_odd_characters_are_acknowledged(talk: Any, phone: Page, stored: Stored, typed: str, kept: str) -> None:
    phone.evaluate(
        """(typed) => {
            const box = document.getElementById('note-W1');
            box.value = JSON.parse(typed);
            box.dispatchEvent(new Event('input'));
        }""",
        json.dumps(typed),
    )
    badge(phone, "saved")
    talk.kill()

    assert stored("W1") == kept


@pytest.fixture
def replaced(field_folder: Path, tmp_path: Path) -> Callable[[], Callable[[], None]]:
    """Keep the closed folder as it is; what is returned puts it back, as a backup does."""

    def keep() -> Callable[[], None]:
        earlier = shutil.copytree(field_folder, tmp_path / "earlier", ignore=shutil.ignore_patterns("lock"))

        def put_back() -> None:
            shutil.rmtree(field_folder)
            earlier.rename(field_folder)

        return put_back

    return keep


def test_words_for_a_laptop_that_came_back_from_a_backup_stand_beside_what_is_typed_on_it(
    start: Any,
    field_folder: Path,
    interview: str,
    phone: Page,
    context: BrowserContext,
    unlock: Unlock,
    replaced: Callable[[], Callable[[], None]],
    waiting: Any,
    type_away: TypeAway,
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)  # the key is in the backup
    laptop.stop()
    put_back = replaced()
    laptop.start()
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text("下雨了")
    badge(phone, "saved")
    open_note(phone, laptop, interview)  # goes over a change that the backup does not know
    laptop.kill()
    type_away(phone, "没人送伞")
    phone.close()
    put_back()
    laptop.start()
    page = context.new_page()
    unlock(page, laptop)
    open_note(page, laptop, interview)
    page.keyboard.insert_text("出太阳了")

    badge(page, "saved")
    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    expect(page.locator("[data-closed]")).to_be_hidden()
    waiting.until_nothing(page)
    page.click("[data-delivered] a")
    expect(page.locator("#W1 section.other")).to_have_count(1)
    both = {page.input_value("#note-W1"), page.locator("#W1 section.other p:not(.meta):not(.acts)").inner_text()}
    assert both == {"下雨了没人送伞", "出太阳了"}


def test_words_that_a_replaced_laptop_has_no_key_for_wait_the_page_says_so_and_typing_goes_on(
    start: Any,
    field_folder: Path,
    interview: str,
    phone: Page,
    context: BrowserContext,
    unlock: Unlock,
    replaced: Callable[[], Callable[[], None]],
    stored: Stored,
    waiting: Any,
    type_away: TypeAway,
) -> None:
    put_back = replaced()
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    laptop.kill()
    type_away(phone, "下雨了")
    phone.close()
    put_back()
    laptop.start()
    page = context.new_page()
    unlock(page, laptop)
    open_note(page, laptop, interview)
    page.keyboard.insert_text("出太阳了")

    badge(page, "saved")
    expect(page.locator("[data-closed]")).to_contain_text("打不开的文字：1 段")
    expect(page.locator("[data-delivered]")).to_be_hidden()
    laptop.kill()
    type_away(page, "，没带伞")
    assert len(waiting(page)) == 2
    laptop.start()
    unlock(context.new_page(), laptop)
    badge(page, "saved")
    waiting.until(page, "records.length === 1")
    laptop.kill()
    assert stored("W1") == "出太阳了，没带伞"


def test_a_page_that_stayed_open_delivers_its_words_to_the_laptop_that_took_the_place(
    start: Any,
    field_folder: Path,
    interview: str,
    phone: Page,
    context: BrowserContext,
    unlock: Unlock,
    replaced: Callable[[], Callable[[], None]],
    stored: Stored,
    waiting: Any,
    type_away: TypeAway,
) -> None:
    put_back = replaced()
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text("下雨了")
    badge(phone, "saved")
    laptop.kill()
    type_away(phone, "没人送伞")
    put_back()
    laptop.start()
    unlock(context.new_page(), laptop)

    badge(phone, "saved")
    waiting.until_nothing(phone)
    laptop.kill()
    assert stored("W1") == "下雨了没人送伞"


def test_what_the_child_takes_back_goes_and_typing_is_saved_on_where_the_browser_deletes_nothing(
    start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock, stored: Stored
) -> None:
    phone.add_init_script(NO_DELETE)
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text("下雨了。别跟我爸说。")
    badge(phone, "saved")
    phone.click("#W1 [value=off_record]")
    expect(phone.locator("#W1 [data-off]")).to_be_visible()
    badge(phone, "saved")
    phone.keyboard.insert_text("我自己跑回去。")
    phone.wait_for_selector('#W1 .badge[data-state="saved"][data-acked-length="11"]')
    laptop.kill()
    assert stored("W1") == "下雨了。我自己跑回去。"


@pytest.mark.parametrize("call", [DELETE, OPEN])
def test_a_note_is_saved_on_and_the_badge_stays_true_where_the_store_of_the_browser_fails_meanwhile(
    talk: Any, phone: Page, stored: Stored, call: str, type_away: TypeAway
) -> None:
    phone.route("**/answers/W1", lambda route: route.abort())
    type_away(phone, "下雨了")
    phone.evaluate(f"() => {{ {throws(call)} }}")
    phone.unroute("**/answers/W1")
    for length, more in ((9, "，没人来送伞"), (15, "，我自己跑回")):
        phone.keyboard.insert_text(more)
        phone.wait_for_selector(f'#W1 .badge[data-state="saved"][data-acked-length="{length}"]')
    talk.kill()
    phone.keyboard.insert_text("去")
    badge(phone, "lost" if call == OPEN else "browser")

    assert stored("W1") == "下雨了，没人来送伞，我自己跑回"


def test_a_record_that_cannot_be_taken_out_keeps_no_other_from_the_laptop_and_is_told_once(
    talk: Any, interview: str, phone: Page, context: BrowserContext, unlock: Unlock, stored: Stored, type_away: TypeAway
) -> None:
    talk.kill()
    type_away(phone, "下雨了")
    type_away(phone, "没人送伞", "W2")
    phone.close()
    talk.start()
    page = context.new_page()
    page.add_init_script(NO_DELETE)
    unlock(page, talk)
    open_note(page, talk, interview, "L1")
    expect(page.locator("[data-delivered] a")).to_have_count(2)
    with page.expect_console_message(lambda said: said.text == "UnknownError"):  # it was tried once more
        page.evaluate("() => { dispatchEvent(new Event('focus')); }")

    expect(page.locator("[data-delivered] a")).to_have_count(2)
    talk.kill()
    assert (stored("W1"), stored("W2")) == ("下雨了", "没人送伞")


def test_a_clock_that_jumps_back_by_years_while_somebody_types_on_delays_no_save(talk: Any, phone: Page) -> None:
    phone.clock.install()
    phone.clock.pause_at(datetime.now().astimezone() + timedelta(minutes=1))
    for count in range(8):  # never a pause: two seconds and more
        phone.keyboard.insert_text("雨")
        if count == 0:
            phone.evaluate("(now => { Date.now = () => now() - 2e11; })(Date.now)")
        phone.clock.run_for(300)

    phone.wait_for_function("() => Number(document.querySelector('#W1 .badge').dataset.ackedLength ?? 0) > 0")


def age(page: Page, days: int) -> None:
    """Let the record have been met on that many other days."""
    page.evaluate(
        """(days) => new Promise((resolve) => {
            indexedDB.open('fieldkit').onsuccess = ({ target: { result: database } }) => {
                const transaction = database.transaction('queue', 'readwrite');
                transaction.objectStore('queue').openCursor().onsuccess = ({ target: { result: cursor } }) =>
                    cursor.update({ ...cursor.value, day: 'another day', days });
                transaction.oncomplete = () => { database.close(); resolve(); };
            };
        })""",
        days,
    )


@pytest.mark.parametrize("fault", [hangs(PUT), hangs(OPEN), throws(PUT)])
def test_where_the_store_never_answers_the_badge_says_so_and_the_laptop_gets_every_word(
    talk: Any, phone: Page, unlock: Unlock, stored: Stored, fault: str
) -> None:
    phone.evaluate(f"() => {{ {fault} }}")
    talk.kill()
    phone.keyboard.insert_text("下雨了")
    badge(phone, "lost")
    expect(phone.locator("#W1 .badge span")).to_contain_text("这些字只在这一页")
    talk.start()
    unlock(phone.context.new_page(), talk)
    saved(phone, 3)
    phone.keyboard.insert_text("，没人来送伞")

    saved(phone, 9)
    talk.kill()
    assert stored("W1") == "下雨了，没人来送伞"


@pytest.mark.parametrize("fault", [hangs(PUT), throws(PUT), hangs(OPEN), throws(OPEN)])
def test_words_that_are_kept_are_not_said_to_be_more_than_they_are(
    talk: Any, phone: Page, fault: str, type_away: TypeAway
) -> None:
    talk.kill()
    type_away(phone, "下雨了")
    phone.evaluate(f"() => {{ {fault} }}")
    phone.keyboard.insert_text("，没人来送伞")

    badge(phone, "lost")
    with phone.expect_event("dialog") as asked:
        phone.close(run_before_unload=True)
    asked.value.dismiss()


@pytest.mark.parametrize("fault", ILL)
def test_what_could_not_be_taken_out_never_goes_over_what_was_acknowledged_since(
    talk: Any, phone: Page, interview: str, stored: Stored, waiting: Any, crash: Crash, fault: str, type_away: TypeAway
) -> None:
    phone.route("**/answers/W1", lambda route: route.abort())
    type_away(phone, "下雨了")
    phone.evaluate(f"() => {{ {fault} }}")
    phone.unroute("**/answers/W1")
    phone.keyboard.insert_text("，没人来送伞")
    saved(phone, 9)
    page = crash(phone)
    open_note(page, talk, interview)

    waiting.until_nothing(page)
    expect(page.locator("[data-delivered]")).to_be_hidden()
    expect(page.locator("#note-W1")).to_have_value("下雨了，没人来送伞")
    talk.kill()
    assert stored("W1") == "下雨了，没人来送伞"


@pytest.mark.parametrize("fault", ILL)
def test_what_could_not_be_taken_out_brings_back_no_word_that_the_child_took_back(
    talk: Any, phone: Page, interview: str, stored: Stored, waiting: Any, crash: Crash, fault: str, type_away: TypeAway
) -> None:
    phone.route("**/answers/W1", lambda route: route.abort())
    type_away(phone, "下雨了。别跟我爸说。")
    phone.evaluate(f"() => {{ {fault} }}")
    phone.unroute("**/answers/W1")
    saved(phone, 10)
    phone.click(OFF)
    expect(phone.locator("#W1 [data-off]")).to_be_visible()
    phone.keyboard.insert_text("我自己跑回去。")
    saved(phone, 11)
    page = crash(phone)
    open_note(page, talk, interview)

    waiting.until_nothing(page)
    expect(page.locator("section.problem")).to_have_count(0)
    talk.kill()
    assert stored("W1") == "下雨了。我自己跑回去。"


@pytest.mark.parametrize("fault", [throws(PUT, DELETE), hangs(PUT, DELETE)])
def test_words_taken_back_out_of_reach_stay_in_a_store_that_is_ill_and_go_no_further(
    talk: Any,
    phone: Page,
    interview: str,
    unlock: Unlock,
    stored: Stored,
    waiting: Any,
    crash: Crash,
    fault: str,
    type_away: TypeAway,
) -> None:
    talk.kill()
    type_away(phone, "下雨了。别跟我爸说。")
    phone.evaluate(f"() => {{ {fault} }}")
    phone.click(OFF)
    expect(phone.locator("#W1 .badge span")).to_contain_text("还没删掉")
    page = crash(phone)
    talk.start()
    unlock(page, talk)
    open_note(page, talk, interview)

    waiting.until_nothing(page)
    expect(page.locator("section.problem")).to_have_count(0)
    talk.kill()
    assert stored("W1") == ""


def test_what_does_not_count_any_more_is_not_counted_as_waiting(
    talk: Any, phone: Page, waiting: Any, crash: Crash, type_away: TypeAway
) -> None:
    phone.route("**/answers/W1", lambda route: route.abort())
    type_away(phone, "下雨了")
    phone.evaluate(f"() => {{ {throws(PUT, DELETE)} }}")
    phone.unroute("**/answers/W1")
    saved(phone, 3)
    page = crash(phone)
    page.route("**/session", lambda route: route.abort())
    page.goto(f"{talk.url}/away")

    expect(page.locator("[data-some]")).to_have_text("这个浏览器里没有等着存的记录。")
    assert len(waiting(page)) == 1


def test_outside_the_store_lie_only_a_random_name_and_a_number(
    talk: Any, phone: Page, waiting: Any, type_away: TypeAway
) -> None:
    talk.kill()
    type_away(phone, "下雨了")
    ((name, number),) = phone.evaluate("() => Object.entries(localStorage)")
    (record,) = waiting(phone)

    assert (name, number) == (f"fieldkit queue {record['id']}", "0")


def test_what_could_not_be_fenced_off_later_is_not_kept(talk: Any, phone: Page, unlock: Unlock, waiting: Any) -> None:
    phone.evaluate(f"() => {{ {throws('Storage.prototype.setItem')} }}")
    talk.kill()
    phone.keyboard.insert_text("下雨了")

    badge(phone, "lost")
    assert waiting(phone) == []
    talk.start()
    unlock(phone.context.new_page(), talk)
    saved(phone, 3)


def test_a_store_that_gets_well_again_keeps_what_is_typed(talk: Any, phone: Page, waiting: Any) -> None:
    phone.evaluate(f"() => {{ globalThis.well = {PUT}; {hangs(PUT)} }}")
    talk.kill()
    phone.keyboard.insert_text("下雨了")
    badge(phone, "lost")
    phone.evaluate(f"() => {{ {PUT} = globalThis.well; }}")

    badge(phone, "browser")
    assert len(waiting(phone)) == 1


def test_a_record_that_the_store_does_not_show_is_delivered_once_it_does(
    left: tuple[Any, Page], interview: str, stored: Stored, waiting: Any
) -> None:
    laptop, page = left
    page.add_init_script(f"globalThis.well = {GET}; {hangs(GET)}")
    with page.expect_console_message(lambda said: said.text in {"TimeoutError", "InvalidStateError"}):
        open_note(page, laptop, interview, "L1")
    page.evaluate(f"() => {{ {GET} = globalThis.well; }}")

    waiting.until_nothing(page)
    expect(page.locator("[data-delivered] a")).to_have_text("W1")
    laptop.kill()
    assert stored("W1") == "下雨了"


def test_words_that_were_thrown_away_are_not_shown_again_where_the_browser_deletes_nothing(
    left: tuple[Any, Page], interview: str, consented: str
) -> None:
    laptop, page = left
    token = page.evaluate("async () => (await (await fetch('/session')).json()).csrf")
    said = {"csrf_token": token, "code": consented, "scope": "stop_keep", "asker": "child"}
    page.request.post(f"{laptop.url}/withdraw", form=said)
    page.add_init_script(NO_DELETE)
    page.goto(f"{laptop.url}/interviews/{interview}?section=W")
    refused = page.locator("section.problem")
    refused.locator("summary").click()
    refused.locator("button").click()
    expect(refused).to_have_count(0)
    with page.expect_console_message(
        lambda said: said.text == "UnknownError"
    ):  # it was tried once more to take them out
        page.reload()

    expect(refused).to_have_count(0)
