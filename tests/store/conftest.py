"""Stores without passphrases: one empty store, and three machines of one small study, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from nacl import utils

from fieldkit.clock import Clock
from fieldkit.records import Change, Value
from fieldkit.rules.members import Machine, Member
from fieldkit.store import log, machine, replica, schema
from fieldkit.store.database import Database, Tables
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Draft, Pen
from fieldkit.store.machine import Self
from sync import orders
from sync.replica import Report

KEY = bytes(range(48))
DRAWERS = ("study", "notices", "consent/A", "research/A", "vault/A")
TRIO = {"L1": "interviewer", "L2": "interviewer", "C1": "coordinator"}
Carry = Callable[[Database, Database], Report]


class Say(Protocol):
    """Write one consent event about 小满, or what the arguments say instead."""

    def __call__(self, actor: str, act: str = "given", *, about: str = "kid", **more: Value) -> str: ...


@pytest.fixture(scope="session")
def store_key() -> bytes:
    """32 bytes of key and 16 of salt."""
    return KEY


@pytest.fixture
def pen() -> Pen:
    """An interviewer of team A at laptop L1."""
    return Pen("li", "L1", "A", Clock())


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated store that holds nothing."""
    path = tmp_path_factory.mktemp("empty") / "fieldkit.db"
    db = Database(path, KEY)
    with db.writing() as tables:
        schema.migrations.apply(tables)
    db.close()
    return path


@pytest.fixture
def db(empty_store: Path, tmp_path: Path) -> Iterator[Database]:
    """A store that holds nothing, and knows no study."""
    opened = Database(Path(shutil.copy2(empty_store, tmp_path / "fieldkit.db")), KEY)
    yield opened
    opened.close()


@pytest.fixture
def tables(db: Database) -> Iterator[Tables]:
    """One open transaction of `db`."""
    with db.writing() as opened:
        yield opened


@pytest.fixture
def form(tables: Tables, pen: Pen) -> str:
    """The hash of a form text that the study approved."""
    facts = {"doc_kind": "guardian", "version": "1", "text_hash": "the text", "state": "approved"}
    log.append(tables, pen, Draft("form", facts))
    return "the text"


@pytest.fixture
def say(tables: Tables, pen: Pen, form: str) -> Say:
    """Write consent events; a yes is to all three items, the child's is of session S1."""

    def _say(actor: str, act: str = "given", *, about: str = "kid", **more: Value) -> str:
        asked = {"items": dict.fromkeys(("participate", "notes", "store"), "yes"), "form_text_hash": form}
        own = {"session": "S1"} if actor == "child" else {}
        said = {"actor": actor, "act": act, "person": actor, **asked, **own, **more}
        return log.append(tables, pen, Draft("consent_event", said, subject=about)).id

    return _say


@pytest.fixture
def answer(tables: Tables, pen: Pen) -> Callable[..., Change]:
    """Write the note to P1 in session S1: `answer(grounds, text)`."""

    def _answer(grounds: tuple[str, ...], text: str = "奶奶在家", **more: Value) -> Change:
        said = {"interview": "S1", "question": "P1", "text": text, "outcome": "answered"}
        place = {"subject": "kid", "session": "S1", **more}
        return log.append(tables, pen, Draft("answer", said, grounds=grounds, **place))

    return _answer


@pytest.fixture
def no_changes(tables: Tables) -> Iterator[None]:
    """What the test tries leaves the log as long as it was."""
    count = "SELECT count(*) FROM changes"
    before = tables.execute(count).fetchone()
    yield
    assert tables.execute(count).fetchone() == before


def _carry(sender: Database, receiver: Database) -> Report:
    with sender.writing() as tables:
        replica.seal(tables)
    with sender.reading() as theirs, receiver.writing() as ours:
        held = replica.StoreReplica(theirs)
        return replica.StoreReplica(ours, "stick").receive(held.orders(), held.streams(), held.blocks())


@pytest.fixture(scope="session")
def carry() -> Carry:
    """Seal what is new in the first store and let the second one receive all that the first holds."""
    return _carry


def _enrolled(devices: dict[str, KeyPair], people: dict[str, KeyPair]) -> list[tuple[str, str, bytes]]:
    root = KeyPair.make()
    found = []
    for (name, pair), (device, role) in zip(people.items(), TRIO.items(), strict=True):
        one = Member(name, name, role, "A", device, **pair.public)
        found.append(orders.sign("user", "study-1", one.__dict__, root.signer))
    for number, (name, pair) in enumerate(devices.items()):
        body = Machine(name, name, TRIO[name], "A", **pair.public, serials=(number * 100 + 1, number * 100 + 99))
        found.append(orders.sign("device", "study-1", {**body.__dict__, "serials": list(body.serials)}, root.signer))
    return [(order.id, order.kind, order.content) for order in found]


@pytest.fixture(scope="session")
def people() -> dict[str, KeyPair]:
    """The key pairs of the two interviewers and the coordinator of `trio`."""
    return {name: KeyPair.make() for name in ("li", "wang", "chen")}


@pytest.fixture(scope="session")
def trio_made(tmp_path_factory: pytest.TempPathFactory, people: dict[str, KeyPair]) -> Path:
    """The closed stores of L1, L2 and C1; they hold the same: an approved form and the secret of team A."""
    root = tmp_path_factory.mktemp("trio")
    devices = {name: KeyPair.make() for name in TRIO}
    members, keys = _enrolled(devices, people), {drawer: utils.random(32) for drawer in DRAWERS}
    signer = orders.parse(members[0][2]).signer
    stores = {name: Database(root / f"{name}.db", KEY) for name in TRIO}
    for name, store in stores.items():
        with store.writing() as tables:
            schema.migrations.apply(tables)
            me = Self(name, name, "study-1", signer, "A", TRIO[name], devices[name], (1, 99))
            machine.remember_self(tables, me)
            machine.keep_orders(tables, members)
            for drawer, one in keys.items():
                machine.keep_key(tables, drawer, 1, one)
    _found(stores["C1"])
    for name in ("L1", "L2"):
        _carry(stores["C1"], stores[name])
    for store in stores.values():
        store.close()
    return root


def _found(store: Database) -> None:
    pen = Pen("chen", "C1", "A", Clock())
    facts = {"doc_kind": "guardian", "version": "1", "text_hash": "the text", "state": "approved"}
    with store.writing() as tables:
        log.append(tables, pen, Draft("team_secret", {"team": "A", "secret": "c2VjcmV0IG9mIHRlYW0gQQ"}))
        log.append(tables, pen, Draft("form", facts))


@pytest.fixture
def trio(trio_made: Path, tmp_path: Path) -> Iterator[dict[str, Database]]:
    """Three machines of one study, open."""
    root = shutil.copytree(trio_made, tmp_path / "trio")
    stores = {name: Database(root / f"{name}.db", KEY) for name in TRIO}
    yield stores
    for store in stores.values():
        store.close()
