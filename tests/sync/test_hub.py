from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync import wire


def test_the_pages_show_numbers_and_no_words(station: Any, laptop: Callable[..., Any]) -> None:
    one = laptop("L1")
    one.write("research/A", '{"words":"secret"}')
    station.sync(one)
    browser = station.app.test_client()
    facts = browser.get("/status.json").json
    assert (facts["study"], facts["epoch"], facts["country"]) == ("study-1", "epoch-1", "CN")
    assert (facts["blocks"], facts["devices"], facts["quarantine"], facts["seen"]) == (
        1,
        1,
        0,
        {"L1": "2026-05-01T10:00"},
    )
    page = browser.get("/").text
    assert station.centre.key in page
    assert "从旧备份恢复" not in page
    assert "secret" not in page


def test_a_restored_hub_says_so_on_its_page(station: Any) -> None:
    station.restore("epoch-2")
    assert "从旧备份恢复" in station.app.test_client().get("/").text


def test_a_fault_of_its_own_is_signed(
    station: Any, laptop: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station.centre, "answer", lambda *_: 1 / 0)
    one = laptop("L1")
    raw = wire.request("study-1", "L1", "request-1", "/sync/hello", b"{}", one.signer)
    answer = station.app.test_client().post("/sync/hello", data=raw)
    said = wire.read_answer(answer.data)
    wire.verify(wire.ANSWER, said, station.centre.key)
    assert (answer.status_code, said.content, said.facts["request"]) == (500, b'{"refused":"hub_failed"}', "request-1")


def test_too_long_a_message_is_not_read(station: Any) -> None:
    station.app.config["MAX_CONTENT_LENGTH"] = 99
    assert station.app.test_client().post("/sync/push", data=b"x" * 100).status_code == 413


def test_a_get_of_the_exchange_is_no_request(station: Any) -> None:
    assert station.app.test_client().get("/sync/hello").status_code == 405
