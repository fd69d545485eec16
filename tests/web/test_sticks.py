from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from flask.testing import FlaskClient


def _lost_link(browser: FlaskClient) -> str:
    found = re.search(r'href="(/sticks/[^"]+)"', browser.get("/handover").text)
    assert found
    return found[1]


def test_a_stick_that_nobody_wrote_is_told(browser: FlaskClient) -> None:
    for answer in (browser.get("/sticks/whichever"), browser.post("/sticks/whichever")):
        assert answer.status_code == 404
        assert "没写过叫这个名字的数据包" in answer.text


def test_a_lost_stick_is_confirmed_and_the_coordinator_hears_of_it(
    sit: Callable[[str], FlaskClient], interview: str, tmp_path: Path
) -> None:
    browser = sit("interviewer")
    browser.post("/handover/write", data={"path": str(tmp_path)})
    page = browser.get(_lost_link(browser)).text
    assert "谁捡到都看不了" in page
    assert "已写进数据包或已发送：1 次" in browser.get("/handover").text
    after = browser.post(_lost_link(browser), follow_redirects=True).text
    assert "已记为丢失" in after
    assert "已写进数据包或已发送：0 次" in after
    again = browser.post("/handover/download").data
    path = tmp_path / "again"
    path.write_bytes(again)
    sit("coordinator").post("/handover/read", data={"path": str(path)})
    assert "丢失的U盘：1 个" in browser.get("/inbox").text
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "Lost sticks: 1" in browser.get("/inbox").text


def test_a_stick_that_turned_up_is_confirmed_on_the_laptop_or_in_the_inbox(
    sit: Callable[[str], FlaskClient], interview: str, tmp_path: Path
) -> None:
    browser = sit("interviewer")
    assert browser.get("/sticks/found/whichever").status_code == 404
    assert browser.post("/sticks/found/whichever").status_code == 404
    browser.post("/handover/write", data={"path": str(tmp_path)})
    browser.post(_lost_link(browser))
    link = _lost_link(browser)
    assert "真的又找到了" in browser.get(link).text
    path = tmp_path / "again"
    path.write_bytes(browser.post("/handover/download").data)
    sit("coordinator").post("/handover/read", data={"path": str(path)})
    assert link in browser.get("/inbox").text
    after = sit("interviewer").post(link, follow_redirects=True)
    assert "不再算丢失" in after.text
    assert after.request.path == "/handover"
    assert browser.post(link).location == "/handover"
    after = sit("coordinator").post(link, follow_redirects=True)
    assert after.request.path == "/inbox"
    assert "丢失的U盘" not in after.text


def test_the_name_on_the_list_is_the_name_of_the_file(browser: FlaskClient) -> None:
    name = browser.post("/handover/download").headers["Content-Disposition"].split('"')[1]
    assert name in browser.get("/handover").text
