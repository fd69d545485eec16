from __future__ import annotations

import os
import secrets
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from sync import bundle, frames, orders, receipts
from sync.block import Block, Place, seal_payload
from sync.canonical import b64, encode
from sync.errors import ForeignStudy, NotABundle, Occupied, TooLarge, UnknownFormat
from sync.orders import Order
from sync.replica import Replica, StreamInfo

NewShelf = Callable[..., Replica]


OLDER = frames.MAGIC + b"an older bundle"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")


def _photo(path: Path) -> None:
    path.write_bytes(b"\xff\xd8\xff a photo")


def _link_to_a_bundle(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(OLDER)
    path.symlink_to(path.with_name("elsewhere"))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    "put",
    [_photo, Path.touch, Path.mkdir, pytest.param(_link_to_a_bundle, marks=POSIX), pytest.param(_pipe, marks=POSIX)],
)
def test_what_is_no_bundle_is_never_overwritten(
    tmp_path: Path, tree: list[Block], shelf: NewShelf, put: Callable[[Path], None]
) -> None:
    path = tmp_path / "taken"
    put(path)
    before = path.lstat()
    with pytest.raises(Occupied):
        bundle.write(path, shelf(tree))
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_size) == (before.st_ino, before.st_mode, before.st_size)


@POSIX
def test_a_pipe_is_no_bundle_and_nobody_waits_for_it(tmp_path: Path) -> None:
    _pipe(tmp_path / "pipe")
    with pytest.raises(NotABundle):
        bundle.read(tmp_path / "pipe")


def _frame(kind: bytes, content: bytes) -> bytes:
    start = kind + len(content).to_bytes(4, "big") + content
    return start + blake2b(start, digest_size=16).digest()


def _head(**facts: object) -> bytes:
    return _frame(b"H", encode({"format": 1, "study": "study-1", **facts}))


def _hashes(replica: Replica) -> set[str]:
    return {one.hash for one in replica.blocks()}


@pytest.mark.parametrize("content", [b"", b"FIELDKIT", b"PK\x03\x04 a zip file", b"fieldkit-bundle\n"], ids=repr)
def test_a_file_that_is_no_bundle_is_refused(content: bytes, tmp_path: Path, shelf: NewShelf) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(content)
    with pytest.raises(NotABundle):
        bundle.exchange(path, shelf())


def test_a_bundle_of_a_later_format_is_refused(tmp_path: Path, shelf: NewShelf) -> None:
    path = tmp_path / "later"
    path.write_bytes(frames.MAGIC + _head(format=2))
    with pytest.raises(UnknownFormat):
        bundle.exchange(path, shelf())


def _receipt(signer: SigningKey, **facts: object) -> bytes:
    said = {"format": 1, "study": "study-1", "hub": b64(bytes(signer.verify_key)), "streams": {"s": [[1, "h"]]}}
    return encode(receipts.sign({**said, **facts}, signer))


def test_a_receipt_that_is_forged_or_of_no_coordinator_is_damaged(
    tmp_path: Path, signer: SigningKey, shelf: NewShelf
) -> None:
    good, stranger = _receipt(signer), SigningKey(bytes(32))
    bad = [good.replace(b'"h"', b'"g"'), _receipt(stranger), _receipt(signer, study="study-2"), b"{}"]
    frames_of = [_frame(b"R", content) for content in (*bad, good, _receipt(signer, format=2))]
    path = tmp_path / "receipts"
    path.write_bytes(frames.MAGIC + _head() + b"".join(frames_of))
    mine: Any = shelf()
    report = bundle.exchange(path, mine)

    assert (report.damaged, report.newer, mine.signed) == (len(bad), 1, {good})


def test_receipts_travel_with_the_bundle(
    tmp_path: Path, tree: list[Block], signer: SigningKey, shelf: NewShelf
) -> None:
    mine: Any = shelf(tree)
    mine.signed = {_receipt(signer, number=1), _receipt(signer, number=2)}
    bundle.write(tmp_path / "stick", mine)
    other: Any = shelf()
    report = bundle.exchange(tmp_path / "stick", other)

    assert (report.damaged, report.new, other.signed) == (0, len(tree), mine.signed)


def test_a_bundle_of_another_study_is_refused_and_nothing_is_taken(
    tmp_path: Path, tree: list[Block], order: Order, shelf: NewShelf
) -> None:
    path = tmp_path / "other"
    bundle.write(path, shelf(tree, [order], "study-2"))
    mine = shelf()
    with pytest.raises(ForeignStudy):
        bundle.exchange(path, mine)
    assert (list(mine.orders()), list(mine.blocks())) == ([], [])


def test_a_block_with_another_payload_is_counted_and_never_handed_on(
    tmp_path: Path, tree: list[Block], shelf: NewShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    forger = shelf(tree)
    monkeypatch.setattr(forger, "blocks", lambda: [Block(tree[0].header_bytes, b"forged")])
    bundle.write(tmp_path / "forged", forger)
    found = bundle.read(tmp_path / "forged")
    assert (found.blocks, found.damaged, found.torn) == ([], 1, False)


def test_whether_a_block_was_emptied_is_for_the_replica_to_judge(
    tmp_path: Path, tree: list[Block], shelf: NewShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, emptied = shelf(tree), Block(tree[0].header_bytes, None)
    monkeypatch.setattr(sender, "blocks", lambda: [emptied])
    bundle.write(tmp_path / "emptied", sender)
    found = bundle.read(tmp_path / "emptied")
    assert (found.blocks, found.damaged, found.torn) == ([emptied], 0, False)


def test_a_block_that_another_key_signed_is_counted_as_damaged(
    tmp_path: Path, tree: list[Block], shelf: NewShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Place(tree[0].header.stream, 1, None, "research/A", 1, None)
    forger, holder = shelf(tree), shelf()
    monkeypatch.setattr(forger, "blocks", lambda: [seal_payload(first, b"forged", SigningKey(bytes(32)))])
    bundle.write(tmp_path / "forged", forger)
    report = bundle.exchange(tmp_path / "forged", holder)
    assert (report.damaged, report.new) == (1, 0)
    assert _hashes(holder) == set()


def test_forged_orders_and_orders_of_another_study_are_counted_and_not_taken(
    tmp_path: Path, order: Order, signer: SigningKey, shelf: NewShelf
) -> None:
    path, holder = tmp_path / "orders", shelf()
    forged = order.content.replace(b"river", b"ocean")
    elsewhere = orders.sign("erase", "study-2", {}, signer).content
    contents = [_head(), *(_frame(b"O", content) for content in (forged, elsewhere, order.content))]
    path.write_bytes(frames.MAGIC + b"".join(contents))
    assert bundle.exchange(path, holder).damaged == 2
    assert list(holder.orders()) == [order.content]


@pytest.mark.parametrize("before", [[], [OLDER]], ids=["no file before", "an older one before"])
def test_a_holder_that_fails_midway_leaves_what_was_there(
    before: list[bytes], tmp_path: Path, tree: list[Block], shelf: NewShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> Iterator[Block]:
        yield tree[0]
        raise OSError("the disk has gone")

    for content in before:
        (tmp_path / "bundle").write_bytes(content)
    holder = shelf(tree)
    monkeypatch.setattr(holder, "blocks", failing)
    with pytest.raises(OSError, match="the disk has gone"):
        bundle.write(tmp_path / "bundle", holder)
    assert [found.read_bytes() for found in tmp_path.iterdir()] == before


FULL_STICK = """
import errno, resource, sys
from pathlib import Path
from sync import bundle

class Many:
    study = staticmethod(lambda: "study-1")
    orders = staticmethod(lambda: [bytes(1000)] * 1000)
    streams = blocks = receipts = staticmethod(lambda: [])

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    bundle.write(Path(sys.argv[1]), Many())
except OSError as error:
    sys.exit(0 if error.errno == errno.EFBIG else 2)
sys.exit(1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_full_stick_leaves_the_older_bundle_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(OLDER)
    subprocess.run([sys.executable, "-c", FULL_STICK, str(path)], check=True, timeout=60)
    assert [found.read_bytes() for found in tmp_path.iterdir()] == [OLDER]


def test_a_stick_that_does_not_read_back_leaves_nothing(
    tmp_path: Path, tree: list[Block], shelf: NewShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames.Reader, "_cut", lambda _reader: None)
    with pytest.raises(OSError, match="read back"):
        bundle.write(tmp_path / "bundle", shelf(tree))
    assert list(tmp_path.iterdir()) == []


def test_a_frame_above_64_mib_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: NewShelf) -> None:
    monkeypatch.setattr(frames, "LARGEST_FRAME", 10)
    with pytest.raises(TooLarge):
        bundle.write(tmp_path / "bundle", shelf())
    assert list(tmp_path.iterdir()) == []


def test_no_word_of_a_child_can_be_read_in_a_bundle(
    tmp_path: Path, shelf: NewShelf, add: Callable[[Block | None, bytes], Block], signer: SigningKey
) -> None:
    words = "".join(secrets.choice(string.ascii_letters) for _ in range(16)) + "小河边的秘密谁也不知道啊"
    spellings = [part.encode(code) for code in ("utf-8", "utf-16-le", "gb18030") for part in (words, words[:12])]
    sealed = add(None, encode({"utf-8": words, "others": [b64(spelling) for spelling in spellings]}))
    binary = add(sealed, b" ".join(spelling for spelling in spellings if b"\n" not in spelling))
    bundle.write(tmp_path / "sealed", shelf([sealed, binary]))
    content = (tmp_path / "sealed").read_bytes()
    assert not [spelling for spelling in spellings if spelling in content]
    readable = orders.sign("control", "study-1", {"words": words}, signer)
    bundle.write(tmp_path / "control", shelf([sealed], [readable]))
    assert spellings[0] in (tmp_path / "control").read_bytes()


def test_orders_travel_before_everything_else(whole: bytes, tree: list[Block], order: Order) -> None:
    assert whole.index(order.content) < whole.index(b"L1")
    assert whole.index(b"L1") < min(whole.index(one.header_bytes) for one in tree)


def test_a_bundle_of_orders_only_is_a_bundle(tmp_path: Path, order: Order, shelf: NewShelf) -> None:
    info = bundle.write(tmp_path / "orders", shelf([], [order]))
    holder = shelf()
    report = bundle.exchange(tmp_path / "orders", holder)
    assert (info.orders, info.blocks, report.received, report.torn) == (1, 0, 0, False)
    assert list(holder.orders()) == [order.content]


def test_a_bundle_brings_everything_branches_too_and_again_changes_nothing(
    tmp_path: Path, tree: list[Block], order: Order, shelf: NewShelf
) -> None:
    path, holder = tmp_path / "bundle", shelf()
    info = bundle.write(path, shelf(tree, [order]))
    first, again = bundle.exchange(path, holder), bundle.exchange(path, holder)
    assert info == bundle.BundleInfo(path, 1, 5, path.stat().st_size)
    assert (first.received, first.new, again.received, again.known) == (5, 5, 5, 5)
    assert first.adds_up()
    assert (first.torn, first.damaged, again.torn) == (False, 0, False)
    assert _hashes(holder) == {one.hash for one in tree}
    assert list(holder.streams()) == [StreamInfo(tree[0].header.stream, "research/A", "L1")]


def test_two_laptops_that_carry_the_stick_both_ways_hold_the_same(
    tmp_path: Path, tree: list[Block], order: Order, shelf: NewShelf
) -> None:
    one, other = shelf(tree[:3], [order]), shelf([tree[0], *tree[3:]])
    bundle.write(tmp_path / "there", one)
    bundle.exchange(tmp_path / "there", other)
    bundle.write(tmp_path / "back", other)
    bundle.exchange(tmp_path / "back", one)
    bundle.write(tmp_path / "there", one)
    bundle.write(tmp_path / "back", other)
    assert (tmp_path / "there").read_bytes() == (tmp_path / "back").read_bytes()
