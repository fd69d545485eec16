"""The child stops: what two pages, a lost answer, Back and days out of reach make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser
MOODY = Path(__file__).with_name("moody_laptop.py")
WORDS, MORE = "qx7vk2mpz9lw4td", "wb8yn3hrc6sj5ge"
OPEN_FOLDS = """element => {
    for (const fold of document.querySelectorAll('details')) if (fold.contains(element)) fold.open = true;
}"""
Stored = Callable[[str], str]
Unlock = Callable[[Page, Any], None]


def open_note(page: Page, laptop: Any, interview: str, question: str = "W1") -> None:
    page.goto(f"{laptop.url}/interviews/{interview}?section={question[0]}&q={question}")
    page.focus(f"#note-{question}")


def saved(page: Page, words: str, question: str = "W1") -> None:
    page.focus(f"#note-{question}")
    page.keyboard.insert_text(words)
    typed, badge = page.input_value(f"#note-{question}"), page.locator(f"#{question} .badge")
    assert words in typed
    expect(badge).to_have_attribute("data-acked-length", str(len(typed)))
    expect(badge).to_have_attribute("data-state", "saved")


def choose(page: Page, choice: str) -> None:
    page.click(".stopbar .stop")
    page.click(f"#stop button[value={choice}]")


def choose_away(page: Page, choice: str) -> None:
    """Tap what the child chose while the laptop does not take it; return once it is sealed in this browser."""
    choose(page, choice)
    expect(page.locator("#stop [data-kept]")).to_be_visible()


@pytest.fixture
def page(talk: Any, phone: Page) -> Page:
    """An open interview with words that are on the laptop."""
    saved(phone, WORDS)
    return phone


def lose_answers(page: Page) -> list[int]:
    """Let stops reach the laptop and none of its answers the page; return the codes of those answers."""
    took: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        took.append(route.fetch(max_redirects=0).status)
        return route.abort("connectionreset")

    page.route("**/stop", lose)
    return took


CUT = ("**/session*", "**/stop/now", "**/stop/undo", "**/answers/**", "**/beat")


def cut(page: Page, *more: str) -> None:
    for path in (*CUT, *more):
        page.route(path, lambda route: route.abort("connectionreset"))


def mend(page: Page) -> None:
    page.unroute_all()


@pytest.fixture
def device(talk: Any, chromium: Browser, unlock: Unlock) -> Iterator[Page]:
    """A page of another device on which the same person works."""
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    unlock(page, talk)
    yield page
    context.close()


def test_a_stop_whose_answer_got_lost_is_taken_back_by_the_child_going_on(
    talk: Any, page: Page, interview: str, stored: Stored
) -> None:
    took = lose_answers(page)
    choose(page, "stop_discard")
    expect(page.locator("[data-waits]")).to_be_visible()
    assert 302 in took  # the laptop counts down
    with page.expect_response("**/stop/undo") as answer:
        page.click("#stop [data-goes-on]")
    assert answer.value.ok

    page.unroute("**/stop")
    open_note(page, talk, interview)
    saved(page, MORE)
    talk.kill()
    assert stored("W1") == WORDS + MORE


def test_back_from_the_countdown_leads_to_the_countdown_again(
    talk: Any, page: Page, interview: str, stored: Stored
) -> None:
    choose(page, "stop_discard")
    expect(page.locator("[data-left]")).to_be_visible()
    page.go_back(wait_until="commit")
    expect(page.locator("[data-left]")).to_be_visible()
    page.goto(f"{talk.url}/interviews/{interview}?section=W&q=W1")
    expect(page.locator("[data-left]")).to_be_visible()

    page.click("button:has-text('接着聊')")
    expect(page.locator("#note-W1")).to_have_value(WORDS)
    talk.kill()
    assert stored("W1") == WORDS


def test_while_a_stop_counts_down_another_page_saves_nothing_and_says_why(
    talk: Any, page: Page, interview: str
) -> None:
    other = page.context.new_page()
    open_note(other, talk, interview, "W2")
    page.bring_to_front()
    choose(page, "stop_discard")
    expect(page.locator("[data-left]")).to_be_visible()
    other.bring_to_front()
    other.focus("#note-W2")
    other.keyboard.insert_text(MORE)

    expect(other.locator("#W2 .badge")).to_have_attribute("data-state", "lost")
    expect(other.locator("#W2 .badge")).to_contain_text("孩子选了停下")


def test_that_the_child_goes_on_takes_back_what_waits_in_another_page(
    talk: Any, page: Page, interview: str, waiting: Any, unlock: Unlock, stored: Stored
) -> None:
    other = page.context.new_page()
    open_note(other, talk, interview)
    talk.kill()
    page.bring_to_front()
    choose_away(page, "stop_discard")
    other.bring_to_front()
    other.click(".stopbar .stop")
    other.click("#stop [data-goes-on]")
    expect(page.locator("[data-waits]")).to_be_hidden()
    waiting.until(other, "records.every((record) => record.undo)")

    talk.start()
    unlock(page.context.new_page(), talk)
    page.bring_to_front()
    page.click("#stop [data-goes-on]")  # the panel stands open here, with nothing chosen any more
    saved(page, MORE)
    waiting.until(page, "records.length === 0")
    talk.kill()
    assert stored("W1") == WORDS + MORE


def test_what_was_decided_at_the_laptop_since_holds_and_the_stop_that_waited_is_only_shown(
    talk: Any, page: Page, interview: str, unlock: Unlock, stored: Stored
) -> None:
    talk.kill()
    choose_away(page, "stop_discard")
    later = page.context.new_page()
    page.close()
    talk.start()
    unlock(later, talk)
    later.goto(f"{talk.url}/interviews/{interview}/stop")
    later.click("button[value=stop_keep]")
    later.click("[data-finish]")
    later.wait_for_url(f"{talk.url}/people/*/stopped?interview={interview}")

    later.goto(f"{talk.url}/interviews/{interview}?section=W&q=W1")
    expect(later.locator("[data-asks]")).to_be_visible()
    assert later.url.endswith("section=W&q=W1")
    later.goto(f"{talk.url}/today")
    expect(later.locator("main")).to_contain_text("孩子在没连上电脑的页面上选了")
    talk.kill()
    assert stored("W1") == WORDS


@pytest.mark.parametrize("first", ["stop_keep", "stop_discard"])
def test_of_two_stops_that_waited_in_one_browser_the_stricter_is_carried_out(
    talk: Any, page: Page, interview: str, unlock: Unlock, first: str
) -> None:
    second = "stop_discard" if first == "stop_keep" else "stop_keep"
    other, third = page.context.new_page(), page.context.new_page()
    open_note(other, talk, interview)
    talk.kill()
    for one, choice in ((page, first), (other, second)):
        one.bring_to_front()
        choose_away(one, choice)
        one.close()

    talk.start()
    unlock(third, talk)
    third.goto(f"{talk.url}/interviews/{interview}?section=W&q=W1")
    expect(third.locator("[data-left]")).to_be_visible()
    expect(third.locator("main")).to_contain_text("这次说的都不要了")


@pytest.mark.parametrize("first", ["stop_keep", "stop_discard"])
def test_of_two_stops_that_waited_in_two_pages_that_live_the_stricter_is_carried_out_and_both_pages_show_it(
    talk: Any, page: Page, interview: str, first: str
) -> None:
    second = "stop_discard" if first == "stop_keep" else "stop_keep"
    other = page.context.new_page()
    open_note(other, talk, interview)
    for one, choice in ((page, first), (other, second)):
        cut(one, "**/stop")
        one.bring_to_front()
        choose_away(one, choice)
    mend(page)
    expect(page.locator("[data-left]")).to_be_visible()
    mend(other)
    for one in (page, other):
        expect(one.locator("main")).to_contain_text("这次说的都不要了")
    expect((page if first == "stop_keep" else other).locator("main")).to_contain_text("别的页面上选的是：这次的都不要")

    page.wait_for_url("**/stopped*")
    page.goto(f"{talk.url}/interviews/{interview}")
    expect(page.locator("main")).to_contain_text("这次聊的什么都不留")


def test_what_the_child_chooses_in_the_end_on_one_page_takes_the_place_of_a_stricter_stop_whose_answer_got_lost(
    talk: Any, page: Page, interview: str, stored: Stored
) -> None:
    took = lose_answers(page)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/stop")):
        choose(page, "stop_discard")
    assert took == [302]  # the laptop counts down
    page.click("#stop button[value=stop_keep]")
    expect(page.locator("#stop button[value=stop_keep]")).to_have_attribute("aria-pressed", "true")
    page.unroute("**/stop")

    expect(page.locator("main")).to_contain_text("说过的留着")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")
    talk.kill()
    assert stored("W1") == WORDS


def test_a_stop_that_waits_in_one_page_is_said_in_another_which_can_take_it_back(
    talk: Any, page: Page, interview: str, stored: Stored
) -> None:
    other = page.context.new_page()
    open_note(other, talk, interview)
    for one in (page, other):
        cut(one, "**/stop")
    page.bring_to_front()
    choose_away(page, "stop_discard")
    other.bring_to_front()
    expect(other.locator("[data-counts]")).to_be_visible()
    other.click("[data-counts] [data-goes-on]")
    expect(page.locator("[data-waits]")).to_be_hidden()
    expect(other.locator("[data-counts]")).to_be_hidden()

    for one in (page, other):
        mend(one)
    saved(other, MORE)
    talk.kill()
    assert MORE in stored("W1")


@pytest.fixture
def full(start: Any, field_folder: Path, interview: str, phone: Page, unlock: Unlock, moods: Path) -> Any:
    """A laptop without room for a stop, and an open interview on it with words that it has."""
    laptop = start(field_folder, str(MOODY), str(moods))
    unlock(phone, laptop)
    open_note(phone, laptop, interview)
    saved(phone, WORDS)
    (moods / "full").write_text("1")
    return laptop


def not_kept(page: Page) -> None:
    """Tap that nothing may stay; return once the laptop has said that it could not write that down."""
    choose(page, "stop_discard")
    page.wait_for_url("**/stop")
    expect(page.locator("main")).to_contain_text("也没能记下来")


def test_a_stop_that_a_full_disk_could_not_take_is_done_after_the_battery_died(
    full: Any, phone: Page, interview: str, moods: Path, unlock: Unlock, waiting: Any
) -> None:
    not_kept(phone)
    waiting.until(phone, "records.length === 1 && records[0].stop === true")
    full.kill()
    (moods / "full").unlink()
    full.start()
    unlock(phone, full)

    phone.goto(f"{full.url}/interviews/{interview}?section=W&q=W1")
    expect(phone.locator("[data-left]")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("这次说的都不要了")
    waiting.until(phone, "records.length === 0")
    phone.wait_for_url("**/stopped*")
    phone.goto(f"{full.url}/interviews/{interview}")
    expect(phone.locator("main")).to_contain_text("这次聊的什么都不留")


def test_once_there_is_room_the_same_tap_is_done_and_nothing_waits_in_the_browser_any_more(
    full: Any, phone: Page, interview: str, moods: Path, waiting: Any
) -> None:
    not_kept(phone)
    (moods / "full").unlink()
    phone.click("button[value=stop_discard]")
    expect(phone.locator("[data-left]")).to_be_visible()
    waiting.until(phone, "records.length === 0")


def test_what_a_full_disk_could_not_take_and_the_child_took_back_is_not_brought_again(
    full: Any, phone: Page, interview: str, moods: Path, waiting: Any
) -> None:
    not_kept(phone)
    phone.click("button:has-text('接着聊')")
    phone.wait_for_url("**/interviews/*")
    waiting.until(phone, "records.length === 0")
    (moods / "full").unlink()

    expect(phone.locator("[data-chosen]")).to_be_hidden()
    open_note(phone, full, interview)
    saved(phone, MORE)


def test_the_page_of_a_talk_of_which_nothing_was_to_stay_says_so(talk: Any, page: Page, interview: str) -> None:
    choose(page, "stop_discard")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")
    page.goto(f"{talk.url}/interviews/{interview}")

    expect(page.locator("main")).to_contain_text("这次聊的什么都不留")


@pytest.mark.parametrize(
    ("path", "box", "button"),
    [
        ("memo", "[name=self_role]", "button.primary"),
        ("observation", "[name=setting_desc]", "button.primary"),
        ("close", "[name=setting_note]", "button.primary >> nth=-1"),
    ],
)
def test_what_was_typed_around_an_interview_is_not_given_up_for_a_page_that_cannot_come(
    talk: Any, page: Page, interview: str, path: str, box: str, button: str
) -> None:
    page.goto(f"{talk.url}/interviews/{interview}/{path}")
    field = page.locator(box)
    field.evaluate(OPEN_FOLDS)
    field.fill(WORDS)
    talk.kill()
    page.locator(button).click()

    expect(page.locator("[data-gone]")).to_be_visible()
    expect(field).to_have_value(WORDS)


@pytest.mark.parametrize("beside", ["tab", "device"])
def test_another_page_shows_that_a_stop_counts_down_and_takes_it_back_as_the_child_goes_on(
    talk: Any, page: Page, device: Page, interview: str, stored: Stored, beside: str
) -> None:
    other = page.context.new_page() if beside == "tab" else device
    open_note(other, talk, interview)
    page.bring_to_front()
    choose(page, "stop_discard")
    expect(page.locator("[data-left]")).to_be_visible()
    other.bring_to_front()
    expect(other.locator("[data-counts]")).to_contain_text("别的页面或手机上选了停下")
    with other.expect_response("**/stop/undo") as answer:
        other.click("[data-counts] [data-goes-on]")
    assert answer.value.ok

    expect(other.locator("[data-counts]")).to_be_hidden()
    saved(other, MORE)
    page.wait_for_url("**/interviews/*")  # the countdown that is over carries nothing out
    talk.kill()
    assert stored("W1") == WORDS + MORE


def test_on_the_laptop_the_child_goes_on_though_a_phone_brings_a_stop_that_waited(
    talk: Any, page: Page, device: Page, interview: str, stored: Stored
) -> None:
    cut(page, "**/stop")
    choose_away(page, "stop_discard")
    open_note(device, talk, interview, "W2")
    saved(device, MORE, "W2")
    mend(page)
    expect(device.locator("[data-counts]")).to_be_visible()
    device.click(".stopbar .stop")
    with device.expect_response("**/stop/undo") as answer:
        device.click("#stop [data-goes-on]")
    assert answer.value.ok

    page.wait_for_url("**/interviews/*")
    talk.kill()
    assert (stored("W1"), stored("W2")) == (WORDS, MORE)


def test_a_taking_back_that_comes_too_late_promises_nothing_and_leaves_the_words_on_the_page(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    took = lose_answers(page)
    choose(page, "stop_discard")
    expect(page.locator("[data-waits]")).to_be_visible()
    assert 302 in took
    cut(page)
    page.click("#stop [data-goes-on]")
    page.focus("#note-W1")
    page.keyboard.insert_text(MORE)
    expect(page.locator("[data-unheard]")).to_contain_text("说不定已经照办了")
    expect(page.locator("#W1 .badge")).to_contain_text("电脑还收不收现在不知道")
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("[data-finish]")
    device.wait_for_url("**/stopped*")

    mend(page)
    expect(page.locator("[data-over]")).to_contain_text("来不及了：孩子要接着聊")
    expect(page.locator("[data-over]")).to_contain_text("先从这一页抄下来")
    expect(page.locator("[data-unheard]")).to_be_hidden()
    expect(page.locator("#note-W1")).to_have_value(MORE)  # what was saved is deleted here too
    expect(page.locator("#W1 .badge")).to_have_attribute("data-state", "lost")


def test_words_typed_on_a_page_stay_there_for_copying_once_nothing_else_is_left(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    page.route("**/answers/**", lambda route: route.abort("connectionreset"))
    page.keyboard.insert_text(MORE)
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("button[value=stop_discard]")
    device.click("[data-finish]")
    device.wait_for_url("**/stopped*")

    expect(page.locator("[data-over]")).to_contain_text("先从这一页抄下来")
    expect(page.locator("#note-W1")).to_have_value(MORE)  # what was saved is deleted here too


def test_that_the_child_goes_on_outlives_its_page_and_goes_first(
    talk: Any, page: Page, interview: str, waiting: Any, stored: Stored
) -> None:
    took, later = lose_answers(page), page.context.new_page()
    page.bring_to_front()
    choose(page, "stop_discard")
    expect(page.locator("[data-waits]")).to_be_visible()
    assert 302 in took
    cut(page)
    page.click("#stop [data-goes-on]")
    waiting.until(page, "records.length === 1 && records[0].undo === true")
    page.close()
    later.goto(f"{talk.url}/interviews/{interview}?section=W&q=W1")
    expect(later.locator("#note-W1")).to_have_value(WORDS)
    waiting.until(later, "records.length === 0")

    open_note(later, talk, interview)
    saved(later, MORE)
    talk.kill()
    assert stored("W1") == WORDS + MORE


def test_a_stop_that_waited_is_settled_by_a_person_where_it_was_decided_at_the_laptop_since(
    talk: Any, page: Page, device: Page, interview: str, stored: Stored, waiting: Any
) -> None:
    cut(page, "**/stop")
    choose_away(page, "stop_discard")
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("button[value=stop_keep]")
    device.click("[data-finish]")
    device.wait_for_url("**/stopped*")

    mend(page)
    expect(page.locator("[data-asks]")).to_be_visible()
    expect(page.locator("[data-waits]")).to_be_hidden()
    page.click("[data-asks] a")
    page.wait_for_url("**/wishes")
    page.check("[name=reason][value=asked]", force=True)
    page.click("button:has-text('照后来的决定')")
    expect(page.locator("main")).to_contain_text("这里没有等着办的事了")
    waiting.until(page, "records.length === 0")
    talk.kill()
    assert stored("W1") == WORDS


def test_a_stop_that_waited_is_only_shown_where_the_child_went_on_at_the_laptop_since(
    talk: Any, page: Page, device: Page, interview: str, stored: Stored
) -> None:
    cut(page, "**/stop")
    choose_away(page, "stop_discard")
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("button[value=stop_keep]")
    device.click("button:has-text('接着聊')")
    device.wait_for_url("**/interviews/*")

    mend(page)
    expect(page.locator("[data-asks]")).to_be_visible()
    open_note(device, talk, interview)
    saved(device, MORE)
    talk.kill()
    assert stored("W1") == WORDS + MORE


def test_that_the_child_went_on_at_the_laptop_holds_against_a_stop_that_waited_on_a_phone(
    talk: Any, page: Page, device: Page, interview: str, stored: Stored
) -> None:
    cut(page, "**/stop")
    choose_away(page, "stop_discard")
    open_note(device, talk, interview, "W2")
    device.click(".stopbar .stop")
    with device.expect_response("**/stop/undo"):
        device.click("#stop [data-goes-on]")
    saved(device, MORE, "W2")
    device.goto(f"{talk.url}/today")

    mend(page)
    expect(page.locator("[data-asks]")).to_be_visible()
    device.reload()
    expect(device.locator("main")).to_contain_text("孩子在没连上电脑的页面上选了")
    talk.kill()
    assert (stored("W1"), stored("W2")) == (WORDS, MORE)


def test_going_on_out_of_reach_takes_back_a_stop_of_which_the_page_had_not_heard(
    talk: Any, page: Page, device: Page, interview: str, stored: Stored
) -> None:
    cut(page)
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("button[value=stop_discard]")
    expect(device.locator("[data-left]")).to_be_visible()
    page.click(".stopbar .stop")
    page.click("#stop [data-goes-on]")
    with page.expect_response("**/stop/undo") as answer:
        mend(page)
    assert answer.value.ok

    device.wait_for_url("**/interviews/*")
    talk.kill()
    assert stored("W1") == WORDS


def test_a_page_that_stood_open_says_that_the_interview_was_stopped_on_another_device(
    talk: Any, page: Page, device: Page, interview: str, stored: Stored
) -> None:
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("button[value=stop_keep]")
    device.click("[data-finish]")
    device.wait_for_url("**/stopped*")

    expect(page.locator("[data-over]")).to_contain_text("这次访谈已经停了，存好的都留着。")
    page.focus("#note-W1")
    page.keyboard.insert_text(MORE)
    assert MORE in page.input_value("#note-W1")
    talk.kill()
    assert stored("W1") == WORDS


def test_a_child_who_goes_on_and_then_stops_after_all_is_heard_at_once(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("button[value=stop_discard]")
    expect(device.locator("[data-left]")).to_be_visible()
    expect(page.locator("[data-counts]")).to_be_visible()
    page.click("[data-counts] [data-goes-on]")
    choose(page, "stop_discard")

    page.wait_for_url("**/stop*")
    expect(page.locator("[data-left]")).to_be_visible()
    page.wait_for_url("**/stopped*")
    page.goto(f"{talk.url}/interviews/{interview}")
    expect(page.locator("main")).to_contain_text("这次聊的什么都不留")


def test_a_stop_that_keeps_what_was_said_waits_for_the_words_before_it_whose_save_hangs(
    talk: Any, page: Page, interview: str, stored: Stored
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url.rsplit('/', 1)[-1]}"))
    page.route("**/answers/**", lambda _route: None, times=1)  # its connection is dead; any other lives
    page.keyboard.insert_text(MORE)
    badge = page.locator("#W1 .badge")
    expect(badge).to_have_attribute("data-state", "browser")
    choose(page, "stop_keep")

    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")
    talk.kill()
    assert sent.index("POST stop") > sent.index("POST W1", sent.index("POST W1") + 1)
    assert stored("W1") == WORDS + MORE


def test_a_stop_that_keeps_what_was_said_is_not_brought_before_words_that_do_not_come_through(
    talk: Any, page: Page, stored: Stored
) -> None:
    stops: list[str] = []
    page.on("request", lambda request: stops.append(request.url) if request.url.endswith("/stop") else None)
    page.route("**/answers/**", lambda route: route.abort("connectionreset"))
    page.keyboard.insert_text(MORE)
    choose(page, "stop_keep")
    for _ in range(3):
        with page.expect_event("requestfailed", lambda request: "/answers/" in request.url):
            pass
    assert stops == []
    expect(page.locator("[data-waits]")).to_be_visible()

    page.unroute("**/answers/**")
    page.click("[data-finish]")
    page.wait_for_url("**/stopped*")
    talk.kill()
    assert stored("W1") == WORDS + MORE


def test_a_stop_that_discards_waits_for_no_words(talk: Any, page: Page) -> None:
    page.route("**/answers/**", lambda route: route.abort("connectionreset"))
    page.keyboard.insert_text(MORE)
    choose(page, "stop_discard")

    expect(page.locator("[data-left]")).to_be_visible()


def test_words_that_waited_beside_a_stop_that_keeps_them_reach_the_laptop_before_it(
    talk: Any, page: Page, interview: str, unlock: Unlock, type_away: Callable[..., None], stored: Stored
) -> None:
    later = page.context.new_page()
    page.bring_to_front()
    talk.kill()
    for question in ("W1", "W2"):
        type_away(page, MORE, question)
    choose_away(page, "stop_keep")
    page.close()
    talk.start()
    unlock(later, talk)
    stops: list[str] = []
    later.on("request", lambda request: stops.append(request.url) if request.url.endswith("/stop") else None)
    later.route("**/answers/**", lambda route: route.abort("connectionreset"))
    later.goto(f"{talk.url}/interviews/{interview}?section=W&q=W1")
    for _ in range(6):
        with later.expect_event("requestfailed", lambda request: "/answers/" in request.url):
            pass
    assert stops == []
    expect(later.locator("[data-waits]")).to_be_visible()

    later.unroute("**/answers/**")
    later.click("[data-finish]")
    later.wait_for_url("**/stopped*")
    talk.kill()
    assert (stored("W1"), stored("W2")) == (WORDS + MORE, MORE)


def test_that_the_child_went_on_on_a_page_that_is_gone_undoes_no_stop_after_the_date_jumped_back(
    talk: Any, page: Page, device: Page, interview: str, waiting: Any
) -> None:
    later = page.context.new_page()
    later.add_init_script("Object.defineProperty(performance, 'timeOrigin', { value: Date.now() - 86400000 })")
    page.bring_to_front()
    cut(page)
    page.click(".stopbar .stop")
    page.click("#stop [data-goes-on]")
    waiting.until(page, "records.length === 1 && records[0].undo === true")
    page.close()
    cut(later)
    later.goto(f"{talk.url}/interviews/{interview}?section=W&q=W1")
    device.goto(f"{talk.url}/interviews/{interview}/stop")
    device.click("button[value=stop_discard]")
    expect(device.locator("[data-left]")).to_be_visible()
    with later.expect_response("**/stop/undo") as answer:
        mend(later)
    assert answer.value.ok

    device.click("[data-finish]")
    device.wait_for_url("**/stopped*")
    device.goto(f"{talk.url}/interviews/{interview}")
    expect(device.locator("main")).to_contain_text("这次聊的什么都不留")


def test_a_page_asks_once_for_what_stands_after_words_were_erased_elsewhere_however_slow_the_answer(
    talk: Any, page: Page, device: Page, interview: str
) -> None:
    asked: list[Route] = []

    def told(times: int) -> None:
        page.bring_to_front()
        for _ in range(times):
            with page.expect_response("**/stop/now"):
                pass

    told(2)
    page.route(lambda url: "section=W" in url, lambda route: asked.append(route))
    open_note(device, talk, interview)
    device.click("#W1 [value=off_record]")
    expect(device.locator("#W1 [data-off]")).to_be_visible()
    told(4)
    assert len(asked) == 1

    asked[0].continue_()
    expect(page.locator("#note-W1")).to_have_value("")
