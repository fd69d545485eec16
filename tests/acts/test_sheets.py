"""A recovery sheet really opens the laptop, opens no safeguarding record, and leaves no word of itself on the disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fieldkit.acts import checks, sheets, studies, users
from fieldkit.acts.desk import Desk
from fieldkit.acts.sheets import NoSheet, WordsDiffer
from fieldkit.clock import Clock
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import EN, LOCALES, ZH
from fieldkit.store import machine
from fieldkit.store.folder import Folder, NotSetUp
from fieldkit.store.keys import Cost, WeakPassphrase, WrongPassphrase, WrongWords, seal_to
from fieldkit.store.sheets import UnknownWord
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
NEW = "another four plain words"


@pytest.fixture
def code(desks: Desks, passphrase: str, cheap: Cost) -> bytes:
    """The interviewer has made a sheet."""
    made = sheets.new_code()
    sheets.keep(desks["interviewer"], passphrase, made, {3: sheets.words(made, ZH)[2]}, cheap)
    return made


def test_a_sheet_is_kept_only_for_the_right_passphrase_and_the_right_words(
    refused: Refused, passphrase: str, cheap: Cost
) -> None:
    made, other = sheets.new_code(), sheets.words(bytes(16), ZH)
    right = {1: sheets.words(made, EN)[0]}
    refused(WrongPassphrase, "interviewer", lambda desk: sheets.keep(desk, "not the right words", made, right, cheap))
    for typed in ("", other[0] * 2, "".join(sheets.words(made, ZH)), "zebra"):
        refused(
            WordsDiffer,
            "coordinator",
            partial(sheets.keep, passphrase=passphrase, code=made, asked={1: typed}, cost=cheap),
        )


def test_without_a_sheet_or_with_other_words_nothing_is_recovered(
    refused: Refused, desks: Desks, code: bytes, cheap: Cost
) -> None:
    words = " ".join(sheets.words(code, EN))
    refused(NoSheet, "coordinator", lambda desk: sheets.recover(desk.folder, desk.me.code, words, NEW, cheap))
    refused(NotFound, "interviewer", lambda desk: sheets.recover(desk.folder, "stranger", words, NEW, cheap))
    other = " ".join(sheets.words(bytes(16), EN))
    refused(WrongWords, "interviewer", lambda desk: sheets.recover(desk.folder, desk.me.code, other, NEW, cheap))
    refused(UnknownWord, "interviewer", lambda desk: sheets.recover(desk.folder, desk.me.code, "words", NEW, cheap))
    refused(WeakPassphrase, "interviewer", lambda desk: sheets.recover(desk.folder, desk.me.code, words, "weak", cheap))


def test_an_empty_folder_recovers_nobody(tmp_path: Path, cheap: Cost) -> None:
    folder = Folder.open(tmp_path / "empty")
    with pytest.raises(NotSetUp):
        sheets.recover(folder, "li", "words", NEW, cheap)
    folder.close()


@pytest.mark.parametrize("locale", LOCALES)
def test_the_sheet_opens_the_laptop_with_a_new_passphrase_and_the_old_one_does_not(
    desks: Desks, code: bytes, passphrase: str, cheap: Cost, locale: str
) -> None:
    desk = desks["interviewer"]
    assert sheets.made(desk.folder, desk.me.code)
    sheets.recover(desk.folder, desk.me.code, "".join(f"{word} " for word in sheets.words(code, locale)), NEW, cheap)

    with pytest.raises(WrongPassphrase):
        users.unlock(desk.folder, desk.me.code, passphrase, Clock())
    again = users.unlock(desk.folder, desk.me.code, NEW, Clock())
    assert (again.me.code, again.me.verify, again.keys.sign) == (desk.me.code, desk.me.verify, desk.keys.sign)
    assert checks.check(again).ok
    again.db.close()


def test_what_was_sealed_to_the_person_before_stays_closed_and_the_others_learn_the_new_key(
    desks: Desks, code: bytes, cheap: Cost, carry: Callable[[Desk, Desk], Report]
) -> None:
    desk, chief = desks["interviewer"], desks["coordinator"]
    sheets.recover(desk.folder, desk.me.code, "".join(sheets.words(code, ZH)), NEW, cheap)
    again = users.change_seat(desk, desk.me.code, NEW)

    assert again.keys.box != desk.keys.box
    assert again.me.box == again.keys.public["box"] != desk.me.box
    carry(again, chief)
    with chief.db.reading() as tables:
        known = machine.everybody(tables).users[desk.me.code].box
    assert again.keys.unseal(seal_to(known, b"words")) == b"words"


def test_the_sheet_works_again_after_it_was_used_and_not_after_a_new_one_was_made(
    desks: Desks, code: bytes, cheap: Cost
) -> None:
    desk, words = desks["interviewer"], "".join(sheets.words(code, ZH))
    for passphrase in (NEW, "and yet another four words"):
        sheets.recover(desk.folder, desk.me.code, words, passphrase, cheap)
        desk = users.change_seat(desk, desk.me.code, passphrase)
    fresh = sheets.new_code()
    sheets.keep(desk, "and yet another four words", fresh, {}, cheap)
    with pytest.raises(WrongWords):
        sheets.recover(desk.folder, desk.me.code, words, NEW, cheap)


def test_no_word_of_the_sheet_lies_on_the_disk(desks: Desks, code: bytes) -> None:
    desk = desks["interviewer"]
    (desk.folder.path / "planted").write_text(" ".join(sheets.words(code, EN)), "utf-8")
    needles = [code, " ".join(sheets.words(code, EN)).encode(), "".join(sheets.words(code, ZH)).encode()]

    found = {
        path.name
        for path in desk.folder.path.rglob("*")
        if path.is_file()
        for one in needles
        if one in path.read_bytes()
    }
    assert found == {"planted"}


def test_a_founder_can_found_with_a_sheet(tmp_path: Path, passphrase: str, cheap: Cost) -> None:
    folder, code = Folder.open(tmp_path / "founder"), sheets.new_code()
    desk = studies.found(folder, Clock(), "陈静", passphrase, cheap, institution=" 某大学 ", sheet=code)
    sheets.recover(folder, desk.me.code, "".join(sheets.words(code, ZH)), NEW, cheap)
    desk.db.close()
    users.unlock(folder, desk.me.code, NEW, Clock()).db.close()
    folder.close()
