from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from flask.testing import FlaskClient

PASSPHRASE = "four plain words here"
ASKED = {"name": "王越", "role": "interviewer", "passphrase": PASSPHRASE, "again": PASSPHRASE}


def test_only_a_coordinator_invites(browser: FlaskClient) -> None:
    assert browser.post("/devices/look", data={"request": (BytesIO(b"{}"), "r.json")}).status_code == 403


def test_a_file_that_is_no_request_is_told(sit: Callable[[str], FlaskClient]) -> None:
    answer = sit("coordinator").post("/devices/look", data={"request": (BytesIO(b"{}"), "r.json")})

    assert answer.status_code == 422
    assert "不是加入申请" in answer.text


def test_two_screens_show_the_same_digits_and_the_new_machine_joins(
    empty: FlaskClient, sit: Callable[[str], FlaskClient]
) -> None:
    asked = empty.post("/join/request", data=ASKED).text
    request = empty.post("/join/file", data={"passphrase": PASSPHRASE, "do": "save"}).data
    coordinator = sit("coordinator")
    looked = coordinator.post("/devices/look", data={"request": (BytesIO(request), "r.json")}).text

    digits = asked.split('class="groups">')[1].split("</p>")[0]
    assert digits == looked.split('class="groups">')[1].split("</p>")[0]

    given = {"request": request.decode(), "role": "interviewer", "team": "A"}
    invitation = coordinator.post("/devices/invite", data=given).data
    upload = {"invitation": (BytesIO(invitation), "i.json"), "passphrase": PASSPHRASE}
    assert empty.post("/join/accept", data=upload).status_code == 302
    assert "王越" in empty.get("/today").text


def test_a_file_that_is_no_invitation_is_told(empty: FlaskClient) -> None:
    empty.post("/join/request", data=ASKED)
    upload = {"invitation": (BytesIO(b"{}"), "i.json"), "passphrase": PASSPHRASE}
    answer = empty.post("/join/accept", data=upload)

    assert answer.status_code == 422
    assert "不是给这台电脑的" in answer.text


def test_the_coordinator_sees_who_has_what(sit: Callable[[str], FlaskClient]) -> None:
    browser = sit("coordinator")
    assert "赵敏" in browser.get("/devices").text
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert "Safeguarding lead" in browser.get("/devices").text
