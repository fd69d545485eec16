from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

Sit = Callable[[str], FlaskClient]


def test_without_a_file_it_is_asked_for_and_nothing_waits(browser: FlaskClient) -> None:
    assert browser.post("/preview").status_code == 422
    answer = browser.post("/preview/take", data={"name": "x"})
    assert answer.status_code == 404
    assert "没有等着读进来的数据包" in answer.text


@pytest.mark.parametrize("wanted", ["stick", "a\0b", "/gone/stick"])
def test_a_place_that_cannot_be_read_is_told(browser: FlaskClient, wanted: str) -> None:
    assert browser.post("/preview", data={"path": wanted}).status_code == 422


def test_a_bundle_is_looked_at_and_then_taken_in(sit: Sit, interview: str) -> None:
    written = sit("interviewer").post("/handover/download").data
    chief = sit("coordinator")
    page = chief.post("/preview", data={"bundle": (BytesIO(written), "张老师的优盘")}).text
    assert "只在数据包里：2" in page
    assert "ZK-A03-001" in page
    assert 'value="张老师的优盘"' in page
    assert "ZK-A03-001" not in chief.get("/people").text
    assert "张老师的优盘" in chief.post("/preview/take", data={"name": "张老师的优盘"}, follow_redirects=True).text
    assert "ZK-A03-001" in chief.get("/people").text


def test_looking_again_finds_it_the_same_in_english(sit: Sit, interview: str, tmp_path: Path) -> None:
    path = tmp_path / "stick"
    path.write_bytes(sit("interviewer").post("/handover/download").data)
    chief = sit("coordinator")
    chief.post("/handover/read", data={"path": str(path)})
    chief.set_cookie("lang", "en", domain="127.0.0.1")
    assert "In both, the same: 2" in chief.post("/preview", data={"path": str(path)}).text
