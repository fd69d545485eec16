"""A pseudonym must not give the child away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.errors import Refusal
from fieldkit.rules.pseudonyms import (
    PseudonymDoubled,
    PseudonymEmpty,
    PseudonymOfFamily,
    PseudonymShort,
    PseudonymTaken,
    PseudonymTells,
    check,
    findings,
    pinyin,
    suggest,
    telling,
)
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
        Pair("楠桥", ""),
        Pair("楠桥", "Xiangchen"),
        Pair("南😀乔\u0301", ""),
        Pair("云舟", "nan qiao"),
    ],
)
def test_a_name_that_is_used_or_sounds_the_same_is_refused(pseudonym: Pair) -> None:
    with pytest.raises(PseudonymTaken):
        check(pseudonym, TAKEN, "刘某毛毛")


@pytest.mark.parametrize("names", ["刘晨", "晨晨", "向某 小草", "刘某毛毛晨子", "刘某\u200d晨😀", "刘祥辰", "项陈"])
def test_a_name_with_a_character_of_the_childs_names_is_refused(names: str) -> None:
    with pytest.raises(PseudonymTells):
        check(Pair("向晨", "Xiangchen"), [], names)


@pytest.mark.parametrize(
    ("zh", "names"), [("国风", "劉國強"), ("歐雪", "欧阳娜"), ("强宇", "劉国強"), ("長宁", "长生")]
)
def test_v11_a_character_of_the_childs_name_tells_in_either_script(zh: str, names: str) -> None:
    with pytest.raises(PseudonymTells):
        check(Pair(zh, ""), [], names)


def test_v10_and_v12_know_a_name_in_either_script() -> None:
    with pytest.raises(PseudonymOfFamily):
        check(Pair("书远", "Shuyuan"), [], "刘某", ["王書遠"])
    with pytest.raises(PseudonymDoubled):
        check(Pair("國国", ""), [], "刘某")
    with pytest.raises(PseudonymTaken):
        check(Pair("雲舟", "Yun"), [Pair("云舟", "Zhou")], "刘某")


@pytest.mark.parametrize("zh", ["圆圆", "乐 乐", "小小鱼", "圆😀圆", "圆\ufe0f圆\u0301", "𠮷𠮷"])
def test_a_doubled_name_is_refused(zh: str) -> None:
    with pytest.raises(PseudonymDoubled):
        check(Pair(zh, "Yuanyuan"), [], "刘某")


@pytest.mark.parametrize("family", ["王书远", "书远", "欧阳书远", "书 远"])
def test_v12_the_name_of_somebody_of_the_family_is_refused(family: str) -> None:
    with pytest.raises(PseudonymOfFamily):
        check(Pair("书远", "Shuyuan"), [], "刘某", ["张某", family])


@pytest.mark.parametrize(
    ("names", "family", "refusal"),
    [
        ("刘某 小晨", [], PseudonymTells),
        ("刘某", ["王向晨"], PseudonymOfFamily),
        ("刘某", ["王某"], None),
    ],
)
def test_a_pseudonym_in_use_is_looked_at_again(names: str, family: list[str], refusal: type[Refusal] | None) -> None:
    found = telling(Pair("向晨", "Xiangchen"), names, family)

    assert (type(found) if found else None) == refusal


def test_what_makes_a_pseudonym_unfit_without_telling_is_no_reason_to_replace_it() -> None:
    assert telling(Pair("晨", ""), "刘某", []) is None


def test_v12_one_character_alike_is_no_name() -> None:
    check(Pair("书远", "Shuyuan"), [], "刘某", ["王远", "远", "书远山", ""])


@pytest.mark.parametrize("zh", ["", "😀😀", "！？", "\u0301", " \u200d"])
def test_signs_and_pictures_are_no_pseudonym(zh: str) -> None:
    with pytest.raises(PseudonymEmpty):
        check(Pair(zh, "Anhe"), [], "刘某")


@pytest.mark.parametrize("zh", ["A", "AB", "月", "月\u200b", "1月", "Anhe"])
def test_a_pseudonym_has_two_chinese_characters(zh: str) -> None:
    with pytest.raises(PseudonymShort):
        check(Pair(zh, ""), [], "刘某")


@pytest.mark.parametrize("zh", ["𠀋𬀩", "艾力·明", "月\U000323af"])
def test_rare_characters_and_a_middle_dot_make_a_pseudonym(zh: str) -> None:
    check(Pair(zh, ""), [], "刘某")


def test_a_rare_character_of_the_childs_name_tells_too() -> None:
    with pytest.raises(PseudonymTells):
        check(Pair("月\U000323af", ""), [], "刘\U000323af")


@pytest.mark.parametrize(
    ("zh", "sex", "found"),
    [
        ("志刚", "f", ["V13"]),
        ("志刚", "m", []),
        ("晓芳", "m", ["V13"]),
        ("晓芳", "f", []),
        ("知夏", "m", []),
        ("晓芳", "", []),
    ],
)
def test_v13_a_name_heard_as_the_other_sex_is_a_hint(zh: str, sex: str, found: list[str]) -> None:
    assert [one.code for one in findings(Pair(zh, ""), sex)] == found
    assert all(one.level == "hint" for one in findings(Pair(zh, ""), sex))


@pytest.mark.parametrize(
    ("zh", "spoken"),
    [
        ("知夏", "Zhixia"),
        ("重阳", "Chongyang"),
        ("旅人", "Lüren"),
        ("知 夏", "Zhixia"),
        ("", ""),
        ("😀", ""),
        ("𠮷安", ""),
    ],
)
def test_pinyin_is_filled_in(zh: str, spoken: str) -> None:
    assert pinyin(zh) == spoken


def test_the_studys_own_names_are_read_as_they_are_written_and_suit_everybody() -> None:
    assert [one for one in KNOWN if pinyin(one.zh) != one.en] == []
    assert [one for one in KNOWN for sex in "mf" if findings(one, sex)] == []


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_breaks_the_rules(zh: str, en: str, names: str, family: str) -> None:
    try:
        check(Pair(zh, en), [Pair(en, zh)], names, [family])
    except (PseudonymDoubled, PseudonymEmpty, PseudonymOfFamily, PseudonymShort, PseudonymTaken, PseudonymTells):
        return
    assert pinyin(zh) == pinyin(zh).capitalize()


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
