from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from nacl.signing import SigningKey
from sqlalchemy import create_engine

from sync import block, bundle, chain, chunk, client, judge, orders, receipts
from sync.block import Block, Place
from sync.canonical import b64, digest, new_id
from sync.centre import Centre
from sync.chunk import Chunk, Owner
from sync.client import Card, Identity, Outcome, Progress
from sync.errors import SyncError
from sync.hub import create_app
from sync.hub_store import HubFacts, HubStore
from sync.judge import Device, Judgement, Rules
from sync.orders import Order
from sync.replica import Replica, Report, StreamInfo

STREAM = b64(b"stream of L1")
STUDY = "study-1"


class Shelf:
    """A replica in memory that can open nothing: what a hub or a stranger's laptop does with blocks."""

    def __init__(self, signer: SigningKey, brought: Sequence[Block], found: Sequence[Order], study: str) -> None:
        self._key = signer.verify_key
        self._study = study
        self._orders = {order.id: order.content for order in found}
        self._streams = {StreamInfo(STREAM, "research/A", "L1")} if brought else set()
        self._blocks: dict[str, Block] = {}
        self.brought: list[Chunk] = []
        self._witness = b64(bytes(signer.verify_key))
        self.signed: set[bytes] = set()
        self.receive([], [], brought)

    def study(self) -> str:
        return self._study

    def orders(self) -> Iterable[bytes]:
        return self._orders.values()

    def streams(self) -> Iterable[StreamInfo]:
        return sorted(self._streams)

    def blocks(self) -> Iterable[Block]:
        return chain.in_order(self._blocks.values())

    def chunks(self) -> Iterable[Chunk]:
        return self.brought

    def receipts(self) -> Iterable[bytes]:
        return sorted(self.signed)

    def witness(self, found: Sequence[bytes]) -> int:
        believed = [one for one in found if receipts.parse(one).signer == self._witness]
        self.signed |= set(believed)
        return len(found) - len(believed)

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Iterable[Block]) -> Report:
        self._orders |= {digest(content): content for content in found}
        self._streams |= set(streams)
        report = Report()
        for one in chain.in_order(brought):
            report = self._count(report, self._take(one))
        return report

    def _take(self, one: Block) -> str:
        links: dict[str, dict[str, tuple[int, str | None]]] = {}
        for held in self._blocks.values():
            links.setdefault(held.header.stream, {})[held.hash] = (held.header.position, held.header.previous)
        standing = chain.classify(links, one.hash, one.header)
        if standing != chain.NEW:
            return {chain.GAP: "gaps"}.get(standing, standing)
        try:
            block.verify(one, self._key)
        except SyncError:
            return "damaged"
        self._blocks[one.hash] = one
        return "new"

    @staticmethod
    def _count(report: Report, name: str) -> Report:
        report = replace(report, **{name: getattr(report, name) + 1})
        return replace(report, received=report.received + (name in {"known", "new"}))


@pytest.fixture(scope="session")
def signer() -> SigningKey:
    """The key of device L1."""
    return SigningKey(bytes(range(32)))


@pytest.fixture(scope="session")
def verify_key(signer: SigningKey) -> str:
    return b64(bytes(signer.verify_key))


@pytest.fixture(scope="session")
def key() -> bytes:
    """The key of the drawer `research/A`."""
    return bytes(range(100, 132))


@pytest.fixture(scope="session")
def place() -> Place:
    """The first place of L1's stream."""
    return Place(STREAM, 1, None, "research/A", 1, "river")


@pytest.fixture(scope="session")
def add(key: bytes, signer: SigningKey, place: Place) -> Callable[[Block | None, bytes], Block]:
    """Seal one change into the block that continues another one, or into the first."""

    def _add(after: Block | None, change: bytes) -> Block:
        if after is None:
            return block.seal(place, [change], key, signer)
        there = replace(place, position=after.header.position + 1, previous=after.hash)
        return block.seal(there, [change], key, signer)

    return _add


@pytest.fixture(scope="session")
def tree(add: Callable[[Block | None, bytes], Block]) -> list[Block]:
    """Five blocks: a line of three, and a branch of two after the first."""
    first = add(None, b'{"n":1}')
    second = add(first, b'{"n":2}')
    branch = add(first, b'{"n":"2, restored from a backup"}')
    return [first, second, add(second, b'{"n":3}'), branch, add(branch, b'{"n":"3, restored"}')]


@pytest.fixture(scope="session")
def order(signer: SigningKey) -> Order:
    """An order of a kind that nothing here knows."""
    return orders.sign("erase", STUDY, {"aliases": ["river"]}, signer)


@pytest.fixture(scope="session")
def shelf(signer: SigningKey) -> Callable[..., Replica]:
    """Make a replica of `STUDY` that holds what it is given: `shelf(blocks, orders, study)`."""

    def _shelf(brought: Sequence[Block] = (), found: Sequence[Order] = (), study: str = STUDY) -> Replica:
        return Shelf(signer, brought, found, study)

    return _shelf


@pytest.fixture(scope="session")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files that a property writes over and over again."""
    return tmp_path_factory.mktemp("stick")


@pytest.fixture(scope="session")
def whole(stick: Path, tree: list[Block], order: Order, shelf: Callable[..., Replica]) -> bytes:
    """The bytes of a bundle with one order, one stream and five blocks, two of them a branch."""
    path = stick / "whole.fieldkit"
    bundle.write(path, shelf(tree, [order]))
    return path.read_bytes()


ROOT = SigningKey(bytes(range(60, 92)))
HUB_SEED = bytes(range(7, 39))
DRAWER_KEY = bytes(range(120, 152))
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)


def _device_order(device: str, role: str, signer: SigningKey) -> Order:
    body = {"id": device, "role": role, "verify": b64(bytes(signer.verify_key))}
    return orders.sign("device", STUDY, body, ROOT)


def _recognised(found: Iterable[bytes]) -> dict[str, Device]:
    named = [orders.parse(content) for content in found]
    root = b64(bytes(ROOT.verify_key))
    bodies = [one.body for one in named if (one.kind, one.signer) == ("device", root)]
    gone = {one.body["device"] for one in named if (one.kind, one.signer) == ("revoke", root)}
    ends: dict[str, dict[str, list[str]]] = {}
    for one in (one for one in named if one.kind in {"revoke", "release"} and one.signer == root):
        of = ends.setdefault(one.body["device"], {})
        for stream, names in one.body.get("streams", {}).items():
            of[stream] = [*of.get(stream, []), *names]
    return {
        body["id"]: Device(body["verify"], body["role"], body["id"] in gone, ends.get(body["id"], {}))
        for body in bodies
    }


def _void(found: Iterable[bytes]) -> set[str]:
    """Of a device that was taken out no order counts that the revocation does not name."""
    named, known = [orders.parse(content) for content in found], _recognised(found)
    kept = {id_ for one in named if one.kind == "revoke" for id_ in one.body["orders"]}
    keys = {device.verify for device in known.values() if device.gone}
    return {one.id for one in named if one.signer in keys and one.id not in kept}


RULES = Rules(_recognised, lambda signer, _: signer == b64(bytes(ROOT.verify_key)), _void)


class Laptop:
    """A `Holder` made of dicts: one device, its streams, and what others brought. `receive` is all or nothing."""

    def __init__(self, device: str, role: str = "interviewer", *, enrolled: bool = True) -> None:
        self.device = device
        self.signer = SigningKey(digest(device.encode())[:32].encode())
        self.held_orders: dict[str, bytes] = {}
        self.held_streams: dict[str, StreamInfo] = {}
        self.held: dict[str, Block] = {}
        self.held_chunks: dict[str, Chunk] = {}
        self.wanted: dict[str, list[str]] = {}
        self.later = ""  # the drawer of what it takes in last
        self.arrived: list[str] = []  # the drawers of the blocks that it received
        if enrolled:
            self.keep(_device_order(device, role, self.signer))

    def keep(self, order: Order) -> None:
        self.held_orders[order.id] = order.content
        self._empty()

    def write(self, drawer: str, text: str, alias: str | None = None, *, at: str | None = None) -> Block:
        """Seal one change at the end of this device's stream of *drawer*, or after the block *at*: a branch."""
        stream = b64(digest(f"{self.device} {drawer}".encode())[:12].encode())
        self.held_streams[stream] = StreamInfo(stream, drawer, self.device)
        ends = chain.ends({stream: self.links(stream)}, stream)
        after = at if at is not None else (ends[-1][1] if ends else None)
        position = self.held[after].header.position + 1 if after else 1
        made = block.seal(Place(stream, position, after, drawer, 1, alias), [text.encode()], DRAWER_KEY, self.signer)
        self.held[made.hash] = made
        return made

    def erase(self, *names: str) -> None:
        self.keep(orders.sign("erase", STUDY, {"blocks": list(names)}, self.signer))

    def erase_child(self, drawer: str, alias: str, signer: SigningKey = ROOT) -> None:
        self.keep(orders.sign("erase_child", STUDY, {"version": 1, "drawers": {drawer: alias}}, signer))

    def take_out(self, device: str, *kept: str) -> None:
        """Let the root take *device* out and recognise the orders *kept* of it."""
        self.keep(orders.sign("revoke", STUDY, {"device": device, "orders": list(kept)}, ROOT))

    def release(self, device: str, *last: Block) -> None:
        """Let the root recognise what *device* wrote up to the blocks *last*."""
        streams = {one.header.stream: [one.hash] for one in last}
        self.keep(orders.sign("release", STUDY, {"device": device, "streams": streams, "orders": []}, ROOT))

    def opening(self) -> str:
        return chain.opening_of(self.ends(), self.order_ids())

    def payloads(self) -> dict[str, bytes | None]:
        return {name: one.payload for name, one in self.held.items()}

    def study(self) -> str:
        return STUDY

    def order_ids(self) -> list[str]:
        return list(self.held_orders)

    def orders_named(self, ids: Iterable[str]) -> list[bytes]:
        return [self.held_orders[id_] for id_ in ids]

    def introduction(self) -> list[bytes]:
        return [one for one in self.held_orders.values() if orders.parse(one).kind == "device"]

    def ends(self) -> dict[str, list[tuple[int, str]]]:
        links = {stream: self.links(stream) for stream in self.held_streams}
        return {stream: chain.ends(links, stream) for stream in links if links[stream]}

    def links(self, stream: str) -> dict[str, tuple[int, str | None]]:
        of = [one for one in self.held.values() if one.header.stream == stream]
        return {one.hash: (one.header.position, one.header.previous) for one in of}

    def infos(self, streams: Iterable[str]) -> list[StreamInfo]:
        return [self.held_streams[stream] for stream in sorted(streams)]

    def pick(self, stream: str, names: Sequence[str]) -> list[Block]:
        return [self.held[name] for name in names]

    def waits(self, info: StreamInfo) -> bool:
        return info.drawer == self.later

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Sequence[Block]) -> Report:
        self.arrived += [one.header.drawer for one in brought]
        self.held_orders |= {digest(content): content for content in found}
        self._empty()
        for info in streams:
            self.held_streams.setdefault(info.stream, info)
        counts = {"received": 0, "known": 0, "new": 0, "gaps": 0, "damaged": 0, "blocked": 0}
        judged = judge.judge(self.held_orders.values(), RULES)
        for one in chain.in_order(brought):
            became = self._take(one, judged)
            counts[became] += 1
            counts["received"] += became in {"known", "new", "blocked"}
        return replace(Report(), **counts)  # type: ignore[arg-type]

    def attach(self, content: bytes, *, drawer: str = "research/A", alias: str = "river") -> str:
        """Keep an attachment of one chunk per three bytes, so that there are some; return its id."""
        owner = Owner(new_id(), self.device, drawer, alias)
        for number in range(0, len(content), 3):
            one = chunk.seal(owner, number // 3 + 1, content[number : number + 3], DRAWER_KEY, self.signer)
            self.held_chunks[one.name] = one
        self._empty()
        return owner.attachment

    def erase_attachment(self, *ids: str) -> None:
        self.keep(orders.sign("erase", STUDY, {"blocks": [], "attachments": list(ids)}, self.signer))

    def redact_attachment(self, drawer: str, *ids: str, signer: SigningKey = ROOT) -> None:
        """Let *signer* have attachments of whomever erased."""
        body = {"version": 2, "drawer": drawer, "blocks": [], "attachments": list(ids)}
        self.keep(orders.sign("erase_changes", STUDY, body, signer))

    def chunks_held(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, one in sorted(self.held_chunks.items()):
            found.setdefault(one.label.attachment, []).append(name)
        return found

    def chunks_lacking(self) -> dict[str, list[str]]:
        lacking = {id_: [name for name in names if name not in self.held_chunks] for id_, names in self.wanted.items()}
        return {id_: names for id_, names in lacking.items() if names}

    def pick_chunks(self, names: Sequence[str]) -> list[Chunk]:
        return [self.held_chunks[name] for name in names]

    def receive_chunks(self, brought: Sequence[Chunk]) -> None:
        self.held_chunks |= {one.name: one for one in brought}

    def _take(self, one: Block, judged: Judgement) -> str:
        info = self.held_streams.get(one.header.stream)
        if info is None:
            return "damaged"
        place = chain.classify({info.stream: self.links(info.stream)}, one.hash, one.header)
        if place != chain.NEW:
            return {chain.GAP: "gaps"}.get(place, place)
        if judged.fault(one, info):
            return "damaged"
        emptied = judged.empties(one, info)
        self.held[one.hash] = replace(one, payload=None) if emptied else one
        return "blocked" if emptied else "new"

    def _empty(self) -> None:
        judged = judge.judge(self.held_orders.values(), RULES)
        for name, one in list(self.held.items()):
            if judged.empties(one, self.held_streams[one.header.stream]):
                self.held[name] = replace(one, payload=None)
        for name, lump in list(self.held_chunks.items()):
            if judged.drops(lump.label):
                del self.held_chunks[name]


class Line(httpx.BaseTransport):
    """A line that breaks at request number *after*, before it arrives or before its answer does."""

    def __init__(self, app: Any, after: int, *, arrives: bool) -> None:
        self._inner = httpx.WSGITransport(app)
        self._left = after
        self._arrives = arrives

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left < 0:
            if self._arrives:
                self._inner.handle_request(request).read()
            raise httpx.ReadError("cut")
        return self._inner.handle_request(request)


class Station:
    """A hub in this process: its store, and the web application in front of it."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.store = HubStore(database)
        self.store.found(HubFacts(STUDY, b64(bytes(ROOT.verify_key)), "epoch-1", HUB_SEED, "CN"))
        self.start()

    def start(self) -> None:
        """Begin like a process that was just started."""
        self.centre = Centre(self.store, STUDY, RULES, lambda: "2026-05-01T10:00")
        self.app = create_app(self.centre)

    def restore(self, epoch: str) -> None:
        self.store.renew(STUDY, epoch)
        self.start()

    def card(self, url: str = "http://hub") -> Card:
        return Card(STUDY, url, self.centre.key)

    def breaking(self, after: int, *, arrives: bool) -> httpx.BaseTransport:
        """Return a line to this hub that breaks at request number *after*."""
        return Line(self.app, after, arrives=arrives)

    def sync(
        self,
        laptop: Laptop,
        kept: dict[str, Any] | None = None,
        transport: httpx.BaseTransport | None = None,
        tell: Callable[[Progress], object] = lambda _: None,
    ) -> Outcome:
        """Let *laptop* exchange with this hub, in this process or over *transport*."""
        ways = transport or httpx.WSGITransport(self.app)
        with client.line(self.card(), Identity(laptop.device, laptop.signer), ways) as line:
            return client.exchange(line, laptop, kept, tell)

    def payloads(self) -> dict[str, bytes | None]:
        """Return what lies in the store, looked at from outside."""
        engine = create_engine(self.store._engine.url)
        with engine.connect() as at:
            rows = at.exec_driver_sql("SELECT hash, payload FROM blocks").all()
        engine.dispose()
        return {name: None if payload is None else bytes(payload) for name, payload in rows}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Debian's PostgreSQL on a free port, in a folder of its own; skipped with a word where it is missing."""
    if not POSTGRES:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed here, and these tests are to run on it")
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    with TemporaryDirectory(prefix="fieldkit-postgres-") as folder, _cluster(Path(folder), POSTGRES[0]) as address:
        yield address


@contextmanager
def _cluster(folder: Path, programs: Path) -> Iterator[str]:
    """It refuses to run as root; then it runs as its own user."""
    port, data = _free_port(), folder / "data"
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *words: str | Path) -> None:
        command = [*as_user, programs / program, "-D", data, *words]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    run("initdb", "-A", "trust", "-U", "hub", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    run("pg_ctl", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://hub@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


_numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of either kind; on PostgreSQL a schema of its own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.db'}"
    address, name = f"{request.getfixturevalue('postgres')}/postgres", f"hub{next(_numbers)}"
    engine = create_engine(address.replace("postgresql", "postgresql+psycopg", 1))
    with engine.begin() as at:
        at.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    return f"{address}?options=-csearch_path%3D{name}"


@pytest.fixture
def station(database: str) -> Iterator[Station]:
    """A hub that was just founded, on SQLite and on PostgreSQL."""
    made = Station(database)
    yield made
    made.store.close()


@pytest.fixture
def stations(tmp_path: Path) -> Iterator[Callable[[], Station]]:
    """Found hubs on SQLite, as many as a test wants."""
    made: list[Station] = []

    def found() -> Station:
        made.append(Station(f"sqlite:///{tmp_path / f'{new_id(6)}.db'}"))
        return made[-1]

    yield found
    for one in made:
        one.store.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The files of a certificate that a hub made for itself, and of its key; it names no address."""
    folder = tmp_path_factory.mktemp("certificate")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), day, day.replace(2100))
    signed = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = signed.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="session")
def laptop() -> type[Laptop]:
    """Make laptops: `laptop(device, role)`."""
    return Laptop


WEIRD = (
    b"-1",
    b"0",
    b"9007199254740993",
    b"1e9",
    b"null",
    b"true",
    b'""',
    b"[[[[[[",
    b"{}",
    b"\xff\xfe",
    b"\x00",
    b"\\ud800",
)
LENGTHS = (0, 1, 2**26, 2**26 + 1, 2**31, 2**31 - 1, 2**32 - 1)


def _span(made: bytearray, chance: random.Random) -> slice:
    start = chance.randrange(len(made) + 1)
    return slice(start, min(len(made), start + chance.choice((1, 2, 4, 16, 64, 400))))


def _flip(made: bytearray, chance: random.Random) -> None:
    if made:
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)


def _drop(made: bytearray, chance: random.Random) -> None:
    del made[_span(made, chance)]


def _truncate(made: bytearray, chance: random.Random) -> None:
    del made[chance.randrange(len(made) + 1) :]


def _repeat(made: bytearray, chance: random.Random) -> None:
    part, at = made[_span(made, chance)], chance.randrange(len(made) + 1)
    made[at:at] = part


def _garble(made: bytearray, chance: random.Random) -> None:
    span = _span(made, chance)
    made[span] = chance.randbytes(len(made[span]))


def _put_something_weird(made: bytearray, chance: random.Random) -> None:
    made[_span(made, chance)] = chance.choice(WEIRD)


def _put_a_length(made: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(made) + 1)
    made[at : at + 4] = chance.choice(LENGTHS).to_bytes(4, "big")


_WAYS = (_flip, _flip, _drop, _truncate, _repeat, _garble, _put_something_weird, _put_a_length)


def _mutants(whole: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    chance = random.Random(f"{seed} {len(whole)}")
    while count:
        made = bytearray(whole)
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            chance.choice(_WAYS)(made, chance)
        if made != whole:
            count -= 1
            yield bytes(made)


@pytest.fixture(scope="session")
def mutants() -> Callable[..., Iterator[bytes]]:
    """Change bytes in as many ways as told, always the same ones: `mutants(whole, count, seed)`."""
    return _mutants
