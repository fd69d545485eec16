"""A phone beside the laptop, over TLS: a stranger gets nothing, a paired one works, and the child's "stop" is seen."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
BESIDE = Path(__file__).with_name("beside.py")


@pytest.fixture
def laptop(start: Any, field_folder: Path, phone: Page, unlock: Callable[..., None]) -> Any:
    """The interviewer's laptop, unlocked in a browser of its own; its doors are open."""
    opened = start(field_folder, str(BESIDE))
    unlock(phone, opened)
    opened.until("https://127.0.0.2:")
    return opened


@pytest.fixture
def handset(chromium: Browser) -> Iterator[Page]:
    """A phone that was told to go on in spite of the warning."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, locale="zh-CN", ignore_https_errors=True, has_touch=True
    )
    yield context.new_page()
    context.close()


def sit_down(handset: Page, passphrase: str) -> None:
    handset.fill("#passphrase", passphrase)
    with handset.expect_navigation():
        handset.click("form.card button.primary")


def remove(laptop: Any, screen: Page) -> None:
    """Remove the only phone at the laptop."""
    screen.goto(f"{laptop.url}/phones")
    with screen.expect_navigation():
        screen.click("text=移除")


def pair(laptop: Any, screen: Page, handset: Page) -> str:
    """Pair *handset* with the code on *screen*; return the address of the laptop in the network."""
    screen.goto(f"{laptop.url}/phones")
    with screen.expect_navigation():  # the page before shows an address too
        screen.click("text=配一部手机")
    url = screen.inner_text(".qr + .meta")
    handset.goto(url)
    handset.fill("#name", "小李的手机")
    handset.click("text=配对 >> nth=-1")
    expect(handset.locator("h1")).to_have_text("谁在这里？")
    return url.partition("/pair/")[0]


def test_a_stranger_gets_nothing_and_a_removed_phone_neither(laptop: Any, phone: Page, handset: Page) -> None:
    base = pair(laptop, phone, handset)
    other = handset.context.browser.new_context(ignore_https_errors=True)  # type: ignore[union-attr]
    page = other.new_page()
    for path in ("/", "/today", "/unlock", "/people", "/child", "/help-card"):
        answer = page.goto(base + path)
        assert answer
        assert answer.status == 403
    other.close()

    phone.goto(f"{laptop.url}/phones")
    with phone.expect_navigation():
        phone.click("text=移除")
    answer = handset.goto(f"{base}/today")
    assert answer
    assert answer.status == 403


def test_a_paired_phone_unlocks_and_shows_the_interview(
    laptop: Any, phone: Page, handset: Page, passphrase: str, interview: str
) -> None:
    base = pair(laptop, phone, handset)
    handset.fill("#passphrase", passphrase)
    with handset.expect_navigation():
        handset.click("form.card button.primary")
    handset.goto(f"{base}/interviews/{interview}")

    expect(handset.locator("textarea").first).to_be_visible()
    assert handset.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_childs_stop_opens_the_stop_panel_on_the_laptop(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    base = pair(laptop, phone, handset)
    handset.goto(f"{base}/child")
    expect(handset.locator("h1")).to_have_text("等一等")

    phone.goto(f"{laptop.url}/interviews/{interview}")
    phone.click("text=把卡片交给孩子")
    expect(handset.locator("button")).to_have_count(8)
    assert handset.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with handset.expect_navigation():
        handset.click("button:has-text('挺好')")
    expect(phone.locator("#card li")).to_contain_text("孩子按了：挺好")
    handset.click("button:has-text('停')")

    expect(phone.locator("#stop")).to_be_visible()
    phone.wait_for_url("**#stop")


def hand_over(laptop: Any, screen: Page, handset: Page, interview: str) -> None:
    """Pair *handset*, and put the card of an interview in the child's hand."""
    base = pair(laptop, screen, handset)
    screen.goto(f"{laptop.url}/interviews/{interview}")
    screen.click("text=把卡片交给孩子")
    expect(screen.locator("#card")).to_contain_text("还没有按")
    handset.goto(f"{base}/child")


def test_a_child_whose_tap_did_not_get_through_before_the_laptop_fell_is_told_so_once(
    laptop: Any, phone: Page, handset: Page, interview: str, unlock: Callable[..., None]
) -> None:
    hand_over(laptop, phone, handset, interview)
    handset.route("**/child", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    handset.click("button:has-text('停')")
    expect(handset.locator("[role=status]")).to_contain_text("停")
    laptop.kill()
    laptop.start()
    unlock(phone, laptop)
    laptop.until("https://127.0.0.2:")
    handset.unroute("**/child")
    handset.reload()
    expect(handset.locator("[role=status]")).to_contain_text("刚才按的没有传过去")

    handset.reload()
    expect(handset.locator("h1")).to_have_text("等一等")
    expect(handset.locator("[role=status]")).to_be_empty()


def test_the_childs_stop_reaches_a_laptop_that_shows_the_help_card(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    phone.goto(f"{laptop.url}/help-card")
    called = phone.locator("aside.called")
    expect(called).to_be_hidden()
    handset.click("button:has-text('停')")
    handset.click("button:has-text('歇一会儿')")

    expect(called).to_be_in_viewport()
    expect(called).to_contain_text("孩子按了：停")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.reload()
    expect(called).to_be_in_viewport()
    phone.goto(f"{laptop.url}/interviews/{interview}")
    expect(phone.locator("#stop")).to_be_visible()
    phone.click("#stop >> text=孩子还想聊")
    expect(phone.locator("#stop")).to_be_hidden()
    expect(called).to_be_hidden()
    phone.reload()
    expect(phone.locator("textarea").first).to_be_visible()
    expect(called).to_be_hidden()


def test_the_child_reads_that_it_arrived_once_the_laptop_shows_it(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    at = phone.url
    phone.goto("about:blank")
    handset.click("button:has-text('停')")
    expect(handset.locator("[role=status]")).to_have_text("正在告诉旁边的人。你也可以直接说：停。")

    phone.goto(at)
    expect(phone.locator("#stop")).to_be_visible()
    expect(handset.locator("[role=status]")).to_have_text("谢谢你，电脑上收到了。")


def test_a_stop_that_is_tapped_without_connection_is_passed_on_once_there_is_one(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    handset.context.set_offline(True)
    handset.click("button:has-text('停')")
    handset.click("button:has-text('一般')")
    expect(handset.locator("[role=status]")).to_have_text("正在告诉旁边的人。你也可以直接说：停。")
    expect(phone.locator("#stop")).to_be_hidden()

    handset.context.set_offline(False)
    expect(phone.locator("#stop")).to_be_visible()
    expect(handset.locator("[role=status]")).to_have_text("谢谢你，电脑上收到了。")


def test_a_stop_that_the_laptop_could_not_take_is_sent_again(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    fails = {"status": 500, "body": ""}
    handset.route(
        "**/child", lambda route: route.fulfill(**fails) if route.request.method == "POST" else route.continue_()
    )
    with handset.expect_response(lambda answer: answer.status == 500):
        handset.click("button:has-text('停')")
    expect(phone.locator("#stop")).to_be_hidden()

    handset.unroute("**/child")
    expect(phone.locator("#stop")).to_be_visible()
    expect(handset.locator("[role=status]")).to_have_text("谢谢你，电脑上收到了。")


MISSED = "刚才按的没有传过去。"


def test_a_child_whose_page_is_opened_anew_before_the_tap_got_through_is_asked_to_tap_again(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    at = handset.url
    handset.context.set_offline(True)
    handset.click("button:has-text('停')")
    handset.goto("about:blank")
    handset.context.set_offline(False)
    handset.goto(at)
    status = handset.locator("[role=status]")
    expect(status).to_contain_text(MISSED)
    expect(phone.locator("#stop")).to_be_hidden()
    assert handset.evaluate("() => Object.values(localStorage).join().includes('stop')") is False

    handset.click("button:has-text('停')")
    expect(phone.locator("#stop")).to_be_visible()
    expect(status).to_have_text("谢谢你，电脑上收到了。")
    assert handset.evaluate("() => localStorage.length") == 0


def test_a_tap_that_got_through_although_its_answer_did_not_is_not_asked_for_again(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    at = handset.url

    def answer_is_lost(route: Any) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    handset.route(
        "**/child", lambda route: answer_is_lost(route) if route.request.method == "POST" else route.continue_()
    )
    handset.click("button:has-text('停')")
    expect(phone.locator("#stop")).to_be_visible()
    handset.goto("about:blank")
    handset.unroute("**/child")
    handset.goto(at)

    expect(handset.locator("[role=status]")).to_have_text("谢谢你，电脑上收到了。")
    assert handset.evaluate("() => localStorage.length") == 0


def test_that_the_child_goes_on_is_tapped_beside_a_memo_that_is_being_typed(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    phone.goto(f"{laptop.url}/interviews/{interview}/memo")
    phone.fill("textarea >> nth=0", "先想到这里")
    handset.click("button:has-text('停')")
    phone.click("aside.called >> text=孩子还想聊")

    expect(phone.locator("aside.called")).to_be_hidden()
    expect(phone.locator("textarea").first).to_have_value("先想到这里")


def test_a_phone_that_trusts_the_certificate_is_not_warned(laptop: Any, phone: Page, handset: Page) -> None:
    base = urlsplit(pair(laptop, phone, handset))
    phone.goto(f"{laptop.url}/phones")
    trust = urlsplit(phone.inner_text(".qr + .meta"))
    plain = HTTPConnection(str(trust.hostname), int(trust.port or 0), timeout=20)
    plain.request("GET", "/trust/fieldkit.cer")
    context = ssl.create_default_context(cadata=plain.getresponse().read().decode())
    plain.close()

    secure = HTTPSConnection(str(base.hostname), int(base.port or 0), context=context, timeout=20)
    secure.request("GET", "/today")
    assert secure.getresponse().status == 403
    secure.close()
    with pytest.raises(ssl.SSLCertVerificationError):
        HTTPSConnection("127.0.0.3", int(base.port or 0), context=context, timeout=20).request("GET", "/today")


def test_a_removed_phone_shows_nothing_more_of_its_interview_and_keeps_its_words_sealed_until_it_is_paired_again(
    laptop: Any, phone: Page, handset: Page, passphrase: str, interview: str, stored: Callable[[str], str]
) -> None:
    base = pair(laptop, phone, handset)
    sit_down(handset, passphrase)
    handset.goto(f"{base}/interviews/{interview}?section=W&q=W1")
    handset.focus("#note-W1")
    handset.context.set_offline(True)
    handset.keyboard.insert_text("出了热点又说了一段。")
    badge = handset.locator("#W1 .badge")
    expect(badge).to_have_attribute("data-state", "browser")
    remove(laptop, phone)
    handset.context.set_offline(False)

    expect(badge).to_contain_text("重新配对")
    cover = handset.locator("[data-cover]")
    expect(cover).to_contain_text("这部手机已经在电脑上移除", use_inner_text=True)
    expect(cover.locator("a")).to_be_hidden()
    shown = handset.inner_text("body")
    assert "青山" not in shown
    assert "W1" not in shown
    for part in ("header", "main", ".stopbar"):
        expect(handset.locator(part)).to_be_hidden()
    other = handset.context.new_page()
    answer = other.goto(f"{base}/interviews/{interview}")
    assert answer
    assert answer.status == 403
    expect(other.locator("body")).to_contain_text("重新配对")

    pair(laptop, phone, other)
    sit_down(other, passphrase)
    handset.evaluate("dispatchEvent(new Event('focus'))")
    expect(handset.locator("main")).to_be_visible()
    expect(badge).to_have_attribute("data-state", "saved")
    laptop.kill()
    assert stored("W1") == "出了热点又说了一段。"


def test_a_removed_phone_on_which_nothing_was_typed_leaves_the_interview_though_nobody_touches_it(
    laptop: Any, phone: Page, handset: Page, passphrase: str, interview: str
) -> None:
    base = pair(laptop, phone, handset)
    sit_down(handset, passphrase)
    handset.goto(f"{base}/interviews/{interview}")
    expect(handset.locator("textarea").first).to_be_visible()
    remove(laptop, phone)

    handset.wait_for_url(f"{base}/")
    expect(handset.locator("body")).to_contain_text("重新配对")


def test_a_child_whose_phone_was_removed_reads_that_it_can_just_say_it(
    laptop: Any, phone: Page, handset: Page, interview: str
) -> None:
    hand_over(laptop, phone, handset, interview)
    expect(handset.locator("button")).to_have_count(8)
    remove(laptop, phone.context.new_page())
    # the page may have found out by itself, then nothing is left to tap
    handset.evaluate("document.querySelector('button[value=stop]')?.click()")

    expect(handset.locator("h1")).to_have_text("等一等")
    expect(handset.locator("[role=status]")).to_contain_text("直接跟旁边的人说")
    expect(handset.locator("button")).to_have_count(0)
