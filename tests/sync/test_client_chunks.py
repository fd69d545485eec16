from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import chunk, client_chunks
from sync.canonical import b64, decode, digest, encode
from sync.chunk import Chunk, Owner
from sync.errors import Malformed, NotTheHub, Refused, SyncError, Unreachable

Make = Callable[..., Any]


def _at_the_hub(station: Any) -> set[str]:
    ids = {one.label.attachment for one in station.seen}
    return {name for names in station.store.chunks.held("study-1", ids).values() for name in names}


@pytest.fixture
def pair(station: Any, laptop: Make) -> tuple[Any, Any, str]:
    """Two laptops that know one another, and a recording of five chunks that only the first one holds."""
    one, other = laptop("L1"), laptop("L2")
    id_ = one.attach(b"what was said..")
    station.seen = list(one.held_chunks.values())
    station.sync(other)
    return one, other, id_


def _wants(other: Any, one: Any, id_: str) -> None:
    other.wanted = {id_: one.chunks_held()[id_]}


def test_a_hub_that_does_not_know_chunks_has_not_got_all(station: Any, pair: tuple[Any, Any, str]) -> None:
    one = pair[0]
    del station.centre._acts["chunks"]
    with pytest.raises(Refused) as refused:
        station.sync(one)
    assert refused.value.why == "malformed"


def test_nothing_is_done_before_the_hubs_receipt_covers_the_chunks(
    station: Any, pair: tuple[Any, Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = pair[0]
    assert station.sync(one).done
    kept = station.sync(one).receipt
    one.attach(b"and more")
    monkeypatch.setattr(
        station.centre._chunks, "take", lambda brought: {found.name: "bad_signature" for found in brought}
    )
    assert not station.sync(one, kept).done
    monkeypatch.undo()
    assert station.sync(one, kept).done


def test_what_the_hub_has_is_not_sent_again_and_nothing_new_costs_one_round_trip(
    station: Any, pair: tuple[Any, Any, str]
) -> None:
    one, asked = pair[0], list[str]()

    def noting(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rpartition("/")[2])
        return httpx.Response(200, content=station.centre.answer(asked[-1], request.read())[1])

    first = station.sync(one, transport=httpx.MockTransport(noting))
    assert (first.done, first.progress.sent, first.progress.to_send) == (True, 5, 5)
    assert _at_the_hub(station) == set(one.held_chunks)
    asked.clear()
    again = station.sync(one, first.receipt, httpx.MockTransport(noting))
    assert (again.done, asked) == (True, ["hello"])


def test_who_wants_a_recording_gets_it_from_the_hub_and_who_does_not_is_spared(
    station: Any, pair: tuple[Any, Any, str]
) -> None:
    one, other, id_ = pair
    station.sync(one)
    kept = station.sync(other).receipt
    assert other.held_chunks == {}
    _wants(other, one, id_)
    done = station.sync(other, kept)
    assert (done.done, done.progress.received, other.held_chunks) == (True, 5, one.held_chunks)


def test_who_holds_but_a_part_of_it_is_confirmed_for_that_part(station: Any, pair: tuple[Any, Any, str]) -> None:
    one, other, _ = pair
    station.sync(one)
    part = sorted(one.held_chunks)[:2]
    other.held_chunks = {name: one.held_chunks[name] for name in part}
    assert station.sync(other).done
    assert sorted(other.held_chunks) == part


@pytest.mark.parametrize("arrives", [True, False])
def test_after_a_cut_before_or_after_any_request_the_same_call_goes_on(
    stations: Make, laptop: Make, arrives: bool
) -> None:
    for after in range(12):
        station, one, other = stations(), laptop("L1"), laptop("L2")
        id_ = one.attach(b"what was said")
        _wants(other, one, id_)
        for who in (one, other):
            with pytest.raises(Unreachable) if after < 2 else suppress(Unreachable):
                station.sync(who, transport=station.breaking(after, arrives=arrives))
            assert station.sync(who).done
        assert other.held_chunks == one.held_chunks


def test_a_piece_that_came_damaged_is_not_kept(station: Any, pair: tuple[Any, Any, str]) -> None:
    one, other, id_ = pair
    station.sync(one)
    _wants(other, one, id_)
    name = sorted(one.held_chunks)[0]
    store = station.store.chunks
    with store._engine.begin() as at:
        at.exec_driver_sql("UPDATE labelled_chunks SET content = label WHERE name = '" + name + "'")
    with pytest.raises(Malformed):
        station.sync(other)
    assert name not in other.held_chunks


def test_an_answer_that_does_not_echo_the_piece_acknowledges_nothing(
    station: Any, pair: tuple[Any, Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = station.centre._acts["push"]
    monkeypatch.setitem(
        station.centre._acts,
        "push",
        lambda device, message: encode({**decode(answered(device, message)), "hash": digest(b"another")}),
    )
    with pytest.raises(NotTheHub):
        station.sync(pair[0])


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["attach", "want", "erase", "erase child", "L1", "L2"]), max_size=12))
def test_in_whatever_order_both_hold_the_same_in_the_end_and_nothing_erased(
    stations: Make, laptop: Make, steps: list[str]
) -> None:
    station, one, other = stations(), laptop("L1"), laptop("L2")
    ids, gone = list[str](), set[str]()
    for step in [*steps, "want", "L1", "L2", "L1"]:
        if step == "attach":
            ids.append(one.attach(b"abcdef", alias="river" if len(ids) % 2 else "brook"))
        elif step == "want":
            other.wanted |= one.chunks_held()
        elif step == "erase" and ids:
            one.erase_attachment(ids[0])
            gone.add(ids[0])
        elif step == "erase child":
            other.erase_child("research/A", "river")
        elif step in {"L1", "L2"}:
            assert station.sync(one if step == "L1" else other).done
    gone |= set(ids[1::2]) if "erase child" in steps else set()  # those too that were attached after it was erased
    for _ in range(2):
        other.wanted |= one.chunks_held()
        assert station.sync(one).done
        assert station.sync(other).done
    held = one.chunks_held()
    assert set(held) == set(ids) - gone
    assert station.store.chunks.held("study-1", ids) == held
    assert other.chunks_held() == held


def _calls_its_own(thief: Any, one: Chunk, attachment: str) -> None:
    """Let *thief* write *attachment* on the label of another's chunk, and sign that."""
    facts = {**decode(one.label_bytes), "device": thief.device, "attachment": attachment}
    del facts["signature"]
    signature = b64(thief.signer.sign(chunk.SIGNED_AS + encode(facts)).signature)
    thief.held_chunks = {one.name: Chunk(encode({**facts, "signature": signature}), one.content)}


def test_who_labels_a_chunk_of_others_as_his_own_withholds_nothing_of_it(
    station: Any, pair: tuple[Any, Any, str], laptop: Make
) -> None:
    one, other, id_ = pair
    thief = laptop("L3")
    for name in sorted(one.held_chunks)[:2]:
        _calls_its_own(thief, one.held_chunks[name], "mine")
        station.sync(thief)
    done = station.sync(one)
    assert done.done
    assert done.receipt["attachments"] == client_chunks.shorts(one.chunks_held())
    _wants(other, one, id_)
    assert station.sync(other).done
    assert other.held_chunks == one.held_chunks
    thief.erase_attachment("mine")
    station.sync(thief)
    assert _at_the_hub(station) == set(one.held_chunks)


def test_who_labels_a_chunk_with_anothers_attachment_withholds_no_receipt_of_it(
    station: Any, pair: tuple[Any, Any, str], laptop: Make
) -> None:
    one, other, id_ = pair
    thief = laptop("L3")
    made = chunk.seal(Owner(id_, "L3", "research/A", "river"), 1, b"junk", bytes(32), thief.signer)
    thief.held_chunks = {made.name: made}
    assert station.sync(thief).done
    done = station.sync(one)
    assert (done.done, done.receipt["attachments"]) == (True, client_chunks.shorts(one.chunks_held()))
    _wants(other, one, id_)
    assert station.sync(other).done
    assert other.held_chunks == one.held_chunks


def test_a_foreign_study_or_a_torn_piece_is_refused(station: Any, pair: tuple[Any, Any, str]) -> None:
    one, other, id_ = pair
    station.sync(one)
    _wants(other, one, id_)
    pulled = station.centre._acts["pull"]
    for spoil in (lambda said: said[:-3], lambda said: said.replace(b"study-1", b"study-2")):
        station.centre._acts["pull"] = lambda device, message, spoilt=spoil: spoilt(pulled(device, message))
        with pytest.raises(SyncError):
            station.sync(other)
    assert other.held_chunks == {}
