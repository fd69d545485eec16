"""A field laptop with one open interview, and what its disk says after a fall."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from fieldkit.acts import interviews, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder

Stored = Callable[[str], str]


@pytest.fixture
def field_folder(desks: dict[str, Desk], interview: str) -> Path:
    """The interviewer's data folder, closed, with an open interview in it."""
    desk = desks["interviewer"]
    desk.db.close()
    desk.folder.close()
    return desk.folder.path


@pytest.fixture
def stored(field_folder: Path, interview: str, passphrase: str) -> Stored:
    """What the disk holds of the note on a question, read while no server runs."""

    def read(question: str) -> str:
        folder = Folder.open(field_folder)
        desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
        lines = interviews.page(desk, interview, question[0]).questions
        desk.db.close()
        folder.close()
        return next(line.text_now for line in lines if line.id == question)

    return read


UNTIL = """() => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('never came true')), 20000);
    const look = async () => (await (TEST)() ? resolve() : setTimeout(look, 50));
    look().catch(reject);
})"""


@pytest.fixture
def until() -> Callable[[Page, str], None]:
    """Wait until what an asynchronous function of the page returns is true: `wait_for_function` takes its promise."""
    return lambda page, test: page.evaluate(UNTIL.replace("TEST", test))
