from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine

from sync import client, wire
from sync.canonical import decode, encode
from sync.client import Identity
from sync.errors import Refused

Make = Callable[..., Any]


def _ask(station: Any, who: Any, act: str, content: bytes) -> Any:
    ways = httpx.WSGITransport(station.app)
    with client.line(station.card(), Identity(who.device, who.signer), ways) as line:
        return decode(line.ask(act, content))


def _push(station: Any, who: Any, lumps: list[Any]) -> dict[str, str]:
    said = _ask(station, who, "push", wire.piece("study-1", [], [], [], lumps))
    return dict(said["chunks"])


@pytest.fixture
def known(station: Any, laptop: Make) -> Any:
    one = laptop("L1")
    station.sync(one)
    return one


@pytest.mark.parametrize("said", [{}, {"attachments": []}, {"attachments": None}])
def test_a_malformed_question_is_refused(station: Any, known: Any, said: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        _ask(station, known, "chunks", encode(said) if said != {"attachments": None} else b'{"attachments":null}')
    assert refused.value.why == "malformed"


def test_chunks_of_strangers_and_forged_ones_are_not_kept(station: Any, known: Any, laptop: Make) -> None:
    stranger, thief = laptop("L9", enrolled=False), laptop("L1")
    thief.signer = stranger.signer
    id_, forged = stranger.attach(b"abc"), thief.attach(b"abc")
    assert set(_push(station, known, list(stranger.held_chunks.values())).values()) == {"unknown_device"}
    assert set(_push(station, known, list(thief.held_chunks.values())).values()) == {"bad_signature"}
    assert station.store.chunks.held("study-1", [id_, forged]) == {}


def test_a_chunk_that_was_changed_on_the_way_costs_the_piece(station: Any, known: Any) -> None:
    known.attach(b"abc")
    one = next(iter(known.held_chunks.values()))
    with pytest.raises(Refused) as refused:
        _push(station, known, [replace(one, content=one.content + b"x")])
    assert refused.value.why == "malformed"


def test_what_was_erased_never_comes_back(station: Any, known: Any) -> None:
    id_, child = known.attach(b"abcdef"), known.attach(b"abc", alias="brook")
    held = list(known.held_chunks.values())
    station.sync(known)
    known.erase_attachment(id_)
    known.erase_child("research/A", "brook")
    station.sync(known)
    assert station.store.chunks.held("study-1", [id_, child]) == {}
    assert set(_push(station, known, held).values()) == {"blocked"}
    assert station.store.chunks.count("study-1") == 0


def test_only_the_device_that_made_it_and_a_coordinator_erase(station: Any, known: Any, laptop: Make) -> None:
    id_ = known.attach(b"abc")
    station.sync(known)
    other = laptop("L2")
    other.erase_attachment(id_)
    other.erase_child("research/A", "river", other.signer)
    station.sync(other)
    assert list(station.store.chunks.held("study-1", [id_])) == [id_]


def test_a_coordinator_erases_what_others_made_in_the_drawer_that_is_named(
    station: Any, known: Any, laptop: Make
) -> None:
    id_, stays = known.attach(b"abc"), known.attach(b"def")
    held = list(known.held_chunks.values())
    station.sync(known)
    other = laptop("L2")
    other.redact_attachment("research/A", id_, signer=other.signer)
    other.redact_attachment("vault/A", id_)
    station.sync(other)
    assert sorted(station.store.chunks.held("study-1", [id_, stays])) == sorted([id_, stays])
    other.redact_attachment("research/A", id_)
    station.sync(other)
    assert list(station.store.chunks.held("study-1", [id_, stays])) == [stays]
    assert sorted(_push(station, other, held).values()) == ["blocked", "known"]
    assert station.sync(known).done
    assert list(known.chunks_held()) == [stays]


def test_a_hub_that_was_killed_while_it_erased_does_it_at_the_next_start(
    station: Any, known: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = known.attach(b"abc")
    station.sync(known)
    known.erase_attachment(id_)
    with monkeypatch.context() as patched:
        patched.setattr(station.centre._chunks, "carry_out", lambda _: None)
        station.sync(known)
    assert station.store.chunks.count("study-1") == 1
    station.start()
    assert station.store.chunks.count("study-1") == 0


def test_nothing_of_an_erased_chunk_is_left_in_the_hubs_file(stations: Make, laptop: Make, tmp_path: Any) -> None:
    station, one = stations(), laptop("L1")
    id_ = one.attach(b"abc")
    sealed = next(iter(one.held_chunks.values())).content
    station.sync(one)
    one.erase_attachment(id_)
    station.sync(one)
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert files
    assert not any(sealed in content for content in files)


def test_a_receipt_names_no_attachment_of_which_a_chunk_is_missing(station: Any, known: Any) -> None:
    id_ = known.attach(b"abcdef")
    station.sync(known)
    names = known.chunks_held()[id_]
    engine = create_engine(station.store._engine.url)
    with engine.begin() as at:
        at.exec_driver_sql("DELETE FROM labelled_chunks WHERE name = '" + names[0] + "'")
    engine.dispose()
    for said in (wire.short_of(names), names):
        receipt = _ask(station, known, "receipt", encode({"streams": {}, "orders": [], "attachments": {id_: said}}))
        assert receipt["attachments"] == {}
    part = _ask(station, known, "receipt", encode({"streams": {}, "orders": [], "attachments": {id_: names[1:]}}))
    assert part["attachments"] == {id_: wire.short_of(names[1:])}


def test_a_hub_restored_from_an_old_backup_hands_out_no_chunk(station: Any, known: Any) -> None:
    id_ = known.attach(b"abc")
    station.sync(known)
    station.restore("epoch-2")
    with pytest.raises(Refused) as refused:
        _ask(station, known, "pull", encode({"orders": [], "streams": {}, "chunks": known.chunks_held()[id_]}))
    assert refused.value.why == "restored"
    assert station.sync(known).done


def test_the_page_counts_them(station: Any, known: Any) -> None:
    known.attach(b"abcdef")
    station.sync(known)
    assert station.centre.status()["chunks"] == 2
