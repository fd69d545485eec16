"""A researcher at a phone-wide page, doing what the stories of `domain.md` §7 tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from fieldkit.acts.desk import Desk


class Researcher:
    """What a person does on the pages, in their words; `inputs` counts taps, ticks, fields and signatures."""

    def __init__(self, page: Page, laptop: Any) -> None:
        self.page, self.laptop, self.url = page, laptop, laptop.url
        self.inputs = 0

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def drops_a_file(self, media: str) -> None:
        """Lay a file onto the page, as from a folder beside the browser; wait for what is said to it."""
        self.page.wait_for_load_state("load")  # the page listens once its modules have run
        self.page.evaluate(
            """media => {
                const data = new DataTransfer();
                data.items.add(new File(['x'], 'rec', { type: media }));
                const said = { dataTransfer: data, bubbles: true, cancelable: true };
                document.body.dispatchEvent(new DragEvent('drop', said));
            }""",
            media,
        )
        self.page.locator("[data-drop]").wait_for(state="visible")

    def leave(self) -> None:
        """Close the laptop as Ctrl+C does."""
        self.page.goto("about:blank")
        self.laptop.stop()

    def press(self, words: str) -> None:
        """A button that leads to another page, and that page."""
        self._taps(self.page.locator("main").get_by_role("button", name=words, exact=True))

    def follow(self, words: str) -> None:
        self._taps(self.page.locator("main").get_by_role("link", name=words, exact=True).first)

    def opens(self, selector: str) -> None:
        """The first of what has no words of its own, and the page that it leads to."""
        self._taps(self.page.locator(selector).first)

    def _taps(self, what: Locator) -> None:
        self.inputs += 1
        with self.page.expect_navigation():  # a click may return before the form has left
            what.click()

    def unfolds(self, words: str) -> None:
        self.inputs += 1
        self.page.locator("summary").get_by_text(words, exact=True).click()

    def ticks(self, words: str) -> None:
        self.inputs += 1
        self.page.get_by_label(words, exact=True).check()

    def types(self, name: str, text: str) -> None:
        self.inputs += 1
        self.page.fill(f"main [name={name}]", text)

    def chooses(self, name: str, code: str) -> None:
        self.inputs += 1
        self.page.select_option(f"main [name={name}]", code)

    def sees(self, words: str) -> bool:
        return words in self.page.inner_text("body")

    def fills_in_the_slip(self, called: str, born: str, sex: str = "女孩") -> None:
        self.go("/people/new")
        self.types("called", called)
        self.types("phone", f"0394-{int.from_bytes(called.encode()[-3:]) % 10**7:07}")  # each family has its own
        self.types("site", "A03")
        self.ticks(sex)
        self.types("birth_date", born)

    def registers(self, called: str, born: str) -> None:
        """From an empty form to a screened child."""
        self.fills_in_the_slip(called, born)
        self.press("存好，下一步")
        self.press("都符合，没有要排除的")

    def draws(self) -> None:
        self.inputs += 1
        pad = self.page.locator("canvas[data-pad]")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box
        self.page.mouse.move(box["x"] + 30, box["y"] + 60)
        self.page.mouse.down()
        for step in range(1, 8):
            self.page.mouse.move(box["x"] + 30 + 25 * step, box["y"] + 60 + 15 * (step % 3))
        self.page.mouse.up()

    def reads_aloud_and_asks_back(self) -> None:
        for answer in self.page.get_by_label("说对了", exact=True).all():
            self.inputs += 1
            answer.check()
        self.press("去逐项询问")

    def asks_item_by_item(self, no_to: str = "") -> None:
        while "/items/" in self.page.url:
            refused = bool(no_to) and self.page.inner_text("h1").startswith(no_to)
            self.press("不同意" if refused else "同意")

    def rings(self, relation: str, **more: str) -> None:
        """From the child's page to the reading: the call is checked, a neighbour listens."""
        self.follow("打电话给父母" if self.sees("打电话给父母") else "问爸妈同不同意")
        self.press(f"打给{relation}")
        self.chooses("number_source", more.get("number_source", "carer"))
        self.ticks("问了两件只有家长知道的事，都对（答案不记）")
        self.ticks("免提已打开")
        self.types("witness_name", "张某")
        self.chooses("witness_relation", more.get("witness_relation", "neighbour"))
        self.ticks("成年、能识字、不是课题组的人，从头到尾在场")
        self.press("去念给家长听")

    def signs_for_a_parent(self, relation: str, real_name: str) -> None:
        """From the child's page to a stored consent: every item is asked, a signature is drawn."""
        self.follow("问爸妈同不同意")
        self.press(relation)
        self.reads_aloud_and_asks_back()
        self.asks_item_by_item()
        self.types("real_name", real_name)
        self.types("signer_name", "王某")
        self.draws()
        self.press("存好同意")

    def hears_yes_from_the_child(self) -> None:
        self.follow("去问孩子")
        for part in self.page.locator("input[name=told]").all():
            self.inputs += 1
            part.check()
        self.ticks("亲口说")
        self.press("愿意")

    def starts(self) -> None:
        """What only asks is tapped, and the interview begins."""
        self.ticks("看得见、听不见，同事在附近")
        if self.page.locator("[name=reason_G10]").count():
            self.ticks("不在孩子家里聊")
        self.press("开始访谈")
        self.page.wait_for_selector("details.q")

    def records_the_grandmother(self) -> None:
        """Grandmother cannot read: her thumbprint on paper, a neighbour as witness."""
        self.press("奶奶")
        self.ticks("说对了")
        self.ticks("纸上按手印，有见证人")
        self.chooses("no_sign_reason", "cannot_read")
        self.types("witness_name", "张某")
        self.chooses("witness_relation", "neighbour")
        self.ticks("成年、能识字、不是课题组的人，从头到尾在场")
        self.types("paper_ref", "P-01")
        self.press("存好确认")

    def writes(self, question: str, text: str) -> None:
        self.page.locator(f"#note-{question}").click()
        self.page.keyboard.insert_text(text)
        self.page.wait_for_selector(f'#{question} .badge[data-state="saved"]')


@pytest.fixture
def researcher(
    start: Any, desks: dict[str, Desk], phone: Page, unlock: Callable[..., None]
) -> Callable[[str], Researcher]:
    """Sit down at a role's machine; the acts in this process have let go of its folder."""

    def sit(role: str) -> Researcher:
        desks[role].db.close()
        desks[role].folder.close()
        laptop = start(desks[role].folder.path)
        unlock(phone, laptop)
        return Researcher(phone, laptop)

    return sit


@pytest.fixture
def researcher_of() -> type[Researcher]:
    return Researcher


Run = Callable[..., Any]


@pytest.fixture
def fieldkit(passphrase: str) -> Run:
    """Run a command in a process of its own; return what `--json` printed, or the text."""

    def run(*words: str | Path, fails: int = 0) -> Any:
        env = {**os.environ, "FIELDKIT_PASSPHRASE": passphrase}
        done = subprocess.run(
            [sys.executable, "-m", "fieldkit", *map(str, words)], capture_output=True, text=True, env=env, check=False
        )
        assert done.returncode == fails, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout + done.stderr

    return run
