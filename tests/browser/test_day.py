"""A whole interview day in Chinese on a paired phone, through the laptop's address in the network; every step drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fieldkit.acts.desk import Desk

pytestmark = pytest.mark.browser
BESIDE = Path(__file__).with_name("beside.py")
DOCS = Path(__file__).resolve().parents[2] / "docs"
SAID = "下雨放学的时候。别人家都有人送伞。"
TAKEN_BACK = "我不想让我妈知道。"


class Handset:
    """A person with a phone in the hand: taps, reads, and keeps a picture of each step."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.drawn: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def draws(self, name: str, at: str = "") -> None:
        """Keep a picture of the screen, or of where *at* stands on the page."""
        if at:
            self.page.locator(at).first.scroll_into_view_if_needed()
        self.page.wait_for_load_state()
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        self.drawn.append(f"{len(self.drawn) + 1:02}-{name}.zh.360.png")
        self.page.screenshot(path=self.folder / self.drawn[-1])

    def turns_to(self, heading: str) -> None:
        """Wait for the page with this heading, and until it listens."""
        expect(self.page.locator("h1")).to_contain_text(heading)
        self.page.wait_for_load_state()

    def presses(self, words: str, place: str = "body") -> None:
        self.page.locator(place).get_by_role("button", name=words, exact=True).click()

    def follows(self, words: str, place: str = "body") -> None:
        self.page.locator(place).get_by_role("link", name=words, exact=True).first.click()

    def goes_on(self, selector: str) -> None:
        """Tap what leads to another page, and wait until that one listens."""
        with self.page.expect_navigation():
            self.page.click(selector)
        self.page.wait_for_load_state()

    def taps(self, group: str, *names: str) -> None:
        for name in names:
            self.page.get_by_role("group", name=group).get_by_label(name, exact=True).click()

    def signs(self) -> None:
        pad = self.page.locator("canvas[data-pad]")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box
        self.page.mouse.move(box["x"] + 40, box["y"] + 80)
        self.page.mouse.down()
        for step in range(1, 9):
            self.page.mouse.move(box["x"] + 40 + 24 * step, box["y"] + (40 if step % 2 else 90))
        self.page.mouse.up()

    def writes(self, question: str, text: str) -> None:
        self.page.locator(f"#note-{question}").click()
        self.page.keyboard.insert_text(text)
        expect(self.page.locator(f"#{question} .badge")).to_have_attribute("data-state", "saved")


@pytest.fixture
def laptop(start: Any, desks: dict[str, Desk], child: str, phone: Page, unlock: Callable[..., None]) -> Any:
    """The interviewer's laptop in the morning: 小满 meets the criteria, nobody has been asked."""
    desk = desks["interviewer"]
    desk.db.close()
    desk.folder.close()
    opened = start(desk.folder.path, str(BESIDE))
    unlock(phone, opened)
    opened.until("https://127.0.0.2:")
    return opened


@pytest.fixture
def handset(chromium: Browser, tmp_path: Path, pytestconfig: pytest.Config) -> Any:
    """A phone that was told to go on in spite of the warning."""
    folder = DOCS / "pictures" / "day" if pytestconfig.getoption("--pictures") else tmp_path / "day"
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, locale="zh-CN", ignore_https_errors=True, has_touch=True
    )
    yield Handset(context.new_page(), folder)
    context.close()


def pair_and_unlock(handset: Handset, laptop: Any, screen: Page, passphrase: str) -> None:
    screen.goto(f"{laptop.url}/phones")
    with screen.expect_navigation():  # the page before shows an address too
        screen.click("text=配一部手机")
    handset.page.goto(screen.inner_text(".qr + .meta"))
    handset.page.fill("#name", "小李的手机")
    handset.draws("pair")
    handset.presses("配对")
    handset.turns_to("谁在这里？")
    handset.page.fill("#passphrase", passphrase)
    handset.draws("unlock")
    handset.presses("打开")
    expect(handset.page.locator("section.next")).to_be_visible()
    handset.draws("today")


def hear_the_mother(handset: Handset) -> None:
    handset.follows("问爸妈同不同意")
    handset.turns_to("谁在这里？")
    handset.draws("who")
    handset.presses("母亲")
    handset.turns_to("监护人知情同意书")
    handset.draws("reading")
    for answer in handset.page.get_by_label("说对了", exact=True).all():
        answer.check()
    handset.draws("back", "[name=back0]")
    handset.presses("去逐项询问")
    handset.page.wait_for_url("**/items/*")
    handset.draws("item")
    while "/items/" in handset.page.url:
        handset.goes_on("[value=yes]")
    handset.page.fill("[name=real_name]", "刘某")
    handset.page.fill("[name=signer_name]", "王某")
    handset.signs()
    handset.draws("sign", "#signature")
    handset.presses("存好同意")
    expect(handset.page.locator(".news")).to_contain_text("同意已经存好")
    handset.draws("consented")


def hear_the_child(handset: Handset) -> None:
    handset.goes_on("section.next a.btn")
    for part in handset.page.locator("input[name=told]").all():
        part.check()
    handset.page.get_by_label("亲口说", exact=True).check()
    handset.draws("child", "[for=words]")
    handset.goes_on("button[value=yes]")
    handset.page.get_by_label("看得见、听不见，同事在附近", exact=True).check()
    handset.page.get_by_label("不在孩子家里聊", exact=True).check()
    handset.draws("start", "button.primary")
    handset.goes_on("main form button.primary")


def talk(handset: Handset) -> None:
    page = handset.page
    page.click("#opening > summary")
    handset.draws("opening")
    page.click("#opening > summary")
    handset.writes("W1", SAID)
    handset.draws("note", "#note-W1")
    page.keyboard.insert_text(TAKEN_BACK)
    expect(page.locator("#note-W1")).to_have_value(SAID + TAKEN_BACK)
    page.click("#W1 button[value=off_record]")
    expect(page.locator("#W1 [data-off]")).to_be_visible()
    expect(page.locator("#note-W1")).to_have_value(SAID)
    handset.draws("off-record", "#W1 [data-off]")
    handset.goes_on("#W1 button[value=next]")
    handset.follows("有人来了", ".stopbar")
    expect(page.locator("#came")).to_be_visible()
    handset.draws("came")
    handset.goes_on("#came button[value='came_in carer']")
    handset.draws("listening", ".hint-line:visible")
    handset.goes_on(".stopbar button[value=left]")
    handset.follows("难受了", ".stopbar")
    expect(page.locator("#upset")).to_be_visible()
    handset.draws("upset")
    page.click("#upset a[data-back]")
    expect(page.locator("#upset")).to_be_hidden()
    handset.goes_on(".stopbar button[value=break]")
    expect(page.locator("#pause")).to_be_visible()
    handset.draws("break")
    handset.goes_on("#pause button[value=resumed]")
    expect(page.locator("#pause")).to_be_hidden()


def stop_and_go_on(handset: Handset) -> None:
    handset.follows("停", ".stopbar")
    expect(handset.page.locator("#stop")).to_be_visible()
    handset.draws("stop")
    handset.goes_on("#stop button[value=stop_keep]")
    handset.draws("countdown")
    handset.goes_on("text=接着聊 >> visible=true >> nth=0")
    expect(handset.page.locator("#note-W1")).to_have_value(SAID)


def end(handset: Handset) -> None:
    page = handset.page
    handset.goes_on("main a.btn[href$='/close']")
    for line in page.locator("[name=told]").all():
        line.check()
    handset.draws("closing", "h1")
    handset.taps("结束时的心情", "挺好")
    handset.taps("开始时的心情", "一般")
    handset.draws("mood", "#mood")
    handset.taps("地点类型", "自家院子")
    handset.taps("私密程度", "看得见、听不见")
    expect(page.get_by_role("group", name="在场他人").get_by_label("照护人", exact=True)).to_be_checked()
    handset.taps("所用语言", "周口话")
    handset.taps("现场笔记什么时候写的", "边谈边记")
    handset.taps("完成情况", "完成核心部分")
    handset.draws("fresh", "#setting")
    page.get_by_role("button", name="结束访谈").last.click()
    expect(page.locator("body")).to_contain_text("访谈已结束。")
    handset.follows("观察记录")
    handset.turns_to("观察记录")
    handset.draws("observation")


def write_the_memo(handset: Handset) -> None:
    handset.goes_on("a.btn[href$='/memo']")
    handset.page.locator("textarea").first.fill("我问得太快，没等够。")
    handset.draws("memo")
    handset.goes_on("main form button.primary")
    expect(handset.page.locator("main")).to_contain_text("我问得太快，没等够。")


def test_a_whole_day_on_a_paired_phone(laptop: Any, phone: Page, handset: Handset, passphrase: str, child: str) -> None:
    pair_and_unlock(handset, laptop, phone, passphrase)
    base = re.sub(r"(https://[^/]+)/.*", r"\1", handset.page.url)
    assert base.startswith("https://127.0.0.2:")
    handset.page.goto(f"{base}/people/{child}")
    hear_the_mother(handset)
    hear_the_child(handset)
    talk(handset)
    stop_and_go_on(handset)
    end(handset)
    handset.page.goto(f"{base}/people/{child}")
    handset.draws("kept")
    write_the_memo(handset)
    handset.page.goto(f"{base}/today")
    handset.draws("evening")

    phone.goto(f"{laptop.url}/people/{child}")
    expect(phone.locator("main")).to_contain_text("已记 1 题")
    for language in ("zh", "en"):
        text = (DOCS / f"interviewer.{language}.md").read_text(encoding="utf-8")
        assert re.findall(r"pictures/day/(\d\d-[\w-]+\.zh\.360\.png)", text) == handset.drawn
