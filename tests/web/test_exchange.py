from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import exchange, hubs
from fieldkit.acts.desk import Desk
from fieldkit.acts.exchange import Exchanged, LockedMeanwhile, OutOfReach, Sending
from sync.client import Card, Progress
from sync.hub import create_app
from sync.hub_server import listening

Desks = dict[str, Desk]
Postponed = list[tuple[float, Callable[[], None]]]


@pytest.fixture
def card(desks: Desks, tmp_path: Path) -> Iterator[bytes]:
    """The card of a hub of this study that answers on a free port."""
    told = hubs.read_pass(hubs.write_pass(desks["coordinator"]))
    centre = hubs.opened(told, f"sqlite:///{tmp_path / 'hub.db'}", "CN", lambda: "2026-05-01T10:00")
    with listening(create_app(centre), "127.0.0.1", 0) as server:
        yield hubs.write_card(Card(centre.study, f"http://127.0.0.1:{server.bind_addr[1]}", centre.key))
    centre.close()


def _hand_in(browser: FlaskClient, content: bytes) -> str:
    upload = {"card": (BytesIO(content), "hub-card.json")}
    return browser.post("/exchange/card", data=upload, follow_redirects=True).text


def test_without_a_card_nothing_is_sent_and_it_is_asked_for(browser: FlaskClient, postponed: Postponed) -> None:
    assert "这台笔记本还不认识中心端" in browser.post("/exchange").text
    assert postponed == []
    assert "读入中心端名片" in browser.get("/exchange").text
    assert "读入中心端名片" in browser.get("/handover").text


def test_what_is_no_card_is_refused(browser: FlaskClient) -> None:
    assert "这个文件不是中心端名片" in _hand_in(browser, b"holiday.jpg")
    assert browser.post("/exchange/card").status_code == 422
    assert browser.post("/exchange/card", data={"text": " "}).status_code == 422
    assert "这个文件不是中心端名片" in browser.post("/exchange/card", data={"text": "https://hub.example"}).text


def test_the_text_of_the_qr_code_can_be_pasted(browser: FlaskClient, card: bytes) -> None:
    assert "粘贴二维码里的文字" in browser.get("/exchange").text
    pasted = {"text": f"\n{card.decode()} "}
    assert "现在认识中心端了" in browser.post("/exchange/card", data=pasted, follow_redirects=True).text


def test_an_interviewer_hands_out_no_pass(browser: FlaskClient) -> None:
    assert browser.post("/exchange/pass").status_code == 403
    assert "保存中心端通行证" not in browser.get("/exchange").text


def test_a_coordinator_saves_the_pass_for_a_hub(sit: Callable[[str], FlaskClient], desks: Desks) -> None:
    browser = sit("coordinator")
    assert "保存中心端通行证" in browser.get("/exchange").text

    handed = browser.post("/exchange/pass")

    assert handed.headers["Content-Disposition"] == 'attachment; filename="hub-pass.json"'
    assert hubs.read_pass(handed.data).study == desks["coordinator"].device.study


def test_what_is_sent_gets_its_third_tick(
    browser: FlaskClient, interview: str, card: bytes, postponed: Postponed
) -> None:
    url = json.loads(card)["url"]
    assert f"现在认识中心端了：{url}" in _hand_in(browser, card)
    assert "中心端已核对：0 次" in browser.get("/handover").text
    assert browser.post("/exchange").location == "/exchange"
    under_way = browser.get("/exchange")
    assert under_way.headers["Refresh"] == "2"
    assert "请点亮手机" in under_way.text
    ((seconds, send),) = postponed
    send()
    page = browser.get("/exchange")
    assert (seconds, "Refresh" in page.headers) == (0, False)
    assert "中心端已确认" in page.text
    assert "中心端已核对：1 次" in page.text
    assert "中心端已核对：1 次" in browser.get("/handover").text


def test_a_second_tap_does_not_send_twice(browser: FlaskClient, card: bytes, postponed: Postponed) -> None:
    _hand_in(browser, card)
    browser.post("/exchange")
    browser.post("/exchange")
    assert len(postponed) == 1
    postponed[0][1]()
    browser.post("/exchange")
    assert len(postponed) == 2


def test_what_came_in_the_way_is_told_and_can_be_tried_again(
    browser: FlaskClient, card: bytes, postponed: Postponed
) -> None:
    gone = {**json.loads(card), "url": "http://127.0.0.1:1"}
    _hand_in(browser, json.dumps(gone).encode())
    browser.post("/exchange")
    postponed[0][1]()
    page = browser.get("/exchange").text
    assert "连不上中心端" in page
    assert 'class="btn primary"' in page


def test_a_lock_in_the_middle_is_told_as_such(desks: Desks, card: bytes) -> None:
    desk, sending = desks["interviewer"], Sending()
    exchange.take_card(desk, card)
    desk.db.close()
    sending.run(desk)
    assert type(sending.refusal) is LockedMeanwhile
    assert not sending.running


def test_how_far_it_is_can_be_seen_meanwhile(desks: Desks, card: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    sending, seen = Sending(), list[Progress]()

    def run(_: Desk, tell: Callable[[Progress], object]) -> Exchanged:
        tell(Progress(1, 2, 0))
        seen.append(sending.progress)
        raise OutOfReach

    monkeypatch.setattr(exchange, "run", run)
    sending.run(desks["interviewer"])
    assert seen == [Progress(1, 2, 0)]
    assert type(sending.refusal) is OutOfReach


def test_practice_sends_nothing(beside: FlaskClient) -> None:
    beside.post("/practice")
    assert beside.post("/exchange").status_code == 403
    assert beside.post("/exchange/card").status_code == 403
    beside.post("/practice/end")
