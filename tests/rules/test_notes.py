from __future__ import annotations

import pytest

from fieldkit.rules import notes


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("他打我", "他打我"),
        ("奶奶在家。他打我", "他打我"),
        ("奶奶在家。他打我。", "他打我。"),
        ("奶奶在家。他打我！！\n", "他打我！！\n"),
        ("奶奶在家\n他打我 ", "他打我 "),
        ("Grandma is in. He hits me; often?", " often?"),
        ("。。。", "。。。"),
    ],
)
def test_the_last_words_are_the_last_sentence_or_line(text: str, words: str) -> None:
    assert notes.last_words(text) == (text.removesuffix(words) if words else text, words)


def test_the_mark_behind_a_word_not_understood_goes_with_the_last_words() -> None:
    text = f"去年。他去那旮沓{notes.DOUBTED}了。"

    assert notes.last_words(text) == ("去年。", f"他去那旮沓{notes.DOUBTED}了。")
