"""The cover over an open page: what was typed is hidden, not lost, and comes back with the same session."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fieldkit.acts import users
from fieldkit.acts.desk import Desk
from fieldkit.store.keys import Cost

pytestmark = pytest.mark.browser
Unlock = Callable[[Page, Any], None]
SCRIPT = re.compile(r"block scripts %}(.*?){% endblock", re.DOTALL)


def test_what_was_typed_is_hidden_under_the_cover_and_still_there_afterwards(
    start: Any, four_machines: Path, tmp_path: Path, phone: Page, unlock: Callable[..., None], passphrase: str
) -> None:
    laptop = start(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop"))
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/users")
    phone.fill("#name", "王越")
    other = phone.context.new_page()
    other.goto(f"{laptop.url}/cover")
    other.fill("#pin", "2468")
    other.click("form.card button.primary")
    expect(other.locator("h1")).to_have_text("李岚")

    phone.evaluate("dispatchEvent(new Event('focus'))")
    expect(phone.locator("main")).to_be_hidden()
    expect(phone.locator("[data-cover]")).to_be_visible()

    other.fill("#secret", "2468")
    other.click("form.card button.primary")
    expect(other.locator("nav")).to_be_visible()
    phone.evaluate("dispatchEvent(new Event('focus'))")
    expect(phone.locator("main")).to_be_visible()
    assert phone.input_value("#name") == "王越"


def test_a_page_without_typed_words_goes_under_the_cover_by_itself(
    start: Any, four_machines: Path, tmp_path: Path, phone: Page, unlock: Callable[..., None]
) -> None:
    laptop = start(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop"))
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/users")
    other = phone.context.new_page()
    other.goto(f"{laptop.url}/cover")
    other.fill("#pin", "2468")
    other.click("form.card button.primary")
    expect(other.locator("#secret")).to_be_visible()

    phone.wait_for_url("**/cover?next=%2Fusers")  # it hears of it without being looked at
    phone.fill("#secret", "2468")
    phone.click("form.card button.primary")
    phone.wait_for_url("**/users")


@pytest.fixture
def laptop(start: Any, desks: dict[str, Desk], child: str, passphrase: str) -> Any:
    """The interviewer's laptop, locked: one child nobody was asked about, and a second interviewer."""
    desk = desks["interviewer"]
    users.add(desk, "王越", passphrase, Cost(1, 8192))
    desk.db.close()
    desk.folder.close()
    return start(desk.folder.path)


def sit_down(page: Page, laptop: Any, who: str, passphrase: str) -> None:
    page.goto(f"{laptop.url}/unlock")
    page.locator("#code label", has_text=who).click()
    page.fill("#passphrase", passphrase)
    page.click("form.card button.primary")
    expect(page.locator(".who b").first).to_have_text(who)


def lock(page: Page, laptop: Any) -> None:
    """Lock in another window than the one that is looked at."""
    page.goto(f"{laptop.url}/today")
    page.locator("details.who summary").click()
    page.get_by_role("button", name="锁屏").click()
    expect(page.locator("h1")).to_have_text("谁在这里？")


def beat(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('focus'))")


def session_of(page: Page) -> str:
    """Return which session the form of a page is sent in; what follows in its token is the time and a signature."""
    return page.locator("main [name=csrf_token]").first.input_value().split(".")[0]


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=words, exact=True).first.click()


def to_the_signature(page: Page, laptop: Any, child: str) -> None:
    page.goto(f"{laptop.url}/people/{child}/consent")
    press(page, "母亲")
    for answer in page.get_by_label("说对了", exact=True).all():
        answer.check(force=True)
    press(page, "去逐项询问")
    while "/items/" in page.url:
        press(page, "同意")


def draw(page: Page) -> None:
    pad = page.locator("canvas[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90, steps=5)
    page.mouse.up()


def test_a_lock_in_another_window_covers_a_page_that_is_touched_and_another_person_sees_none_of_it(
    laptop: Any, phone: Page, passphrase: str
) -> None:
    sit_down(phone, laptop, "李岚", passphrase)
    phone.goto(f"{laptop.url}/people/new")
    phone.fill("[name=called]", "某家二丫")
    other = phone.context.new_page()
    lock(other, laptop)
    expect(phone.locator("main")).to_be_hidden()
    phone.mouse.click(5, 300)
    beat(phone)
    expect(phone.locator("main")).to_be_hidden()
    assert phone.title() == "fieldkit"

    sit_down(other, laptop, "王越", passphrase)
    phone.mouse.click(5, 300)
    with phone.expect_response("**/cover/*"):
        beat(phone)
    expect(phone.locator("[data-cover] a")).to_have_attribute("href", "/unlock")
    expect(phone.locator("main")).to_be_hidden()

    sit_down(other, laptop, "李岚", passphrase)
    beat(phone)
    expect(phone.locator("main")).to_be_visible()
    expect(phone.locator("[name=called]")).to_have_value("某家二丫")
    press(phone, "存好，下一步")
    expect(phone.locator("#problem")).to_be_visible()  # taken with the new token, and refused for what is still empty


def test_after_a_lock_a_page_without_typed_words_asks_to_unlock_and_comes_back(
    laptop: Any, child: str, phone: Page, passphrase: str
) -> None:
    sit_down(phone, laptop, "李岚", passphrase)
    phone.goto(f"{laptop.url}/people/{child}")
    phone.mouse.click(5, 300)
    other = phone.context.new_page()
    lock(other, laptop)

    phone.wait_for_url(f"**/unlock?next=/people/{child}")
    phone.locator("#code label", has_text="李岚").click()
    phone.fill("#passphrase", passphrase)
    phone.click("form.card button.primary")
    phone.wait_for_url(f"{laptop.url}/people/{child}")


def test_a_consent_that_is_all_but_saved_survives_a_lock_with_its_signature(
    laptop: Any, child: str, phone: Page, passphrase: str
) -> None:
    sit_down(phone, laptop, "李岚", passphrase)
    to_the_signature(phone, laptop, child)
    draw(phone)
    other = phone.context.new_page()
    lock(other, laptop)
    expect(phone.locator("main")).to_be_hidden()  # a signature is typed words, too
    sit_down(other, laptop, "李岚", passphrase)
    expect(phone.locator("main")).to_be_visible()

    phone.fill("[name=real_name]", "刘某")
    phone.fill("[name=signer_name]", "王某")
    press(phone, "存好同意")
    expect(phone.locator(".news")).to_contain_text("同意已经存好")


SCRAWL = """pad => {
  const brush = pad.getContext('2d'), dots = brush.createImageData(pad.width, pad.height);
  for (let n = 0; n < dots.data.length; n++) dots.data[n] = n % 4 === 3 ? 255 : Math.random() * 256;
  brush.putImageData(dots, 0, 0);
  return pad.toDataURL('image/png').length;
}"""


def test_a_signature_too_large_for_a_form_is_made_coarser_and_kept_with_the_names(
    laptop: Any, child: str, phone: Page, passphrase: str
) -> None:
    phone.set_viewport_size({"width": 1280, "height": 800})
    sit_down(phone, laptop, "李岚", passphrase)
    to_the_signature(phone, laptop, child)
    assert phone.locator("canvas[data-pad]").evaluate(SCRAWL) > 400_000
    draw(phone)

    phone.fill("[name=real_name]", "刘某")
    phone.fill("[name=signer_name]", "王某")
    press(phone, "存好同意")
    expect(phone.locator(".news")).to_contain_text("同意已经存好")


def test_a_page_that_came_back_with_a_refusal_is_covered_and_not_left(
    laptop: Any, child: str, phone: Page, passphrase: str
) -> None:
    sit_down(phone, laptop, "李岚", passphrase)
    to_the_signature(phone, laptop, child)
    phone.fill("[name=real_name]", "刘某")
    press(phone, "存好同意")
    expect(phone.locator("#problem")).to_be_visible()
    lock(phone.context.new_page(), laptop)

    expect(phone.locator("main")).to_be_hidden()
    expect(phone.locator("[name=real_name]")).to_have_value("刘某")


def test_what_was_typed_of_a_real_child_is_not_sent_into_a_practice_in_another_window(
    laptop: Any, phone: Page, passphrase: str
) -> None:
    sit_down(phone, laptop, "李岚", passphrase)
    phone.goto(f"{laptop.url}/people/new")
    phone.fill("[name=called]", "某家二丫")
    token = session_of(phone)
    other = phone.context.new_page()
    other.goto(f"{laptop.url}/practice")
    other.click("[data-practice] button")
    other.wait_for_selector(".ribbon.practice", timeout=60_000)  # the children are made meanwhile
    for _ in range(2):  # the first answer is used before the second is asked for
        with phone.expect_response("**/cover/*"):
            beat(phone)

    expect(phone.locator("main")).to_be_visible()
    assert session_of(phone) == token


def test_every_page_goes_under_the_cover() -> None:
    root = Path(__file__).resolve().parents[2]
    told = {path: SCRIPT.search(path.read_text()) for path in (root / "templates").rglob("*.html")}
    own = {path: found[1] for path, found in told.items() if found and "super()" not in found[1]}
    names = {path: re.findall(r"js/(\w+\.js)", block) for path, block in own.items()}
    uncovered = [
        str(path)
        for path, scripts in names.items()
        if not any("./cover.js" in (root / "fieldkit/static/js" / name).read_text() for name in scripts)
    ]

    assert len(names) > 5
    assert uncovered == []


def test_under_a_lock_an_open_stop_panel_is_covered_too_and_nobody_can_act_on_it(
    talk: Any, phone: Page, unlock: Unlock
) -> None:
    phone.route("**/stop", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    phone.click(".stopbar .stop")
    phone.click("#stop [value=stop_keep]")
    expect(phone.locator("[data-waits]")).to_be_visible()
    other = phone.context.new_page()
    lock(other, talk)
    beat(phone)

    way = phone.locator("[data-cover] a")
    expect(way).to_be_visible()
    way.click(trial=True)  # nothing lies over it, nothing keeps it from being tapped
    for part in ("#stop", "header", ".stopbar", "[data-chosen]"):
        expect(phone.locator(part)).to_be_hidden()
    phone.keyboard.press("Escape")
    expect(phone.locator("#stop")).to_be_hidden()

    unlock(other, talk)
    beat(phone)
    expect(phone.locator("#stop")).to_be_visible()
    expect(way).to_be_hidden()


def test_a_second_page_that_asks_to_unlock_goes_on_by_itself_once_somebody_did(
    laptop: Any, child: str, phone: Page, passphrase: str
) -> None:
    sit_down(phone, laptop, "李岚", passphrase)
    phone.goto(f"{laptop.url}/people/{child}")
    other = phone.context.new_page()
    lock(other, laptop)
    phone.wait_for_url("**/unlock?next=**")
    expect(phone.locator("#passphrase")).to_be_visible()
    sit_down(other, laptop, "李岚", passphrase)

    phone.wait_for_url(f"**/people/{child}")


def test_who_types_the_passphrase_on_that_second_page_comes_back_and_another_person_is_asked_again(
    laptop: Any, child: str, phone: Page, passphrase: str
) -> None:
    sit_down(phone, laptop, "李岚", passphrase)
    other = phone.context.new_page()
    lock(other, laptop)
    expect(phone.locator("h1")).to_have_text("谁在这里？")  # it has gone there by itself
    for who in ("李岚", "王越"):
        phone.goto(f"{laptop.url}/unlock?next=/people/{child}")
        phone.locator("#code label", has_text=who).click()
        phone.fill("#passphrase", passphrase)
        if who == "李岚":
            sit_down(other, laptop, who, passphrase)
        else:
            token_of_before(phone)
        phone.click("form.card button.primary")
        if who == "李岚":
            phone.wait_for_url(f"**/people/{child}")
    expect(phone.locator("h1")).to_have_text("谁在这里？")
    assert phone.url.endswith(f"/unlock?next=/people/{child}")


def token_of_before(page: Page) -> None:
    """Let a page be as if it had been opened before somebody signed in."""
    page.locator("form.card [name=csrf_token]").evaluate("field => { field.value = 'of before'; }")
