"""Browsers without a screen that sit at the machines of the study."""

from __future__ import annotations

import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from fieldkit.acts.desk import Desk
from fieldkit.app import create_app
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder
from fieldkit.web.site import HOME, Lan, Machine, Site

PORT = 8750
Desks = dict[str, Desk]


@pytest.fixture(scope="session", autouse=True)
def compiled_once(compiled: FileSystemBytecodeCache) -> Iterator[None]:
    """Every test has an app of its own; templates, and what writes addresses, are compiled once for all of them."""
    known: dict[tuple[str, str, bool], Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(Flask.jinja_options, "bytecode_cache", compiled)
        patched.setattr(Rule, "_compile_builder", once)
        yield


class Browser(FlaskClient):
    """A person at one machine: asks under the right Host, and sends each form with the token of a page just read."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", f"http://127.0.0.1:{PORT}")
            if kwargs.get("method") == "POST" and "csrf_token" not in kwargs.setdefault("data", {}):
                kwargs["data"] = {"csrf_token": self._token(), **self._mark(args[0]), **kwargs["data"]}
        return super().open(*args, **kwargs)

    def _mark(self, path: str) -> dict[str, str]:
        """Return the mark of the guided steps that are under way, as their pages carry it."""
        steps = re.match(r"(/people/[^/]+/consent/(?:guardian|carer))", path)
        page = self.get(steps[1] + ("/no" if steps[1].endswith("guardian") else "")).text if steps else ""
        found = re.search(r'name="mark" value="([^"]+)"', page)
        return {"mark": found[1]} if found else {}

    def _token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/help-card").text)
        assert found
        return found[1]


def open_browser(site: Site) -> FlaskClient:
    app = create_app(site)
    app.test_client_class = Browser
    return app.test_client()


@pytest.fixture
def carried() -> list[str]:
    return []


@pytest.fixture
def postponed() -> list[tuple[float, Callable[[], None]]]:
    """What the site will do later: after how many seconds, and what."""
    return []


@pytest.fixture
def browser(desks: Desks, carried: list[str], postponed: list[tuple[float, Callable[[], None]]]) -> FlaskClient:
    """The demo: every role signed in, a visitor sits at the interviewer's machine."""
    order = ("interviewer", "coordinator", "translator", "sg_lead")
    machines = {role: Machine(desks[role].folder, role, desks[role]) for role in order}
    site = Site(machines, Clock(), PORT, demo=True, carry=lambda: carried.append("carried"))
    site.later = lambda seconds, act: postponed.append((seconds, act))
    return open_browser(site)


@pytest.fixture
def sit(browser: FlaskClient) -> Callable[[str], FlaskClient]:
    """Change to the machine of a role."""

    def change(role: str) -> FlaskClient:
        assert browser.post("/demo/switch", data={"machine": role}).status_code == 302
        return browser

    return change


@pytest.fixture
def hidden() -> Callable[[str], dict[str, str]]:
    """What a page knows of what was on the screen, as it travels back with a form."""

    def read(page: str) -> dict[str, str]:
        found = re.findall(r'name="((?:named_)?base[^"]*|text_hash)" value="([^"]*)"', page)
        return {name: unescape(value) for name, value in found}

    return read


@pytest.fixture
def locked(four_machines: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    """A laptop that is no demo: founded, and nobody is signed in."""
    folder = Folder.open(shutil.copytree(four_machines / "coordinator", tmp_path / "laptop"))
    site = Site({HOME: Machine(folder)}, Clock(), PORT)
    yield open_browser(site)
    site.machines[HOME].close()
    folder.close()


class OverLan(FlaskClient):
    """A device in the laptop's network: asks over the encrypted door, under the laptop's address there."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", "https://192.168.43.7:8760")
            kwargs.setdefault("environ_overrides", {"fieldkit.door": "lan"})
        return super().open(*args, **kwargs)

    def send(self, form: str, path: str, **data: str) -> TestResponse:
        """Send a form with the token of the page *form*."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form).text)
        assert found
        return self.post(path, data={"csrf_token": found[1], **data})


@pytest.fixture
def beside(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, postponed: list[tuple[float, Callable[[], None]]]
) -> FlaskClient:
    """The interviewer's own laptop, unlocked, in a network, with its doors open for phones."""
    monkeypatch.setattr("fieldkit.platform.own_addresses", lambda: {"192.168.43.7"})
    site = Site({HOME: Machine(desks["interviewer"].folder, desk=desks["interviewer"])}, Clock(), PORT)
    site.lan = Lan(lambda _folder, _fresh: {"lan": 8760, "trust": 8770}, wanted=True)
    site.later = lambda seconds, act: postponed.append((seconds, act))  # the folder is gone when the time has come
    client = open_browser(site)
    unlocked = client.post(
        "/unlock", data={"code": desks["interviewer"].me.code, "passphrase": "four plain words here"}
    )
    assert unlocked.status_code == 302
    return client


@pytest.fixture
def stranger(beside: FlaskClient) -> OverLan:
    """A device in the same network that nobody paired."""
    return OverLan(beside.application, beside.application.response_class)


@pytest.fixture
def offered(beside: FlaskClient) -> Callable[[], str]:
    """Make a code on the laptop, as it stands in the picture."""

    def make() -> str:
        found = re.search(r"https://192\.168\.43\.7:8760(/pair/[\w-]+)", beside.post("/phones/pair").text)
        assert found
        return found[1]

    return make


@pytest.fixture
def paired(beside: FlaskClient, offered: Callable[[], str]) -> OverLan:
    """A phone that was paired; nobody is signed in on it."""
    client = OverLan(beside.application, beside.application.response_class)
    path = offered()
    assert client.send(path, path, name="小李的手机").status_code == 302
    return client


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[FlaskClient]:
    """A laptop with nothing on it."""
    folder = Folder.open(tmp_path / "empty")
    site = Site({HOME: Machine(folder)}, Clock(), PORT)
    yield open_browser(site)
    site.machines[HOME].close()
    folder.close()


@pytest.fixture
def signature(drawn: bytes) -> str:
    return "data:image/png;base64," + b64encode(drawn).decode()
