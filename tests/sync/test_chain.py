from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import chain
from sync.block import Block
from sync.replica import Replica

Held = dict[str, dict[str, tuple[int, str | None]]]


def _links(blocks: Iterable[Block]) -> Held:
    held: Held = {}
    for one in blocks:
        held.setdefault(one.header.stream, {})[one.hash] = (one.header.position, one.header.previous)
    return held


def test_a_block_with_a_hole_before_it_is_a_gap(tree: list[Block]) -> None:
    assert chain.classify(_links(tree[:1]), tree[2].hash, tree[2].header) == chain.GAP
    assert chain.classify({}, tree[1].hash, tree[1].header) == chain.GAP


def test_a_block_that_skips_a_position_is_a_gap(tree: list[Block]) -> None:
    skipping = replace(tree[1].header, position=3)
    assert chain.classify(_links(tree[:1]), "its hash", skipping) == chain.GAP


def test_a_block_does_not_continue_another_stream(tree: list[Block]) -> None:
    stranger = replace(tree[1].header, stream="another stream")
    assert chain.classify(_links(tree), "its hash", stranger) == chain.GAP


def test_a_first_block_a_next_one_and_a_second_one_at_a_position_are_new(tree: list[Block]) -> None:
    assert chain.classify({}, tree[0].hash, tree[0].header) == chain.NEW
    assert chain.classify(_links(tree[:1]), tree[1].hash, tree[1].header) == chain.NEW
    assert chain.classify(_links(tree[:3]), tree[3].hash, tree[3].header) == chain.NEW


def test_a_block_that_is_held_is_known(tree: list[Block]) -> None:
    assert all(chain.classify(_links(tree), one.hash, one.header) == chain.KNOWN for one in tree)


def test_a_branch_is_a_second_end(tree: list[Block]) -> None:
    stream = tree[0].header.stream
    assert chain.ends({}, stream) == []
    assert chain.ends(_links(tree[:3]), stream) == [(3, tree[2].hash)]
    assert chain.ends(_links(tree), stream) == sorted([(3, tree[2].hash), (3, tree[4].hash)])


def test_one_block_or_one_order_more_changes_the_opening_hash(tree: list[Block]) -> None:
    hashes = {
        chain.opening_hash({}, []),
        chain.opening_hash({}, ["order"]),
        chain.opening_hash(_links(tree[:3]), []),
        chain.opening_hash(_links(tree), []),
        chain.opening_hash(_links(tree), ["order"]),
    }
    assert len(hashes) == 5


@given(data=st.data())
def test_equal_sets_open_with_equal_hashes_however_they_came(data: st.DataObject, tree: list[Block]) -> None:
    shuffled = data.draw(st.permutations(tree))
    orders = data.draw(st.permutations(["a", "b", "c"]))
    links = {"a stream without blocks": {}, **_links(shuffled)}
    assert chain.opening_hash(links, [*orders, "a"]) == chain.opening_hash(_links(tree), ["a", "b", "c"])


@given(data=st.data())
def test_each_block_is_put_after_the_one_it_continues(data: st.DataObject, tree: list[Block]) -> None:
    drawn = data.draw(st.lists(st.sampled_from(tree), max_size=12))
    ordered = list(chain.in_order(drawn))
    assert sorted(one.hash for one in ordered) == sorted(one.hash for one in drawn)
    for number, one in enumerate(ordered):
        assert one.header.previous not in {later.hash for later in ordered[number:]}


@settings(deadline=None)
@given(data=st.data())
def test_any_order_and_any_repetition_give_the_same_set(
    data: st.DataObject, tree: list[Block], shelf: Callable[..., Replica]
) -> None:
    holder = shelf()
    for batch in data.draw(st.lists(st.lists(st.sampled_from(tree), max_size=8), max_size=6)):
        report = holder.receive([], [], batch)
        assert report.adds_up()
        assert report.received + report.gaps == len(batch)
        held = {one.hash for one in holder.blocks()}
        assert all(one.header.previous in {None, *held} for one in holder.blocks())
    holder.receive([], [], data.draw(st.permutations(tree)))
    assert [one.hash for one in holder.blocks()] == [one.hash for one in chain.in_order(tree)]


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_what_has_a_hole_before_it_is_asked_for_again_and_then_kept(
    missing: int, tree: list[Block], shelf: Callable[..., Replica]
) -> None:
    holder = shelf()
    report = holder.receive([], [], [one for number, one in enumerate(tree) if number != missing])
    assert report.gaps > 0
    assert len(list(holder.blocks())) == report.new
    assert holder.receive([], [], tree).gaps == 0
    assert {one.hash for one in holder.blocks()} == {one.hash for one in tree}
