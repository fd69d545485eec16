from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from sync import block, bundle, frames
from sync.block import Block
from sync.canonical import encode
from sync.errors import NotABundle, SyncError
from sync.orders import Order
from sync.replica import Replica

NewShelf = Callable[..., Replica]


def _frame(kind: bytes, content: bytes) -> bytes:
    start = kind + len(content).to_bytes(4, "big") + content
    return start + blake2b(start, digest_size=16).digest()


def _head(**facts: object) -> bytes:
    return _frame(b"H", encode({"format": 1, "study": "study-1", **facts}))


def _hashes(replica: Replica) -> set[str]:
    return {one.hash for one in replica.blocks()}


def test_a_bundle_cut_at_any_byte_gives_whole_blocks_only_and_says_torn(
    whole: bytes, stick: Path, tree: list[Block], order: Order, shelf: NewShelf
) -> None:
    path = stick / "cut"
    counts = set()
    for cut in range(len(frames.MAGIC), len(whole)):
        path.write_bytes(whole[:cut])
        found = bundle.read(path)
        assert (found.torn, found.damaged) == (True, 0)
        assert found.orders in ([], [order.content])
        holder = shelf()
        holder.receive(found.orders, found.streams, found.blocks)
        assert len(found.blocks) == len(_hashes(holder))
        assert _hashes(holder) <= {one.hash for one in tree}
        counts.add(len(found.blocks))
    assert counts == {0, 1, 2, 3, 4, 5}


@settings(deadline=None)
@given(data=st.data())
def test_a_flipped_bit_anywhere_in_a_bundle_is_never_accepted_and_always_told(
    data: st.DataObject, whole: bytes, stick: Path, tree: list[Block], order: Order, shelf: NewShelf
) -> None:
    flipped = bytearray(whole)
    flipped[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path, holder = stick / "flipped", shelf()
    path.write_bytes(flipped)
    try:
        report = bundle.exchange(path, holder)
    except NotABundle:
        assert bytes(flipped[:16]) != frames.MAGIC
        return
    assert report.torn or report.damaged
    assert _hashes(holder) <= {one.hash for one in tree}
    assert list(holder.orders()) in ([], [order.content])


@settings(deadline=None)
@given(st.binary(max_size=200))
@example(_head() + _frame(b"B", b""))
@example(_head() + _frame(b"B", b"\xff\xff\xff\xff{}"))
@example(_head() + _frame(b"O", b"\xff") + _frame(b"S", b"[1]") + _frame(b"E", b"[]"))
@example(_head() + b"B\xff\xff\xff\xff")
@example(_frame(b"E", encode({"frames": 0})))
@example(_frame(b"H", b"{}") + _frame(b"H", b"[" * 1000))
def test_any_bytes_after_the_magic_are_read_without_accident(stick: Path, shelf: NewShelf, content: bytes) -> None:
    path, holder = stick / "hostile", shelf()
    path.write_bytes(frames.MAGIC + content)
    assert bundle.exchange(path, holder).torn
    assert (list(holder.orders()), list(holder.blocks())) == ([], [])


def test_one_changed_block_costs_what_continues_it_and_no_more(
    whole: bytes, tmp_path: Path, tree: list[Block], shelf: NewShelf
) -> None:
    path, holder = tmp_path / "changed", shelf()
    payload = tree[1].payload or b""
    path.write_bytes(whole.replace(payload, bytes(len(payload))))
    report = bundle.exchange(path, holder)
    assert (report.damaged, report.gaps, report.new, report.torn) == (1, 1, 3, False)
    assert _hashes(holder) == {tree[0].hash, tree[3].hash, tree[4].hash}


def test_a_frame_of_changed_kind_costs_that_frame_only(whole: bytes, tmp_path: Path, order: Order) -> None:
    path = tmp_path / "changed"
    path.write_bytes(whole.replace(_frame(b"O", order.content), b"\0" + _frame(b"O", order.content)[1:]))
    found = bundle.read(path)
    assert (found.damaged, found.torn, len(found.blocks), found.orders) == (1, False, 5, [])


@pytest.mark.parametrize("length", [0, 5, 200, 2**26, 2**26 + 1, 2**32 - 1])
def test_a_changed_length_loses_the_rest_and_says_so(
    length: int, whole: bytes, tmp_path: Path, order: Order, shelf: NewShelf
) -> None:
    path, holder = tmp_path / "changed", shelf()
    frame = _frame(b"O", order.content)
    path.write_bytes(whole.replace(frame, b"O" + length.to_bytes(4, "big") + frame[5:]))
    assert bundle.exchange(path, holder).torn
    assert list(holder.orders()) == []


def test_nothing_is_taken_that_stands_before_the_head(tmp_path: Path, order: Order) -> None:
    path = tmp_path / "headless"
    stream = _frame(b"S", b'["s","d","L9"]')
    path.write_bytes(frames.MAGIC + stream + _frame(b"O", order.content) + _head())
    found = bundle.read(path)
    assert (found.orders, found.streams, found.study) == ([], [], "study-1")


def test_a_bundle_without_a_head_brings_nothing_and_is_torn_though_its_end_is_there(
    tmp_path: Path, shelf: NewShelf
) -> None:
    path = tmp_path / "headless"
    with path.open("wb") as file:
        frames.Writer(file).end()
    assert bundle.read(path).torn
    assert bundle.exchange(path, shelf()).torn


def test_a_second_head_does_not_change_the_study(tmp_path: Path) -> None:
    path = tmp_path / "two heads"
    path.write_bytes(frames.MAGIC + _head() + _head(study="study-2"))
    found = bundle.read(path)
    assert (found.study, found.damaged) == ("study-1", 1)


def test_a_header_length_that_leads_past_the_frame_is_damage(tmp_path: Path, tree: list[Block]) -> None:
    path, header = tmp_path / "long", tree[0].header_bytes
    path.write_bytes(frames.MAGIC + _head() + _frame(b"B", (len(header) + 1).to_bytes(4, "big") + header))
    found = bundle.read(path)
    assert (found.blocks, found.damaged) == ([], 1)


def test_a_frame_above_64_mib_is_not_read(whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(whole)
    monkeypatch.setattr(frames, "LARGEST_FRAME", 60)  # above the head, below the first order
    found = bundle.read(path)
    assert (found.study, found.orders, found.blocks, found.torn) == ("study-1", [], [], True)


def test_a_frame_that_was_taken_out_is_missed(whole: bytes, tmp_path: Path, order: Order) -> None:
    path = tmp_path / "without"
    path.write_bytes(whole.replace(_frame(b"O", order.content), b""))
    assert bundle.read(path).torn


def test_a_frame_that_was_put_in_the_place_of_another_is_noticed(whole: bytes, tmp_path: Path, order: Order) -> None:
    path = tmp_path / "other"
    path.write_bytes(whole.replace(_frame(b"O", order.content), _frame(b"S", b'["s","d","L9"]')))
    assert bundle.read(path).torn


def test_what_a_later_version_added_is_passed_over_and_the_rest_is_used(
    tmp_path: Path, order: Order, shelf: NewShelf
) -> None:
    path, holder = tmp_path / "later", shelf()
    later = encode({"format": 2})
    news = [_frame(b"X", b"?"), _frame(b"O", later), _frame(b"B", len(later).to_bytes(4, "big") + later)]
    path.write_bytes(frames.MAGIC + _head() + b"".join(news) + _frame(b"O", order.content))
    report = bundle.exchange(path, holder)
    assert (report.newer, report.damaged) == (3, 0)
    assert list(holder.orders()) == [order.content]


Mutants = Callable[..., Iterator[bytes]]


def test_of_a_mutant_nothing_is_taken_that_was_not_written_and_it_is_told(
    whole: bytes, tree: list[Block], order: Order, mutants: Mutants
) -> None:
    for changed in mutants(whole, 3_000):
        try:
            found = bundle.read_from(BytesIO(changed))
        except SyncError:
            continue
        assert set(found.orders) <= {order.content}
        assert all(one in tree for one in found.blocks)
        assert found.torn or found.damaged or found.newer or changed.startswith(whole)


def test_of_frames_whose_content_is_a_mutant_no_block_verifies_that_was_not_written(
    whole: bytes, tree: list[Block], order: Order, signer: SigningKey, mutants: Mutants
) -> None:
    """Whoever writes a stick can make every check fit; what is signed they cannot."""
    parts = list(frames.Reader(BytesIO(whole)))
    for number, (kind, content) in enumerate(parts):
        for changed in mutants(content, 400, number):
            made = [*parts[:number], (kind, changed), *parts[number + 1 :]]
            try:
                found = bundle.read_from(BytesIO(frames.MAGIC + b"".join(_frame(*part) for part in made)))
            except SyncError:
                continue
            assert set(found.orders) <= {order.content}
            for one in found.blocks:
                if one not in tree and one.header_bytes not in {known.header_bytes for known in tree}:
                    with pytest.raises(SyncError):
                        block.verify_header(one, signer.verify_key)
                assert one in tree or one.payload is None or one.header_bytes not in {k.header_bytes for k in tree}


@pytest.mark.parametrize("claimed", [2**26, 2**31, 2**32 - 1])
def test_a_claimed_length_takes_no_more_memory_than_one_frame_may(claimed: int, stick: Path) -> None:
    path = stick / "claims"
    path.write_bytes(frames.MAGIC + _head() + b"B" + claimed.to_bytes(4, "big") + bytes(1000))
    tracemalloc.start()
    found = bundle.read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.torn
    assert most < (1_000_000 if claimed > frames.LARGEST_FRAME else frames.LARGEST_FRAME + 1_000_000)
