"""Hashes of texts and forms, placeholders, and what a child calls its family."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules.guides import (
    away_name,
    carer_name,
    fill,
    fill_pair,
    form_hash,
    placeholder_problems,
    placeholders,
    sentences,
    text_hash,
    waits,
)
from fieldkit.studies import Pair, load_study

NAMES = st.sampled_from(["away", "carer", "me", "retention_until"])
VALUES = st.dictionaries(NAMES, st.text(max_size=8))
TEXTS = st.lists(st.one_of(st.text(max_size=6), NAMES.map("{{{}}}".format))).map("".join)


def test_a_text_with_a_placeholder_in_one_language_only_is_a_problem() -> None:
    assert placeholder_problems(Pair("什么时候你会特别想{away}？", "When do you miss them most?")) == {"away"}
    assert placeholder_problems(Pair("对{carer}呢？", "And {care}?")) == {"carer", "care"}


def test_the_same_placeholders_are_no_problem() -> None:
    assert placeholder_problems(Pair("对{carer}呢？", "And {carer}, always {carer}?")) == frozenset()


def test_full_width_braces_are_no_placeholder() -> None:
    assert placeholder_problems(Pair("对｛carer｝呢？", "And {carer}?")) == {"carer"}


def test_a_placeholder_without_a_value_stays_visible() -> None:
    assert fill("打{phone}找{me}。", {"me": "小李"}) == "打{phone}找小李。"


def test_braces_in_a_value_are_not_filled_again() -> None:
    assert fill("{me}{away}", {"me": "{away}", "away": "爸爸"}) == "{away}爸爸"


@given(TEXTS)
def test_without_values_a_text_stays_as_it_is(text: str) -> None:
    assert fill(text, {}) == text


@given(TEXTS, VALUES)
def test_exactly_the_placeholders_with_a_value_go(text: str, values: dict[str, str]) -> None:
    plain = {name: re.sub("[{}]", "", value) for name, value in values.items()}
    marked = {name: f"<{value}>" for name, value in plain.items()}

    assert placeholders(fill(text, marked)) == placeholders(text) - set(values)


@given(st.text(alphabet="想你{}abc_", max_size=12), VALUES)
def test_filling_is_the_same_as_replacing_piece_by_piece(text: str, values: dict[str, str]) -> None:
    pieces = re.split(r"(\{[a-z_]+\})", text)

    assert fill(text, values) == "".join(
        values.get(piece[1:-1], piece) if re.fullmatch(r"\{[a-z_]+\}", piece) else piece for piece in pieces
    )


def test_each_language_is_filled_by_its_own_words() -> None:
    asked = Pair("你跟{carer}最亲吗？", "Are you closest to {carer}?")

    assert fill_pair(asked, {"carer": carer_name("pgm")}) == Pair(
        "你跟奶奶最亲吗？", "Are you closest to your grandma?"
    )


@pytest.mark.parametrize(
    ("migration", "away"),
    [
        ("both_away", Pair("爸爸妈妈", "Mum and Dad")),
        ("father_away", Pair("爸爸", "Dad")),
        ("mother_away", Pair("妈妈", "Mum")),
        ("none_now", Pair("家里出门在外的人", "the family away from home")),
        ("unknown", Pair("家里出门在外的人", "the family away from home")),
        ("", Pair("家里出门在外的人", "the family away from home")),
    ],
)
def test_who_is_away_is_said_as_a_child_says_it(migration: str, away: Pair) -> None:
    assert away_name(migration) == away


@pytest.mark.parametrize(
    ("relation", "carer"),
    [
        ("pgm", Pair("奶奶", "your grandma")),
        ("mgm", Pair("姥姥", "your grandma")),
        ("uncle_aunt", Pair("亲戚", "your relatives")),
        ("self", Pair("照顾你的大人", "the grown-up who looks after you")),
        ("", Pair("照顾你的大人", "the grown-up who looks after you")),
    ],
)
def test_who_looks_after_a_child_is_said_as_a_child_says_it(relation: str, carer: Pair) -> None:
    assert carer_name(relation) == carer


@pytest.mark.parametrize("relation", load_study().codes["relation"])
def test_no_carer_is_named_in_the_words_of_a_form(relation: str) -> None:
    name = carer_name(relation)

    assert not set(name.zh) & set("/（）护等")
    assert name.en.startswith(("your ", "the "))


def test_the_hash_of_a_text_never_changes() -> None:
    assert text_hash(Pair("好", "Good")) == "N2n1I62-Wxwyzi086LJr2rifyzknZsHq-p5zLAcrm5Q"


def test_the_hash_of_a_form_never_changes() -> None:
    assert form_hash({"form:x:1": Pair("好", "Good")}) == "bx0FLQe0lLO990X7bHEdaKpJkHn99LLdx4boyPLfgpQ"


def test_a_hash_tells_the_languages_apart() -> None:
    assert text_hash(Pair("a", "b")) != text_hash(Pair("b", "a"))


def test_the_hash_of_a_form_covers_ids_and_texts_and_not_their_order() -> None:
    texts = {"form:x:1": Pair("好", "Good"), "form:x:2": Pair("行", "Fine")}

    assert form_hash(dict(reversed(texts.items()))) == form_hash(texts)
    assert form_hash({**texts, "form:x:2": Pair("行", "Fine.")}) != form_hash(texts)
    assert form_hash({"form:x:1": texts["form:x:1"]}) != form_hash(texts)


@pytest.mark.parametrize(
    ("pair", "parts"),
    [
        (Pair("您好。愿意吗？", "Hello. Would you?"), [Pair("您好。", "Hello."), Pair("愿意吗？", "Would you?")]),
        (Pair("您好，愿意吗？", "Hello. Would you?"), [Pair("您好，愿意吗？", "Hello. Would you?")]),
        (Pair("一句", "One"), [Pair("一句", "One")]),
    ],
)
def test_a_text_breaks_into_sentences_where_both_languages_do(pair: Pair, parts: list[Pair]) -> None:
    assert sentences(pair) == parts


def test_reading_sentence_by_sentence_leaves_no_word_of_a_form_out() -> None:
    for line in (line for form in load_study().forms for line in form.read_aloud):
        assert "".join(one.zh for one in sentences(line)) == line.zh
        assert " ".join(one.en for one in sentences(line)) == line.en


def test_a_sensitive_question_waits_while_somebody_listens_or_the_child_is_upset() -> None:
    assert waits(2, careful=False, context=(), listened=True, upset=False) == "overheard"
    assert waits(2, careful=False, context=(), listened=False, upset=True) == "upset"
    assert waits(2, careful=False, context=(), listened=False, upset=False) == ""


@pytest.mark.parametrize("sens", [0, 1])
def test_a_question_that_is_not_sensitive_waits_for_nobody(sens: int) -> None:
    assert waits(sens, careful=False, context=("parent_dead",), listened=True, upset=True) == ""


@pytest.mark.parametrize(
    ("context", "reason"),
    [((), ""), (("divorced",), ""), (("parent_dead",), "context"), (("divorced", "parent_prison"), "context")],
)
def test_a_careful_question_is_off_where_a_parent_is_dead_missing_or_in_prison(
    context: tuple[str, ...], reason: str
) -> None:
    assert waits(1, careful=True, context=context, listened=False, upset=False) == reason
