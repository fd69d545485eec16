from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sync.errors import NoDatabase
from sync.hub_store import HubFacts, HubStore
from sync.replica import StreamInfo

STUDY = "study-1"


@pytest.mark.parametrize("address", ["nonsense", "sqlite:////no/such/folder/x.db", "postgresql://x@127.0.0.1:1/x"])
def test_a_database_that_does_not_open_is_told(address: str) -> None:
    with pytest.raises(NoDatabase):
        HubStore(address)


def test_what_breaks_off_inside_a_stream_leaves_nothing(station: Any, laptop: Callable[..., Any]) -> None:
    one = laptop("L1")
    block = one.write("research/A", "{}")
    station.store.open_stream(STUDY, StreamInfo(block.header.stream, "research/A", "L1"))
    with suppress(ZeroDivisionError), station.store.locked(STUDY, block.header.stream) as strip:
        strip.add([block])
        raise ZeroDivisionError
    assert station.payloads() == {}
    assert station.store.ends(STUDY) == {block.header.stream: []}


def test_a_hub_is_founded_once(station: Any) -> None:
    before = station.store.hub(STUDY)
    station.store.found(HubFacts(STUDY, "another root", "epoch-9", bytes(32), "DE"))
    assert station.store.hub(STUDY) == before
    assert station.store.hub("study-2") is None


def test_ends_follow_branches(station: Any, laptop: Callable[..., Any]) -> None:
    one = laptop("L1")
    first = one.write("research/A", '{"n":1}')
    one.write("research/A", '{"n":2}')
    one.write("research/A", '{"n":"2, restored"}', at=first.hash)
    one.write("research/A", '{"n":3}')
    station.sync(one)
    assert station.store.ends(STUDY) == one.ends()


def test_appending_to_one_stream_waits_its_turn(database: str, station: Any, laptop: Callable[..., Any]) -> None:
    """Several hub processes on one database: each has an engine of its own here."""
    one = laptop("L1")
    blocks = [one.write("research/A", f'{{"n":{n}}}') for n in range(24)]
    stream = blocks[0].header.stream
    station.store.open_stream(STUDY, StreamInfo(stream, "research/A", "L1"))

    def bring() -> None:
        store = HubStore(database)
        for block in blocks:
            with store.locked(STUDY, stream) as strip:
                if not strip.links([block.hash]):
                    strip.add([block])
        store.close()

    threads = [Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(station.payloads()) == 24
    assert station.store.ends(STUDY) == one.ends()


def test_erased_bytes_are_in_no_file_of_the_store(stations: Callable[[], Any], laptop: Callable[..., Any]) -> None:
    station, one = stations(), laptop("L1")
    block = one.write("research/A", '{"words":"gone"}')
    station.sync(one)
    folder, payload = Path(station.database.removeprefix("sqlite:///")).parent, block.payload
    assert any(payload in path.read_bytes() for path in folder.glob("*.db*"))
    one.erase(block.hash)
    station.sync(one)
    assert not any(payload in path.read_bytes() for path in folder.glob("*.db*"))


def test_studies_on_one_database_do_not_see_each_other(station: Any) -> None:
    station.store.keep_orders("study-2", {"id": b"{}"})
    station.store.open_stream("study-2", StreamInfo("stream", "drawer", "L1"))
    assert station.store.order_ids(STUDY) == []
    assert station.store.infos(STUDY) == {}
    assert station.store.order_ids("study-2") == ["id"]
