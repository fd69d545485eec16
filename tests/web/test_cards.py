"""The child's card: nothing without a card, nothing of a name, and a tap is seen on the laptop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import users
from fieldkit.acts.desk import Desk


def card_of(page: str) -> str:
    found = re.search(r'name="card" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.fixture
def talk(beside: FlaskClient, interview: str) -> str:
    """The card of an open interview, in the child's hand."""
    assert beside.post(f"/interviews/{interview}/card").status_code == 302
    return interview


def tap(phone: Any, sign: str) -> None:
    assert phone.send("/child", "/child", card=card_of(phone.get("/child").text), sign=sign).status_code == 302


def test_a_stranger_gets_no_card(talk: str, stranger: Any) -> None:
    for path in ("/child", "/child/stage", f"/card/now?place={talk}"):
        assert stranger.get(path).status_code == 403


def test_without_an_open_card_there_is_a_calm_page(paired: Any) -> None:
    page = paired.get("/child")

    assert page.status_code == 200
    assert "等一等" in page.text
    assert "<button" not in page.text
    assert paired.get("/child/stage").json == {"card": ""}


def test_what_the_child_taps_is_for_who_is_signed_in_on_the_laptop(talk: str, paired: Any) -> None:
    assert paired.get(f"/card/now?place={talk}", headers={"X-Fieldkit": "script"}).status_code == 401
    assert paired.send("/child", f"/interviews/{talk}/card").status_code == 401


def test_who_does_not_interview_hands_no_card(interview: str, sit: Any) -> None:
    assert sit("coordinator").post(f"/interviews/{interview}/card").status_code == 403
    assert sit("translator").post("/people/x/card").status_code == 403


def test_there_is_no_card_of_what_is_not_here(beside: FlaskClient) -> None:
    assert beside.post("/interviews/x/card").status_code == 404
    assert beside.post("/people/x/card").status_code == 404


def test_the_first_card_has_three_answers_and_nothing_else(beside: FlaskClient, consented: str, paired: Any) -> None:
    beside.post(f"/people/{consented}/card")
    page = paired.get("/child").text

    assert re.findall(r'name="sign" value="(\w+)"', page) == ["yes", "no", "think"]
    assert len(set(re.findall(r'class="(btn[^"]*)" name="sign"', page))) == 1, "the three weigh the same"


def test_the_second_card_has_skip_rest_stop_and_five_faces(talk: str, paired: Any) -> None:
    page = paired.get("/child").text

    assert re.findall(r'name="sign" value="(\w+)"', page) == ["skip", "rest", "stop", "5", "4", "3", "2", "1"]


def test_the_card_names_nobody_and_is_kept_nowhere(
    desks: dict[str, Desk], beside: FlaskClient, talk: str, paired: Any
) -> None:
    tap(paired, "rest")
    answer = paired.get("/child")
    code = re.search(r"ZK-A03-\d+", beside.get("/people").text)
    assert code

    assert answer.headers["Cache-Control"] == "no-store"
    for word in ("小满", "李岚", code[0], talk, "刘某"):
        assert word not in answer.text


def test_a_tap_is_seen_on_the_laptop_with_its_time(beside: FlaskClient, talk: str, paired: Any) -> None:
    tap(paired, "3")
    tap(paired, "stop")
    now: Any = beside.get(f"/card/now?place={talk}").json

    assert now["number"] == 2
    assert [(one["sign"], one["words"]) for one in now["taps"]] == [("stop", "停"), ("3", "一般")]
    assert re.fullmatch(r"\d\d:\d\d:\d\d", now["taps"][0]["at"])
    assert "孩子按了：停" in beside.get(f"/interviews/{talk}").text


def test_a_yes_on_the_card_is_no_answer_until_a_person_records_it(
    beside: FlaskClient, consented: str, paired: Any
) -> None:
    beside.post(f"/people/{consented}/card")
    tap(paired, "yes")
    page = beside.get(f"/people/{consented}/assent").text

    assert "孩子按了：愿意" in page
    assert "checked" not in page
    assert "问孩子" in beside.get(f"/people/{consented}").text


@pytest.mark.parametrize("sign", ["yes", "9", "", "<b>"])
def test_what_does_not_stand_on_the_card_is_refused(beside: FlaskClient, talk: str, paired: Any, sign: str) -> None:
    answer = paired.send("/child", "/child", card=card_of(paired.get("/child").text), sign=sign)

    assert answer.status_code == 422
    assert beside.get(f"/card/now?place={talk}").json == {"number": 0, "taps": []}


def test_a_tap_on_an_earlier_childs_card_is_not_shown_for_the_next(beside: FlaskClient, talk: str, paired: Any) -> None:
    old = card_of(paired.get("/child").text)
    beside.post(f"/interviews/{talk}/card")

    assert paired.send("/child", "/child", card=old, sign="stop").status_code == 302
    assert beside.get(f"/card/now?place={talk}").json == {"number": 0, "taps": []}


def test_another_records_page_shows_nothing_of_the_card(beside: FlaskClient, talk: str, paired: Any) -> None:
    tap(paired, "stop")

    assert beside.get("/card/now?place=other").json == {"number": -1, "taps": []}


def test_the_card_ends_when_it_is_taken_back(beside: FlaskClient, talk: str, paired: Any) -> None:
    answer = beside.post("/card/close", data={"back": f"/interviews/{talk}"})

    assert answer.headers["Location"] == f"/interviews/{talk}"
    assert "等一等" in paired.get("/child").text
    assert beside.post("/card/close", data={"back": "//evil.example"}).headers["Location"] == "/"


def test_the_card_ends_with_the_session_of_who_handed_it_over(
    desks: dict[str, Desk], beside: FlaskClient, talk: str, paired: Any
) -> None:
    users.add(desks["interviewer"], "王越", "four other words here")
    colleague = next(one.code for one in users.slots(desks["interviewer"].folder) if one.name == "王越")
    other = beside.application.test_client()
    other.post("/unlock", data={"code": colleague, "passphrase": "four other words here"})
    assert "跳过" in paired.get("/child").text

    beside.post("/lock")

    assert other.get("/today").status_code == 200
    assert "等一等" in paired.get("/child").text


def test_a_phone_on_which_somebody_is_signed_in_is_covered_before_the_child_gets_it(
    desks: dict[str, Desk], talk: str, paired: Any
) -> None:
    who = {"code": desks["interviewer"].me.code, "passphrase": "four plain words here"}
    paired.send("/unlock", "/unlock", **who)
    assert paired.get("/people").status_code == 200

    assert "跳过" in paired.get("/child").text
    assert "/cover" in paired.get("/people").headers["Location"]
    tap(paired, "stop")


def test_a_page_that_asks_for_taps_keeps_nobody_awake(beside: FlaskClient, talk: str) -> None:
    from fieldkit.web.locks import BY_SCRIPT

    assert "cards.now" in BY_SCRIPT


def test_the_phone_follows_from_one_card_to_the_next(beside: FlaskClient, talk: str, paired: Any) -> None:
    before = paired.get("/child/stage").json
    beside.post(f"/interviews/{talk}/card")

    assert before["card"]
    assert paired.get("/child/stage").json != before
