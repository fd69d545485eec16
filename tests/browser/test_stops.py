"""The child stops: what two pages, a lost answer, Back and days out of reach make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser
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


def test_a_stop_whose_answer_got_lost_is_taken_back_by_the_child_going_on(
    talk: Any, page: Page, interview: str, stored: Stored
) -> None:
    took: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        took.append(route.fetch(max_redirects=0).status)
        return route.abort("connectionreset")

    page.route("**/stop", lose_the_answer)
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
    waiting.until(other, "records.length === 0")

    talk.start()
    unlock(page.context.new_page(), talk)
    page.bring_to_front()
    page.click("#stop [data-goes-on]")  # the panel stands open here, with nothing chosen any more
    saved(page, MORE)
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
    expect(later.locator("[data-chosen]")).to_contain_text("还没办")
    assert later.url.endswith("section=W&q=W1")
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
