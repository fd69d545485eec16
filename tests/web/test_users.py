from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

PASSPHRASE = "four plain words here"
SCRIPT = {"X-Fieldkit": "script"}


def code_on(page: str) -> str:
    return page.split('name="code" value="')[1].split('"')[0]


def unlock(browser: FlaskClient, path: str = "/unlock") -> None:
    code = code_on(browser.get("/unlock").text)
    answer = browser.post(path, data={"code": code, "passphrase": PASSPHRASE})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "path", ["/people", "/today", "/inbox", "/check", "/users", "/people/new", "/withdraw", "/exports"]
)
def test_a_locked_laptop_shows_nothing(locked: FlaskClient, path: str) -> None:
    answer = locked.get(path)

    assert answer.status_code == 302
    assert answer.location.startswith("/unlock")


def test_the_start_answers_without_a_cookie(locked: FlaskClient) -> None:
    answer = locked.get("/")

    assert answer.status_code == 200
    assert "陈静" in answer.text


def test_a_wrong_passphrase_is_told_and_changes_nothing(locked: FlaskClient) -> None:
    code = code_on(locked.get("/unlock").text)
    answer = locked.post("/unlock", data={"code": code, "passphrase": "wrong wrong wrong wrong"})

    assert answer.status_code in {401, 403, 422}
    assert "打不开" in answer.text
    assert "wrong wrong" not in answer.text


def test_unlocking_begins_a_session_under_a_new_id(locked: FlaskClient) -> None:
    locked.get("/unlock")
    before = locked.get_cookie("fieldkit", domain="127.0.0.1")
    unlock(locked)
    after = locked.get_cookie("fieldkit", domain="127.0.0.1")

    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert locked.get("/inbox").status_code == 200


def test_after_unlocking_the_page_that_was_left_comes_back(locked: FlaskClient) -> None:
    code = code_on(locked.get("/unlock").text)
    given = {"code": code, "passphrase": PASSPHRASE}

    assert locked.post("/unlock?next=/check", data=given).location == "/check"
    assert locked.post("/unlock?next=//evil.example/", data=given).location == "/"


def test_locking_ends_the_session_and_closes_the_store(locked: FlaskClient) -> None:
    unlock(locked)

    assert locked.post("/lock").status_code == 302
    assert locked.get("/inbox").status_code == 302
    assert locked.get("/session", headers=SCRIPT).status_code == 401


def test_nothing_can_be_unlocked_twice_into_two_stores(locked: FlaskClient) -> None:
    unlock(locked)
    unlock(locked)

    assert locked.get("/inbox").status_code == 200


def test_the_unlock_page_speaks_english(locked: FlaskClient) -> None:
    locked.set_cookie("lang", "en", domain="127.0.0.1")

    assert "Who is here?" in locked.get("/unlock").text


def test_a_second_interviewer_gets_a_passphrase_of_their_own(browser: FlaskClient) -> None:
    given = {"name": "王越", "passphrase": PASSPHRASE, "again": "something else entirely"}
    refused = browser.post("/users", data=given)
    assert refused.status_code == 422
    assert "两次输的不一样" in refused.text

    assert browser.post("/users", data={**given, "again": PASSPHRASE}).status_code == 302
    assert "王越" in browser.get("/users").text


def test_the_store_closes_with_the_last_session_only(beside: FlaskClient) -> None:
    machine = beside.application.extensions["fieldkit"].machines["home"]
    beside.post("/users", data={"name": "王越", "passphrase": PASSPHRASE, "again": PASSPHRASE})
    other = beside.application.test_client()
    (code,) = re.findall(r'name="code" value="([^"]+)"[^>]*><span>王越', other.get("/unlock").text)
    other.post("/unlock", data={"code": code, "passphrase": PASSPHRASE})

    beside.post("/lock")
    assert machine.desk is not None
    assert other.get("/people").status_code == 200
    assert "还开着：王越（电脑上）" in beside.get("/unlock").text
    other.post("/lock")
    assert machine.desk is None


def test_two_of_one_name_are_told_apart_where_somebody_unlocks_and_recovers(locked: FlaskClient) -> None:
    folder = locked.application.extensions["fieldkit"].machines["home"].folder
    assert 'class="code"' not in locked.get("/unlock").text
    first = folder.slots[0]["code"]
    folder.write_slots("ready", [*folder.slots, {**folder.slots[0], "code": "abcdefgh"}])

    for path in ("/unlock", "/recover"):
        page = locked.get(path).text
        assert f'<span class="code">{first}</span>' in page
        assert '<span class="code">abcdefgh</span>' in page


def test_a_second_colleague_of_one_name_is_asked_for_another(browser: FlaskClient) -> None:
    given = {"name": "王越", "passphrase": PASSPHRASE, "again": PASSPHRASE}
    assert browser.post("/users", data=given).status_code == 302
    refused = browser.post("/users", data=given)

    assert refused.status_code == 409
    assert "已经有一位叫王越的了" in refused.text


def test_a_lock_ends_what_the_same_person_has_open_in_another_browser_of_the_laptop(beside: FlaskClient) -> None:
    other = beside.application.test_client()
    unlock(other)
    beside.post("/lock")

    assert other.get("/people").location.startswith("/unlock")
    assert other.get("/session", headers=SCRIPT).status_code == 401
    assert "还开着" not in beside.get("/unlock").text
    assert beside.application.extensions["fieldkit"].machines["home"].desk is None


def test_a_lock_says_what_stays_open_on_a_phone_and_cuts_nothing_off_there(beside: FlaskClient, paired: Any) -> None:
    assert "还开着" not in beside.get("/unlock").text
    paired.send("/unlock", "/unlock", code=code_on(paired.get("/unlock").text), passphrase=PASSPHRASE)
    beside.post("/lock")

    assert paired.get("/people").status_code == 200
    assert "还开着：李岚（配对的手机上）" in beside.get("/unlock").text
    assert "/unlock" in beside.get("/people").location


def test_a_lock_on_a_phone_leaves_the_laptop_open_and_says_so(beside: FlaskClient, paired: Any) -> None:
    paired.send("/unlock", "/unlock", code=code_on(paired.get("/unlock").text), passphrase=PASSPHRASE)
    paired.send("/help-card", "/lock")

    assert beside.get("/people").status_code == 200
    assert "还开着：李岚（电脑上）" in paired.get("/unlock").text


def test_what_was_begun_in_the_other_browser_waits_for_its_author(beside: FlaskClient, child: str) -> None:
    other = beside.application.test_client()
    unlock(other)
    other.post(f"/people/{child}/consent", data={"relation": "mother"})
    beside.post("/lock")
    unlock(beside)

    assert beside.get(f"/people/{child}/consent/guardian/read").status_code == 200
