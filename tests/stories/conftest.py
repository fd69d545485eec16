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
from playwright.sync_api import Page

from fieldkit.acts.desk import Desk


class Researcher:
    """What a person does on the pages, in the words of the pages."""

    def __init__(self, page: Page, laptop: Any) -> None:
        self.page, self.laptop, self.url = page, laptop, laptop.url

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def leave(self) -> None:
        """Close the laptop as Ctrl+C does."""
        self.page.goto("about:blank")
        self.laptop.stop()

    def press(self, words: str) -> None:
        self.page.locator("main").get_by_role("button", name=words, exact=True).click()

    def follow(self, words: str) -> None:
        self.page.locator("main").get_by_role("link", name=words, exact=True).first.click()

    def sees(self, words: str) -> bool:
        return words in self.page.inner_text("body")

    def registers(self, called: str, born: str) -> None:
        self.go("/people/new")
        self.page.fill("[name=called]", called)
        self.page.fill("[name=phone]", "0394-0000000")
        self.page.fill("[name=site]", "A03")
        self.page.get_by_label("女孩", exact=True).check()
        self.page.fill("[name=birth_date]", born)
        self.press("存好，下一步")

    def draws(self) -> None:
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
            answer.check()
        self.press("去逐项询问")

    def signs_for_a_parent(self, relation: str, real_name: str) -> None:
        """From the child's page to a stored consent: every item is asked, a signature is drawn."""
        self.follow("请爸妈表态")
        self.press(relation)
        self.reads_aloud_and_asks_back()
        while "/items/" in self.page.url:
            self.press("同意")
        self.page.fill("[name=real_name]", real_name)
        self.page.fill("[name=signer_name]", "王某")
        self.draws()
        self.press("存好同意")

    def hears_yes_from_the_child(self) -> None:
        self.follow("去问孩子")
        for part in self.page.locator("input[name=told]").all():
            part.check()
        self.page.get_by_label("亲口说", exact=True).check()
        self.press("愿意")

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
