"""Large bundles: read piece by piece, written into as many files as a stick's file system needs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from sync import bundle, chunk, frames, incoming
from sync.block import Block
from sync.canonical import encode
from sync.chunk import Chunk, Owner
from sync.errors import Occupied
from sync.orders import Order
from sync.replica import Replica

NewShelf = Callable[..., Replica]
LIMIT = 40_000


def _frame(kind: bytes, content: bytes) -> bytes:
    start = kind + len(content).to_bytes(4, "big") + content
    return start + blake2b(start, digest_size=16).digest()


@pytest.fixture(scope="session")
def lumps(signer: SigningKey) -> list[Chunk]:
    """Twelve chunks of 9 KB, of two attachments."""
    owners = [Owner(name, "L1", "research/A", "river") for name in ("recording", "picture")]
    sealed = [chunk.seal(one, n, bytes(9000), bytes(32), signer) for one in owners for n in range(1, 7)]
    return sorted(sealed, key=lambda one: (one.label.attachment, one.label.number))


@pytest.fixture
def full(shelf: NewShelf, tree: list[Block], order: Order, lumps: list[Chunk]) -> Replica:
    holder = shelf(tree, [order])
    holder.brought = lumps  # type: ignore[attr-defined]
    return holder


def _names(found: incoming.Arrived) -> list[str]:
    return [one.name for one in found.chunks]


def test_something_else_in_the_place_of_a_further_file_stays_and_nothing_is_written(
    tmp_path: Path, full: Replica
) -> None:
    path = tmp_path / "a.fieldkit"
    (tmp_path / "a-2.fieldkit").write_bytes(b"a photo")
    with pytest.raises(Occupied):
        bundle.write(path, full, LIMIT)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a-2.fieldkit", b"a photo")]


def test_a_chunk_that_was_changed_is_damage_and_an_unknown_label_is_newer(tmp_path: Path, lumps: list[Chunk]) -> None:
    good, path = lumps[0], tmp_path / "spoilt"
    label, later = good.label_bytes, encode({"format": 2})
    contents = [
        len(label).to_bytes(4, "big") + label + good.content[:-1],
        len(label).to_bytes(4, "big") + label + good.content,
        len(later).to_bytes(4, "big") + later,
        b"\xff\xff\xff\xff",
        b"",
    ]
    head = _frame(b"H", encode({"format": 1, "study": "study-1"}))
    path.write_bytes(frames.MAGIC + head + b"".join(_frame(b"C", one) for one in contents))
    found = incoming.read(path)
    assert (_names(found), found.damaged, found.newer) == ([good.name], 3, 1)


@pytest.mark.parametrize("part", [b"[]", b"[1,2]", b"[-1,1,1]", b'["a",1,1]', b"{}", b"[true,1,1]"])
def test_a_malformed_word_on_parts_is_damage(tmp_path: Path, part: bytes) -> None:
    head = _frame(b"H", encode({"format": 1, "study": "study-1"}))
    (tmp_path / "p").write_bytes(frames.MAGIC + head + _frame(b"P", part))
    found = incoming.read(tmp_path / "p")
    assert (found.damaged, found.part) == (1, incoming.WHOLE)


def test_a_bundle_of_one_file_says_nothing_of_parts_and_brings_its_chunks(
    tmp_path: Path, full: Replica, lumps: list[Chunk]
) -> None:
    info = bundle.write(tmp_path / "one", full)
    found = incoming.read(tmp_path / "one")
    assert (info.parts, info.chunks, found.part, found.torn) == (1, 12, incoming.WHOLE, False)
    assert list(found.chunks) == lumps


def test_what_does_not_fit_goes_on_in_further_files_each_of_use_alone(
    tmp_path: Path, full: Replica, order: Order, lumps: list[Chunk], shelf: NewShelf
) -> None:
    info = bundle.write(tmp_path / "a.fieldkit", full, LIMIT)
    paths = [bundle.part_path(tmp_path / "a.fieldkit", n) for n in range(1, info.parts + 1)]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert info.parts > 2
    assert max(path.stat().st_size for path in paths) <= LIMIT
    assert info.bytes == sum(path.stat().st_size for path in paths)
    found = [incoming.read(path) for path in paths]
    assert [one.part.number for one in found] == list(range(1, info.parts + 1))
    assert [one.part.of for one in found] == [0] * (info.parts - 1) + [info.parts]
    assert len({one.part.bundle for one in found}) == 1
    assert all((one.torn, one.damaged, one.newer, one.orders) == (False, 0, 0, [order.content]) for one in found)
    assert [name for one in found for name in _names(one)] == [one.name for one in lumps]
    for way in list(permutations(paths))[:6]:
        holder = shelf()
        reports = [bundle.exchange(path, holder) for path in way]
        assert sum(one.new for one in reports) == 5
        assert {one.part for one in reports} == set(range(1, info.parts + 1))


def test_an_older_set_of_files_of_that_name_gives_way(tmp_path: Path, full: Replica) -> None:
    for _ in range(2):
        bundle.write(tmp_path / "a.fieldkit", full, LIMIT)
    assert not list(tmp_path.glob("*.part"))


def test_a_stick_that_fails_at_a_later_file_leaves_nothing(
    tmp_path: Path, full: Replica, lumps: list[Chunk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> Iterator[Chunk]:
        yield from lumps[:9]
        raise OSError("the stick was pulled out")

    monkeypatch.setattr(full, "chunks", failing)
    with pytest.raises(OSError, match="pulled out"):
        bundle.write(tmp_path / "a.fieldkit", full, LIMIT)
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_cut_at_any_byte_whole_chunks_only_are_brought_and_it_is_torn(
    data: st.DataObject, stick: Path, full: Replica, lumps: list[Chunk]
) -> None:
    path = stick / "cut chunks"
    path.unlink(missing_ok=True)
    bundle.write(path, full)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(len(frames.MAGIC), len(whole) - 1))])
    found = incoming.read(path)
    assert (found.torn, found.damaged) == (True, 0)
    assert list(found.chunks) == lumps[: len(found.chunks)]


def test_blocks_in_any_order_in_the_file_come_in_chain_order(tmp_path: Path, tree: list[Block]) -> None:
    shuffled = random.Random(7).sample(tree, len(tree))
    path = tmp_path / "shuffled"
    with path.open("wb") as file:
        bundle.write_frames(frames.Writer(file), "study-1", [], [], shuffled)
    in_order = sorted(tree, key=lambda one: (one.header.position, one.hash))
    assert list(incoming.read(path).blocks) == in_order


def test_a_file_that_changes_while_it_is_read_is_an_error_of_the_stick(
    tmp_path: Path, full: Replica, lumps: list[Chunk]
) -> None:
    path = tmp_path / "changing"
    bundle.write(path, full)
    found = incoming.read(path)
    path.write_bytes(path.read_bytes().replace(lumps[3].content, bytes(len(lumps[3].content))))
    with pytest.raises(OSError, match="not any more"):
        list(found.chunks)


LARGE = """
import resource, sys
from pathlib import Path
from nacl.signing import SigningKey
from sync import bundle, chunk, incoming
from sync.chunk import Owner

signer, many = SigningKey(bytes(32)), int(sys.argv[2])

class Large:
    study = staticmethod(lambda: "study-1")
    orders = streams = blocks = receipts = staticmethod(lambda: [])
    @staticmethod
    def chunks():
        for n in range(1, many + 1):
            yield chunk.seal(Owner("a", "L1", "research/A", "x"), n, bytes(chunk.SIZE), bytes(32), signer)

path = Path(sys.argv[1])
bundle.write(path, Large())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = incoming.read(path)
assert sum(1 for _ in found.chunks) == many and not found.torn
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, path.stat().st_size)
"""


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="counts memory as Linux does")
def test_a_bundle_eight_times_larger_takes_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for many in (40, 320):  # 10 MB and 80 MB
        command = [sys.executable, "-c", LARGE, str(tmp_path / f"{many}"), str(many)]
        said = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True).stdout.split()
        peaks.append(int(said[1]))
    assert peaks[1] - peaks[0] < 8 * 1024  # KB
