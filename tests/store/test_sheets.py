"""The twelve words: told from what is no sheet, in both languages, however they are typed."""

from __future__ import annotations

import pytest

from fieldkit.i18n import EN, ZH
from fieldkit.store import sheets
from fieldkit.store.keys import WrongWords

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
        "1 2 3",
        ENGLISH[:-6] + " 的",
    ],
)
def test_what_is_no_sheet_is_refused(typed: str) -> None:
    with pytest.raises(WrongWords):
        sheets.code(typed)


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
    ):
        assert sheets.code(typed) == CODE


def test_the_qr_code_is_a_picture_without_style_or_script() -> None:
    drawn = sheets.picture(CODE, ZH)
    assert drawn.startswith(b"<?xml")
    assert b"style" not in drawn
    assert b"script" not in drawn
    assert drawn != sheets.picture(bytes(16), ZH)
