from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from fieldkit import platform
from fieldkit.acts import phones
from fieldkit.acts.desk import Desk
from fieldkit.acts.phones import Book, PairingOver
from fieldkit.clock import Clock
from fieldkit.errors import Missing, NotAllowed, NotFound
from fieldkit.rules.names import NoName, TooLong

Desks = dict[str, Desk]
VECTORS = (  # v 1: what a paired phone's cookie looks like in lan/phones.json
    ("AAAAAAAAAAAAAAAAAAAAAA", "cookie", "aaa1c5523f3a6abd6db5c4db6e3dbe63729a7f23026dcc40b00b5f65316b95dc"),
    ("____________________-w", "小李的手机", "13a4a2302f4b7e38f34f61e38fefa540a2c23eee3ba3cdfa0da2a4a3488e97be"),
)


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
    path = desk.folder.lan / phones.FILE
    found = json.loads(path.read_bytes())
    found["phones"]["planted"] = phones.hashed(found["salt"], "mine")
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
    (desk.folder.lan / phones.FILE).write_bytes(content)

    assert phones.known(desk.folder, None, Book(), cookie) is None
    assert phones.known(desk.folder, desk, Book(), cookie)
    assert phones.known(desk.folder, None, Book(), cookie)


def test_outside_the_store_lie_no_names_and_no_cookie(desk: Desk, book: Book) -> None:
    cookie = _paired(desk, book)
    phones.certify(desk, ["192.168.43.7"])
    content = b"".join(path.read_bytes() for path in desk.folder.lan.iterdir())

    assert "小李".encode() not in content
    assert cookie.encode() not in content
    assert desk.me.code.encode() not in (desk.folder.lan / phones.FILE).read_bytes()


def test_the_key_of_the_authority_never_lies_outside_the_store(desk: Desk) -> None:
    phones.certify(desk, ["192.168.43.7"])
    kept = {path.name: path.read_bytes() for path in desk.folder.lan.iterdir()}
    secret = phones.authority_of(desk).key

    assert set(kept) == {"laptop.pem", "authority.pem"}
    assert secret.count(b"\n") > 2
    assert not any(line in content for content in kept.values() for line in secret.splitlines()[1:-1])


def test_only_the_owner_reads_what_lies_outside(desk: Desk, book: Book) -> None:
    _paired(desk, book)
    phones.certify(desk, ["192.168.43.7"])
    if os.name != "posix":
        pytest.skip("Windows has the rights of the profile")

    assert desk.folder.lan.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in desk.folder.lan.iterdir()} == {0o600}


def test_the_certificate_stays_until_the_addresses_change(desk: Desk) -> None:
    changed = [phones.certify(desk, addresses) for addresses in (["192.168.43.7"], ["192.168.43.7"], ["192.168.43.8"])]

    assert changed == [True, False, True]
    assert phones.certificate(desk.folder) == phones.authority_of(desk).certificate


def test_only_addresses_of_private_networks_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"192.168.43.7", "8.8.8.8", "127.0.0.1", "127.0.1.1", "192.0.2.2", "10.0.0.9"}
    monkeypatch.setattr(platform, "own_addresses", lambda: found)

    assert phones.addresses() == ["10.0.0.9", "192.168.43.7"]


def test_who_paired_a_phone_and_when_it_was_here_is_listed(desk: Desk, book: Book) -> None:
    cookie = _paired(desk, book)
    one = phones.listing(desk)[0]

    assert (one.name, one.paired_on, one.by) == ("小李的手机", desk.today, "李岚")
    assert book.seen == {}
    phones.known(desk.folder, desk, book, cookie)
    phones.note(desk.clock, book, one.id)
    assert set(book.seen) == {one.id}


@pytest.mark.parametrize(("salt", "cookie", "wanted"), VECTORS)
def test_the_format_of_the_file_does_not_change(salt: str, cookie: str, wanted: str) -> None:
    assert phones.hashed(salt, cookie) == wanted


def test_the_file_says_its_format(desk: Desk, book: Book) -> None:
    cookie = _paired(desk, book)
    found = json.loads((desk.folder.lan / phones.FILE).read_bytes())

    assert set(found) == {"v", "salt", "phones"}
    assert found["v"] == 1
    assert list(found["phones"].values()) == [phones.hashed(found["salt"], cookie)]
