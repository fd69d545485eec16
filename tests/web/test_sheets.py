from __future__ import annotations

import re

from flask.testing import FlaskClient

PASSPHRASE = "four plain words here"
NEW = "another four plain words"


def code_on(page: str) -> str:
    return page.split('name="code" value="')[1].split('"')[0]


def signed_in(browser: FlaskClient) -> FlaskClient:
    browser.post("/unlock", data={"code": code_on(browser.get("/unlock").text), "passphrase": PASSPHRASE})
    return browser


def made(browser: FlaskClient) -> list[str]:
    """Make a sheet on the pages; return its words."""
    assert browser.post("/sheet", data={"passphrase": PASSPHRASE}).location == "/sheet/words"
    words = re.findall(r"<li><span[^>]*>(\S+)</span>", browser.get("/sheet/words").text)
    first, second = map(int, re.findall(r"第 (\d+) 个字</label>", browser.get("/sheet/back").text))
    given = {"first": words[first - 1], "second": words[second - 1]}
    assert browser.post("/sheet/back", data=given).location == "/"
    return words


def recovery(browser: FlaskClient, words: str) -> dict[str, str]:
    return {"code": code_on(browser.get("/recover").text), "sheet_words": words, "passphrase": NEW, "again": NEW}


def test_nobody_makes_a_sheet_at_a_locked_laptop_or_with_a_wrong_passphrase(locked: FlaskClient) -> None:
    assert locked.get("/sheet").status_code == 302
    assert locked.post("/sheet", data={"passphrase": PASSPHRASE}).status_code == 401
    assert signed_in(locked).post("/sheet", data={"passphrase": "wrong wrong wrong wrong"}).status_code == 401
    assert locked.get("/sheet/words").status_code == 409


def test_wrong_words_are_refused_and_the_passphrase_still_opens(locked: FlaskClient) -> None:
    refused = locked.post("/recover", data=recovery(locked, "的 的 的"))
    assert "没有做过恢复单" in refused.text
    made(signed_in(locked))
    locked.post("/lock")
    refused = locked.post("/recover", data=recovery(locked, "的 的 的"))

    assert refused.status_code == 401
    assert "这些字打不开这台电脑" in refused.text
    assert NEW not in refused.text
    assert signed_in(locked).get("/inbox").status_code == 200


def test_guessed_words_slow_down_too(locked: FlaskClient) -> None:
    made(signed_in(locked))
    locked.post("/lock")
    for _ in range(3):
        assert locked.post("/recover", data=recovery(locked, "的")).status_code == 401
    assert locked.post("/recover", data=recovery(locked, "的")).status_code == 429


def test_the_sheet_opens_the_laptop_and_the_old_passphrase_does_not_any_more(locked: FlaskClient) -> None:
    words = made(signed_in(locked))
    locked.post("/lock")

    assert locked.post("/recover", data=recovery(locked, "".join(words))).location == "/"
    assert locked.get("/inbox").status_code == 200
    locked.post("/lock")
    code = code_on(locked.get("/unlock").text)
    assert locked.post("/unlock", data={"code": code, "passphrase": PASSPHRASE}).status_code == 401
    assert locked.post("/unlock", data={"code": code, "passphrase": NEW}).status_code == 302


def test_the_page_of_people_reminds_until_there_is_a_sheet(locked: FlaskClient) -> None:
    signed_in(locked)
    assert "您还没有恢复单" in locked.get("/users").text
    made(locked)
    assert "您还没有恢复单" not in locked.get("/users").text


def test_recovering_closes_the_persons_other_sessions_and_their_pin_and_nobody_elses(locked: FlaskClient) -> None:
    words, other = made(signed_in(locked)), locked.application.test_client()
    assert locked.post("/cover/pin", data={"pin": "2468"}).status_code == 302
    site = locked.application.extensions["fieldkit"]
    who = site.machines["home"].desk.me.code
    assert other.post("/recover", data=recovery(other, "".join(words))).location == "/"

    assert other.get("/inbox").status_code == 200
    assert locked.get("/inbox").location.startswith("/unlock")
    assert locked.post("/cover", data={"secret": "2468"}).status_code == 401
    assert who not in site.machines["home"].guard.pins


def test_words_that_are_refused_close_no_session(locked: FlaskClient) -> None:
    made(signed_in(locked))
    other = locked.application.test_client()
    assert other.post("/recover", data=recovery(other, "的 的 的")).status_code == 401
    assert locked.get("/inbox").status_code == 200
