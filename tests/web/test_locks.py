from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldkit.acts import users
from fieldkit.store import keys
from fieldkit.store.keys import Cost

PASSPHRASE = "four plain words here"
SCRIPT = {"X-Fieldkit": "script"}
UNLOCKED = {  # the only pages without a session: the ways in, help, the child's card, and what leads to another page
    *("today.home", "users.unlock", "studies.setup", "devices.join", "backups.restore"),
    *("sheets.recover", "sheets.show", "sheets.print_", "sheets.picture", "sheets.back", "household.new_person"),
    *("help_card.show", "cards.child", "cards.stage", "away.show", "away.worker", "static"),
}


@pytest.fixture
def open_(locked: FlaskClient) -> FlaskClient:
    """Somebody is signed in."""
    unlock(locked)
    locked.get("/inbox")
    return locked


def unlock(browser: FlaskClient) -> None:
    code = browser.get("/unlock").text.split('name="code" value="')[1].split('"')[0]
    assert browser.post("/unlock", data={"code": code, "passphrase": PASSPHRASE}).status_code == 302


def wait(browser: FlaskClient, **time: int) -> None:
    site = browser.application.extensions["fieldkit"]
    site.clock = replace(site.clock, ahead=site.clock.ahead + timedelta(**time))


def cover(browser: FlaskClient) -> None:
    assert browser.post("/cover/pin", data={"pin": "2468"}).status_code == 302


@pytest.mark.parametrize("path", ["/inbox", "/people", "/check", "/users", "/devices", "/backup", "/sheet"])
def test_under_the_cover_every_page_answers_with_the_cover(open_: FlaskClient, path: str) -> None:
    cover(open_)
    answer = open_.get(path)

    assert answer.location.startswith("/cover")
    assert "已盖屏" in open_.get("/cover").text
    assert open_.get("/session", headers=SCRIPT).get_json()["code"] == "locked"
    assert open_.get("/help-card").status_code == 200


@pytest.mark.parametrize("typed", ["0000", "wrong wrong wrong wrong", ""])
def test_neither_a_wrong_pin_nor_a_wrong_passphrase_lifts_it(open_: FlaskClient, typed: str) -> None:
    cover(open_)
    assert open_.post("/cover", data={"secret": typed}).status_code in {401, 422}
    assert open_.get("/inbox").location.startswith("/cover")


def test_what_is_no_pin_covers_nothing(open_: FlaskClient) -> None:
    assert open_.post("/cover/pin", data={"pin": "12"}).status_code == 422
    assert open_.get("/inbox").status_code == 200


@pytest.mark.parametrize("secret", ["2468", PASSPHRASE])
def test_pin_or_passphrase_lifts_it_and_the_session_is_the_same(open_: FlaskClient, secret: str) -> None:
    before = open_.get_cookie("fieldkit", domain="127.0.0.1")
    cover(open_)

    assert open_.post("/cover?next=/check", data={"secret": secret}).location == "/check"
    assert open_.get("/check").status_code == 200
    after = open_.get_cookie("fieldkit", domain="127.0.0.1")
    assert before is not None
    assert after is not None
    assert before.value == after.value


def test_the_first_covering_of_a_day_asks_for_a_pin_and_the_next_ones_do_not(open_: FlaskClient) -> None:
    open_.post("/cover/fall")
    assert "定一个今天用的数字码" in open_.get("/cover").text
    cover(open_)
    open_.post("/cover", data={"secret": "2468"})
    open_.post("/cover/fall", data={"back": "/check"})
    assert open_.get("/inbox").location.startswith("/cover")


def test_after_five_wrong_pins_only_the_passphrase_lifts_it(open_: FlaskClient) -> None:
    cover(open_)
    for _ in range(5):
        assert open_.post("/cover", data={"secret": "1111"}).status_code == 401
        wait(open_, seconds=61)
    assert open_.post("/cover", data={"secret": "2468"}).status_code == 401
    wait(open_, seconds=61)
    assert open_.post("/cover", data={"secret": PASSPHRASE}).status_code == 302


def test_a_wrong_pin_is_no_try_at_the_passphrase(open_: FlaskClient) -> None:
    cover(open_)
    for _ in range(3):
        assert open_.post("/cover", data={"secret": "1111"}).status_code == 401
    assert open_.post("/cover", data={"secret": "2468"}).status_code == 429
    assert open_.post("/cover", data={"secret": PASSPHRASE}).status_code == 302


@pytest.mark.parametrize("old", ["123456789012", "1234 5678 90 12"])
def test_a_passphrase_of_digits_from_before_lifts_the_cover_and_is_no_wrong_pin(open_: FlaskClient, old: str) -> None:
    machine = open_.application.extensions["fieldkit"].machines["home"]
    at = machine.desk
    facts = {"code": at.me.code, "name": at.me.name, "role": at.me.role}
    users.replace_slot(machine.folder, keys.make_slot(facts, old, at.db.key, at.keys, Cost(1, 8192)))
    cover(open_)
    assert open_.post("/cover", data={"secret": old[:-1]}).status_code == 401
    assert open_.post("/cover", data={"secret": old}).status_code == 302
    assert machine.guard.pins[at.me.code].wrong == 0


def test_the_pin_is_gone_after_a_lock(open_: FlaskClient) -> None:
    cover(open_)
    open_.post("/lock")
    code = open_.get("/unlock").text.split('name="code" value="')[1].split('"')[0]
    open_.post("/unlock", data={"code": code, "passphrase": PASSPHRASE})
    assert "定一个今天用的数字码" in open_.get("/cover").text


def test_the_cover_falls_after_three_idle_minutes_and_a_script_that_asks_is_nobody(open_: FlaskClient) -> None:
    for _ in range(4):
        wait(open_, seconds=100)
        assert open_.get("/inbox").status_code == 200
    wait(open_, seconds=100)
    assert open_.get("/session", headers=SCRIPT).status_code == 200
    wait(open_, seconds=100)
    assert open_.get("/inbox").location.startswith("/cover")
    assert open_.post("/cover", data={"secret": PASSPHRASE}).status_code == 302


def test_a_page_that_says_that_somebody_types_keeps_the_cover_up(open_: FlaskClient) -> None:
    for _ in range(4):
        wait(open_, seconds=100)
        assert open_.get("/cover/awake", headers=SCRIPT).status_code == 200
    wait(open_, seconds=200)
    assert open_.get("/cover/awake", headers=SCRIPT).status_code == 401
    assert open_.get("/inbox").location.startswith("/cover")
    assert open_.post("/cover", data={"secret": PASSPHRASE}).status_code == 302


@pytest.mark.parametrize("path", ["/cover/awake", "/cover/now"])
def test_an_open_page_hears_that_nobody_sits_here_and_afterwards_who_does(open_: FlaskClient, path: str) -> None:
    before = open_.get(path, headers=SCRIPT).get_json()
    open_.post("/lock")
    assert open_.get(path, headers=SCRIPT).status_code == 401
    unlock(open_)
    after = open_.get(path, headers=SCRIPT).get_json()

    assert before["user"] == after["user"] != ""
    assert before["csrf"] != after["csrf"]


def test_the_cover_of_a_locked_laptop_is_the_lock(locked: FlaskClient) -> None:
    assert locked.get("/cover?next=/check").location == "/unlock?next=/check"


def test_an_open_page_that_asks_who_sits_here_is_nobody_at_the_keys(open_: FlaskClient) -> None:
    wait(open_, seconds=100)
    assert open_.get("/cover/now", headers=SCRIPT).status_code == 200
    wait(open_, seconds=100)
    assert open_.get("/cover/now", headers=SCRIPT).status_code == 401


def test_an_open_page_that_asks_how_a_stop_stands_is_nobody_at_the_keys(open_: FlaskClient) -> None:
    wait(open_, seconds=100)
    assert open_.get("/interviews/any/stop/now", headers=SCRIPT).get_json()["code"] != "locked"
    wait(open_, seconds=100)
    assert open_.get("/interviews/any/stop/now", headers=SCRIPT).get_json()["code"] == "locked"


def test_it_does_not_fall_for_twenty_minutes_while_an_interview_runs(
    open_: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldkit.acts.locks.running", lambda _: True)
    wait(open_, minutes=19)
    assert open_.get("/inbox").status_code == 200
    wait(open_, minutes=20)
    assert open_.get("/inbox").location.startswith("/cover")


def test_a_form_that_met_the_cover_is_carried_out_afterwards_once(open_: FlaskClient) -> None:
    wait(open_, minutes=4)
    met = open_.post("/withdraw", data={"code": "<奶奶>", "asker": "guardian", "sure": "yes"})
    assert met.status_code == 303
    assert open_.get("/withdraw").location.startswith("/cover")
    assert open_.post("/cover", data={"secret": PASSPHRASE}).location == "/unsent"
    lifted = open_.get("/unsent")

    assert 'action="/withdraw?"' in lifted.text
    assert 'value="&lt;奶奶&gt;"' in lifted.text
    assert "&lt;奶奶&gt;" not in open_.get("/withdraw").text
    sent = {"code": "<奶奶>", "asker": "guardian", "sure": "yes"}
    assert open_.post("/withdraw", data=sent).status_code == 200


def test_cover_and_page_say_what_becomes_of_a_form_that_met_the_cover(open_: FlaskClient) -> None:
    wait(open_, minutes=4)
    assert open_.get("/inbox").location.startswith("/cover")
    assert "还没有保存" not in open_.get("/cover").text
    open_.post("/withdraw", data={"code": "奶奶的话", "asker": "guardian"})

    covered = open_.get("/cover").text
    assert "还没有保存" in covered
    assert "奶奶的话" not in covered
    assert open_.post("/cover", data={"secret": PASSPHRASE}).location == "/unsent"
    lifted = open_.get("/unsent").text
    assert "完全照您刚才填的" in lifted
    assert "<li>您输的内容：奶奶的话" in lifted
    assert "<li>guardian" not in lifted


def test_a_form_that_met_the_cover_can_be_dropped(open_: FlaskClient) -> None:
    wait(open_, minutes=4)
    open_.post("/withdraw", data={"code": "奶奶的话", "asker": "guardian"})
    open_.post("/cover", data={"secret": PASSPHRASE})
    offered = open_.get("/unsent").text
    assert "不提交" in offered
    open_.post("/unsent/left", data={"left": offered.split('name="left" value="')[1].split('"')[0]})

    assert open_.get("/unsent").location.endswith("/")
    assert "还没有保存" not in open_.get("/inbox").text
    assert "奶奶的话" not in open_.get("/inbox").text
    open_.post("/cover/fall")
    assert "还没有保存" not in open_.get("/cover").text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/sheet", "passphrase"),
        ("/users", "again"),
        ("/sheet/back", "first"),
        ("/sheet/back", "second"),
        ("/cover/pin", "pin"),
        ("/recover", "sheet_words"),
        ("/withdraw", "secret"),
    ],
)
def test_what_opens_a_laptop_is_not_kept_under_the_cover(open_: FlaskClient, path: str, field: str) -> None:
    wait(open_, minutes=4)
    assert open_.post(path, data={field: "typed under the cover"}).location.startswith("/cover")
    lifted = open_.post("/cover", data={"secret": PASSPHRASE})

    assert lifted.status_code == 302
    assert "under the cover" not in lifted.text


@pytest.mark.parametrize(
    ("path", "sent", "step", "back"),
    [
        ("/devices/look", {"request": "request.json"}, "设备", "/"),
        ("/rosters", {"roster": "roster.xlsx"}, "用名单登记", "/rosters"),
        ("/users", {"name": "王越", "passphrase": "four other words here"}, "这台电脑的使用者", "/users"),
    ],
)
def test_the_cover_says_which_step_with_a_file_or_a_passphrase_was_not_taken(
    open_: FlaskClient, path: str, sent: dict[str, str], step: str, back: str
) -> None:
    wait(open_, minutes=4)
    data = {name: (BytesIO(b"{}"), said) if "." in said else said for name, said in sent.items()}
    met = open_.post(path, data=data, content_type="multipart/form-data")
    covered = open_.get(met.location).text

    assert f"“{step}”没有收下" in covered
    assert "您输的内容都还在" not in covered.split("<main")[1]
    assert f"“{step}”没有收下" in open_.post("/cover", data={"secret": "0000"}).text
    lifted = open_.post(met.location, data={"secret": PASSPHRASE}).location
    assert lifted == back  # a page, and never one that there is none of
    open_.post("/cover/pin", data={"pin": "2468"})
    assert "没有收下" not in open_.get("/cover").text


def test_wrong_tries_at_the_lock_slow_down_and_say_for_how_long(locked: FlaskClient) -> None:
    code = locked.get("/unlock").text.split('name="code" value="')[1].split('"')[0]
    for _ in range(3):
        assert locked.post("/unlock", data={"code": code, "passphrase": "wrong wrong wrong wrong"}).status_code == 401
    wait(locked, seconds=1)
    slowed = locked.post("/unlock", data={"code": code, "passphrase": PASSPHRASE})
    assert slowed.status_code == 429
    assert "请等 1 秒" in slowed.text or "请等 2 秒" in slowed.text
    wait(locked, seconds=2)
    assert locked.post("/unlock", data={"code": code, "passphrase": PASSPHRASE}).status_code == 302


def test_without_a_session_every_page_leads_to_the_lock_and_none_breaks(locked: FlaskClient) -> None:
    rules = [one for one in locked.application.url_map.iter_rules() if "GET" in (one.methods or ())]
    paths = [_filled(one.rule) for one in rules if one.endpoint not in UNLOCKED]
    shut = {path: locked.get(path) for path in paths}

    assert len(shut) > 60
    assert [(path, one.status_code) for path, one in shut.items() if not _asks_to_unlock(one)] == []


def _filled(rule: str) -> str:
    """Return an address with something in the place of each of its variable parts."""
    return re.sub(r"<any\((\w+)[^>]*>|<[^>]+>", lambda found: found[1] or "x", rule)


def _asks_to_unlock(answer: TestResponse) -> bool:
    return answer.status_code in {401, 404} or (answer.location or "").startswith("/unlock")
