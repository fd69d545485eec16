"""The child's card: nothing without a card, nothing of a name, and a tap is seen on the laptop."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts import cards, stops, users
from fieldkit.acts.cards import Card
from fieldkit.acts.desk import Desk
from fieldkit.errors import DiskFull
from fieldkit.rules.locks import COVER_AFTER_RUNNING
from fieldkit.store import cards as store
from fieldkit.web.site import HOME, Site


def card_of(page: str) -> str:
    found = re.search(r'name="card" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.fixture
def talk(beside: FlaskClient, interview: str) -> str:
    """The card of an open interview, in the child's hand."""
    assert beside.post(f"/interviews/{interview}/card").status_code == 302
    return interview


def now(laptop: FlaskClient, place: str, **told: object) -> Any:
    """What a page of the laptop hears when it asks; *told*: what it says in turn."""
    return laptop.get("/card/now", query_string={"place": place, **told}).json


def calls(page: str) -> bool:
    """Whether a page says at its top that the child tapped "stop"."""
    found = re.search(r'<aside class="called"[^>]*>.*?</aside>', page, re.DOTALL)
    return found is not None and "hidden" not in found[0].partition(">")[0] and "孩子按了：停" in found[0]


def told(phone: Any) -> str:
    """What the child reads of its taps."""
    shown = re.sub(r"<template.*?</template>", "", phone.get("/child").text, flags=re.DOTALL)
    found = re.search(r'<p role="status">(.*?)</p>', shown, re.DOTALL)
    assert found
    return found[1].strip()


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

    assert re.findall(r'name="sign" value="(\w+)"', page) == ["skip", "rest", "stop", "1", "2", "3", "4", "5"]


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
    found = now(beside, talk)

    assert found["number"] == 2
    assert [(one["sign"], one["words"]) for one in found["taps"]] == [("stop", "停"), ("3", "一般")]
    assert re.fullmatch(r"\d\d:\d\d:\d\d", found["taps"][0]["at"])
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
    assert now(beside, talk)["taps"] == []


def test_a_tap_on_an_earlier_childs_card_is_not_shown_for_the_next(beside: FlaskClient, talk: str, paired: Any) -> None:
    old = card_of(paired.get("/child").text)
    beside.post(f"/interviews/{talk}/card")

    answer = paired.send("/child", "/child", card=old, sign="stop")
    assert now(beside, talk)["taps"] == []
    assert "没有传过去" in paired.get(answer.headers["Location"]).text


def test_another_records_page_shows_nothing_of_the_card(beside: FlaskClient, talk: str, paired: Any) -> None:
    tap(paired, "stop")

    found = now(beside, "other")
    assert (found["number"], found["taps"]) == (-1, [])


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
    site: Site = beside.application.extensions["fieldkit"]
    beside.get("/today")
    for _ in range(2):
        site.clock = replace(site.clock, ahead=site.clock.ahead + timedelta(seconds=COVER_AFTER_RUNNING / 2))
        assert beside.get(f"/card/now?place={talk}").status_code == 200

    assert "/cover" in beside.get("/today").headers["Location"]


def test_the_phone_follows_from_one_card_to_the_next(beside: FlaskClient, talk: str, paired: Any) -> None:
    before = paired.get("/child/stage").json
    beside.post(f"/interviews/{talk}/card")

    assert before["card"]
    assert paired.get("/child/stage").json != before


def test_every_page_of_who_handed_it_over_shows_a_stop_until_it_is_answered(
    beside: FlaskClient, talk: str, paired: Any
) -> None:
    paths = [f"/interviews/{talk}{one}" for one in ("", "/distress", "/close", "/memo")]
    pages = [*paths, "/help-card", "/today", "/people", "/nowhere"]
    assert not any(calls(beside.get(path).text) for path in pages)
    tap(paired, "stop")
    tap(paired, "rest")

    for path in (*pages, *pages):
        assert calls(beside.get(path).text), path
    assert f'href="/interviews/{talk}/stop"' in beside.get("/help-card").text


def test_a_page_of_somebody_else_shows_no_stop(
    desks: dict[str, Desk], beside: FlaskClient, talk: str, paired: Any
) -> None:
    users.add(desks["interviewer"], "王越", "four other words here")
    colleague = next(one.code for one in users.slots(desks["interviewer"].folder) if one.name == "王越")
    other = beside.application.test_client()
    other.post("/unlock", data={"code": colleague, "passphrase": "four other words here"})
    tap(paired, "stop")

    assert 'class="called"' not in other.get("/help-card").text
    assert 'class="called"' not in paired.get("/help-card").text


def test_what_is_chosen_on_the_stop_page_answers_it_and_a_look_at_it_does_not(
    beside: FlaskClient, talk: str, paired: Any
) -> None:
    tap(paired, "stop")
    assert calls(beside.get(f"/interviews/{talk}/stop").text)
    assert calls(beside.get("/today").text)

    beside.post(f"/interviews/{talk}/stop", data={"choice": "stop_keep"})
    assert not calls(beside.get("/today").text)
    assert 'value="stop" aria-pressed="false"' in paired.get("/child").text, "the child can tap it once more"
    tap(paired, "stop")
    assert calls(beside.get("/today").text)


def test_the_stop_page_of_another_interview_answers_nothing(
    beside: FlaskClient, talk: str, paired: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "is_over", lambda _desk, _card: False)
    site: Site = beside.application.extensions["fieldkit"]
    site.machines[HOME].card = Card("another", site.machines[HOME].card.by, "talk")  # type: ignore[union-attr]
    tap(paired, "stop")

    assert beside.post(f"/interviews/{talk}/stop", data={"choice": "stop_keep"}).status_code == 302
    assert calls(beside.get("/today").text)


def test_that_the_child_goes_on_answers_the_stop_that_was_on_the_page(
    beside: FlaskClient, talk: str, paired: Any
) -> None:
    tap(paired, "stop")
    page = beside.get("/help-card").text.split('class="called"')[1].split("</aside>")[0]
    fields = dict(re.findall(r'name="(card|stop|back)" value="([^"]*)"', page))
    tap(paired, "stop")
    assert beside.post("/card/answered", data=fields).headers["Location"] == "/help-card"
    assert calls(beside.get("/today").text), "the child tapped once more after that page was shown"

    beside.post("/card/answered", data={**fields, "card": "another", "stop": "2"})
    assert calls(beside.get("/today").text)
    beside.post("/card/answered", data={**fields, "stop": "2"})
    assert not calls(beside.get("/today").text)


def test_the_child_is_told_that_it_arrived_only_when_a_page_on_the_laptop_has_shown_it(
    beside: FlaskClient, talk: str, paired: Any
) -> None:
    tap(paired, "stop")
    before = paired.get("/child/stage").json
    assert told(paired) == "正在告诉旁边的人。你也可以直接说：停。"

    beside.get("/help-card")
    assert told(paired) == "谢谢你，电脑上收到了。"
    assert paired.get("/child/stage").json != before


def test_a_page_that_asks_by_itself_says_what_it_has_shown(beside: FlaskClient, talk: str, paired: Any) -> None:
    tap(paired, "stop")
    heard = now(beside, "")
    assert heard["stop"]["path"] == f"/interviews/{talk}/stop"
    assert heard["taps"] == []
    assert "收到了" not in told(paired), "on its way to the page, and not shown yet"

    now(beside, "", card="another", shown=heard["stop"]["number"])
    assert "收到了" not in told(paired)
    now(beside, "", card=heard["card"], shown=heard["stop"]["number"])
    assert "收到了" in told(paired)


def test_a_face_has_arrived_on_the_page_of_the_interview_and_on_no_other(
    beside: FlaskClient, talk: str, paired: Any
) -> None:
    tap(paired, "4")
    beside.get("/help-card")
    assert told(paired) == "正在告诉旁边的人。你也可以直接说。"

    beside.get(f"/interviews/{talk}")
    assert "收到了" in told(paired)


def test_a_card_whose_stop_waits_is_neither_taken_back_nor_replaced(
    beside: FlaskClient, consented: str, talk: str, paired: Any
) -> None:
    tap(paired, "stop")
    for path in ("/card/close", f"/interviews/{talk}/card", f"/people/{consented}/card"):
        assert beside.post(path).headers["Location"] == f"/interviews/{talk}/stop"
        assert calls(beside.get("/today").text)

    beside.post(f"/interviews/{talk}/stop", data={"choice": "stop_keep"})
    beside.post("/card/close")
    assert "等一等" in paired.get("/child").text


def test_the_card_is_over_with_the_interview(
    desks: dict[str, Desk], beside: FlaskClient, talk: str, paired: Any
) -> None:
    desk = desks["interviewer"]
    stops.finish(desk, talk, stops.begin(desk, talk, "stop_discard").mark)

    assert "等一等" in paired.get("/child").text


def test_the_cover_says_that_the_child_tapped_stop_and_leads_to_the_stop_page(
    beside: FlaskClient, talk: str, paired: Any
) -> None:
    beside.post("/cover/pin", data={"pin": "2468"})
    tap(paired, "stop")

    assert now(beside, "")["stop"]["number"] == 1
    page = beside.get("/cover").text
    assert calls(page)
    assert "孩子还想聊" not in page, "whoever passes by answers nothing"
    assert beside.get(f"/interviews/{talk}/stop").headers["Location"].endswith(f"next=/interviews/{talk}/stop")
    assert calls(beside.get("/cover").text)


def test_a_phone_in_a_childs_hand_shows_no_stop_to_the_child(desks: dict[str, Desk], talk: str, paired: Any) -> None:
    who = {"code": desks["interviewer"].me.code, "passphrase": "four plain words here"}
    paired.send("/unlock", "/unlock", **who)
    tap(paired, "stop")

    assert 'class="called"' not in paired.get("/cover").text
    assert "收到了" not in told(paired)


@pytest.mark.parametrize("again", [True, False])
def test_a_tap_on_a_page_from_before_a_lock_or_restart_leads_the_child_to_its_card(
    beside: FlaskClient, talk: str, paired: Any, again: bool
) -> None:
    card = card_of(paired.get("/child").text)
    if not again:
        beside.post("/lock")
    answer = paired.post("/child", data={"csrf_token": "old", "card": card, "sign": "stop"})
    assert answer.status_code == 302
    page = paired.get(answer.headers["Location"]).text

    assert "跟旁边的人说" in page
    shown = re.sub(r' data-\w+="[^"]*"', "", page)  # what the script says later waits in the page
    assert ("没有传过去" in shown) is again
    assert "锁屏" not in page
    assert "<a " not in page


def colleague_of(desks: dict[str, Desk]) -> dict[str, str]:
    """What a second interviewer of the laptop types to unlock it."""
    users.add(desks["interviewer"], "王越", "four other words here")
    code = next(one.code for one in users.slots(desks["interviewer"].folder) if one.name == "王越")
    return {"code": code, "passphrase": "four other words here"}


def me_of(desks: dict[str, Desk]) -> dict[str, str]:
    return {"code": desks["interviewer"].me.code, "passphrase": "four plain words here"}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_stop_that_nobody_answered_is_there_again_after_a_lock_or_restart_until_it_is_answered(
    desks: dict[str, Desk], beside: FlaskClient, talk: str, paired: Any, restarted: bool
) -> None:
    tap(paired, "stop")
    beside.post("/lock")
    if restarted:
        machine = beside.application.extensions["fieldkit"].machines[HOME]
        machine.called.clear()
    assert "等一等" in paired.get("/child").text

    beside.post("/unlock", data=me_of(desks))
    page = beside.get("/today").text
    assert calls(page)
    assert f'href="/interviews/{talk}/stop"' in page
    assert "收到了" in told(paired)

    beside.post("/card/answered", data={"card": card_of(page), "stop": 1})
    beside.post("/lock")
    beside.post("/unlock", data=me_of(desks))
    assert not calls(beside.get("/today").text)


def test_whoever_else_unlocks_sees_nothing_of_a_stop_and_takes_it_from_nobody(
    desks: dict[str, Desk], beside: FlaskClient, consented: str, talk: str, paired: Any
) -> None:
    colleague = colleague_of(desks)
    tap(paired, "stop")
    beside.post("/lock")
    beside.post("/unlock", data=colleague)

    assert 'class="called"' not in beside.get("/today").text
    assert now(beside, "")["stop"] is None
    assert beside.post(f"/people/{consented}/card").headers["Location"] == f"/people/{consented}/assent#card"
    beside.post("/card/close")
    beside.post("/lock")
    beside.post("/unlock", data=me_of(desks))
    assert calls(beside.get("/today").text)


def test_a_stop_that_was_decided_meanwhile_does_not_come_back(
    desks: dict[str, Desk], beside: FlaskClient, talk: str, paired: Any
) -> None:
    tap(paired, "stop")
    beside.post(f"/interviews/{talk}/stop", data={"choice": "stop_keep"})
    beside.post("/lock")
    beside.post("/unlock", data=me_of(desks))

    assert not calls(beside.get("/today").text)


def test_a_full_disk_keeps_no_stop_from_the_laptop(
    desks: dict[str, Desk], beside: FlaskClient, talk: str, paired: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull

    monkeypatch.setattr(store, "keep", full)
    tap(paired, "stop")
    beside.post("/lock")
    beside.post("/unlock", data=me_of(desks))

    assert calls(beside.get("/today").text)
