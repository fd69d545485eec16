"""One study on four machines, and the children that the tests are about; each test works on a copy."""

from __future__ import annotations

import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from ctypes.util import find_library
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from select import select
from socket import AF_UNIX, SOCK_SEQPACKET, recv_fds, send_fds, socket, socketpair
from typing import TextIO

import pytest
import zxingcpp
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from fieldkit.acts import (
    assents,
    carers,
    consents,
    demo,
    forms,
    handover,
    household,
    interviews,
    people,
    pseudonyms,
    questions,
    readiness,
    screenings,
    stops,
    studies,
    users,
)
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import PersonTold, Seen
from fieldkit.clock import Clock, new_id
from fieldkit.rules.closings import STOPPED
from fieldkit.store import log, setup
from fieldkit.store import people as people_rows
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from fieldkit.store.keys import Cost
from fieldkit.store.log import Draft
from sync.replica import Report

CHEAP = Cost(1, 8 * 1024)
PASSPHRASE = "four plain words here"
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
Desks = dict[str, Desk]
settings.register_profile("steady", deadline=None)  # how long an example takes is no test
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="draw the pictures in docs/ anew")
    parser.addoption("--faults", action="store_true", help="write the table of faults in sync/README.md anew")
    parser.addoption("--histories", type=int, default=48, metavar="N", help="histories of a study in tests/stories")
    parser.addoption("--kills", type=int, default=1, metavar="N", help="kills of each step in a browser")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """What the tests start hears Ctrl+C, also where pytest was started in the background and does not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def cheap() -> Cost:
    """What a guess costs in tests, so that they are quick."""
    return CHEAP


@pytest.fixture
def passphrase() -> str:
    """The passphrase of everybody in `desks`."""
    return PASSPHRASE


@pytest.fixture
def no_form_in_force(desks: Desks) -> None:
    """No form carries a stamp at the interviewer's, as before the committee's letter is entered."""
    with desks["interviewer"].db.writing() as tables:
        tables.execute("UPDATE forms SET stamped_on = NULL")


@pytest.fixture
def newer(desks: Desks) -> Callable[..., None]:
    """A second version of a form reaches the interviewer's machine, with a class of change, stamped a week ago."""

    def publish(change_class: str, doc_kind: str = "guardian_info_consent") -> None:
        desk = desks["interviewer"]
        day = (desk.clock.today() - timedelta(days=7)).isoformat()
        with desk.db.writing() as tables:
            old = next(row for row in setup.forms(tables) if row["doc_kind"] == doc_kind)
            copied = {"strings": json.loads(old["strings"]), "items": json.loads(old["items"])}
            stamped = {"state": "approved", "stamped_on": day, "valid_from": day, "change_class": change_class}
            version = {"doc_kind": doc_kind, "version": "2", "text_hash": f"{old['text_hash']}-2"}
            log.append(tables, desk.pen, Draft("form", {**version, **stamped, **copied}))

    return publish


LAW = {"relation": "uncle_aunt", "basis": "court", "basis_evidence": "seen_paper", "basis_paper": "判决书第3号"}


@pytest.fixture
def law() -> dict[str, str]:
    """What shows that an uncle or an aunt is the guardian by law."""
    return dict(LAW)


@pytest.fixture
def uncles(desks: Desks, child: str) -> tuple[str, str]:
    """Two guardians by law of one relation on the child's record, whom one judgment names; the lesser id first."""
    first, second = sorted((new_id(), new_id()))
    for person, reasons in ((first, {}), (second, {"known_adult": "another"})):
        told = PersonTold(role="guardian", **LAW)
        household.save_person(desks["interviewer"], child, person, told, Seen(reasons=reasons))
    return first, second


@pytest.fixture
def drawn() -> bytes:
    """A signature as the pad draws it: a PNG."""
    return PNG


@pytest.fixture(scope="session")
def four_machines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four closed folders of one study that is ready for interviews, made once and copied for each test."""
    root = tmp_path_factory.mktemp("study")
    past = Clock(timedelta(days=-7))
    founder = studies.found(Folder.open(root / "coordinator"), past, "陈静", PASSPHRASE, CHEAP)
    demo.make_ready(founder, ("A03", "A04"))
    founder = replace(founder, clock=Clock())
    made = [founder]
    for role, name in (("interviewer", "李岚"), ("translator", "Ann"), ("sg_lead", "赵敏")):
        made.append(demo.join(founder, Folder.open(root / role), name, role, PASSPHRASE))
    for desk in made:
        desk.db.close()
        desk.folder.close()
    return root


class Opening(Desks):
    """Copies and opens the store of a role when it is first asked for."""

    def __init__(self, root: Path, copies: Path) -> None:
        self.root, self.copies = root, copies

    def __missing__(self, role: str) -> Desk:
        folder = Folder.open(shutil.copytree(self.root / role, self.copies / role))
        self[role] = users.unlock(folder, users.slots(folder)[0].code, PASSPHRASE, Clock())
        return self[role]


@pytest.fixture
def desks(four_machines: Path, tmp_path: Path) -> Iterator[Desks]:
    """The shared study; a machine that a test does not ask for stays closed."""
    found = Opening(four_machines, tmp_path / "machines")
    yield found
    for desk in found.values():
        desk.db.close()
        desk.folder.close()


@pytest.fixture
def child(desks: Desks) -> str:
    """小满, who meets the criteria and whom nobody has asked anything."""
    born = f"{Clock().today().year - 12}-01"
    subject = people.register(desks["interviewer"], NewChild("小满", "0394-0000000", "A03", "f", born))
    screenings.record(desks["interviewer"], subject, screenings.all_fit())
    return subject


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
    name = pseudonyms.suggest(desk, child, "刘某")
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
    return interviews.start(desks["interviewer"], consented, KEPT)


PAGE, RESERVED, SALT = 4096, 80, 16


@pytest.fixture
def clear() -> Callable[[Database], bytes]:
    """Read a store's file and journal in clear, free pages and all: what who has file and key would find."""
    if find_library("crypto") is None:
        pytest.skip("needs OpenSSL's library to look into the pages")
    return _clear


def _clear(db: Database) -> bytes:
    """Return file and journal in clear, free pages and all: AES-256-CBC, the IV in the reserved tail of each page."""
    crypto = ctypes.CDLL(find_library("crypto"))
    for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_cbc"):
        getattr(crypto, name).restype = ctypes.c_void_p
    found = b""
    for page, start in _pages(db.path):
        sealed, iv = page[start:-RESERVED], page[-RESERVED:][:16]
        context, out, size = (
            ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new()),
            ctypes.create_string_buffer(PAGE + 32),
            ctypes.c_int(),
        )
        crypto.EVP_DecryptInit_ex(context, ctypes.c_void_p(crypto.EVP_aes_256_cbc()), None, db.key[:32], iv)
        crypto.EVP_CIPHER_CTX_set_padding(context, 0)
        crypto.EVP_DecryptUpdate(context, out, ctypes.byref(size), sealed, len(sealed))
        found += out.raw[: size.value]
        crypto.EVP_CIPHER_CTX_free(context)
    return found


def _pages(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield every page, old ones in the journal too, and where in it the sealed bytes begin."""
    content, journal = path.read_bytes(), path.with_name(f"{path.name}-wal")
    for start in range(0, len(content), PAGE):
        yield content[start : start + PAGE], SALT if start == 0 else 0
    content = journal.read_bytes() if journal.exists() else b""
    for start in range(32, len(content) - PAGE, 24 + PAGE):  # a head of 32 bytes, and one of 24 before each page
        first = content[start : start + 4] == b"\0\0\0\1"
        yield content[start + 24 : start + 24 + PAGE], SALT if first else 0


@pytest.fixture
def standing() -> Callable[[Desk, str], str]:
    """How far the only interview came, as the disk says it."""
    return _standing


def _standing(desk: Desk, interview: str) -> str:
    """Return its stage, or the note on its first question; each step is there whole, or nothing of it, else "torn"."""
    with desk.db.reading() as tables:
        left = [table for table in ("answers", "moments", "closings") if tables[table].count]
        open_ = people_rows.row(tables, "interviews", "id = ?", interview)
        closing = people_rows.row(tables, "closings", "1")
        told = [row["scope"] for row in tables["consent_events"].rows if (row["scope"] or "").startswith("stop_")]
    waits = stops.waiting(desk, interview)
    if open_ is None:
        return "discarded" if (left, told, waits) == ([], ["stop_discard"], None) else "torn"
    if told:
        stopped = closing is not None and closing["completion"] == STOPPED
        return "stopped" if stopped and told == ["stop_keep"] and waits is None else "torn"
    if closing is not None:
        return "ended" if closing["ended_on"] else "ticked"
    text = questions.page(desk, interview, "W").questions[0].text_now
    return waits.choice if waits else f"{text}, words taken back" if "moments" in left else text


@pytest.fixture
def later() -> Callable[[Desk, int], Desk]:
    """The same desk some days later."""
    return lambda desk, days: replace(desk, clock=Clock(timedelta(days=days)))


def free_port() -> int:
    """Return a port that no outgoing connection is given: while the server is down it stays free."""
    for port in random.sample(range(10_100, 15_000), 100):  # browsers refuse 10080
        with socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no free port")


@pytest.fixture
def port() -> int:
    """A port that stays free while the server is down."""
    return free_port()


class Fork:
    """A process of the program that `warm.py` began, with what `subprocess.Popen` can do."""

    def __init__(self, known: int, stdout: TextIO) -> None:
        self._known, self.stdout = known, stdout

    def poll(self) -> int | None:
        """Tell whether it has ended: a number, if so."""
        return 0 if self.stdout.closed or select([self._known], [], [], 0)[0] else None

    def send_signal(self, how: signal.Signals) -> None:
        signal.pidfd_send_signal(self._known, how)

    def communicate(self) -> None:
        """Read what it still says, and wait for its end."""
        self.stdout.read()
        select([self._known], [], [])
        os.close(self._known)
        self.stdout.close()


Run = Callable[[list[str], dict[str, str], TextIO], Fork]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """What templates were compiled to, looked up by their text: every test has an app of its own."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("compiled")))


@pytest.fixture(scope="session")
def run(compiled: FileSystemBytecodeCache) -> Iterator[Run]:
    """Run the program with words, an environment and a place for errors, without loading it anew each time."""
    ours, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
    warm = [sys.executable, "-P", str(Path(__file__).with_name("warm.py")), str(theirs.fileno()), compiled.directory]
    known = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(warm, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env=known)
    theirs.close()

    def begin(words: list[str], env: dict[str, str], errors: TextIO) -> Fork:
        heard, said = os.pipe()
        send_fds(ours, [json.dumps([words, env]).encode()], [nothing.fileno(), said, errors.fileno()])
        os.close(said)
        _, (found,), _, _ = recv_fds(ours, 1, 1)
        return Fork(found, os.fdopen(heard, encoding="utf-8"))

    with Path(os.devnull).open() as nothing:
        yield begin
    ours.close()
    process.wait()


class Laptop:
    """A real server in a process of its own, which can be killed and started again; *what* it serves is its options.

    It is a fork of the loaded program, which a *command* of its own, a file in Python and its words, may change first.
    """

    def __init__(self, run: Run, what: list[str], command: list[str], log: Path, env: dict[str, str]) -> None:
        self.what = what
        self.port = free_port()
        self.command, self._run, self._log, self._env = command, run, log, env
        self.start()

    def start(self) -> None:
        """Start on the same port as before, and wait until it says where it is."""
        asked = ["serve", *self.what, "--port", str(self.port), "--no-browser"]
        with self._log.open("a") as errors:
            self.process = self._run([*self.command, *asked], self._env, errors)
        self.until(self.url)

    def until(self, words: str) -> None:
        """Wait until the server prints *words*."""
        if not any(words in line for line in self.process.stdout):
            self.process.communicate()
            raise AssertionError(f"the server ended: {self._log.read_text()}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Kill without warning, as a battery does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End as Ctrl+C does."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.communicate()


Start = Callable[..., Laptop]


@pytest.fixture
def start(tmp_path: Path, run: Run) -> Iterator[Start]:
    """Start the server on a folder (None: the demo); *command* is a file that changes it, and its words."""
    started: list[Laptop] = []
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def begin(data: Path | None, *command: str) -> Laptop:
        what = ["--demo"] if data is None else ["--data", str(data)]
        known = {**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(scratch)}
        started.append(Laptop(run, what, list(command), tmp_path / "server.log", known))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.kill()


CHROMIUM = Path("/usr/bin/chromium")
FEATURES = (  # the pages behind the address line cost as much as the page of a test; the others are Playwright's own
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AimEnabled", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "LensOverlay", "MediaRouter"),
    *("NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--lang=zh-CN", f"--disable-features={','.join(FEATURES)}"),
)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("Debian's Chromium is missing: apt-get install chromium")
        pytest.skip("needs Debian's Chromium (apt-get install chromium)")
    expect.set_options(timeout=30_000)  # as long as every other wait in a browser
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def launched() -> Iterator[list[Browser]]:
    """The browsers that were started, of which the last one runs."""
    found: list[Browser] = []
    yield found
    for one in found:
        one.close()


@pytest.fixture
def chromium(playwright: Playwright, launched: list[Browser]) -> Browser:
    """The browser of all tests; one that broke down takes one test along, not all that follow."""
    if not launched or not launched[-1].is_connected():
        launched.append(playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET)))
    return launched[-1]


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A page as wide as a phone."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
    yield context.new_page()
    with suppress(Error):  # a browser that broke down after the test has closed it already
        context.close()


@pytest.fixture
def unlock(passphrase: str) -> Callable[[Page, Laptop], None]:
    """Unlock a laptop with its only user's passphrase."""

    def type_it(page: Page, laptop: Laptop) -> None:
        page.goto(f"{laptop.url}/unlock")
        page.fill("#passphrase", passphrase)
        with page.expect_navigation():  # until the page behind it has loaded: its scripts may lead on
            page.click("form.card button.primary")
        expect(page.locator("h1")).not_to_have_text("谁在这里？")

    return type_it


@pytest.fixture
def carry(tmp_path: Path) -> Callable[[Desk, Desk], Report]:
    """Carry a real bundle file from one machine to another."""

    def stick(giver: Desk, taker: Desk) -> Report:
        path = tmp_path / f"{new_id()}.fieldkit"
        handover.write(giver, path)
        return handover.read(taker, path)

    return stick


@pytest.fixture
def closed(desks: Desks, carry: Callable[[Desk, Desk], Report]) -> Callable[[], None]:
    """Close the study today; the interviewer's machine knows."""

    def close() -> None:
        readiness.keep(desks["coordinator"], {"closed_on": desks["coordinator"].today})
        carry(desks["coordinator"], desks["interviewer"])

    return close


@pytest.fixture
def says(drawn: bytes) -> Callable[..., GuardianAnswer]:
    """A parent's whole yes to a child's form; `changes` say what is different about it."""

    def answer(desk: Desk, subject: str, **changes: object) -> GuardianAnswer:
        form, name = forms.guardian_form(desk, subject), pseudonyms.suggest(desk, subject, "刘某")
        whole = GuardianAnswer(
            relation="mother",
            items={item.code: "yes" for item in form.items},
            understanding=["ok"] * len(form.teach_back),
            real_name="刘某",
            pseudonym_zh=name.zh,
            pseudonym_en=name.en,
            signer_name="王某",
            signature_png=drawn,
            bases=consents.opened(
                desk, subject, str(changes.get("relation", "mother")), str(changes.get("person", ""))
            ),
        )
        return replace(whole, **changes)  # type: ignore[arg-type]

    return answer


@pytest.fixture(scope="session")
def qr_says() -> Callable[[str], str]:
    """Read a QR code as a phone does: from its picture, an SVG that segno drew, dot by dot."""

    def read(svg: str) -> str:
        side = int(re.findall(r'width="(\d+)"', svg)[0])
        picture, at_x, at_y = bytearray(b"\xff" * side * side), 0, 0
        scale = int(re.findall(r"scale\((\d+)\)", svg)[0])
        drawn = re.findall(r'stroke="#000" d="([^"]+)"', svg)[0]
        for what, x, y in re.findall(r"([Mmh])(-?\d+)(?: (-?[\d.]+))?", drawn):
            if what == "h":
                for row in range(at_y * scale, (at_y + 1) * scale):
                    picture[row * side + at_x * scale : row * side + (at_x + int(x)) * scale] = bytes(int(x) * scale)
            else:
                at_y = int(float(y)) if what == "M" else at_y + int(y)
            at_x = int(x) if what == "M" else at_x + int(x)
        (found,) = zxingcpp.read_barcodes(memoryview(bytes(picture)).cast("B", (side, side)))
        return str(found.text)

    return read
