"""What is a name, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.errors import Missing, Refusal
from fieldkit.rules.names import LONGEST, NoName, TooLong, check, plain, several, typed

UNSEEN = ("", " ", "\u200b", "\u202e", "\u3000", "\u3164", "\u200d\ufeff", "\U000e0041")
SIGNS = ("\u2800", "😀", "·", "！？", "123")


@pytest.mark.parametrize(("text", "refusal"), [*((one, Missing) for one in UNSEEN), *((one, NoName) for one in SIGNS)])
def test_what_cannot_be_read_is_no_name(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        check(text, "the name")


def test_a_name_longer_than_the_field_of_the_page_is_refused() -> None:
    with pytest.raises(TooLong):
        check("长" * (LONGEST + 1), "the name")
    assert check("长" * LONGEST + "\u200b ", "the name") == "长" * LONGEST


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("小\u200b河", "小河"),
        ("\u202e小河\u202c", "小河"),
        ("\ufeff小河\u3000", "小河"),
        ("小河\t", "小河"),
        ("欧阳 书远", "欧阳 书远"),
        ("买买提·艾力", "买买提·艾力"),
        ("ئەلى", "ئەلى"),
        ("𠀋", "𠀋"),
        ("王𬀩", "王𬀩"),
        ("\U000323af", "\U000323af"),  # newer than the tables of this Python
        ("葛\U000e0100", "葛\U000e0100"),  # which of two shapes of a character is meant
        ("小河😀", "小河😀"),
    ],
)
def test_a_name_is_kept_as_it_is_read(text: str, kept: str) -> None:
    assert check(text, "the name") == kept


@given(st.text())
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        kept = check(text, "the name")
    except Refusal:
        return
    assert kept == plain(kept) == check(kept, "the name")


@pytest.mark.parametrize(
    "text", ["２０２６－１１－２５", "2026—11—25", "2026‑11–25", "2026−11‐25", " 2026-11-25\u3000", "2026-11-\u200b25"]
)
def test_a_number_is_read_however_the_keyboard_wrote_it(text: str) -> None:
    assert typed(text) == "2026-11-25"


@pytest.mark.parametrize("mark", [" ", "\u3000", "、", "，", ",", "；", ";", "/", "\n", " / "])
def test_several_names_in_one_field_are_told_apart(mark: str) -> None:
    assert several(mark.join(["小河", "", "三丫", "Lanlan"]) + mark) == ["小河", "三丫", "Lanlan"]


@pytest.mark.parametrize("text", ["", " 、"])
def test_a_field_of_marks_alone_holds_no_name(text: str) -> None:
    assert several(text) == []
