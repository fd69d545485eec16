"""What can go wrong between two machines, tried out: what happens, what is lost. The table is in `sync/README.md`."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from nacl.signing import SigningKey

from fieldkit.acts import answers, exchange, handover, hubs, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock, new_id
from fieldkit.errors import DiskFull
from fieldkit.store import holdings, replica
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from sync import block, bundle, incoming, orders
from sync.block import Block, Place
from sync.centre import Centre
from sync.client import Card
from sync.errors import Refused, SyncError, Unreachable
from sync.frames import Reader, Writer
from sync.hub import create_app
from sync.hub_server import listening
from sync.hub_store import Strip
from sync.orders import Order
from sync.replica import Replica

README = Path(__file__).resolve().parents[2] / "sync" / "README.md"
BEGINS, ENDS = "<!-- faults -->\n", "<!-- end of faults -->\n"
HANDFUL = 5  # kills of each machine by default; more with --kills
Make = Callable[..., Any]
Row = tuple[str, str]  # what happened, what was lost


class Narrow(httpx.BaseTransport):
    """A line that carries so many bytes, both ways together, and then breaks in the middle of whatever it carries."""

    def __init__(self, centre: Centre, left: int) -> None:
        self.left, self._centre = left, centre

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        act, raw = request.url.path.rpartition("/")[2], request.read()
        if len(raw) > self.left:
            status, _ = self._centre.answer(act, raw[: max(self.left, 0)])  # a server that does not count
            assert status != 200
        self._carry(raw)
        status, content = self._centre.answer(act, raw)
        self._carry(content)
        return httpx.Response(status, content=content)

    def _carry(self, content: bytes) -> None:
        self.left -= len(content)
        if self.left < 0:
            raise httpx.ReadError("cut")


class Faults:
    """Tries one row after the other, each on machines of its own."""

    def __init__(self, stations: Make, laptop: Make, tree: list[Block], shelf: Make, signer: SigningKey, order: Order):
        self._stations, self._laptop, self._tree, self._shelf = stations, laptop, tree, shelf
        self._signer, self._order = signer, order

    def cut_at_every_percent_of_a_transfer(self) -> Row:
        whole, station = 10**9, self._stations()
        way = Narrow(station.centre, whole)
        station.sync(self._full("L0"), transport=way)
        self._forget(station)
        cuts = 0
        for percent in range(1, 101):
            one = self._full(f"L{percent}")
            with pytest.raises(Unreachable):
                station.sync(one, transport=Narrow(station.centre, (whole - way.left) * percent // 101))
            cuts += 1
            assert station.sync(one).done
            assert self._all_there(station, one) == "nothing"
            self._forget(station)
        return f"told each time ({cuts} cuts); the same call goes on", "nothing"

    def every_request_comes_again(self) -> Row:
        station, one, said = self._stations(), self._full("L1"), list[tuple[str, bytes]]()
        answer = station.centre.answer

        def noting(act: str, raw: bytes) -> tuple[int, bytes]:
            said.append((act, raw))
            return cast("tuple[int, bytes]", answer(act, raw))

        station.centre.answer = noting
        station.sync(one)
        station.centre.answer = answer
        before = station.payloads()
        for act, raw in [*said, *reversed(said)]:
            assert answer(act, raw)[0] == 200
        assert station.payloads() == before
        return "stored what is stored already", self._all_there(station, one)

    def bits_flip_in_a_bundle(self) -> Row:
        whole, told = self._bundle(), 0
        for at in range(0, len(whole), 17):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << at % 8
            told += self._is_told(bytes(flipped))
        assert told == len(range(0, len(whole), 17))
        return "told each time; whole frames are taken, the rest when the stick comes again", "nothing"

    def a_bundle_is_cut_short_at_every_percent(self) -> Row:
        whole = self._bundle()
        assert all(self._is_told(whole[: len(whole) * percent // 100]) for percent in range(100))
        return "told each time; whole frames are taken, the rest when the stick comes again", "nothing"

    def frames_come_in_another_order_and_twice(self) -> Row:
        head, *rest = list(Reader(BytesIO(self._bundle())))
        rest += rest
        random.Random(1).shuffle(rest)
        file = BytesIO()
        writer = Writer(file)
        for part in (head, *rest):
            writer.put(*part)
        writer.end()
        found, holder = incoming.read_piece(file.getvalue()), self._shelf()
        holder.receive(found.orders, found.streams, found.blocks)
        assert {one.hash for one in holder.blocks()} == {one.hash for one in self._tree}
        assert not found.torn
        return "taken as if in order", "nothing"

    def a_block_is_signed_by_somebody_else(self) -> Row:
        station, one, stranger = self._stations(), self._full("L1"), self._laptop("L9", enrolled=False)
        station.sync(one)
        other, forged = self._laptop("L2"), stranger.write("research/A", "{}")
        other.held, other.held_streams = {forged.hash: forged}, dict(stranger.held_streams)
        told = station.sync(other)
        assert (told.done, set(told.aside)) == (False, {"quarantine"})
        assert forged.hash not in station.payloads()
        return "kept apart in quarantine; whoever brought it is told, and gets no receipt", self._all_there(
            station, one
        )

    def a_payload_is_sealed_under_another_key(self) -> Row:
        one = self._tree[0]
        with pytest.raises(SyncError):
            block.open_block(one, bytes(32))
        return "carried on, not opened; it waits for its key", "nothing"

    def a_device_erases_what_another_wrote(self) -> Row:
        station, one, ill = self._stations(), self._full("L1"), self._laptop("L2")
        station.sync(one)
        ill.erase(*one.held)
        ill.erase_child("research/A", "river", ill.signer)
        assert station.sync(ill).done
        assert None not in station.payloads().values()
        station.sync(one)
        assert None not in one.payloads().values()
        return "kept and passed on, carried out by nobody", self._all_there(station, one)

    def a_device_writes_into_the_stream_of_another(self) -> Row:
        station, one, ill = self._stations(), self._full("L1"), self._laptop("L2")
        station.sync(one)
        stream, ends = next(iter(one.ends().items()))
        header = one.held[ends[-1][1]].header
        place = Place(stream, header.position + 1, ends[-1][1], header.drawer, 1, header.alias)
        forged = block.seal(place, [b"{}"], bytes(32), ill.signer)
        ill.held, ill.held_streams = {**one.held, forged.hash: forged}, dict(one.held_streams)
        told = station.sync(ill)
        assert (told.done, set(told.aside)) == (False, {"quarantine"})
        return "kept apart in quarantine", self._all_there(station, one)

    def a_device_enrols_another_by_itself(self) -> Row:
        station, ill, friend = self._stations(), self._laptop("L2"), self._laptop("L9", enrolled=False)
        body = orders.parse(next(iter(self._laptop("L9").held_orders.values()))).body
        ill.keep(orders.sign("device", "study-1", body, ill.signer))
        station.sync(ill)
        with pytest.raises(Refused):
            station.sync(friend)
        return "the order is kept; the device is a stranger still", "nothing"

    def the_disk_of_the_hub_is_full(self) -> Row:
        station, one = self._stations(), self._full("L1")
        add, left = Strip.add, [1]  # of two streams

        def full(strip: Strip, which: Any) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "no space left on device")
            add(strip, which)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Strip, "add", full)
            with pytest.raises(Refused, match="hub_failed"):
                station.sync(one)
        assert station.sync(one).done
        return "nothing of that piece is acknowledged; the same call goes on", self._all_there(station, one)

    def _forget(self, station: Any) -> None:
        """Let the hub be as new: every transfer is of the same size."""
        with station.store._engine.begin() as at:
            for table in ("orders", "streams", "blocks", "quarantine", "seen"):
                at.exec_driver_sql(f"DELETE FROM {table}")
        station.start()

    def _full(self, device: str) -> Any:
        one = self._laptop(device, "coordinator" if device == "C1" else "interviewer")
        for number in range(4):
            one.write(f"{('research', 'vault')[number % 2]}/A", f'{{"n":"{new_id()}"}}', "river")
        return one

    def _all_there(self, station: Any, one: Any) -> str:
        held = station.payloads()
        lost = {name for name, payload in one.payloads().items() if held.get(name) != payload}
        return f"{len(lost)} blocks" if lost else "nothing"

    def _bundle(self) -> bytes:
        file = BytesIO()
        holder = self._shelf(self._tree, [self._order])
        bundle.write_frames(Writer(file), holder.study(), holder.orders(), holder.streams(), holder.blocks())
        return file.getvalue()

    def _is_told(self, spoilt: bytes) -> bool:
        """Let somebody read it, then the whole one: nothing is taken that was not written, and at last all is there."""
        holder: Replica = self._shelf()
        try:
            found = incoming.read_piece(spoilt)
        except SyncError:
            told = True
        else:
            holder.receive(found.orders, found.streams, found.blocks)
            told = found.torn or found.damaged > 0
        assert {one.hash for one in holder.blocks()} <= {one.hash for one in self._tree}
        found = incoming.read_piece(self._bundle())
        holder.receive(found.orders, found.streams, found.blocks)
        assert list(holder.blocks()) == list(self._shelf(self._tree).blocks())
        return told


class Sticks:
    """What befalls the disk of a laptop, or a stick in it."""

    def __init__(self, desk: Desk, office: Desk, root: Path) -> None:
        self.desk, self.office, self.root = desk, office, root

    def the_stick_is_full(self) -> Row:
        return self._stick_refuses(OSError(errno.ENOSPC, "no space left"), DiskFull)

    def the_stick_is_read_only(self) -> Row:
        return self._stick_refuses(OSError(errno.EROFS, "read-only file system"), handover.NoSuchPlace)

    def the_disk_of_the_laptop_is_full(self) -> Row:
        handover.write(self.desk, self.root / "stick")
        with self.office.db.reading() as tables:
            before = holdings.ends(tables)
        with pytest.MonkeyPatch.context() as patch:

            def full(_db: Database, connection: Any) -> None:
                connection.execute("PRAGMA max_page_count = 1")
                connection.execute("CREATE TABLE more AS SELECT randomblob(9000000)")

            patch.setattr(Database, "_commit", full)
            with pytest.raises(DiskFull):
                handover.read(self.office, self.root / "stick")
        with self.office.db.reading() as tables:
            assert holdings.ends(tables) == before
        self.office.db._writer.execute("PRAGMA max_page_count = 1000000")
        return "told; nothing of that batch is in the store; read it again", self._brings_all()

    def _stick_refuses(self, error: OSError, refusal: type[Exception]) -> Row:
        def refuses(*_: Any) -> None:
            raise error

        place = self.root / "stick"
        handover.write(self.desk, place)
        before = place.read_bytes()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bundle, "Writer", refuses)
            with pytest.raises(refusal):
                handover.write(self.desk, place)
        assert [(one.name, one.read_bytes()) for one in self.root.iterdir() if one.is_file()] == [("stick", before)]
        return "told; the older bundle is still there, and no half one", self._brings_all()

    def _brings_all(self) -> str:
        handover.write(self.desk, self.root / "stick")
        handover.read(self.office, self.root / "stick")
        with self.desk.db.reading() as ours, self.office.db.reading() as theirs:
            held = {row[0] for row in theirs.execute("SELECT hash FROM blocks")}
            lost = {row[0] for row in ours.execute("SELECT hash FROM blocks")} - held
        (self.root / "stick").unlink()
        return f"{len(lost)} blocks" if lost else "nothing"


class Plug:
    """Kills a laptop or a hub, a real process each, in the middle of an exchange; then the same call goes on."""

    def __init__(self, desk: Desk, office: Desk, root: Path, passphrase: str) -> None:
        self.root, self.passphrase, self.fell = root, passphrase, set[str]()
        self.told = hubs.write_pass(office)
        self.centre = hubs.opened(hubs.read_pass(self.told), f"sqlite:///{root / 'hub.db'}", "CN", str)
        with desk.db.writing():
            desk.db.leave_no_trace()
        shutil.copytree(desk.folder.path, root / "before", ignore=shutil.ignore_patterns("lock"))
        self.centre.close()
        self.card = Card(self.centre.study, "", self.centre.key)
        command = [sys.executable, str(Path(__file__).with_name("dying.py"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def laptop_dies(self, point: int, seconds: float) -> bool:
        """Return whether it came that far."""
        with self._machines() as (desk, database):
            centre = self._hub(database)
            with listening(create_app(centre), "127.0.0.1", 0) as server:
                self._knows(desk, server.bind_addr[1])
                path = self._close(desk)
                self._begin("laptop", str(path), self.passphrase, point, seconds)
                said = list(iter(self._line, "ended"))
                desk = self._open(path)
                self._goes_on(desk, centre, server.bind_addr[1])
            self._close(desk)
            centre.close()
        self.fell |= set(said)
        return "done" not in said

    def hub_dies(self, point: int, seconds: float) -> bool:
        with self._machines() as (desk, database):
            pid, died, first = self._begin("hub", database, self.told.decode(), point, seconds), True, self._line()
            if first != "ended":
                self._knows(desk, int(first))
                try:
                    died = not exchange.run(desk).done
                except exchange.OutOfReach:
                    died = True
                if not died:  # it did not come that far
                    os.kill(pid, signal.SIGKILL)
                self.fell |= set(iter(self._line, "ended"))
            centre = self._hub(database)
            with listening(create_app(centre), "127.0.0.1", 0) as server:
                self._goes_on(desk, centre, server.bind_addr[1])
            centre.close()
            self._close(desk)
        return died

    def _hub(self, database: str) -> Centre:
        return hubs.opened(hubs.read_pass(self.told), database, "CN", str)

    def _goes_on(self, desk: Desk, centre: Centre, port: int) -> None:
        self._knows(desk, port)
        assert exchange.run(desk).done
        with desk.db.reading() as tables:
            assert replica.broken_chains(tables) == []
            assert holdings.ends(tables) == {k: v for k, v in centre._store.ends(centre.study).items() if v}
            assert tables.execute("SELECT count(*) FROM answers").fetchone() == (1,)

    def _knows(self, desk: Desk, port: int) -> None:
        exchange.take_card(desk, hubs.write_card(Card(self.card.study, f"http://127.0.0.1:{port}", self.card.key)))

    @contextmanager
    def _machines(self) -> Iterator[tuple[Desk, str]]:
        path = shutil.copytree(self.root / "before", self.root / "machine")
        shutil.copy(self.root / "hub.db", self.root / "now.db")
        yield self._open(path), f"sqlite:///{self.root / 'now.db'}"
        shutil.rmtree(path)
        for left in self.root.glob("now.db*"):
            left.unlink()

    def _open(self, path: Path) -> Desk:
        folder = Folder.open(path)
        return users.unlock(folder, users.slots(folder)[0].code, self.passphrase, Clock())

    def _close(self, desk: Desk) -> Path:
        desk.db.close()
        desk.folder.close()
        return desk.folder.path

    def _begin(self, *words: Any) -> int:
        print(json.dumps(words), file=self.process.stdin, flush=True)
        return int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the program that is to die has died"
        return line.strip()


FAULTS: dict[str, Callable[[Faults], Row]] = {
    "the line breaks, at every 1 % of a transfer": Faults.cut_at_every_percent_of_a_transfer,
    "every request comes again, forwards and backwards": Faults.every_request_comes_again,
    "a bit flips in a bundle, in every 17th byte": Faults.bits_flip_in_a_bundle,
    "a bundle is cut short, at every 1 %": Faults.a_bundle_is_cut_short_at_every_percent,
    "frames come in another order, and twice": Faults.frames_come_in_another_order_and_twice,
    "a block is signed by a stranger": Faults.a_block_is_signed_by_somebody_else,
    "a payload is sealed under another key": Faults.a_payload_is_sealed_under_another_key,
    "a device orders to erase what another wrote": Faults.a_device_erases_what_another_wrote,
    "a device writes into another's stream": Faults.a_device_writes_into_the_stream_of_another,
    "a device enrols another one by itself": Faults.a_device_enrols_another_by_itself,
    "the hub's disk is full": Faults.the_disk_of_the_hub_is_full,
}
STICKS: dict[str, Callable[[Sticks], Row]] = {
    "the stick is full": Sticks.the_stick_is_full,
    "the stick is read-only": Sticks.the_stick_is_read_only,
    "the laptop's disk is full": Sticks.the_disk_of_the_laptop_is_full,
}
KILLS: dict[str, Callable[[Plug, int, float], bool]] = {
    "the laptop is killed, before and after each commit and each word, and at random": Plug.laptop_dies,
    "the hub is killed, before and after each block and each answer, and at random": Plug.hub_dies,
}
GOES_ON: Row = ("both open again; the same call goes on", "nothing")


@pytest.fixture
def faults(stations: Make, laptop: Make, tree: list[Block], shelf: Make, signer: SigningKey, order: Order) -> Faults:
    return Faults(stations, laptop, tree, shelf, signer, order)


@pytest.fixture
def table(pytestconfig: pytest.Config) -> Callable[[str, Row], None]:
    """Compare a row with what README says of this fault, or write it there anew (--faults)."""

    def compare(fault: str, row: Row) -> None:
        before, rows, after = _parts(README.read_text(encoding="utf-8"))
        line = f"| {fault} | {row[0]} | {row[1]} |\n"
        if pytestconfig.getoption("--faults"):
            kept = [one for one in rows if not one.startswith(f"| {fault} |")]
            order = [f"| {name} |" for name in (*FAULTS, *STICKS, *KILLS)]
            made = sorted([*kept, line], key=lambda one: order.index(one[: one.index("|", 1) + 1]))
            README.write_text(before + "".join(made) + after, encoding="utf-8")
        assert line in _parts(README.read_text(encoding="utf-8"))[1]

    return compare


def _parts(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the rows of the table, the rows, and what stands after them."""
    start, end = text.index(BEGINS) + len(BEGINS), text.index(ENDS)
    head, rule, *rows = text[start:end].splitlines(keepends=True)
    return text[:start] + head + rule, rows, text[end:]


@pytest.mark.parametrize("fault", FAULTS)
def test_between_laptops_and_hub(fault: str, faults: Faults, table: Callable[[str, Row], None]) -> None:
    table(fault, FAULTS[fault](faults))


@pytest.mark.parametrize("fault", STICKS)
def test_on_disks_and_sticks(
    fault: str, desks: dict[str, Desk], interview: str, tmp_path: Path, table: Callable[[str, Row], None]
) -> None:
    (tmp_path / "place").mkdir()
    table(fault, STICKS[fault](Sticks(desks["interviewer"], desks["coordinator"], tmp_path / "place")))


@pytest.mark.kills
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", KILLS)
def test_when_a_machine_is_killed(
    fault: str,
    desks: dict[str, Desk],
    interview: str,
    tmp_path: Path,
    passphrase: str,
    pytestconfig: pytest.Config,
    capsys: pytest.CaptureFixture[str],
    table: Callable[[str, Row], None],
) -> None:
    """A handful of kills; with --kills at every point, and at so many random moments beside."""
    more, chance, died = pytestconfig.getoption("--kills"), random.Random(fault), 0
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", new_id(), "{}", "下雨放学的时候"))
    (tmp_path / "plug").mkdir()
    plug = Plug(desks["interviewer"], desks["coordinator"], tmp_path / "plug", passphrase)
    with plug.process:
        point, step = 1, 1 if more > 1 else HANDFUL
        while KILLS[fault](plug, point, 0):
            point, died = point + step, died + 1
        for _ in range(more):
            died += KILLS[fault](plug, 0, chance.uniform(0.001, 0.3))
        assert plug.process.stdin is not None
        plug.process.stdin.close()
    with capsys.disabled():
        print(f"\n{died} kills", *sorted(plug.fell), sep="\n  ")
    assert died >= (HANDFUL - 1 if more == 1 else 50)
    table(fault, GOES_ON)


def test_a_table_that_says_something_else_is_found_out(table: Callable[[str, Row], None]) -> None:
    with pytest.raises(AssertionError):
        table("the stick is full", ("told", "everything"))
