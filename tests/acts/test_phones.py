from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from fieldkit.acts import authority, phones
from fieldkit.acts.desk import Desk
from fieldkit.acts.phones import Book, PairingOver
from fieldkit.clock import Clock
from fieldkit.errors import Missing, NotAllowed, NotFound
from fieldkit.rules.names import NoName, TooLong
from fieldkit.store import phones as store

Desks = dict[str, Desk]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def desk(desks: Desks) -> Desk:
    return desks["interviewer"]


def _paired(desk: Desk, book: Book, name: str = "小李的手机") -> str:
    return phones.take(desk, book, phones.offer(desk, book), name)


@pytest.mark.parametrize("cookie", ["", "x", "é", "\ud800", "x" * 10_000])
def test_a_cookie_that_nobody_gave_is_no_phone(desk: Desk, book: Book, cookie: str) -> None:
    _paired(desk, book)

    assert phones.known(desk.folder, desk, book, cookie) is None
    assert phones.known(desk.folder, None, Book(), cookie) is None


@pytest.mark.parametrize("role", ["translator", "sg_lead"])
def test_who_interviews_nobody_pairs_no_phone(desks: Desks, book: Book, role: str) -> None:
    for act in (lambda: phones.offer(desks[role], book), lambda: phones.listing(desks[role])):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotAllowed):
        phones.revoke(desks[role], book, "x")


def test_a_code_counts_once(desk: Desk, book: Book) -> None:
    token = phones.offer(desk, book)
    phones.take(desk, book, token, "小李的手机")

    with pytest.raises(PairingOver):
        phones.take(desk, book, token, "别人的手机")

    assert [one.name for one in phones.listing(desk)] == ["小李的手机"]


@pytest.mark.parametrize(("seconds", "counts"), [(599, True), (601, False)])
def test_a_code_counts_for_ten_minutes_of_running_time(desk: Desk, book: Book, seconds: int, counts: bool) -> None:
    token = phones.offer(desk, book)
    later = replace(desk, clock=Clock(timedelta(seconds=seconds)))

    assert phones.waits(later, book, token) == counts
    if not counts:
        with pytest.raises(PairingOver):
            phones.take(later, book, token, "小李的手机")


def test_a_clock_that_was_put_right_ends_no_code_and_keeps_none(desk: Desk, book: Book) -> None:
    token = phones.offer(desk, book)

    assert phones.waits(replace(desk, clock=Clock(stated=timedelta(days=-3000))), book, token)


def test_a_new_code_of_the_same_person_ends_the_one_before(desk: Desk, book: Book) -> None:
    first = phones.offer(desk, book)
    phones.offer(desk, book)

    assert not phones.waits(desk, book, first)


@pytest.mark.parametrize("token", ["", "x", "é", "\ud800"])
def test_a_code_that_nobody_made_pairs_nothing(desk: Desk, book: Book, token: str) -> None:
    phones.offer(desk, book)

    with pytest.raises(PairingOver):
        phones.take(desk, book, token, "小李的手机")


@pytest.mark.parametrize(
    ("name", "refusal"), [("", Missing), ("\u200b", Missing), ("123", NoName), ("长" * 41, TooLong)]
)
def test_a_phone_without_a_name_keeps_its_code(desk: Desk, book: Book, name: str, refusal: type[Exception]) -> None:
    token = phones.offer(desk, book)

    with pytest.raises(refusal):
        phones.take(desk, book, token, name)

    assert phones.waits(desk, book, token)


def test_a_paired_phone_is_known_open_and_locked_and_after_a_restart(desk: Desk, book: Book) -> None:
    cookie = _paired(desk, book)
    found = phones.known(desk.folder, desk, book, cookie)

    assert found
    assert phones.known(desk.folder, None, Book(), cookie) == found
    assert phones.known(desk.folder, desk, Book(), cookie) == found


def test_a_phone_that_was_removed_is_known_nowhere(desk: Desk, book: Book) -> None:
    cookie, other = _paired(desk, book), _paired(desk, book, "平板")
    gone = phones.known(desk.folder, desk, book, cookie)
    assert gone
    phones.revoke(desk, book, gone)

    assert phones.known(desk.folder, desk, book, cookie) is None
    assert phones.known(desk.folder, None, Book(), cookie) is None
    assert phones.known(desk.folder, desk, Book(), cookie) is None
    assert phones.known(desk.folder, desk, book, other)
    with pytest.raises(NotFound):
        phones.revoke(desk, book, gone)


def test_a_phone_that_somebody_wrote_into_the_file_opens_nothing_once_the_laptop_is_unlocked(
    desk: Desk, book: Book
) -> None:
    _paired(desk, book)
    path = desk.folder.lan / store.FILE
    found = json.loads(path.read_bytes())
    found["phones"]["planted"] = store.hashed(found["salt"], "mine")
    path.write_text(json.dumps(found))

    assert phones.known(desk.folder, None, Book(), "mine") == "planted"
    assert phones.known(desk.folder, desk, Book(), "mine") is None
    assert phones.known(desk.folder, None, Book(), "mine") is None, "the file was written anew from the store"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"v":1}',
        b'{"v":2,"salt":"","phones":{}}',
        b'{"v":1,"salt":3,"phones":{"x":"y"}}',
        b'{"v":1,"salt":"\\ud800","phones":{"x":"y"}}',
        b'{"v":1,"salt":"' + b"x" * 65 + b'","phones":{"x":"y"}}',
        b'{"v":1,"salt":"","phones":{"x":5}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_torn_file_knows_no_phone_and_comes_back_at_the_next_unlocking(
    desk: Desk, book: Book, content: bytes
) -> None:
    cookie = _paired(desk, book)
    (desk.folder.lan / store.FILE).write_bytes(content)

    assert phones.known(desk.folder, None, Book(), cookie) is None
    assert phones.known(desk.folder, desk, Book(), cookie)
    assert phones.known(desk.folder, None, Book(), cookie)


def test_outside_the_store_lie_no_names_and_no_cookie(desk: Desk, book: Book) -> None:
    cookie = _paired(desk, book)
    authority.certify(desk, ["192.168.43.7"])
    content = b"".join(path.read_bytes() for path in desk.folder.lan.iterdir())

    assert "小李".encode() not in content
    assert cookie.encode() not in content
    assert desk.me.code.encode() not in (desk.folder.lan / store.FILE).read_bytes()


def test_only_the_owner_reads_what_lies_outside(desk: Desk, book: Book) -> None:
    _paired(desk, book)
    authority.certify(desk, ["192.168.43.7"])
    if os.name != "posix":
        pytest.skip("Windows has the rights of the profile")

    assert desk.folder.lan.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in desk.folder.lan.iterdir()} == {0o600}


def test_who_paired_a_phone_and_when_it_was_here_is_listed(desk: Desk, book: Book) -> None:
    cookie = _paired(desk, book)
    one = phones.listing(desk)[0]

    assert (one.name, one.paired_on, one.by) == ("小李的手机", desk.today, "李岚")
    assert book.seen == {}
    phones.known(desk.folder, desk, book, cookie)
    phones.note(desk.clock, book, one.id)
    assert set(book.seen) == {one.id}


def test_the_file_says_its_format(desk: Desk, book: Book) -> None:
    cookie = _paired(desk, book)
    found = json.loads((desk.folder.lan / store.FILE).read_bytes())

    assert set(found) == {"v", "salt", "phones"}
    assert found["v"] == 1
    assert list(found["phones"].values()) == [store.hashed(found["salt"], cookie)]


def test_the_qr_code_says_the_address_and_nothing_else(qr_says: Callable[[str], str]) -> None:
    url = "https://192.168.43.7:8760/pair/Zk3v9sQ1xYw-8_pLr0TtUa"
    assert qr_says(phones.picture(url)) == url
