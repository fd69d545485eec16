from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules import notes

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "妈妈电话13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "１３８００１３８０００",
        "+8613800138000",
        "411602201401011234",
        "41160220140101123x",
        "今天小满不在家",
        "ANN was out",
    ],
)
def test_a_number_or_a_known_name_is_pointed_at(text: str) -> None:
    (found,) = notes.findings(text, ["小满", "Ann"])

    assert (found.code, found.level) == ("V38", "hint")


@pytest.mark.parametrize(
    "text", ["", "不在家，邻居说去项城了", "0394-0000000", "12345678901", "满地都是玉米", "2026-11-25"]
)
def test_what_names_nobody_is_let_be(text: str) -> None:
    assert notes.findings(text, ["小满", "满", "", " "]) == []


@pytest.mark.parametrize("vector", VECTORS["last_words"], ids=lambda vector: str(vector["words"]))
def test_the_last_words_are_the_last_sentence_or_line_with_all_that_closes_it(vector: dict[str, str]) -> None:
    assert notes.last_words(vector["stays"] + vector["words"]) == (vector["stays"], vector["words"])


NOTE = st.lists(st.sampled_from([*"她打a我1。！…?\n ：“”\"'（）》😭", notes.DOUBTED]), max_size=14).map("".join)


@given(NOTE)
def test_tap_by_tap_a_note_goes_whole_and_no_tap_takes_or_leaves_signs_alone(text: str) -> None:
    stays, taken = text, ""
    while stays:
        before, (stays, words) = stays, notes.last_words(stays)
        taken = words + taken
        assert (stays + words, stays + taken) == (before, text)
        assert notes.says(before, words) or not said(before)
        assert said(stays) or not stays.strip()


def said(text: str) -> bool:
    return any(sign.isalnum() for sign in text.replace(notes.DOUBTED, ""))


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        ("我的妈妈的手机", "的", "我的妈妈的手机"),
        ("他打我妈", "他打我", "他打我妈"),
        ("第一。她打我", "她打我", "第一。"),
        ("她打我。第二。", "她打我", "第二。"),
        ("第一\n她打我！\n第二", " 她打我", "第一\n第二"),
        ("第一。奶奶说爷爷病了，没去", "奶奶说爷爷病了", "第一。，没去"),
        ("第一。", "。", "第一。"),
        ("第一。", "", "第一。"),
    ],
)
def test_few_words_go_out_of_another_version_only_as_a_whole_sentence(text: str, words: str, left: str) -> None:
    assert notes.without(text, words) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("她打我狠狠地，我哭了！她打我狠狠地", "，我哭了！"),
        ("先写的。她打我狠狠地！还有。", "先写的。还有。"),
        ("她打我。", "她打我。"),
        ("奶奶说：“她打我狠狠地。”", "奶奶说：“”"),
    ],
)
def test_more_words_go_out_of_another_version_however_their_sentence_ends(text: str, left: str) -> None:
    assert notes.without(text, "她打我狠狠地。") == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("奶奶在家。“她打我狠狠地", "奶奶在家。"),
        ("奶奶在家。“她打我狠狠地！”还有。", "奶奶在家。还有。"),
        ("奶奶在家。她打我狠狠地〔待核〕。", "奶奶在家。"),
    ],
)
def test_a_quotation_goes_out_of_another_version_with_its_marks(text: str, left: str) -> None:
    assert notes.without(text, "“她打我狠狠地。”") == left


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        ("奶奶在家。“她打我。”还有。", "“她打我。”", "奶奶在家。还有。"),
        ("奶奶在家。“她打我", "“她打我。”", "奶奶在家。"),
        ("奶奶说：“她打我。”还有。", "“她打我。”", "奶奶说：“她打我。”还有。"),
    ],
)
def test_a_short_quotation_goes_out_of_another_version_only_whole(text: str, words: str, left: str) -> None:
    assert notes.without(text, words) == left


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("我的妈妈", "的。", True),
        ("第一。", "她打我", False),
        ("第一。", "。", False),
        ("第一。", "", False),
        ("爸爸说：“再哭", "爸爸说：“再哭。”", True),
        ("爸爸说：再哭〔待核〕", "“再哭。”〔待核〕", True),
    ],
)
def test_another_version_says_the_words_however_their_sentence_ends(text: str, words: str, *, said: bool) -> None:
    assert notes.says(text, words) is said


@given(st.text("她打我的。！\n ", max_size=12), st.text("她打我的。！\n ", max_size=5))
def test_what_is_left_of_a_version_is_made_of_its_own_words(text: str, words: str) -> None:
    left = notes.without(text, words)
    rest = iter(text)

    assert all(sign in rest for sign in left)


@pytest.mark.parametrize(
    ("text", "stays", "begins"),
    [
        ("", "", ""),
        ("我喜欢画画。爸爸昨天", "我喜欢画画。", "我喜欢画画。"),
        ("我喜欢画画，爸爸昨天", "我喜欢画画，爸爸好。", "我喜欢画画，"),
        ("我喜欢画画", "我喜欢", "我喜欢"),
        ("爸爸昨天", "", ""),
        ("爸爸昨天", "爸爸好", ""),
    ],
)
def test_an_older_text_begins_like_what_stays_as_far_as_a_whole_word_is_sure(
    text: str, stays: str, begins: str
) -> None:
    assert notes.beginning(text, stays) == begins


@given(NOTE, NOTE, NOTE)
def test_a_beginning_holds_nothing_that_does_not_stay(stays: str, words: str, later: str) -> None:
    begins = notes.beginning(stays + words, stays + later)

    assert (stays + later).startswith(begins)
    assert (stays + words).startswith(begins)
    assert notes.beginning(stays + words, stays) == stays


@pytest.mark.parametrize(
    ("text", "own", "left"),
    [
        ("另一页。她打我狠狠地", False, "另一页。"),
        ("奶奶在家。", False, "奶奶在家。"),
        ("另一页。她打我", False, None),
        ("奶奶在家。她打我", True, "奶奶在家。"),
    ],
)
def test_what_rests_of_a_version_is_told_only_where_no_part_of_the_words_is_in_it(
    text: str, left: str | None, *, own: bool
) -> None:
    assert notes.rest(text, "她打我狠狠地。", "奶奶在家。还有。", own=own) == left


def test_nobody_knows_what_rests_of_a_version_that_says_a_short_word_within_a_sentence() -> None:
    assert notes.rest("我的妈妈的手机", "我的", "妈妈的手机", own=True) is None
