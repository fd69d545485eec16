"""One study on four machines, and the children that the tests are about; each test works on a copy."""

from __future__ import annotations

import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldkit.acts import assents, carers, consents, devices, forms, interviews, people, studies, users
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder
from fieldkit.store.keys import Cost

CHEAP = Cost(1, 8 * 1024)
PASSPHRASE = "four plain words here"
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
ROLES = ("interviewer", "coordinator", "translator", "sg_lead")
Desks = dict[str, Desk]


@pytest.fixture
def cheap() -> Cost:
    """What a guess costs in tests, so that they are quick."""
    return CHEAP


@pytest.fixture
def passphrase() -> str:
    """The passphrase of everybody in `desks`."""
    return PASSPHRASE


@pytest.fixture
def drawn() -> bytes:
    """A signature as the pad draws it: a PNG."""
    return PNG


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
    for role in ROLES:
        folder = Folder.open(root / role)
        found[role] = users.unlock(folder, users.slots(folder)[0].code, PASSPHRASE, Clock())
    yield found
    for desk in found.values():
        desk.db.close()
        desk.folder.close()


@pytest.fixture
def child(desks: Desks) -> str:
    """小满, whom nobody has asked anything."""
    born = f"{Clock().today().year - 12}-01"
    return people.register(desks["interviewer"], NewChild("小满", "0394-0000000", "A03", "f", born))


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
