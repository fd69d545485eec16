"""A study of four machines, and browsers without a screen that sit at them."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldkit.acts import assents, carers, consents, devices, forms, interviews, people, studies, users
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.app import create_app
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder
from fieldkit.store.keys import Cost
from fieldkit.web.site import HOME, Machine, Site

CHEAP = Cost(1, 8 * 1024)
PASSPHRASE = "four plain words here"
PORT = 8750
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


class Browser(FlaskClient):
    """A person at one machine: asks under the right Host, and sends each form with the token of a page just read."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", f"http://127.0.0.1:{PORT}")
            if kwargs.get("method") == "POST" and "csrf_token" not in kwargs.setdefault("data", {}):
                kwargs["data"] = {"csrf_token": self._token(), **kwargs["data"]}
        return super().open(*args, **kwargs)

    def _token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/help-card").text)
        assert found
        return found[1]


def open_browser(site: Site) -> FlaskClient:
    app = create_app(site)
    app.test_client_class = Browser
    return app.test_client()


Desks = dict[str, Desk]


@pytest.fixture(scope="session")
def four_machines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four closed folders of one study, made once and copied for each test."""
    root, clock = tmp_path_factory.mktemp("study"), Clock()
    founder = studies.found(Folder.open(root / "coordinator"), clock, "陈静", PASSPHRASE, CHEAP)
    made = [founder]
    for role, name in (("interviewer", "李岚"), ("translator", "Ann"), ("sg_lead", "赵敏")):
        folder = Folder.open(root / role)
        asked = devices.request(folder, name, PASSPHRASE, role, CHEAP)
        made.append(devices.accept(folder, clock, devices.invite(founder, asked, role, "A"), PASSPHRASE))
    for desk in made:
        desk.db.close()
        desk.folder.close()
    return root


@pytest.fixture
def desks(four_machines: Path, tmp_path: Path) -> Iterator[Desks]:
    root = shutil.copytree(four_machines, tmp_path / "machines")
    found = {}
    for role in ("interviewer", "coordinator", "translator", "sg_lead"):
        folder = Folder.open(root / role)
        found[role] = users.unlock(folder, users.slots(folder)[0].code, PASSPHRASE, Clock())
    yield found
    for desk in found.values():
        desk.db.close()
        desk.folder.close()


@pytest.fixture
def carried() -> list[str]:
    return []


@pytest.fixture
def browser(desks: Desks, carried: list[str]) -> FlaskClient:
    """The demo: every role signed in, a visitor sits at the interviewer's machine."""
    order = ("interviewer", "coordinator", "translator", "sg_lead")
    machines = {role: Machine(desks[role].folder, role, desks[role]) for role in order}
    return open_browser(Site(machines, Clock(), PORT, demo=True, carry=lambda: carried.append("carried")))


@pytest.fixture
def sit(browser: FlaskClient) -> Callable[[str], FlaskClient]:
    """Change to the machine of a role."""

    def change(role: str) -> FlaskClient:
        assert browser.post("/demo/switch", data={"machine": role}).status_code == 302
        return browser

    return change


@pytest.fixture
def locked(four_machines: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    """A laptop that is no demo: founded, and nobody is signed in."""
    folder = Folder.open(shutil.copytree(four_machines / "coordinator", tmp_path / "laptop"))
    site = Site({HOME: Machine(folder)}, Clock(), PORT)
    yield open_browser(site)
    site.machines[HOME].close()
    folder.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[FlaskClient]:
    """A laptop with nothing on it."""
    folder = Folder.open(tmp_path / "empty")
    site = Site({HOME: Machine(folder)}, Clock(), PORT)
    yield open_browser(site)
    site.machines[HOME].close()
    folder.close()


@pytest.fixture
def child(desks: Desks) -> str:
    """毛毛, whom nobody has asked anything."""
    born = f"{Clock().today().year - 12}-01"
    return people.register(desks["interviewer"], NewChild("毛毛", "0394-0000000", "A03", "f", born))


@pytest.fixture
def agreed_by_grandmother(desks: Desks, child: str) -> str:
    said = CarerAnswer("pgm", "thumbprint", True, ["ok"], "cannot_read", "张某", "neighbour", "P-1", "纸袋")
    carers.record(desks["interviewer"], child, said)
    return child


@pytest.fixture
def consented(desks: Desks, child: str) -> str:
    """The mother has signed."""
    desk = desks["interviewer"]
    form = forms.guardian_form(desk, child)
    name = consents.suggest_pseudonym(desk, child, "刘某")
    said = GuardianAnswer(
        "mother",
        {item.code: "yes" for item in form.items},
        ["ok"] * 3,
        "刘某",
        "",
        name.zh,
        name.en,
        "both_away",
        "pgm",
        "王某",
        PNG,
    )
    consents.record(desk, child, said)
    return child


@pytest.fixture
def interview(desks: Desks, consented: str) -> str:
    """An open interview: the child said yes today."""
    assents.record(desks["interviewer"], consented, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))
    return interviews.start(desks["interviewer"], consented)


@pytest.fixture
def signature() -> str:
    return "data:image/png;base64," + b64encode(PNG).decode()
