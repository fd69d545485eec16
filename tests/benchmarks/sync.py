"""What sync has to reach (`design.md` §10): `--check` exits 1 on a missed target.

One run: a laptop with 10,000 answers of 200 children, a hub as a process of its own, a coordinator's computer; PouchDB
and a bare SQLCipher file with the same records. Rates are those of this computer as busy as it is; beside them stands
how long the programs themselves worked (CPU). Bytes on the wire are all of both ways, those of HTTP included.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import zstandard

from fieldkit.acts import demo, exchange
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock, new_id
from fieldkit.records import Change
from fieldkit.store import envelope
from fieldkit.store.database import Database
from tests.benchmarks import hubs, load
from tests.benchmarks.hubs import Hub, Passed
from tests.benchmarks.laptop import row
from tests.sync.conftest import POSTGRES, _cluster

RECORDS, CHILDREN, SEED = 10_000, 200, 1
RATE, TIMES_POUCHDB = 7000.0, 3.0
TAKEN_IN, OF_RAW = 3000.0, 15.0
LARGER, OF_BLOCK, NOTHING_NEW = 1.05, 300, 1024
TALK, PROPORTION = 4096, 1.25  # where only one in a hundred changed: bytes around the blocks, and what we hold them to
LAPTOPS, BLOCKS, BLOCK_SIZE = 200, 2, 2000
POUCHDB = ("pouchdb@9.0.0", "express-pouchdb@4.2.0", "express@4.21.2")


def main() -> int:
    """Print every measure beside its target; return 1 for a missed one, if that was asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--laptops", type=int, default=LAPTOPS)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="fieldkit-sync-") as scratch, hubs.counting() as passed, _desks(scratch) as desks:
        run = Run(Path(scratch), desks["coordinator"], desks["interviewer"], passed, asked.records, asked.laptops)
        missed = run.on_sqlite() + run.on_postgresql()
    return int(bool(asked.check and missed))


@contextmanager
def _desks(scratch: str) -> Iterator[Mapping[str, Desk]]:
    desks = demo.build(Path(scratch), Clock(), ("coordinator", "interviewer"))
    try:
        yield desks
    finally:
        demo.close(desks.values())


@dataclass(frozen=True)
class Spent:
    """Seconds of an exchange, those in which this process and the hub worked, bytes and round trips, blocks sent."""

    seconds: float
    cpu: float
    hub_cpu: float
    bytes: int
    trips: int
    sent: int


@dataclass(frozen=True)
class Run:
    scratch: Path
    founder: Desk
    laptop: Desk
    passed: Passed
    records: int
    laptops: int

    def on_sqlite(self) -> int:
        with hubs.running(self.founder, self.scratch / "hub") as hub:
            self._exchange(self.founder, hub)
            self._exchange(self.laptop, hub)
            small = self._exchange(self.laptop, hub)
            said = load.fill(self.laptop, load.notes(self.records, SEED), max(1, self.records * CHILDREN // RECORDS))
            missed = self._first(hub, said) + self._nothing_new(hub, small) + self._changed(hub, said)
            return missed + self._crowd("SQLite", hub)

    def on_postgresql(self) -> int:
        if not POSTGRES:
            print("PostgreSQL: skipped, it is not installed here")
            return 0
        folder = self.scratch / "postgresql"
        self.scratch.chmod(0o755)  # its own user looks into its folder
        folder.mkdir()
        with (
            _cluster(folder, POSTGRES[0]) as address,
            hubs.running(self.founder, self.scratch / "hub2", "--database", f"{address}/postgres") as hub,
        ):
            self._exchange(self.founder, hub)
            spent = self._exchange(self.laptop, hub)
            _tell("PostgreSQL: all of it once more, sealed before", self.records, spent)
            return self._crowd("PostgreSQL", hub)

    def _exchange(self, desk: Desk, hub: Hub) -> Spent:
        """Exchange, sealing included."""
        exchange.take_card(desk, hub.card)
        before, worked = (self.passed.bytes, self.passed.trips), hub.cpu()
        begin, cpu = time.perf_counter(), time.process_time()
        done = exchange.run(desk)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        assert done.done, done
        size, trips = self.passed.bytes - before[0], self.passed.trips - before[1]
        return Spent(seconds, cpu, hub.cpu() - worked, size, trips, done.sent)

    def _first(self, hub: Hub, said: Sequence[Change]) -> int:
        """The laptop's records to the hub, from there to the coordinator's; PouchDB and a bare file beside them."""
        unsealed = _bodies(self.laptop)
        file = self.scratch / "records.jsonl"
        file.write_bytes(b"".join(one.encoded() + b"\n" for one in said))
        raw = [_raw(self.scratch, said)]
        spent = self._exchange(self.laptop, hub)
        missed = self._wire("bytes on the wire", spent, unsealed)
        print(f"{'':4}zstd -9 of the whole file: {_packed([file.read_bytes()], 9) / 1e6:.2f} MB")
        rate = _tell("a laptop's records to the hub, sealing included", len(said), spent)
        missed += at_least("records/s to the hub", rate, RATE)
        missed += _beside_pouchdb(self.scratch, file, len(said), rate)
        spent = self._exchange(self.founder, hub)
        raw.append(_raw(self.scratch, said))
        rate = _tell("the same into the coordinator's store", len(said), spent)
        missed += at_least("records/s into the coordinator's store", rate, TAKEN_IN)
        print(f"{'':4}bare SQLCipher insert of the same rows: {', '.join(f'{one:.0f}' for one in raw)} records/s")
        return missed + at_least("% of the bare insert", 100 * rate / statistics.mean(raw), OF_RAW)

    def _wire(self, what: str, spent: Spent, unsealed: Mapping[str, list[bytes]], target: float = LARGER) -> int:
        packed = _packed([b"".join(lines) for lines in unsealed.values()], 3)
        blocks, size = spent.sent - 1, spent.bytes - envelope.SIZE
        print(f"{'':4}{what}: {size / 1e6:.3f} MB in {blocks} blocks; zstd -3 by child {packed / 1e6:.3f} MB")
        return row(f"{what}, against zstd -3 by child", (size - OF_BLOCK * blocks) / packed, target, "x")

    def _nothing_new(self, hub: Hub, small: Spent) -> int:
        large = self._exchange(self.laptop, hub)
        missed = 0
        for what, one in (("the demo alone", small), (f"{self.records} records", large)):
            missed += row(f"nothing new, {what}: round trips", one.trips, 1, "")
            missed += row(f"nothing new, {what}: bytes", one.bytes, NOTHING_NEW, "B")
            print(f"{'':4}{one.seconds * 1000:.0f} ms, CPU {one.cpu * 1000:.0f} ms, hub {one.hub_cpu * 1000:.0f} ms")
        return missed

    def _changed(self, hub: Hub, said: Sequence[Change]) -> int:
        """One in a hundred changed: what passes is what changed, and as much talk as ever."""
        some = random.Random(SEED).sample(said, len(said) // 100)
        load.edit(self.laptop, some, load.notes(1, SEED + 1)[0][:60])
        unsealed = _bodies(self.laptop)
        spent = self._exchange(self.laptop, hub)
        _tell("1 % changed, to the hub", len(some), spent)
        missed = self._wire("1 % changed", _less(spent, TALK), unsealed, PROPORTION)
        _tell("1 % changed, into the coordinator's store", len(some), self._exchange(self.founder, hub))
        return missed

    def _crowd(self, what: str, hub: Hub) -> int:
        became = hubs.crowd(self.founder, hub, self.laptops, BLOCKS, BLOCK_SIZE)
        print(
            f"{what}: {self.laptops} laptops at once, {became.blocks} blocks: {became.seconds:.1f} s, {became.errors}"
        )
        missed = row(f"{what}: laptops that are not done", became.undone, 0, "")
        return missed + row(f"{what}: confirmed blocks that are missing", became.missing, 0, "")


def at_least(what: str, value: float, target: float) -> int:
    missed = value < target
    print(f"{what:52} {value:8.2f}        target at least {target:g}{'   MISSED' if missed else ''}")
    return int(missed)


def _tell(what: str, records: int, spent: Spent) -> float:
    """Print what an exchange took; return records a second."""
    working = f"CPU {spent.cpu:.2f} s here and {spent.hub_cpu:.2f} s at the hub"
    print(f"{'':4}{what}: {spent.seconds:.2f} s, {working}; {spent.bytes / 1e6:.3f} MB, {spent.trips} round trips")
    return records / spent.seconds


def _less(spent: Spent, size: int) -> Spent:
    return Spent(spent.seconds, spent.cpu, spent.hub_cpu, spent.bytes - size, spent.trips, spent.sent)


def _bodies(desk: Desk) -> dict[str, list[bytes]]:
    """Return the lines that are not sealed yet, by child."""
    found: dict[str, list[bytes]] = {}
    with desk.db.reading() as tables:
        rows = "SELECT coalesce(subject, ''), body FROM changes WHERE block IS NULL ORDER BY tick, id"
        for subject, body in tables.execute(rows):
            found.setdefault(subject, []).append(bytes(body) + b"\n")
    return found


def _packed(parts: Sequence[bytes], level: int) -> int:
    return sum(len(zstandard.ZstdCompressor(level=level).compress(one)) for one in parts)


def _raw(scratch: Path, said: Sequence[Change]) -> float:
    """Return how many of the same rows a second a bare SQLCipher file takes, on the disk in one transaction."""
    rows = [
        (
            *(one.id, one.drawer, one.subject, one.session, one.kind, one.record, one.tick, one.wall, one.author),
            *(one.device, one.editor, " ".join(one.grounds), one.encoded()),
        )
        for one in said
    ]
    path = scratch / f"raw-{new_id()}.db"
    db = Database(path, bytes(48))
    with db.writing() as tables:
        tables.execute(f"CREATE TABLE rows (id TEXT PRIMARY KEY, {', '.join(f'c{n}' for n in range(12))})")
    begin = time.perf_counter()
    with db.writing() as tables:
        tables.conn.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * 13)})", rows)
    seconds = time.perf_counter() - begin
    db.close()
    return len(rows) / seconds


def _beside_pouchdb(scratch: Path, file: Path, records: int, rate: float) -> int:
    folder = scratch / "pouchdb"
    folder.mkdir()
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("PouchDB: skipped, Node is not installed here")
        return 0
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", *POUCHDB]
    if subprocess.run(install, cwd=folder, capture_output=True, check=False).returncode:
        print("PouchDB: skipped, npm could not install it")
        return 0
    pouchdb = records / _pouchdb(folder, file)
    print(f"{'':4}PouchDB to express-pouchdb, LevelDB on both sides: {pouchdb:.0f} records/s")
    return at_least("times PouchDB", rate / pouchdb, TIMES_POUCHDB)


def _pouchdb(folder: Path, file: Path) -> float:
    """Return the seconds in which PouchDB replicates the records in *file* to an empty express-pouchdb."""
    node = ["node", str(Path(__file__).with_name("pouchdb.js"))]
    stored = folder / "stored"
    stored.mkdir()
    with subprocess.Popen([*node, "serve", str(stored)], cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            words = [*node, "send", str(file), f"http://127.0.0.1:{port}/records"]
            return float(subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout)
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
