from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk


def test_a_file_that_is_no_bundle_changes_nothing(browser: FlaskClient) -> None:
    answer = browser.post("/handover/read", data={"bundle": (BytesIO(b"holiday.jpg"), "holiday.jpg")})

    assert answer.status_code == 422
    assert "不是 fieldkit 数据包" in answer.text


def test_without_a_file_it_is_asked_for(browser: FlaskClient) -> None:
    assert browser.post("/handover/read").status_code == 422


def test_a_place_that_is_not_there_stays_typed(browser: FlaskClient, tmp_path: Path) -> None:
    wanted = str(tmp_path / "gone" / "stick")
    answer = browser.post("/handover/write", data={"path": wanted})

    assert answer.status_code == 422
    assert wanted in answer.text


@pytest.mark.parametrize("wanted", ["stick", "../stick", "1", "a\0b", "/a\0b", "/" + "x" * 5000, "~nobody/stick"])
def test_a_path_that_does_not_say_where_it_starts_writes_nothing(browser: FlaskClient, wanted: str) -> None:
    assert browser.post("/handover/write", data={"path": wanted}).status_code == 422
    assert browser.post("/handover/read", data={"path": wanted}).status_code == 422


def test_what_the_interviewer_wrote_the_coordinator_reads(
    sit: Callable[[str], FlaskClient], interview: str, tmp_path: Path
) -> None:
    written = sit("interviewer").post("/handover/download")
    assert written.headers["Content-Disposition"].endswith('.fieldkit"')
    assert "小满".encode() not in written.data

    upload = {"bundle": (BytesIO(written.data), "stick.fieldkit")}
    page = sit("coordinator").post("/handover/read", data=upload, follow_redirects=True).text
    assert "stick.fieldkit" in page
    assert "一共收到，对得上" in page
    assert "ZK-A03-001" in sit("coordinator").get("/people").text


def test_a_bundle_is_written_to_a_folder_and_read_by_its_path(
    sit: Callable[[str], FlaskClient], child: str, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    page = sit("interviewer").post("/handover/write", data={"path": str(stick)}, follow_redirects=True).text
    assert "已写好，也读回来核对过" in page

    (bundle,) = stick.iterdir()
    assert sit("coordinator").post("/handover/read", data={"path": str(bundle)}).location == "/inbox"


def test_hand_over_in_english(browser: FlaskClient) -> None:
    browser.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Only computers of this study can open it." in browser.get("/handover").text


def test_what_waits_stands_in_the_inbox_with_its_next_step(
    sit: Callable[[str], FlaskClient], desks: dict[str, Desk], interview: str
) -> None:
    assert sit("interviewer").post("/inbox/again").status_code == 403
    written = sit("interviewer").post("/handover/download").data
    chief = sit("coordinator")
    chief.post("/handover/read", data={"bundle": (BytesIO(written), "stick.fieldkit")})
    assert "还在等" not in chief.get("/inbox").text
    with desks["coordinator"].db.writing() as tables:
        me = desks["interviewer"].device.id
        mine = "SELECT id FROM streams WHERE device = ?"
        tables.execute(f"UPDATE blocks SET standing = 'parked' WHERE stream IN ({mine})", [me])
    page = chief.get("/inbox").text
    assert "到了，还在等" in page
    assert f"来自 {desks['interviewer'].device.name}，这里缺钥匙" in page
    assert "没有在等的了" in chief.post("/inbox/again", follow_redirects=True).text
