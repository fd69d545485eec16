"""What the child takes back, word by word or all of it: gone from the page, and from the file on the disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fieldkit.acts import users
from fieldkit.clock import Clock
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder

pytestmark = pytest.mark.browser
Stored = Callable[[str], str]
Unlock = Callable[[Page, Any], None]
STAYS, GOES, GOES_TOO = "奶奶在家。", "qx7vk2mpz9lw4td", "hh3rt8yyk1nmc0e"
VECTORS: list[dict[str, str]] = json.loads(
    Path(__file__).parents[1].joinpath("rules", "vectors.json").read_text("utf-8")
)["last_words"]
NOTE, BADGE, OFF = "#note-W1", "#W1 .badge", "#W1 [value=off_record]"


@pytest.fixture
def on_disk(field_folder: Path, passphrase: str, clear: Callable[[Database], bytes]) -> Callable[[str], bool]:
    """Tell whether the file holds some words, read while no server runs."""

    def look(words: str) -> bool:
        folder = Folder.open(field_folder)
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        with desk.db.writing():
            desk.db.leave_no_trace()
        content = clear(desk.db).lower()
        desk.db.close()
        folder.close()
        return words.encode() in content

    return look


@pytest.fixture
def in_file(field_folder: Path, passphrase: str, clear: Callable[[Database], bytes]) -> Callable[[str], bool]:
    """Tell whether the file holds some words just as the laptop left it, while no server runs."""

    def look(words: str) -> bool:
        folder = Folder.open(field_folder)
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        content = clear(desk.db).lower()
        desk.db.close()
        folder.close()
        return words.encode() in content

    return look


def open_note(page: Page, laptop: Any, interview: str) -> None:
    page.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    page.focus(NOTE)


def badge(page: Page, state: str) -> None:
    expect(page.locator(BADGE)).to_have_attribute("data-state", state)


@pytest.fixture
def talk(start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock) -> tuple[Page, Any]:
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text(STAYS + GOES)
    badge(phone, "saved")
    return phone, laptop


def test_words_are_on_the_disk_until_they_are_taken_back(
    talk: tuple[Page, Any], on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    expect(page.locator(NOTE)).to_have_value(STAYS + GOES)
    laptop.kill()

    assert on_disk(GOES)


def test_a_full_disk_takes_the_words_back_later_and_never_says_saved_before(
    talk: tuple[Page, Any], on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    full = {"status": 507, "content_type": "application/json", "body": '{"sentence": "", "code": "disk_full"}'}
    page.route("**/off-record", lambda route: route.fulfill(**full))
    with page.expect_response("**/off-record"):
        page.click(OFF)
    expect(page.locator(BADGE)).to_contain_text("还没从电脑上删掉")
    page.keyboard.insert_text("接着写")
    with page.expect_response("**/off-record"):
        pass
    badge(page, "lost")
    assert page.input_value(NOTE) == STAYS + "接着写"

    page.unroute("**/off-record")
    badge(page, "saved")
    laptop.kill()
    assert not on_disk(GOES)


def test_words_that_the_laptop_refuses_to_take_out_are_shown_again(talk: tuple[Page, Any], stored: Stored) -> None:
    page, laptop = talk
    refused = {"status": 409, "content_type": "application/json", "body": '{"sentence": "没有存上。", "code": "x"}'}
    page.route("**/off-record", lambda route: route.fulfill(**refused))
    page.click(OFF)

    expect(page.locator(NOTE)).to_have_value(STAYS + GOES)
    expect(page.locator(BADGE)).to_contain_text("没有存上。")
    laptop.kill()
    assert stored("W1") == STAYS + GOES


def test_the_last_words_go_with_one_tap(talk: tuple[Page, Any], stored: Stored, on_disk: Callable[[str], bool]) -> None:
    page, laptop = talk
    page.click(OFF)
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    expect(page.locator(NOTE)).to_have_value(STAYS)
    expect(page.locator(NOTE)).to_be_focused()
    page.keyboard.insert_text("接着写")
    badge(page, "saved")
    expect(page.locator(BADGE)).to_have_attribute("data-acked-length", str(len(STAYS) + 3))
    laptop.kill()

    assert not on_disk(GOES)
    assert stored("W1") == f"{STAYS}接着写"


def test_what_somebody_said_goes_with_one_tap_though_a_quotation_mark_closes_it(
    start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock, stored: Stored
) -> None:
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text(f"{STAYS}爸爸说：“再哭就打死你。”")
    badge(phone, "saved")
    phone.click(OFF)
    expect(phone.locator("#W1 [data-off]")).to_contain_text("已经从电脑上删掉了")
    expect(phone.locator(NOTE)).to_have_value(STAYS)
    laptop.kill()

    assert stored("W1") == STAYS


LAST_WORDS = """async (texts) => {
    const { lastWords } = await import('/static/js/off_record.js');
    return texts.map((text) => text.slice(lastWords(text)));
}"""


def test_the_page_finds_the_same_last_words_as_the_laptop(start: Any, field_folder: Path, phone: Page) -> None:
    phone.goto(f"{start(field_folder).url}/unlock")

    found = phone.evaluate(LAST_WORDS, [one["stays"] + one["words"] for one in VECTORS])
    assert found == [one["words"] for one in VECTORS]


def test_where_nothing_stays_the_next_question_leaves_behind_that_the_child_took_it_back(
    talk: tuple[Page, Any],
) -> None:
    page, _laptop = talk
    for _ in range(2):  # one sentence, then the other
        page.click(OFF)
        expect(page.locator("#W1 [data-off]")).to_be_visible()
        badge(page, "saved")
    expect(page.locator(NOTE)).to_have_value("")
    page.click("#W1 [value=next]")
    page.wait_for_url("**q=W2**")

    expect(page.locator("#W1 summary .chip")).to_have_text("没有记")


PASTE = "(box, text) => { box.setRangeText(text, 0, 0, 'end'); box.dispatchEvent(new Event('input')); }"


def test_words_go_though_what_was_pasted_before_them_is_too_long_to_be_saved(
    talk: tuple[Page, Any], stored: Stored, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    pasted = "误" * 200_000
    page.locator(NOTE).evaluate(PASTE, pasted)
    badge(page, "lost")
    page.click(OFF)
    expect(page.locator("#W1 [data-off]")).to_contain_text("已经从电脑上删掉了")
    expect(page.locator(BADGE)).to_contain_text("50,000")
    assert page.input_value(NOTE) == pasted + STAYS

    page.fill(NOTE, STAYS)
    badge(page, "saved")
    laptop.kill()
    assert stored("W1") == STAYS
    assert not on_disk(GOES)


def test_words_go_after_the_page_died_though_what_stays_is_too_long_and_that_is_shown_to_be_copied(
    talk: tuple[Page, Any], interview: str, unlock: Unlock, waiting: Any, stored: Stored, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    pasted = "误" * 200_000
    later = page.context.new_page()
    laptop.kill()
    page.bring_to_front()
    page.click(OFF)
    page.locator(NOTE).evaluate(PASTE, pasted)
    waiting.until(page, "records.length === 1 && records[0].off === true && records[0].sealed.length > 600000")
    page.close()
    laptop.start()
    unlock(later, laptop)
    open_note(later, laptop, interview)
    expect(later.locator(".problem textarea")).to_have_value(pasted + STAYS)
    laptop.kill()

    assert stored("W1") == STAYS
    assert not on_disk(GOES)


def test_a_pasted_megabyte_can_be_taken_back(talk: tuple[Page, Any], stored: Stored) -> None:
    page, laptop = talk
    page.locator(NOTE).evaluate(
        "(box, pasted) => box.setRangeText(pasted, 0, box.value.length, 'select')", "误" * 1_000_000
    )
    page.click(OFF)
    expect(page.locator("#W1 [data-off]")).to_contain_text("已经从电脑上删掉了")
    expect(page.locator(NOTE)).to_have_value("")
    badge(page, "saved")
    laptop.kill()

    assert stored("W1") == ""


def test_marked_words_go_and_the_rest_stays(
    talk: tuple[Page, Any], stored: Stored, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    page.locator(NOTE).evaluate("box => box.setSelectionRange(0, 5)")
    page.keyboard.press("Alt+0")
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    laptop.kill()

    assert stored("W1") == GOES
    assert on_disk(GOES)


def test_for_ten_seconds_they_can_be_put_back(talk: tuple[Page, Any], stored: Stored) -> None:
    page, laptop = talk
    page.click(OFF)
    page.click("#W1 [data-off] button")
    expect(page.locator(NOTE)).to_have_value(STAYS + GOES)
    expect(page.locator(BADGE)).to_have_attribute("data-acked-length", str(len(STAYS + GOES)))
    laptop.kill()

    assert stored("W1") == STAYS + GOES


def test_words_that_another_version_still_says_are_told_and_that_version_can_be_deleted(
    talk: tuple[Page, Any], interview: str, in_file: Callable[[str], bool], stored: Stored
) -> None:
    page, laptop = talk
    other = page.context.new_page()
    open_note(other, laptop, interview)
    other.keyboard.insert_text(GOES_TOO)  # over what this page has seen
    badge(other, "saved")
    page.focus(NOTE)
    page.keyboard.insert_text("天好。")
    badge(page, "saved")
    page.evaluate("document.querySelector('#note-W1').setSelectionRange(0, 2)")  # within a sentence
    page.click(OFF)
    expect(page.locator("#W1 p[data-off]")).to_contain_text("另一种写法里还有")
    other.close()

    page.reload()
    page.locator("#W1 .other button").first.click()
    expect(page.locator("main")).to_contain_text("那种写法已经从电脑上删掉了")
    expect(page.locator("#W1 .other")).to_have_count(0)
    laptop.kill()
    kept = stored("W1")
    assert in_file(GOES_TOO) is (GOES_TOO in kept)


def test_out_of_reach_it_is_done_as_soon_as_the_laptop_answers(
    talk: tuple[Page, Any], unlock: Unlock, stored: Stored, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    laptop.kill()
    page.click(OFF)
    expect(page.locator(f"{BADGE} span")).to_contain_text("还没删掉")
    assert on_disk(GOES)
    laptop.start()
    unlock(page.context.new_page(), laptop)
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    badge(page, "saved")
    laptop.kill()

    assert not on_disk(GOES)
    assert stored("W1") == STAYS


def test_a_page_that_dies_before_asks_for_it_when_it_is_opened_again(
    talk: tuple[Page, Any], interview: str, unlock: Unlock, stored: Stored, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    laptop.kill()
    page.click(OFF)
    expect(page.locator(f"{BADGE} span")).to_contain_text("还没删掉")
    other = page.context.new_page()
    page.close()
    laptop.start()
    unlock(other, laptop)
    open_note(other, laptop, interview)
    expect(other.locator("[data-delivered]")).to_be_visible()
    laptop.kill()

    assert not on_disk(GOES)
    assert stored("W1") == STAYS


def test_a_page_in_which_it_waits_is_covered_by_a_lock_and_not_left_and_does_it_once_unlocked(
    talk: tuple[Page, Any], interview: str, unlock: Unlock, stored: Stored, in_file: Callable[[str], bool]
) -> None:
    page, laptop = talk
    open_note(page, laptop, interview)  # nothing is typed on it
    laptop.kill()
    page.click(OFF)
    expect(page.locator(f"{BADGE} span")).to_contain_text("还没删掉")
    laptop.start()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-cover]")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()

    other = page.context.new_page()
    unlock(other, laptop)
    page.evaluate("dispatchEvent(new Event('focus'))")
    badge(page, "saved")
    expect(page.locator("main")).to_be_visible()
    laptop.kill()
    assert stored("W1") == STAYS
    assert not in_file(GOES)


def test_what_another_version_says_on_this_page_is_without_the_words_as_well(
    talk: tuple[Page, Any], interview: str, chromium: Browser, unlock: Unlock
) -> None:
    page, laptop = talk
    beside = chromium.new_context(locale="zh-CN")
    other = beside.new_page()
    unlock(other, laptop)
    page.locator(NOTE).fill("")
    badge(page, "saved")
    open_note(page, laptop, interview)
    open_note(other, laptop, interview)
    other.keyboard.insert_text(f"妹妹也在家里，没有收回。{GOES}")
    badge(other, "saved")
    beside.close()
    page.keyboard.insert_text(STAYS + GOES)
    badge(page, "saved")
    open_note(page, laptop, interview)
    version = page.locator("#W1 .other")
    expect(version).to_contain_text(GOES)

    page.click(OFF)
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    expect(version).to_contain_text("妹妹也在家里")
    expect(version).not_to_contain_text(GOES)
    expect(page.locator(NOTE)).to_have_value(STAYS)


@pytest.fixture
def two_sentences(start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock) -> tuple[Page, Any]:
    laptop = start(field_folder)
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    phone.keyboard.insert_text(f"{STAYS}{GOES_TOO}。{GOES}")
    badge(phone, "saved")
    return phone, laptop


def test_words_that_were_taken_back_once_more_lie_in_the_file_until_the_laptop_hears_of_it(
    two_sentences: tuple[Page, Any], in_file: Callable[[str], bool]
) -> None:
    page, laptop = two_sentences
    page.click(OFF)
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    laptop.stop()

    assert (in_file(GOES), in_file(GOES_TOO)) == (False, True)


def test_words_taken_back_while_earlier_ones_go_are_named_until_the_laptop_has_taken_out_those_too(
    two_sentences: tuple[Page, Any], interview: str, stored: Stored, in_file: Callable[[str], bool]
) -> None:
    page, laptop = two_sentences
    held: list[Any] = []
    page.route("**/off-record", lambda route: route.abort() if held else held.append(route))
    with page.expect_request("**/off-record"):
        page.click(OFF)
    page.click(OFF)
    expect(page.locator(NOTE)).to_have_value(STAYS)
    with page.expect_request_finished(lambda request: "off-record" in request.url):
        held[0].continue_()
    expect(page.locator(f"{BADGE} span")).to_contain_text("还没删掉")  # the second request found no connection
    page.keyboard.insert_text("又说")
    with page.expect_request("**/off-record"):
        pass
    other = page.context.new_page()
    page.close()
    open_note(other, laptop, interview)
    expect(other.locator("[data-delivered] a")).to_have_text("W1")
    laptop.stop()

    assert stored("W1") == f"{STAYS}又说"
    assert not in_file(GOES_TOO)


def test_words_taken_back_after_the_answer_to_the_first_got_lost_go_as_well(
    two_sentences: tuple[Page, Any], stored: Stored, in_file: Callable[[str], bool]
) -> None:
    page, laptop = two_sentences
    lost: list[Any] = []

    def first_is_lost(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    page.route("**/off-record", first_is_lost)
    page.click(OFF)
    expect(page.locator(f"{BADGE} span")).to_contain_text("还没删掉")
    page.click(OFF)
    badge(page, "saved")
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    laptop.stop()

    assert stored("W1") == STAYS
    assert not in_file(GOES_TOO)


def test_a_page_that_dies_before_names_each_of_the_words_that_were_taken_back(
    two_sentences: tuple[Page, Any], interview: str, unlock: Unlock, stored: Stored, in_file: Callable[[str], bool]
) -> None:
    page, laptop = two_sentences
    laptop.kill()
    page.click(OFF)
    expect(page.locator(f"{BADGE} span")).to_contain_text("还没删掉")
    page.click(OFF)
    expect(page.locator(f"{BADGE} span")).to_contain_text("还没删掉")
    other, sent = page.context.new_page(), list[str]()
    other.on("request", lambda request: sent.append(request.post_data or "") if "off-record" in request.url else None)
    page.close()
    laptop.start()
    unlock(other, laptop)
    open_note(other, laptop, interview)
    expect(other.locator("[data-delivered]")).to_be_visible()
    laptop.stop()

    assert [(GOES in words, GOES_TOO in words) for words in sent] == [(True, False), (False, True)]
    assert (stored("W1"), in_file(GOES), in_file(GOES_TOO)) == (STAYS, False, False)


def test_a_child_who_wants_nothing_kept_has_it_in_three_taps(
    talk: tuple[Page, Any], consented: str, interview: str, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    page.click(".stopbar .stop")
    page.click("#stop [value=stop_discard]")
    expect(page.locator("[data-left]")).to_contain_text("秒")
    page.click("[data-finish]")
    expect(page).to_have_url(f"{laptop.url}/people/{consented}/stopped?interview={interview}")
    laptop.kill()

    assert not on_disk(GOES)
    assert not on_disk(STAYS)


def test_left_alone_the_page_does_it_after_ten_seconds(talk: tuple[Page, Any], on_disk: Callable[[str], bool]) -> None:
    page, laptop = talk
    page.clock.install()
    page.click(".stopbar .stop")
    page.click("#stop [value=stop_discard]")
    expect(page.locator("[data-left]")).to_contain_text("秒")
    page.clock.fast_forward(10_000)
    page.wait_for_url("**/stopped*")
    laptop.kill()

    assert not on_disk(GOES)


def test_with_the_page_closed_the_laptop_does_it(
    talk: tuple[Page, Any], interview: str, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    other = page.context.new_page()
    page.click(".stopbar .stop")
    page.click("#stop [value=stop_discard]")
    expect(page.locator("[data-left]")).to_be_visible()
    page.close()
    other.goto(f"{laptop.url}/help-card")
    expect(other.locator("main")).to_be_visible()
    for _ in range(200):
        if other.request.get(f"{laptop.url}/interviews/{interview}").status == 404:
            break
        other.wait_for_timeout(250)
    laptop.kill()

    assert not on_disk(GOES)


def test_within_ten_seconds_the_child_can_go_on(talk: tuple[Page, Any], interview: str, stored: Stored) -> None:
    page, laptop = talk
    page.click(".stopbar .stop")
    page.click("#stop [value=stop_discard]")
    page.click("button:has-text('接着聊')")
    expect(page).to_have_url(f"{laptop.url}/interviews/{interview}")
    laptop.kill()

    assert stored("W1") == STAYS + GOES


def stopped_and_kept(page: Page, laptop: Any, interview: str) -> None:
    page.goto(f"{laptop.url}/interviews/{interview}/stop")
    page.click("button[value=stop_keep]")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")


def test_words_that_were_taken_back_out_of_reach_go_though_the_page_died_and_the_interview_was_stopped_since(
    talk: tuple[Page, Any], interview: str, unlock: Unlock, waiting: Any, stored: Stored, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    later = page.context.new_page()
    laptop.kill()
    assert on_disk(GOES)
    page.bring_to_front()
    page.click(OFF)
    waiting.until(page, "records.length === 1 && records[0].off === true")
    page.close()
    laptop.start()
    unlock(later, laptop)
    stopped_and_kept(later, laptop, interview)

    later.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    waiting.until(later, "records.length === 0")
    laptop.kill()
    assert stored("W1") == STAYS
    assert not on_disk(GOES)


def test_each_of_the_words_that_were_taken_back_goes_though_the_page_died_and_the_interview_was_stopped_since(
    two_sentences: tuple[Page, Any], interview: str, unlock: Unlock, waiting: Any, stored: Stored, in_file: Any
) -> None:
    page, laptop = two_sentences
    later = page.context.new_page()
    laptop.kill()
    page.bring_to_front()
    page.click(OFF)
    waiting.until(page, "records.length === 1 && records[0].off === true")
    first = waiting(page)[0]["turn"]
    page.click(OFF)
    waiting.until(page, f"records.length === 1 && records[0].turn > {first}")
    expect(page.locator(NOTE)).to_have_value(STAYS)
    page.close()
    laptop.start()
    unlock(later, laptop)
    stopped_and_kept(later, laptop, interview)

    later.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    expect(later.locator("[data-delivered]")).to_be_visible()
    laptop.kill()
    assert stored("W1") == STAYS
    assert (in_file(GOES), in_file(GOES_TOO)) == (False, False)


def test_a_page_that_lives_takes_words_out_of_a_stopped_interview_and_says_that_those_typed_since_are_not_saved(
    talk: tuple[Page, Any], interview: str, stored: Stored, on_disk: Callable[[str], bool]
) -> None:
    page, laptop = talk
    beside = page.context.new_page()
    for path in ("**/answers/**", "**/session*", "**/stop/now"):
        page.route(path, lambda route: route.abort("connectionreset"))
    page.bring_to_front()
    page.click(OFF)
    page.keyboard.insert_text("后来的话。")
    stopped_and_kept(beside, laptop, interview)

    page.unroute_all()
    expect(page.locator(BADGE)).to_contain_text("停了以后才到电脑的")
    badge(page, "lost")
    expect(page.locator(NOTE)).to_have_value(STAYS + "后来的话。")
    laptop.kill()
    assert stored("W1") == STAYS
    assert not on_disk(GOES)


@pytest.mark.parametrize("since", ["", "后来妈妈回来了。"])
def test_another_open_page_of_the_note_shows_words_no_more_that_were_taken_out_and_keeps_what_was_typed_since(
    talk: tuple[Page, Any], interview: str, stored: Stored, on_disk: Callable[[str], bool], since: str
) -> None:
    page, laptop = talk
    beside = page.context.new_page()
    open_note(beside, laptop, interview)
    expect(beside.locator(NOTE)).to_have_value(STAYS + GOES)
    with beside.expect_response("**/stop/now"):
        pass
    page.bring_to_front()
    page.click(OFF)
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    beside.bring_to_front()
    beside.focus(NOTE)
    beside.keyboard.press("End")
    beside.keyboard.insert_text(since)

    expect(beside.locator(NOTE)).to_have_value(STAYS + since)
    badge(beside, "saved")
    laptop.kill()
    assert STAYS + since in stored("W1")
    assert not on_disk(GOES)
