from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from sync.chunk import Chunk
from sync.hub_chunks import HubChunks

Make = Callable[..., Any]


def test_a_chunk_is_added_once_and_an_error_keeps_nothing_of_the_transaction(station: Any, laptop: Make) -> None:
    store, one = station.store.chunks, laptop("L1")
    id_ = one.attach(b"abcdef")
    first, second = one.held_chunks.values()

    def add(*brought: Chunk) -> None:
        with store.locked("study-1") as rack:
            for one in brought:
                rack.add(one)

    with pytest.raises(IntegrityError):
        add(first, second, first)
    assert store.held("study-1", [id_]) == {}
    with store.locked("study-1") as rack:
        rack.add(first)
        assert rack.has(first.label)
        assert not rack.has(second.label)
    assert list(store.pick("study-1", [second.name, first.name])) == [first]
    assert (store.count("study-1"), store.count("study-2")) == (1, 0)


def test_who_adds_and_who_erases_wait_for_one_another(station: Any, laptop: Make) -> None:
    store, one = station.store.chunks, laptop("L1")
    one.attach(b"abc")
    found, gone, is_there = next(iter(one.held_chunks.values())), list[int](), Event()

    def erase() -> None:
        is_there.set()
        with store.locked("study-1") as rack:
            gone.append(rack.drop({"L1": [found.label.attachment]}, [], []))

    with store.locked("study-1") as rack:
        other = Thread(target=erase)
        other.start()
        assert is_there.wait(20)
        other.join(0.5)  # on PostgreSQL it waits at the row of the hub, on SQLite for the one who writes
        assert gone == []
        rack.add(found)
    other.join(20)
    assert not other.is_alive()
    assert gone == [1]
    assert store.count("study-1") == 0


def test_only_what_is_named_goes(station: Any, laptop: Make) -> None:
    store, one = station.store.chunks, laptop("L1")
    stays, gone, named = (one.attach(b"abc") for _ in range(3))
    child = one.attach(b"abc", alias="brook")
    with store.locked("study-1") as rack:
        for lump in one.held_chunks.values():
            rack.add(lump)
        assert rack.drop({"L2": [stays], "L1": [gone]}, [("vault/A", named)], [("vault/A", "brook")]) == 1
        assert rack.drop({}, [], [("research/A", "brook")]) == 1
        assert rack.drop({}, [("research/A", named)], []) == 1
    store.scrub()
    assert list(store.held("study-1", [stays, gone, child, named])) == [stays]


def test_what_an_older_hub_kept_is_still_there(station: Any, laptop: Make) -> None:
    """It kept each content once, in a table of another name."""
    store, one = station.store.chunks, laptop("L1")
    id_ = one.attach(b"abc")
    (found,) = one.held_chunks.values()
    with store.locked("study-1") as rack:
        rack.add(found)
    with store._engine.begin() as at:
        at.exec_driver_sql("CREATE TABLE chunks AS SELECT * FROM labelled_chunks")
        at.exec_driver_sql("DELETE FROM labelled_chunks")
    for _ in range(2):
        again = HubChunks(store._engine)
        assert (again.held("study-1", [id_]), list(again.pick("study-1", [found.name]))) == (
            {id_: [found.name]}, [found],
        )  # fmt: skip
