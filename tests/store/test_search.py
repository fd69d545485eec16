from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.records import KINDS, Change
from fieldkit.store import search
from fieldkit.store.database import Tables
from fieldkit.store.merge import Shown

Answer = Callable[..., Change]
TEXT = "我今年九岁，奶奶在家。Dad works in 深圳，hourly."


@pytest.fixture
def both(say: Callable[..., str]) -> tuple[str, str]:
    """The guardian's and the child's yes."""
    return say("guardian"), say("child")


def test_a_child_who_withdrew_is_not_found(
    tables: Tables, both: tuple[str, str], answer: Answer, say: Callable[..., str]
) -> None:
    answer(both, TEXT)
    assert search.find(tables, "九岁") == ["kid"]
    say("guardian", "withdrawn", items={}, scope="all")
    assert search.find(tables, "九岁") == []


def test_what_is_held_is_not_found(
    tables: Tables, both: tuple[str, str], answer: Answer, say: Callable[..., str]
) -> None:
    answer(both, TEXT)
    say("coordinator", "voided", items={}, voids=[both[0]])
    assert search.find(tables, "九岁") == []
    assert search.indexed(tables) == set()


@pytest.mark.parametrize(
    "words", ["岁", "九岁", "奶奶", "奶奶在家", "深圳", "Dad works", "dad", "ＤＡＤ", "深圳，hourly"]
)
def test_one_and_two_characters_are_enough(tables: Tables, both: tuple[str, str], answer: Answer, words: str) -> None:
    answer(both, TEXT)
    assert search.find(tables, words) == ["kid"]


@pytest.mark.parametrize("words", ["岁九", "家奶", "爷", "hour", "Dad in", "奶家", "深 works"])
def test_what_was_not_said_so_is_not_found(tables: Tables, both: tuple[str, str], answer: Answer, words: str) -> None:
    answer(both, TEXT)
    assert search.find(tables, words) == []


@pytest.mark.parametrize("words", ["", "  ", "，", '"', "*", '" OR "', "NEAR(", "a:b", "\0", "-", "(", "\ud800"])
def test_signs_that_mean_something_to_the_engine_mean_nothing_here(
    tables: Tables, both: tuple[str, str], answer: Answer, words: str
) -> None:
    answer(both, TEXT)
    assert search.find(tables, words) == []


def test_an_edit_is_found_by_its_new_words_only(tables: Tables, both: tuple[str, str], answer: Answer) -> None:
    old = answer(both, "爷爷")
    answer(both, "外婆", over={"text": [old.id]})
    assert search.find(tables, "爷爷") == []
    assert search.find(tables, "外婆") == ["kid"]


def test_an_answer_without_text_holds_no_words(tables: Tables, both: tuple[str, str], answer: Answer) -> None:
    search.index(tables, KINDS["answer"], {"R": Shown({"text": None}, False, "kid", "S1")})
    search.index(tables, KINDS["answer"], {"S": Shown({}, False, "kid", "S1")})
    assert search.find(tables, "None") == []


def test_kinds_that_are_not_searched_leave_the_index_alone(tables: Tables) -> None:
    search.index(tables, KINDS["slip"], {"R": Shown({"called": "小满"}, False, "kid", None)})
    assert search.indexed(tables) == set()
    assert search.SEARCHED_KINDS == ("answer", "observation")


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("九岁家ab𠀀 ，"), max_size=8))
def test_every_chinese_character_is_a_word_of_its_own(text: str) -> None:
    words = search.tokens(text).split()
    assert [word for word in words if word in "九岁家𠀀"] == [sign for sign in text if sign in "九岁家𠀀"]
