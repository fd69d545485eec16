from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync import client
from sync.client import Identity
from sync.errors import Unreachable
from sync.hub_server import listening
from sync.hub_store import HubStore


def test_it_answers_until_the_end_of_the_block(stations: Callable[[], Any]) -> None:
    station = stations()
    with listening(station.app, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.bind_addr[1]}/status.json"
        assert httpx.get(url).json()["study"] == "study-1"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


_HUB = """
import os, sys
from tests.sync.conftest import RULES, STUDY, HUB_SEED
from sync.centre import Centre
from sync.hub import create_app
from sync.hub_server import listening
from sync.hub_store import HubStore, Strip
from threading import Event
store, left, add = HubStore(sys.argv[1]), [int(sys.argv[2])], Strip.add
def dying(strip, one):
    add(strip, one)
    left[0] -= len(one)
    if left[0] < 0:
        os._exit(9)
Strip.add = dying
with listening(create_app(Centre(store, STUDY, RULES, str)), "127.0.0.1", 0) as server:
    print(server.bind_addr[1], flush=True)
    Event().wait()
"""


@pytest.mark.kills
@pytest.mark.parametrize("after", [0, 1, 3, 6])
def test_a_hub_that_is_killed_in_the_middle_loses_nothing_that_it_acknowledged(
    stations: Callable[[], Any], laptop: Callable[..., Any], after: int, tmp_path: Path
) -> None:
    station, one = stations(), laptop("L1")
    for number in range(8):
        one.write(f"research/{number % 2}", f'{{"n":"{number}"}}')
    command = [sys.executable, "-c", _HUB, station.database, str(after)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        card = station.card(f"http://127.0.0.1:{process.stdout.readline().strip()}")
        with client.line(card, Identity("L1", one.signer)) as line, pytest.raises(Unreachable):
            client.exchange(line, one)
        assert process.wait() == 9
    station.store.close()
    station.store = HubStore(station.database)
    station.start()
    assert set(station.payloads()) <= set(one.held)
    assert station.sync(one).done
    assert station.payloads() == one.payloads()
