"""Other devices get nothing; a phone that was paired gets what this computer gets, and only until it is removed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.web.site import HOME, Site

OPEN = {"phones.pair", "phones.paired", "phones.trust", "phones.certificate"}
STUCK = "手机现在可能连不上这台电脑"
SENTENCE = "这里只给跟这台电脑配过对的手机用。没存上的字加密留着，等重新配对。"
TRUST = {"base_url": "http://192.168.43.7:8770", "environ_overrides": {"fieldkit.door": "trust"}}


def routes(client: FlaskClient) -> list[tuple[str, str]]:
    """Every address of the app, with the endpoint that answers it; parts of it filled in with something."""
    rules = client.application.url_map.iter_rules()
    return [(re.sub(r"<[^>]+>", "x", rule.rule), rule.endpoint) for rule in rules]


def site_of(client: FlaskClient) -> Site:
    found: Site = client.application.extensions["fieldkit"]
    return found


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "PUT"])
def test_a_stranger_gets_one_sentence_from_every_address(stranger: Any, beside: FlaskClient, method: str) -> None:
    asked = [path for path, endpoint in routes(stranger) if endpoint not in OPEN]
    held = len(beside.application.session_interface.held)  # type: ignore[attr-defined]

    assert len(asked) > 100
    for path in [*asked, "/nothing", "//evil.example/"]:
        answer = stranger.open(path, method=method)
        assert answer.status_code == 403, path
        assert method == "HEAD" or answer.text.splitlines()[0] == SENTENCE
        assert "Set-Cookie" not in answer.headers
    assert len(beside.application.session_interface.held) == held  # type: ignore[attr-defined]


def test_what_a_stranger_is_told_is_short_and_names_nobody(stranger: Any) -> None:
    text = stranger.get("/").text

    assert len(text) < 150
    assert "李岚" not in text
    assert "fieldkit" not in text


@pytest.mark.parametrize(
    "path", ["/pair/x", "/trust", "/trust/fieldkit.cer", "/static/fieldkit.css", "/static/icon.svg"]
)
def test_what_pairing_needs_holds_no_data_and_begins_no_session(stranger: Any, path: str) -> None:
    with stranger.get(path) as answer:
        assert answer.status_code != 403
        assert "Set-Cookie" not in answer.headers
        assert "李岚" not in answer.text


@pytest.mark.parametrize("host", ["192.168.43.8:8760", "192.168.43.7", "127.0.0.1:8750", "evil.example", ""])
def test_the_door_answers_under_the_addresses_of_the_laptop_only(paired: Any, host: str) -> None:
    answer = paired.get("/today", headers={"Host": host})

    assert answer.status_code == 400
    assert "<" not in answer.text


def test_a_cookie_of_this_computer_opens_nothing_over_the_network(beside: FlaskClient, stranger: Any) -> None:
    cookie = beside.get_cookie("fieldkit", domain="127.0.0.1")
    assert cookie
    stranger.set_cookie("fieldkit", cookie.value, domain="192.168.43.7")

    assert stranger.get("/today").status_code == 403


def test_a_session_of_this_computer_is_none_on_a_paired_phone(beside: FlaskClient, paired: Any) -> None:
    cookie = beside.get_cookie("fieldkit", domain="127.0.0.1")
    assert cookie
    paired.set_cookie("fieldkit", cookie.value, domain="192.168.43.7", secure=True)

    assert "/unlock" in paired.get("/today").headers["Location"]


def test_a_code_counts_once(stranger: Any, offered: Callable[[], str]) -> None:
    path = offered()
    assert stranger.send(path, path, name="小李的手机").status_code == 302
    stranger.delete_cookie("__Host-fieldkit-phone", domain="192.168.43.7")

    again = stranger.get(path)

    assert again.status_code == 410
    assert "用过了" in again.text
    assert "<" not in again.text


def test_two_who_opened_the_same_code_are_not_both_paired(
    beside: FlaskClient, stranger: Any, offered: Callable[[], str]
) -> None:
    path = offered()
    other = type(stranger)(beside.application, beside.application.response_class)
    token = re.search(r'name="csrf_token" value="([^"]+)"', other.get(path).text)
    assert token
    stranger.send(path, path, name="小李的手机")

    answer = other.post(path, data={"csrf_token": token[1], "name": "别人的手机"})

    assert answer.status_code == 410
    assert "别人的手机" not in beside.get("/phones").text


def test_an_old_code_pairs_nothing(beside: FlaskClient, stranger: Any, offered: Callable[[], str]) -> None:
    path, home = offered(), site_of(beside).machines[HOME]
    assert home.desk
    home.desk = replace(home.desk, clock=Clock(timedelta(seconds=601)))

    assert stranger.get(path).status_code == 410


def test_a_locked_laptop_pairs_nothing(beside: FlaskClient, stranger: Any, offered: Callable[[], str]) -> None:
    path = offered()
    beside.post("/lock")

    assert stranger.get(path).status_code == 410


def test_looking_at_a_code_uses_nothing_up(stranger: Any, offered: Callable[[], str]) -> None:
    path = offered()

    assert [stranger.get(path).status_code for _ in range(3)] == [200] * 3


def test_a_phone_without_a_name_is_asked_again(stranger: Any, offered: Callable[[], str]) -> None:
    path = offered()

    assert stranger.send(path, path, name=" ").status_code == 422
    assert stranger.send(path, path, name="123").status_code == 422
    assert stranger.send(path, path, name="小李的手机").status_code == 302


def test_no_code_is_taken_up_on_the_laptop_itself(beside: FlaskClient, offered: Callable[[], str]) -> None:
    assert beside.get(offered()).status_code == 404


def test_the_cookie_of_a_phone_is_kept_by_it_alone(stranger: Any, offered: Callable[[], str]) -> None:
    path = offered()
    cookies = stranger.send(path, path, name="小李的手机").headers.getlist("Set-Cookie")
    found = next(one for one in cookies if one.startswith("__Host-fieldkit-phone="))

    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= {part.strip() for part in found.split(";")}
    assert "Domain" not in found
    assert len(found.split(";")[0].partition("=")[2]) >= 43


def test_a_paired_phone_unlocks_with_a_passphrase_and_sees_the_pages(desks: dict[str, Desk], paired: Any) -> None:
    assert "/unlock" in paired.get("/today").headers["Location"]
    who = {"code": desks["interviewer"].me.code, "passphrase": "four plain words here"}
    answer = paired.send("/unlock", "/unlock", **who)

    assert "Secure" in answer.headers["Set-Cookie"]
    assert paired.get("/today").status_code == 200


def test_a_paired_phone_reaches_the_unlock_page_of_a_locked_laptop(beside: FlaskClient, paired: Any) -> None:
    beside.post("/lock")

    assert site_of(beside).machines[HOME].desk is None
    assert paired.get("/unlock").status_code == 200


def test_a_removed_phone_is_a_stranger_at_once_and_what_was_open_on_it_is_closed(
    desks: dict[str, Desk], beside: FlaskClient, paired: Any
) -> None:
    who = {"code": desks["interviewer"].me.code, "passphrase": "four plain words here"}
    paired.send("/unlock", "/unlock", **who)
    found = re.search(r"/phones/[^/]+/remove", beside.get("/phones").text)
    assert found

    assert beside.post(found[0]).status_code == 302
    assert paired.get("/today").status_code == 403
    assert beside.get("/today").status_code == 200
    assert not [one for one in beside.application.session_interface.held.values() if one.phone]  # type: ignore[attr-defined]
    assert beside.post(found[0]).status_code == 404


def test_the_plain_door_answers_only_what_is_trusted_first(beside: FlaskClient, paired: Any) -> None:
    found = paired.get_cookie("__Host-fieldkit-phone", domain="192.168.43.7")
    assert found
    plain = type(paired)(beside.application, beside.application.response_class, use_cookies=False)
    for path, endpoint in routes(beside):
        if endpoint not in {"phones.trust", "phones.certificate"}:
            answer = plain.get(path, headers={"Cookie": f"{found.key}={found.value}"}, **TRUST)
            assert answer.status_code == 403, path

    assert paired.get("/trust", **TRUST).status_code == 200
    assert paired.get("/trust/fieldkit.cer", **TRUST).data.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in paired.get("/trust/fieldkit.cer", **TRUST).data


def test_what_the_phone_shows_of_the_certificate_stands_on_the_laptop(beside: FlaskClient, stranger: Any) -> None:
    shown = re.search(r'id="fingerprint">([0-9A-F ]+)<', beside.get("/phones").text)

    assert shown
    assert len(shown[1].split()) == 8
    assert shown[1] in stranger.get("/trust", **TRUST).text


def test_before_anybody_let_phones_in_there_is_nothing_to_trust(locked: FlaskClient) -> None:
    assert locked.get("/trust/fieldkit.cer").status_code == 404


def test_the_page_says_what_does_not_work_without_the_certificate(stranger: Any) -> None:
    page = stranger.get("/trust").text

    for words in ("Android", "iPhone", "CA 证书", "证书信任设置", "断开后接着写都用不了"):
        assert words in page


def test_who_interviews_nobody_lets_no_phone_in(sit: Callable[[str], FlaskClient]) -> None:
    for role in ("translator", "sg_lead"):
        client = sit(role)
        assert client.get("/phones").status_code == 403
        for path in ("/phones/open", "/phones/shut"):
            assert client.post(path).status_code == 403


def test_phones_are_only_for_who_is_signed_in(locked: FlaskClient) -> None:
    assert locked.get("/phones").status_code == 302
    for path in ("/phones/open", "/phones/shut", "/phones/pair", "/phones/x/remove"):
        assert locked.post(path).status_code == 401


def test_the_demo_lets_no_phone_in(browser: FlaskClient) -> None:
    assert "演示里不让手机连进来" in browser.get("/phones").text
    assert browser.post("/phones/open").status_code == 409


def test_the_doors_open_after_the_first_unlocking_and_not_before(
    locked: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bool] = []
    monkeypatch.setattr("fieldkit.platform.own_addresses", lambda: {"192.168.43.7"})
    lan = site_of(locked).lan
    lan.wanted, lan.listen = True, lambda _folder, fresh: opened.append(fresh) or {"lan": 1, "trust": 2}  # type: ignore[func-returns-value]
    locked.get("/")
    assert opened == []

    code = site_of(locked).machines[HOME].folder.slots[0]["code"]
    locked.post("/unlock", data={"code": code, "passphrase": "four plain words here"})

    assert opened == [True]


def test_the_doors_follow_the_laptop_into_another_network(
    beside: FlaskClient, paired: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh: list[bool] = []
    lan = site_of(beside).lan
    lan.listen = lambda _folder, new: fresh.append(new) or lan.ports  # type: ignore[func-returns-value]
    monkeypatch.setattr("fieldkit.platform.own_addresses", lambda: {"10.0.0.3"})
    site_of(beside).clock = Clock(timedelta(seconds=16))
    beside.get("/session", headers={"X-Fieldkit": "script"})

    assert fresh == [True]
    assert paired.get("/help-card").status_code == 400
    assert paired.get("/help-card", base_url="https://10.0.0.3:8760").status_code == 403, "a cookie is for one address"
    cookie = paired.get_cookie("__Host-fieldkit-phone", domain="192.168.43.7")
    assert cookie
    paired.set_cookie(cookie.key, cookie.value, domain="10.0.0.3", secure=True)
    assert paired.get("/help-card", base_url="https://10.0.0.3:8760").status_code == 200


def test_a_full_disk_costs_no_answer(beside: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fieldkit.acts.authority.certify", full)
    site_of(beside).clock = Clock(timedelta(seconds=16))

    assert beside.get("/today").status_code == 200
    assert STUCK in beside.get("/today").text, "the next page says so"
    site_of(beside).clock = Clock(timedelta(seconds=32))
    assert beside.get("/today").status_code == 200
    assert STUCK not in beside.get("/today").text, "once"


def test_the_doors_are_shut_by_a_tap(beside: FlaskClient, paired: Any) -> None:
    shut: list[bool] = []
    site_of(beside).lan.shut = lambda: shut.append(True)
    beside.post("/phones/shut")

    assert shut == [True]
    assert paired.get("/help-card").status_code == 400
    assert "让手机连进来" in beside.get("/phones").text
    beside.post("/phones/open")
    assert paired.get("/help-card").status_code == 200


def test_while_the_date_is_doubted_it_is_asked_for_before_a_phone_is_paired(
    beside: FlaskClient, paired: Any, child: str
) -> None:
    doubt = "手机会拒绝这台电脑的证书"
    assert doubt not in beside.get("/phones").text

    home = site_of(beside).machines[HOME]
    for held in beside.application.session_interface.held.values():  # type: ignore[attr-defined]
        if "desk" in held:
            held["desk"] = replace(held["desk"], clock=Clock(timedelta(days=-2600)))
    assert home.desk
    page = beside.get("/phones").text
    assert doubt in page
    assert page.index(doubt) < page.index("/phones/pair")
    assert 'href="/"' in page[page.index(doubt) :].split("</section>")[0]


def test_the_page_says_that_notes_wait_under_the_address_of_one_network(beside: FlaskClient, paired: Any) -> None:
    assert "只能回到当时的网络才能传到电脑" in beside.get("/phones").text


def test_a_laptop_in_no_network_says_what_to_do(beside: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldkit.platform.own_addresses", lambda: {"8.8.8.8"})
    beside.post("/phones/open")

    assert "打开手机热点" in beside.get("/phones").text


def test_the_address_of_the_network_that_the_phone_is_in_can_be_chosen(
    beside: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldkit.platform.own_addresses", lambda: {"192.168.43.7", "10.0.0.3"})
    beside.post("/phones/open")

    assert "http://10.0.0.3:8770/trust" in beside.get("/phones").text
    assert "http://192.168.43.7:8770/trust" in beside.get("/phones?at=192.168.43.7").text
    assert "//evil" not in beside.get("/phones?at=evil.example").text
    assert "https://192.168.43.7:8760/pair/" in beside.post("/phones/pair", data={"at": "192.168.43.7"}).text


def test_paired_phones_are_listed_with_who_paired_them_and_when_they_were_here(
    beside: FlaskClient, paired: Any
) -> None:
    paired.get("/help-card")
    page = beside.get("/phones").text

    assert "小李的手机" in page
    assert "由李岚配对" in page
    assert "上次连进来" in page
