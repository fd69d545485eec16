"""What is tapped beside the questions while the laptop is out of reach is noted later, with the minute of its tap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from fieldkit.acts import users
from fieldkit.clock import Clock
from fieldkit.store import people
from fieldkit.store.folder import Folder

pytestmark = pytest.mark.browser
SERVICE_WORKERS = "block"  # a test stands in for what the laptop answers
Unlock = Callable[[Page, Any], None]
Crash = Callable[[Page], Page]
FULL = """() => {
    IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); };
}"""
WAITS, NOTED = "[data-tapped]", "[data-noted]"


@pytest.fixture
def noted(field_folder: Path, interview: str, passphrase: str) -> Callable[[], list[tuple[str, str, str]]]:
    """What the disk holds of the moments of the interview, read while no server runs."""

    def read() -> list[tuple[str, str, str]]:
        folder = Folder.open(field_folder)
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        with desk.db.reading() as tables:
            found = people.moments(tables, interview)
        desk.db.close()
        folder.close()
        return [(one["what"], one["who"], one["question"]) for one in found]

    return read


def carer_came(page: Page) -> None:
    page.click(".stopbar a[href='#came']")
    page.click("#came button[value='came_in carer']")
    expect(page.locator(WAITS)).to_be_visible()


def upset(page: Page) -> None:
    page.click(".stopbar a[href='#upset']")
    page.click("#upset button[value=distress_1]")
    expect(page.locator("#upset")).to_be_hidden()


def cut(page: Page, path: str, **often: int) -> None:
    page.route(path, lambda route: route.abort("connectionreset"), **often)


def stop_keep(page: Page) -> None:
    page.click(".stopbar .stop")
    page.click("#stop button[value=stop_keep]")
    expect(page.locator("#stop [data-kept]")).to_be_visible()


def test_what_was_tapped_out_of_reach_is_noted_by_the_open_page_in_the_order_of_the_taps(
    talk: Any, phone: Page, context: BrowserContext, unlock: Unlock, noted: Any, waiting: Any
) -> None:
    talk.kill()
    carer_came(phone)
    expect(phone.locator(WAITS)).to_contain_text("有人来了")
    expect(phone.locator("#came")).to_be_hidden()
    upset(phone)
    phone.click(".stopbar button[value=break]")
    phone.click(f"{WAITS} a")
    phone.click("#pause button[value=resumed]")
    expect(phone.locator("#pause")).to_be_hidden()
    waiting.until(phone, "records.length === 1 && records[0].turn === 4 && records[0].tap")
    talk.start()
    unlock(context.new_page(), talk)

    expect(phone.locator(NOTED)).to_be_visible()
    expect(phone.locator(WAITS)).to_be_hidden()
    waiting.until_nothing(phone)
    phone.click(f"{NOTED} a")
    expect(phone.locator("main")).to_contain_text("现在听得见的人：照护人")
    talk.kill()
    assert noted() == [("came_in", "carer", "W1"), ("distress_1", "", "W1"), ("break", "", "W1"), ("resumed", "", "W1")]


def test_what_was_tapped_on_a_page_that_was_killed_is_noted_by_the_next_one(
    talk: Any, phone: Page, interview: str, unlock: Unlock, crash: Crash, noted: Any, waiting: Any
) -> None:
    talk.kill()
    carer_came(phone)
    waiting.until(phone, "records.length === 1")
    page = crash(phone)
    talk.start()
    unlock(page, talk)
    page.goto(f"{talk.url}/interviews/{interview}")

    expect(page.locator(NOTED)).to_be_visible()
    waiting.until_nothing(page)
    talk.kill()
    assert noted() == [("came_in", "carer", "W1")]


def test_a_tap_whose_answer_was_lost_is_noted_once(talk: Any, phone: Page, noted: Any) -> None:
    lost = list[str]()

    def lose(route: Any) -> None:
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    phone.route("**/session*", lambda route: route.abort())  # out of reach, as far as a page can tell
    carer_came(phone)
    phone.route("**/moments", lose, times=1)
    phone.unroute("**/session*")

    expect(phone.locator(NOTED)).to_be_visible()
    talk.kill()
    assert (len(lost), noted()) == (1, [("came_in", "carer", "W1")])


def test_a_tap_that_the_browser_cannot_keep_is_said_to_be_on_this_page_alone(talk: Any, phone: Page) -> None:
    phone.evaluate(FULL)
    talk.kill()
    carer_came(phone)

    expect(phone.locator(f"{WAITS} [data-page]")).to_be_visible()
    expect(phone.locator(f"{WAITS} [data-kept]")).to_be_hidden()


def test_a_tap_that_the_laptop_refused_is_told_of_though_a_later_one_is_noted_after_it(talk: Any, phone: Page) -> None:
    said = {"code": "consent_missing", "sentence": "先问孩子愿不愿意聊。"}
    cut(phone, "**/session*")
    carer_came(phone)
    upset(phone)
    cut(phone, "**/moments", times=1)  # the second one, on its first way
    phone.route("**/moments", lambda route: route.fulfill(status=409, json=said), times=1)
    phone.unroute("**/session*")

    expect(phone.locator(NOTED)).to_be_visible()
    expect(phone.locator(f"{NOTED} span")).to_have_text(said["sentence"])


def test_a_stop_that_keeps_what_was_said_is_not_brought_before_what_was_tapped_before_it(
    talk: Any, phone: Page, noted: Any
) -> None:
    stops: list[str] = []
    phone.on("request", lambda request: stops.append(request.url) if request.url.endswith("/stop") else None)
    for path in ("**/session*", "**/moments"):
        cut(phone, path)
    upset(phone)
    stop_keep(phone)
    phone.unroute("**/session*")
    for _ in range(3):
        with phone.expect_event("requestfailed", lambda request: request.url.endswith("/moments")):
            pass
    assert stops == []
    expect(phone.locator("[data-waits]")).to_be_visible()

    phone.unroute("**/moments")
    phone.click("[data-finish]")
    phone.wait_for_url("**/stopped*")
    talk.kill()
    assert ("distress_1", "", "W1") in noted()


def test_a_tap_whose_request_hangs_goes_with_another_one_before_the_stop_that_keeps_it(
    talk: Any, phone: Page, noted: Any
) -> None:
    seen: list[str] = []
    phone.on(
        "request", lambda request: seen.append(request.url.rsplit("/", 1)[-1]) if request.method == "POST" else None
    )
    phone.on("requestfailed", lambda request: seen.append(f"failed: {request.url.rsplit('/', 1)[-1]}"))
    cut(phone, "**/session*")
    upset(phone)
    phone.route("**/moments", lambda _route: None, times=1)  # its connection is dead; any other lives
    with phone.expect_request("**/moments"):
        phone.unroute("**/session*")
    stop_keep(phone)

    phone.click("[data-finish]")
    phone.wait_for_url("**/stopped*")
    talk.kill()
    assert "failed: moments" not in seen[: seen.index("stop")]
    assert [one for one in noted() if one[0] == "distress_1"] == [("distress_1", "", "W1")]


def test_a_tap_that_the_laptop_cannot_write_holds_up_no_stop(talk: Any, phone: Page) -> None:
    cut(phone, "**/session*")
    phone.route("**/moments", lambda route: route.fulfill(status=507, json={"code": "disk_full", "sentence": ""}))
    upset(phone)
    stop_keep(phone)
    phone.unroute("**/session*")

    phone.click("[data-finish]")
    phone.wait_for_url("**/stopped*")
