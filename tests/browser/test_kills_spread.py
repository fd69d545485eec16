"""Laptop or browser is killed in each step of an interview: what was called saved stays, a step is whole or not begun.

The page's clock stands still but for what a test lets pass: "two seconds" are seconds of typing, not of this computer.
Each step is killed at its named points (before the commit, after it, after the answer) and at random statements.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from select import select
from typing import Any

import pytest
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright

from fieldkit.acts import checks, stops, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder

pytestmark = [pytest.mark.browser, pytest.mark.kills]
PLUG = Path(__file__).with_name("plug.py")
WORDS = "下雨放学的时候别人家都有人送伞我跟奶奶说不用来接自己跑回去就行了书包顶在头上"
TYPED = "wq4nv8xk2zt6mp"
NOTE, BADGE = "#note-W1", "#W1 .badge"
STEPS = {  # activity and act, and what the disk says before and after it
    ("typing", "save"): None,
    ("composing", "save"): None,
    ("stopping", "choose"): (TYPED, "stop_keep"),
    ("stopping", "finish"): ("stop_keep", "stopped"),
    ("discarding", "choose"): (TYPED, "stop_discard"),
    ("discarding", "finish"): ("stop_discard", "discarded"),
    ("closing", "tick"): (TYPED, "ticked"),
    ("closing", "end"): (TYPED, "ended"),
}
NAMED = ("before_commit", "after_commit", "after_answer")
MOST_STATEMENTS = 40
SOON = 60.0  # seconds; a program that was never started here takes long on a busy machine
QUEUED = """async () => {
    const opening = indexedDB.open('fieldkit');
    opening.onupgradeneeded = () => opening.result.createObjectStore('queue');
    const database = await new Promise((resolve) => { opening.onsuccess = () => resolve(opening.result); });
    const counting = database.transaction('queue').objectStore('queue').count();
    const count = await new Promise((resolve) => { counting.onsuccess = () => resolve(counting.result); });
    database.close();
    return count;
}"""


WATCH = """(() => {
    window.kept = 0;
    const { encrypt } = SubtleCrypto.prototype, { put } = IDBObjectStore.prototype;
    SubtleCrypto.prototype.encrypt = async function (how, key, plain) {
        const sealed = await encrypt.call(this, how, key, plain);
        sealed.holds = JSON.parse(new TextDecoder().decode(plain)).text?.length;
        return sealed;
    };
    IDBObjectStore.prototype.put = function (record, id) {
        const holds = record.sealed?.holds;
        if (holds) this.transaction.addEventListener('complete', () => { window.kept = holds; });
        return put.call(this, record, id);
    };
})()"""  # how many characters the queue has on the disk
KEPT = "(length) => window.kept >= length"
ACKNOWLEDGED = f"(length) => Number(document.querySelector('{BADGE}').dataset.ackedLength ?? 0) >= length"


class Outlet:
    """The server on one port, started anew after each kill."""

    def __init__(self, port: int, log: Path, compiled: str) -> None:
        self.url, self._heard, self._pid = f"http://127.0.0.1:{port}", b"", 0
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(PLUG), str(port), compiled],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def serve(self, folder: Path, act: str = "-", point: str = "-") -> None:
        """Start, to be held where *act* comes to *point*."""
        self._tell(f"{act} {point} {folder}")
        self._pid = int(self._line())
        assert self.said(self.url)

    def said(self, words: str, wait: float = SOON) -> bool:
        """Tell whether the program says *words* before *wait* is over."""
        while words.encode() not in self._heard:
            if not self._listen(wait):
                return False
        self._heard = self._heard.split(words.encode(), 1)[1]
        return True

    def held(self) -> bool:
        """Tell whether the act stands at its point; False where it has passed without coming there."""
        while not (found := [words for words in (b"held\n", b"passed\n") if words in self._heard]):
            assert self._listen(SOON)
        self._heard = self._heard.split(found[0], 1)[1]
        return found[0] == b"held\n"

    def go_on(self) -> None:
        self._tell("")

    def kill(self) -> None:
        """Kill without warning, as a battery does."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._pid = 0
            assert self.said("ended\n")
            self._heard = b""

    def close(self) -> None:
        self.kill()
        self.process.communicate()

    def _line(self) -> str:
        while b"\n" not in self._heard:
            assert self._listen(SOON)
        line, self._heard = self._heard.split(b"\n", 1)
        return line.decode()

    def _listen(self, wait: float) -> bool:
        assert self.process.stdout is not None
        if not select([self.process.stdout], [], [], wait)[0]:
            return False
        heard = os.read(self.process.stdout.fileno(), 4096)
        self._heard += heard
        return bool(heard)

    def _tell(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{words}\n".encode())


class Talk:
    """One interview in one page, whose clock moves only when it is told to."""

    def __init__(self, page: Page, chance: random.Random) -> None:
        self.page, self.chance = page, chance
        self.text, self.composed, self.typed = "", "", list[tuple[int, int]]()
        self.now = 0

    def open(self, url: str, interview: str) -> None:
        self.page.goto(f"{url}/interviews/{interview}?section=W&q=W1#W1")
        self.page.focus(NOTE)

    def hold_still(self) -> None:
        self.page.clock.install()
        self.page.clock.pause_at(datetime.now().astimezone() + timedelta(minutes=1))

    def pass_(self, milliseconds: int) -> None:
        self.page.clock.run_for(milliseconds)
        self.now += milliseconds

    def type(self, *, composing: bool) -> None:
        """One more character; composed ones stay pending."""
        self.text += self.chance.choice(WORDS)
        if composing:
            self.composed += self.text[-1]
            at = len(self.composed)
            told = {"text": self.composed, "selectionStart": at, "selectionEnd": at}
            self.page.context.new_cdp_session(self.page).send("Input.imeSetComposition", told)
        else:
            self.page.keyboard.insert_text(self.text[-1])
        self.typed.append((self.now, len(self.text)))

    def due(self) -> int:
        """Return how many characters are older than two seconds of typing."""
        return max((length for when, length in self.typed if self.now - when >= 2000), default=0)

    def acknowledged(self) -> int:
        return int(self.page.get_attribute(BADGE, "data-acked-length") or 0)

    def wait_acknowledged(self, length: int) -> None:
        self.page.wait_for_selector(f'{BADGE}[data-acked-length="{length}"]', timeout=SOON * 1000)


class Round:
    """One kill: a fresh machine with an interview, and how the page comes to the step that is wanted."""

    def __init__(self, outlet: Outlet, machine: Path, talk: Talk, interview: str) -> None:
        self.outlet, self.machine, self.talk, self.interview = outlet, machine, talk, interview

    def write(self, point: str, *, composing: bool) -> bool:
        """Type until the save that is wanted is held, or its answer is there; then a little more."""
        talk = self.talk
        talk.open(self.outlet.url, self.interview)
        talk.hold_still()
        for _ in range(talk.chance.randint(1, 6)):
            talk.type(composing=composing)
            talk.pass_(talk.chance.choice((50, 150, 250)))
        talk.pass_(2000)
        held = point != "after_answer" and self.outlet.held()
        talk.page.wait_for_function(KEPT if held else ACKNOWLEDGED, arg=talk.due())
        for _ in range(talk.chance.randint(0, 4)):
            talk.type(composing=composing)
            talk.pass_(talk.chance.choice((50, 150, 250)))
        return held

    def tap(self, activity: str, act: str) -> None:
        """Tap up to the step that is wanted, without waiting for its answer."""
        page, kept = self.talk.page, "stop_keep" if activity == "stopping" else "stop_discard"
        if activity == "closing":
            page.goto(f"{self.outlet.url}/interviews/{self.interview}/close")
            for name, value in {"completion": "core", "setting": "home_yard", "privacy": "private"}.items():
                page.locator(f"[name={name}][value={value}]").first.evaluate("one => { one.checked = true; }")
            page.locator("[name=others_present][value=none]").evaluate("one => { one.checked = true; }")
            page.locator("[name=told]").first.check()
            button = "[name=do][value=keep]" if act == "tick" else "form button.primary:not([value=keep])"
            page.locator(button).first.evaluate("one => { one.click(); }")
            return
        page.click(".stopbar .stop")
        page.locator(f"#stop [value={kept}]").evaluate("one => { one.click(); }")
        if act == "finish":
            page.locator("[data-finish]").evaluate("one => { one.click(); }")

    def prepare(self) -> None:
        """A note is there, and saved, before the step."""
        self.talk.open(self.outlet.url, self.interview)
        self.talk.page.keyboard.insert_text(TYPED)
        self.talk.wait_acknowledged(len(TYPED))


@pytest.fixture
def outlet(port: int, tmp_path: Path, compiled: FileSystemBytecodeCache) -> Iterator[Outlet]:
    found = Outlet(port, tmp_path / "server.log", compiled.directory)
    yield found
    found.close()


@pytest.fixture
def machine(field_folder: Path, tmp_path: Path) -> Callable[[], Path]:
    """A fresh copy of the laptop with its open interview, always in the same place."""
    place = tmp_path / "machine"

    def fresh() -> Path:
        shutil.rmtree(place, ignore_errors=True)
        return shutil.copytree(field_folder, place, ignore=shutil.ignore_patterns("lock"))

    return fresh


Look = Callable[[], tuple[str, str]]


@pytest.fixture
def look(
    tmp_path: Path,
    interview: str,
    passphrase: str,
    standing: Callable[[Desk, str], str],
    clear: Callable[[Database], bytes],
) -> Look:
    """What the disk says after a kill, and after what was chosen is carried out; what is discarded is in no byte."""

    def read() -> tuple[str, str]:
        folder = Folder.open(tmp_path / "machine")
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        stood = standing(desk, interview)
        stops.finish_due(desk)
        finally_ = standing(desk, interview)
        with desk.db.writing():
            desk.db.leave_no_trace()
        assert checks.check(desk).ok
        if stood not in {"", finally_} or finally_ in {"discarded", "ended", "stopped", TYPED}:
            assert (TYPED.encode() in clear(desk.db).lower()) == (finally_ != "discarded")
        desk.db.close()
        folder.close()
        return stood, finally_

    return read


def plan(times: int) -> list[tuple[str, str, str, random.Random]]:
    """Return each kill: activity, act, point, and the chance that belongs to it; every fourth falls at random."""
    found = []
    for place, (activity, act) in enumerate(STEPS):
        for turn in range(times):
            chance = random.Random(f"20261126 {activity} {act} {turn}")
            named, number = NAMED[(place + turn - turn // 4) % 3], str(chance.randint(1, MOST_STATEMENTS))
            found.append((activity, act, named if turn % 4 < 3 else number, chance))
    return found


def told(point: str) -> str:
    return point if point in NAMED else "at a random statement"


def say(capsys: pytest.CaptureFixture[str], what: str, fell: Counter[tuple[str, str, str]], times: int) -> None:
    """Print where the kills fell; each step and each named point is among them."""
    with capsys.disabled():
        print(f"\n{fell.total()} kills of the {what}")
        print(*(f"{count:5d}  {' '.join(where)}" for where, count in sorted(fell.items())), sep="\n")
    assert fell.total() == len(STEPS) * times
    assert {point for *_, point in fell} >= set(NAMED)
    for activity, act in STEPS:
        assert len({point for *step, point in fell if step == [activity, act]}) == min(times, 4)


def one_round(
    outlet: Outlet, machine: Path, context: BrowserContext, unlock: Any, interview: str, *what: Any
) -> tuple[Talk, bool]:
    """Come to the point of the step; tell whether the laptop is held there."""
    activity, act, point, chance = what
    context.add_init_script(WATCH)
    talk = Talk(context.new_page(), chance)
    outlet.serve(machine, act, point)
    unlock(talk.page, outlet)
    round_ = Round(outlet, machine, talk, interview)
    if act == "save":
        return talk, round_.write(point, composing=activity == "composing")
    round_.prepare()
    round_.tap(activity, act)
    held = outlet.held()
    if not held:
        talk.page.wait_for_url(AFTER[act])
    return talk, held


AFTER = {"choose": "**/stop", "finish": "**/stopped*", "tick": "**section=E*", "end": "**/people/*"}


def right(step: tuple[str, str], point: str, *, held: bool, stood: str) -> bool:
    """Tell whether the disk says what it must, a step being whole or not begun."""
    before, after = STEPS[step] or ("", "")
    if held and point not in NAMED:
        return stood in {before, after}
    return stood == (before if held and point == "before_commit" else after)


def test_the_laptop_is_killed_in_each_step(
    outlet: Outlet,
    machine: Callable[[], Path],
    look: Look,
    chromium: Browser,
    unlock: Any,
    interview: str,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    fell, times = Counter[tuple[str, str, str]](), pytestconfig.getoption("--kills")
    for activity, act, point, chance in plan(times):
        context, place = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN"), machine()
        talk, held = one_round(outlet, place, context, unlock, interview, activity, act, point, chance)
        acknowledged = talk.acknowledged() if act == "save" else 0
        outlet.kill()
        stood, finally_ = look()

        if act == "save":
            assert talk.text.startswith(stood)
            assert len(stood) >= acknowledged
            assert held or len(stood) >= talk.due()
            assert (point, held, stood) != ("after_commit", True, "")
            outlet.serve(place)
            unlock(context.new_page(), outlet)
            talk.page.clock.resume()
            talk.wait_acknowledged(len(talk.text))
            outlet.kill()
            assert look() == (talk.text, talk.text)
        else:
            assert right((activity, act), point, held=held, stood=stood), (activity, act, point, stood)
            assert not finally_.startswith("stop_")
        fell[activity, act, told(point)] += 1
        context.close()
    say(capsys, "laptop", fell, times)


class Browsers:
    """A browser that is started again and again on one profile."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self.playwright, self.profile = playwright, profile
        self.context = self.start()

    def start(self) -> BrowserContext:
        self.context = self.playwright.chromium.launch_persistent_context(
            self.profile, executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        return self.context

    def kill(self) -> None:
        """End the browser of this profile without warning, and nothing else."""
        said = {path: path.read_bytes().decode().split("\0") for path in Path("/proc").glob("[0-9]*/cmdline")}
        (main,) = (
            path.parent.name
            for path, words in said.items()
            if f"--user-data-dir={self.profile}" in words and not any(word.startswith("--type=") for word in words)
        )
        os.kill(int(main), signal.SIGKILL)
        self.close()

    def close(self) -> None:
        with suppress(Error):  # it was killed
            self.context.close()


@pytest.fixture
def browsers(playwright: Playwright, tmp_path: Path) -> Iterator[Browsers]:
    found = Browsers(playwright, tmp_path / "profile")
    yield found
    found.close()


def test_the_browser_is_killed_in_each_step_and_delivers_what_it_kept(
    outlet: Outlet,
    machine: Callable[[], Path],
    look: Look,
    browsers: Browsers,
    unlock: Any,
    until: Any,
    interview: str,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    fell, times = Counter[tuple[str, str, str]](), pytestconfig.getoption("--kills")
    for activity, act, point, chance in plan(times):
        place = machine()
        talk, held = one_round(outlet, place, browsers.context, unlock, interview, activity, act, point, chance)
        acknowledged = talk.acknowledged() if act == "save" else 0
        browsers.kill()
        if held:
            outlet.go_on()
            assert outlet.said("passed")
        page = browsers.start().new_page()
        unlock(page, outlet)
        if act == "save":
            Talk(page, chance).open(outlet.url, interview)
            until(page, f"async () => await ({QUEUED})() === 0")
        outlet.kill()
        stood, finally_ = look()

        if act == "save":
            assert talk.text.startswith(stood)
            assert len(stood) >= max(acknowledged, talk.due())
        else:
            after = STEPS[activity, act]
            assert after is not None
            assert stood in {after[1], finally_}, (activity, act, point, stood)
            assert finally_ == {"stop_keep": "stopped", "stop_discard": "discarded"}.get(after[1], after[1])
        fell[activity, act, told(point)] += 1
    say(capsys, "browser", fell, times)
