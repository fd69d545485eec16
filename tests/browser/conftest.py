"""A field laptop with one open interview, what its disk says after a fall, and what waits in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from fieldkit.acts import questions, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder
from fieldkit.store.keys import Cost

Stored = Callable[[str], str]
AtRest = Callable[[], AbstractContextManager[Desk]]


@pytest.fixture
def field_folder(desks: dict[str, Desk], interview: str) -> Path:
    """The interviewer's data folder, closed, with an open interview in it."""
    desk = desks["interviewer"]
    desk.db.close()
    desk.folder.close()
    return desk.folder.path


@pytest.fixture
def at_rest(field_folder: Path, passphrase: str) -> AtRest:
    """Sit down at the laptop for a moment, while no server runs."""

    @contextmanager
    def sit() -> Iterator[Desk]:
        folder = Folder.open(field_folder)
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        yield desk
        desk.db.close()
        folder.close()

    return sit


@pytest.fixture
def stored(interview: str, at_rest: AtRest) -> Stored:
    """What the disk holds of the note on a question, read while no server runs."""

    def read(question: str) -> str:
        with at_rest() as desk:
            lines = questions.page(desk, interview, question[0]).questions
        return next(line.text_now for line in lines if line.id == question)

    return read


@pytest.fixture
def colleague(desks: dict[str, Desk], passphrase: str, cheap: Cost) -> str:
    """Another interviewer of the same laptop, by name."""
    users.add(desks["interviewer"], "王越", passphrase, cheap)
    return "王越"


@pytest.fixture
def sit(passphrase: str) -> Callable[[Page, Any, str], None]:
    """Unlock a laptop of several on a page, by name."""

    def choose(page: Page, laptop: Any, name: str) -> None:
        page.goto(f"{laptop.url}/unlock")
        page.get_by_label(name).check(force=True)
        page.fill("#passphrase", passphrase)
        page.click("form.card button.primary")
        expect(page.locator("h1")).not_to_have_text("谁在这里？")

    return choose


UNTIL = """() => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('never came true')), 20000);
    const look = async () => (await (TEST)() ? resolve() : setTimeout(look, 50));
    look().catch(reject);
})"""


@pytest.fixture
def until() -> Callable[[Page, str], None]:
    """Wait until what an asynchronous function of the page returns is true: `wait_for_function` takes its promise."""
    return lambda page, test: page.evaluate(UNTIL.replace("TEST", test))


@pytest.fixture
def phone(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page as wide as a phone; a file that says so has it without a service worker."""
    workers = getattr(request.module, "SERVICE_WORKERS", None)
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN", service_workers=workers)
    yield context.new_page()
    with suppress(Error):  # a browser that broke down after the test has closed it already
        context.close()


@pytest.fixture
def context(phone: Page) -> BrowserContext:
    return phone.context


QUEUE = """async () => {
    const opening = indexedDB.open('fieldkit');
    const database = await new Promise((resolve, reject) => {
        opening.onupgradeneeded = () => opening.result.createObjectStore('queue');
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = reject;
    });
    const store = database.transaction('queue').objectStore('queue');
    const read = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const ids = await read(store.getAllKeys()), records = await read(store.getAll());
    database.close();
    return records.map((record, place) => ({
        ...record, id: ids[place], iv: Array.from(record.iv), sealed: Array.from(new Uint8Array(record.sealed)),
    }));
}"""


class Waiting:
    """What waits in a browser, as it lies there."""

    def __call__(self, page: Page) -> list[dict[str, Any]]:
        return list(page.evaluate(QUEUE))

    def until(self, page: Page, test: str) -> None:
        """Wait until *test*, of the `records`, is true."""
        look = f"async () => {{ const records = await ({QUEUE})(); return {test}; }}"
        page.evaluate(UNTIL.replace("TEST", look))

    def until_nothing(self, page: Page) -> None:
        """Wait until all is taken out, also what is fenced off; a page looks again when somebody comes back to it."""
        self.until(page, "(dispatchEvent(new Event('focus')), records.length + localStorage.length === 0)")


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def crash() -> Callable[[Page], Page]:
    """Let a page die as the camera of a phone kills it; return a new one of the same browser."""

    def die(page: Page) -> Page:
        with page.expect_event("crash"), suppress(Error):
            page.goto("chrome://crash")
        return page.context.new_page()

    return die


@pytest.fixture
def talk(start: Any, field_folder: Path, interview: str, phone: Page, unlock: Callable[[Page, Any], None]) -> Any:
    """A laptop that answers, and the note on W1 of one of its interviews that stands open on a page."""
    laptop = start(field_folder)
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    phone.focus("#note-W1")
    return laptop


@pytest.fixture
def type_away() -> Callable[..., None]:
    """Type while nobody answers, until the browser has kept it."""

    def type_it(page: Page, text: str, question: str = "W1") -> None:
        page.locator(f"#{question}").evaluate("element => { element.open = true; }")
        page.focus(f"#note-{question}")
        page.keyboard.insert_text(text)
        expect(page.locator(f"#{question} .badge")).to_have_attribute("data-state", "browser")

    return type_it


@pytest.fixture
def left(
    start: Any, field_folder: Path, interview: str, phone: Page, unlock: Callable[[Page, Any], None]
) -> tuple[Any, Page]:
    """A laptop that is back, unlocked, and a page elsewhere in a browser in which words on W1 wait."""
    laptop = start(field_folder)
    unlock(phone, laptop)
    phone.goto(f"{laptop.url}/interviews/{interview}?section=W&q=W1")
    laptop.kill()
    phone.fill("#note-W1", "下雨了")
    phone.wait_for_selector('#W1 .badge[data-state="browser"]')
    page = phone.context.new_page()
    phone.close()
    laptop.start()
    unlock(page, laptop)
    return laptop, page


@pytest.fixture
def moods(tmp_path: Path) -> Path:
    """Where it says how a moody laptop is (`moody_laptop.py`)."""
    folder = tmp_path / "moods"
    folder.mkdir()
    return folder
