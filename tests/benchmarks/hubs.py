"""Hubs as real processes, what passes between them and a laptop, and many laptops at once."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import httpx
from nacl.signing import SigningKey

from fieldkit import hubs
from fieldkit.acts.desk import Desk
from fieldkit.acts.hubs import read_card, write_pass
from sync import block, chain, client, orders
from sync.block import Block, Place
from sync.canonical import b64, digest, new_id
from sync.chunk import Chunk
from sync.client import Card, Identity
from sync.errors import SyncError
from sync.orders import Order
from sync.replica import Report, StreamInfo

TRIES = 5


@dataclass
class Passed:
    """What passed between laptops and hubs since the beginning: round trips, and bytes, those of HTTP included."""

    trips: int = 0
    bytes: int = 0


@contextmanager
def counting() -> Iterator[Passed]:
    """Count all that is asked and answered."""
    passed, send = Passed(), httpx.Client.send

    def counted(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(self, request, **options)
        passed.trips += 1
        passed.bytes += len(f"{request.method} {request.url.raw_path.decode()} HTTP/1.1\r\n") + len(request.content)
        passed.bytes += len(f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}\r\n") + len(answer.content)
        passed.bytes += (
            sum(len(name) + len(said) + 4 for one in (request, answer) for name, said in one.headers.raw) + 4
        )
        return answer

    httpx.Client.send = counted  # type: ignore[method-assign]
    try:
        yield passed
    finally:
        httpx.Client.send = send  # type: ignore[method-assign]


@dataclass(frozen=True)
class Hub:
    card: bytes
    process: int

    def cpu(self) -> float:
        """Return the seconds for which the hub has worked."""
        facts = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(facts[11]) + int(facts[12])) / 100


@contextmanager
def running(founder: Desk, folder: Path, *store: str) -> Iterator[Hub]:
    """Run a hub of the study; its database lies in *folder*, or where *store* says."""
    folder.mkdir()
    (folder / "study.pass").write_bytes(write_pass(founder))
    words = [
        "--pass",
        "study.pass",
        "--country",
        "CN",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        *(store or ("--store", ".")),
    ]
    command = [sys.executable, "-m", "fieldkit", "hub", *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = [process.stdout.readline() for _ in range(4)]
            assert re.search(r"http://\S+", "".join(said)), said
            yield Hub((folder / hubs.CARD).read_bytes(), process.pid)
        finally:
            process.terminate()
            process.stdout.read()


class _All(dict[str, tuple[int, str | None]]):
    """Any block, as if it were held."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> tuple[int, str | None]:
        return 1, None


class Light:
    """A laptop in memory, with one stream of its own: a `sync.Holder` that opens nothing.

    *greedy*: it fetches what others brought; else it only brings its own, and what it says of others' is not so.
    """

    def __init__(self, founder: Desk, number: int, blocks: int, size: int, *, greedy: bool = False) -> None:
        self.me = Identity(f"light-{number}", SigningKey.generate())
        self.own: set[str] = set()
        self.errors: list[str] = []
        self.done = False
        self._greedy = greedy
        self._study = founder.device.study
        self._orders = {one.id: one.content for one in [_device(founder, self.me)]}
        self._introduction = [*self._orders.values()]
        self._infos: dict[str, StreamInfo] = {}
        self._held: dict[str, dict[str, Block]] = {}
        self._write(blocks, size)

    def _write(self, count: int, size: int) -> None:
        stream, before, key = b64(digest(self.me.device.encode())[:12].encode()), None, bytes(32)
        self._infos[stream] = StreamInfo(stream, "research/A", self.me.device)
        for position in range(1, count + 1):
            words = f'{{"text":"{new_id(size * 3 // 4)}"}}'.encode()
            made = block.seal(Place(stream, position, before, "research/A", 1, "a"), [words], key, self.me.signer)
            before = made.hash
            self._held.setdefault(stream, {})[made.hash] = made
            self.own.add(made.hash)

    @property
    def held(self) -> set[str]:
        return {name for of in self._held.values() for name in of}

    def exchange(self, card: Card) -> None:
        """Exchange with the hub until it has confirmed everything; what comes in the way is kept in `errors`."""
        for _ in range(TRIES):
            try:
                with client.line(card, self.me) as line:
                    self.done = client.exchange(line, self).done
            except SyncError as error:
                self.errors.append(f"{type(error).__name__}: {error}")
            if self.done:
                return

    def study(self) -> str:
        return self._study

    def order_ids(self) -> list[str]:
        return [*self._orders]

    def orders_named(self, ids: Iterable[str]) -> list[bytes]:
        return [self._orders[id_] for id_ in ids]

    def introduction(self) -> list[bytes]:
        return self._introduction

    def ends(self) -> dict[str, list[tuple[int, str]]]:
        return {stream: chain.ends({stream: self.links(stream)}, stream) for stream in self._held}

    def links(self, stream: str) -> dict[str, tuple[int, str | None]]:
        if not self._greedy and stream not in self._held:
            return _All()
        held = self._held.get(stream, {}).values()
        return {one.hash: (one.header.position, one.header.previous) for one in held}

    def infos(self, streams: Iterable[str]) -> list[StreamInfo]:
        return [self._infos[stream] for stream in sorted(streams)]

    def waits(self, _info: StreamInfo) -> bool:
        return False

    def pick(self, stream: str, names: Sequence[str]) -> list[Block]:
        return [self._held[stream][name] for name in names]

    def receive(self, found: Sequence[bytes], streams: Sequence[StreamInfo], brought: Sequence[Block]) -> Report:
        self._orders |= {digest(content): content for content in found}
        self._infos |= {info.stream: info for info in streams}
        for one in brought:
            self._held.setdefault(one.header.stream, {})[one.hash] = one
        return Report(received=len(brought), new=len(brought))

    def chunks_held(self) -> dict[str, list[str]]:
        return {}

    def chunks_lacking(self) -> dict[str, list[str]]:
        return {}

    def pick_chunks(self, names: Sequence[str]) -> list[Chunk]:
        return []

    def receive_chunks(self, brought: Sequence[Chunk]) -> None:
        raise AssertionError(brought)


def _device(founder: Desk, me: Identity) -> Order:
    """Return the order by which a coordinator recognises a device."""
    keys = {"verify": b64(bytes(me.signer.verify_key)), "box": b64(bytes(32))}
    body = {"id": me.device, "name": me.device, "role": "interviewer", "team": "A", "serials": [1, 99], **keys}
    return orders.sign("device", founder.device.study, body, founder.keys.signer)


@dataclass
class Crowd:
    """What became of many laptops at once: seconds, who is not done, errors by their words, blocks that are missing."""

    seconds: float = 0.0
    undone: int = 0
    blocks: int = 0
    missing: int = 0
    errors: dict[str, int] = field(default_factory=dict)


def crowd(founder: Desk, hub: Hub, laptops: int, blocks: int, size: int) -> Crowd:
    """Let many laptops exchange with *hub* at once; one more looks whether all that was confirmed is there."""
    card = read_card(hub.card)
    lights = [Light(founder, number, blocks, size) for number in range(laptops)]
    start = Barrier(laptops + 1)

    def go(one: Light) -> None:
        start.wait()
        one.exchange(card)

    threads = [Thread(target=go, args=[one]) for one in lights]
    for thread in threads:
        thread.start()
    start.wait()
    begin, became = time.perf_counter(), Crowd(blocks=laptops * blocks)
    for thread in threads:
        thread.join()
    became.seconds = time.perf_counter() - begin
    reader = Light(founder, laptops, 0, 0, greedy=True)
    reader.exchange(card)
    confirmed = {name for one in lights if one.done for name in one.own}
    became.undone, became.missing = sum(not one.done for one in lights), len(confirmed - reader.held)
    for said in (said for one in lights for said in one.errors):
        became.errors[said] = became.errors.get(said, 0) + 1
    return became
