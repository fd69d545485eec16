"""The twelve words: told from what is no sheet, in both languages, however they are typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mnemonic import Mnemonic

from fieldkit.i18n import EN, ZH
from fieldkit.store import sheets
from fieldkit.store.keys import WrongWords
from fieldkit.store.sheets import TwoReadings, UnknownWord

CODE = bytes(range(16))
ENGLISH = "abandon amount liar amount expire adjust cage candy arch gather drum buyer"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "的",
        "abandon",
        ENGLISH + " buyer",
        ENGLISH.replace("buyer", "ability"),
        "的" * 12,
        "x" * 400,
        ENGLISH.replace(" ", "") + "buyer",
        ENGLISH.replace(" ", "").removesuffix("buyer"),
        "actor" * 20,
        "1 2 3",
        ENGLISH[:-6] + " 的",
    ],
)
def test_what_is_no_sheet_is_refused(typed: str) -> None:
    with pytest.raises(WrongWords):
        sheets.code(typed)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        (ENGLISH.replace("amount", "amuont", 1), 2),
        (ENGLISH.replace("buyer", "byuer"), 12),
        (ENGLISH.replace("cage", "笼"), 7),
        (ENGLISH.replace(" ", "").replace("adjust", "adjsut"), 6),
        (ENGLISH.replace("liar amount", "liaramuont"), 4),
        ("".join(sheets.words(CODE, ZH)[:4]) + "齉" + "".join(sheets.words(CODE, ZH)[5:]), 5),
        ("x" * 400, 1),
    ],
)
def test_a_word_that_is_on_no_list_is_named_by_its_place(typed: str, place: int) -> None:
    with pytest.raises(UnknownWord) as told:
        sheets.code(typed)
    assert told.value.details == {"n": place}
    assert f"第 {place} 个字" in told.value.sentence(ZH)


@pytest.mark.parametrize("first", ["abandon", "zebra", "zero", "zone", "zoo"])
def test_a_sheet_may_begin_with_any_word(first: str) -> None:
    listed = Mnemonic("english").wordlist
    code = (listed.index(first) << 117).to_bytes(16, "big")
    said = sheets.words(code, EN)
    assert said[0] == first
    assert sheets.code(" ".join(said)) == sheets.code("".join(sheets.words(code, ZH))) == code


def test_letters_that_can_be_cut_in_two_ways_are_not_guessed_at() -> None:
    one = "woman anger copper car draw coconut impact alpha broccoli assist basket desk"
    other = one.replace("car draw", "card raw")
    assert sheets.code(one) != sheets.code(other)
    with pytest.raises(TwoReadings):
        sheets.code(one.replace(" ", ""))
    assert sheets.code(one.replace(" ", "").replace("card", "car d")) == sheets.code(one)


def test_the_words_of_a_code_are_the_same_for_ever() -> None:
    assert " ".join(sheets.words(CODE, EN)) == ENGLISH
    assert len(sheets.words(CODE, ZH)) == len("".join(sheets.words(CODE, ZH))) == 12


def test_both_languages_stand_for_one_code_however_they_are_typed() -> None:
    chinese = sheets.words(CODE, ZH)
    numbered = " ".join(f"{n}. {word}" for n, word in enumerate(ENGLISH.upper().split(), 1))
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() and sign != " " else "\u3000" for sign in ENGLISH)
    for typed in (
        ENGLISH,
        f"  {ENGLISH}\n",
        numbered,
        wide,
        "".join(chinese),
        "\u3000".join(chinese),
        "，".join(chinese),
        " ".join(chinese),
        "\n".join(chinese),
        "".join(f"{n}、{word}\u3000" for n, word in enumerate(chinese, 1)),
        ENGLISH.replace(" ", ""),
        ENGLISH.replace(" ", "").upper(),
        ENGLISH.replace(" ", ","),
        ENGLISH.replace(" ", "，"),
        ENGLISH.replace(" ", "\r\n"),
        ENGLISH.replace(" ", "  "),
        ENGLISH.replace(" ", "\u3000"),
        ENGLISH.replace(" ", "\u200b"),
        ENGLISH.replace(" ", "\u200b "),
        ENGLISH.replace("amount", "amo\u00adunt", 1),
        ENGLISH.title().replace("Liar Amount", "LiarAmount"),
    ):
        assert sheets.code(typed) == CODE


@pytest.mark.parametrize("locale", [ZH, EN])
def test_the_qr_code_says_the_words_that_open_the_laptop(qr_says: Callable[[str], str], locale: str) -> None:
    said = qr_says(sheets.picture(CODE, locale).decode())
    assert said == " ".join(sheets.words(CODE, locale))
    assert sheets.code(said) == CODE


def test_the_qr_code_is_a_picture_without_style_or_script() -> None:
    drawn = sheets.picture(CODE, ZH)
    assert drawn.startswith(b"<?xml")
    assert b"style" not in drawn
    assert b"script" not in drawn
    assert drawn != sheets.picture(bytes(16), ZH)
