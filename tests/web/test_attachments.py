from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import assents, attachments, handover, interviews
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from sync import bundle

Sit = Callable[[str], FlaskClient]
Desks = dict[str, Desk]
SOUND = b"ID3 what was said " * 20_000
SCRIPT = {"X-Fieldkit": "script"}


def _token(browser: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/help-card").text)
    assert found
    return found[1]


def _send(browser: FlaskClient, interview: str, content: bytes, media: str) -> tuple[int, str]:
    headers = {**SCRIPT, "X-CSRFToken": _token(browser), "Content-Type": media}
    path, base = f"/interviews/{interview}/attachments", "http://127.0.0.1:8750"
    answer = super(type(browser), browser).open(path, method="POST", data=content, headers=headers, base_url=base)
    return answer.status_code, answer.text


@pytest.fixture
def talk(desks: Desks, consented: str) -> str:
    said = ChildAnswer("yes", (1, 2, 3), "child_oral", items={"audio": "yes"})
    assents.record(desks["interviewer"], consented, said)
    return interviews.start(desks["interviewer"], consented, KEPT)


def test_a_recording_laid_onto_the_page_is_refused_in_the_readers_language(
    browser: FlaskClient, interview: str
) -> None:
    path, asked = f"/interviews/{interview}/attachments/may", {"media": "audio/mpeg", "size": "5"}
    answer = browser.post(path, data=asked, headers=SCRIPT)

    told = json.loads(answer.text)
    assert (answer.status_code, told["code"]) == (409, "V39")
    assert "监护人和孩子没有都同意" in told["sentence"]
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "have not both agreed" in browser.post(path, data=asked).text


@pytest.mark.parametrize("media", ["multipart/form-data; boundary=x", "application/octet-stream", "video/mp4", ""])
def test_nothing_large_is_read_that_is_no_recording_and_no_picture(browser: FlaskClient, talk: str, media: str) -> None:
    status, _ = _send(browser, talk, bytes(600_000), media)
    assert status == 413


def test_a_recording_is_kept_heard_again_and_deleted(browser: FlaskClient, talk: str, desks: Desks) -> None:
    path = f"/interviews/{talk}"
    assert browser.post(f"{path}/attachments/may", data={"media": "audio/mpeg", "size": str(len(SOUND))}).text == ""
    assert _send(browser, talk, SOUND, "audio/mpeg") == (204, "")

    page = browser.get(path).text
    link = re.search(r'<audio [^>]*src="([^"]+)"', page)
    assert link
    answer = browser.get(link[1])
    assert (answer.data, answer.mimetype) == (SOUND, "audio/mpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    browser.post(f"{link[1]}/erase")
    assert "<audio" not in browser.get(path).text
    assert browser.get(link[1]).status_code == 404
    assert list(desks["interviewer"].folder.attachments.iterdir()) == []


def test_a_file_that_holds_only_parts_of_a_recording_is_not_called_empty(
    sit: Sit, talk: str, desks: Desks, tmp_path: Path
) -> None:
    me, chief = desks["interviewer"], sit("coordinator")
    attachments.add(me, talk, "audio/mpeg", len(SOUND), BytesIO(SOUND))
    info = handover.write(me, tmp_path / "stick", 300_000)
    last = {"path": str(bundle.part_path(tmp_path / "stick", info.parts))}
    looked, read = chief.post("/preview", data=last), chief.post("/handover/read", data=last, follow_redirects=True)

    assert "里面有录音和照片的分块：1 个" in looked.text
    assert "还要读入：第 1" in read.text
    assert "文件里没有数据" not in looked.text + read.text
