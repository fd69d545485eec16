"""A pseudonym must not give the child away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules.pseudonyms import PseudonymDoubled, PseudonymTaken, PseudonymTells, check, suggest
from fieldkit.studies import Pair, load_study

TAKEN = [Pair("南乔", "Nanqiao")]
KNOWN = load_study().pseudonyms


@pytest.mark.parametrize(
    "pseudonym",
    [
        Pair("南乔", "Nanqiao"),
        Pair("南 乔", ""),
        Pair("楠桥", "nanqiao"),
        Pair("楠桥", "Nan Qiao"),
        Pair("楠桥", "Nánqiáo"),
    ],
)
def test_a_name_that_is_used_or_sounds_the_same_is_refused(pseudonym: Pair) -> None:
    with pytest.raises(PseudonymTaken):
        check(pseudonym, TAKEN, "刘某毛毛")


@pytest.mark.parametrize("names", ["刘晨", "晨晨", "向某 小草"])
def test_a_name_with_a_character_of_the_childs_names_is_refused(names: str) -> None:
    with pytest.raises(PseudonymTells):
        check(Pair("向晨", "Xiangchen"), [], names)


@pytest.mark.parametrize("zh", ["圆圆", "乐 乐", "小小鱼"])
def test_a_doubled_name_is_refused(zh: str) -> None:
    with pytest.raises(PseudonymDoubled):
        check(Pair(zh, "Yuanyuan"), [], "刘某")


def test_a_fit_name_passes_and_spaces_are_no_likeness() -> None:
    check(Pair("向 晨", "Xiang Chen"), TAKEN, "刘 某")


def test_two_names_without_pinyin_do_not_sound_the_same() -> None:
    check(Pair("向晨", ""), [Pair("云帆", "")], "")


def test_when_every_name_is_taken_none_is_suggested() -> None:
    assert suggest(KNOWN, "", 3) == Pair("", "")


def test_a_name_taken_without_its_pinyin_is_not_suggested_again() -> None:
    assert suggest([Pair(KNOWN[0].zh, "")], "", 0) == KNOWN[1]


@given(
    st.lists(st.sampled_from(KNOWN), max_size=len(KNOWN) // 2, unique=True),
    st.text(alphabet="刘晨云知夏青远舟毛", max_size=4),
    st.integers(min_value=0),
)
def test_what_is_suggested_is_never_refused(taken: list[Pair], names: str, start: int) -> None:
    check(suggest(taken, names, start), taken, names)


@given(st.integers(min_value=0, max_value=10**6))
def test_the_suggestion_begins_where_it_is_told(start: int) -> None:
    assert suggest([], "", start) == KNOWN[start % len(KNOWN)]
