"""Two versions as a person compares them: whole words, no shreds, and nothing of either text lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.records import KINDS
from fieldkit.rules import conflicts
from fieldkit.rules.conflicts import BOTH, COMBINE, TAKE, Conflict, Run, Version, compare
from fieldkit.rules.consent import CHILD, GUARDIAN, Event

WORDS = st.text("我你伞雨送来了，。 \nab’1é\u0301😀", max_size=60) | st.text(max_size=30)
YES = Event("y", GUARDIAN, "given", "mother", items={"notes": "yes"})


def no(person: str, *follows: str, actor: str = GUARDIAN) -> Event:
    return Event("n", actor, "declined", person, follows=follows)


def differing(before: str, after: str) -> list[tuple[str, str]]:
    return [(run.left, run.right) for run in compare(before, after) if not run.same]


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_put_together_again_the_runs_give_both_texts(one: str, other: str) -> None:
    runs = compare(one, other)

    assert "".join(run.left for run in runs) == one
    assert "".join(run.right for run in runs) == other
    assert all(run.left or run.right for run in runs)
    assert all(now.same != after.same for now, after in pairwise(runs))


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS)
def test_no_word_of_latin_letters_is_cut(one: str, other: str) -> None:
    runs = compare(one, other)
    ends = [run.left[-1:] + after.left[:1] for run, after in pairwise(runs)]

    assert [pair for pair in ends if len(pair) == 2 and pair.isascii() and pair.isalpha()] == []


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("想妈妈。", "想妈妈。", []),
        ("想妈妈。", "想爸爸。", [("妈妈", "爸爸")]),
        ("别人家都有人送伞，我没有。", "别人家都有人打伞来接。", [("送伞，我没有", "打伞来接")]),
        ("奶奶在家", "奶奶不在家", [("", "不")]),
        ("he sent them", "he spent then", [("sent them", "spent then")]),
        ("Monday was rainy all day", "Tuesday was rainy all day", [("Monday", "Tuesday")]),
        ("2026-11-20", "2026-11-21", [("2026-11-20", "2026-11-21")]),
        ("", "下雨", [("", "下雨")]),
        ("e\u0301", "e\u0300", [("e\u0301", "e\u0300")]),
        ("👩‍🌾在", "👩‍🏫在", [("👩‍🌾", "👩‍🏫")]),
    ],
)
def test_what_differs_is_marked_as_a_person_would(one: str, other: str, found: list[tuple[str, str]]) -> None:
    assert differing(one, other) == found


def test_a_single_character_between_two_differences_is_joined_to_them_and_two_are_not() -> None:
    assert differing("甲的乙", "丙的丁") == [("甲的乙", "丙的丁")]
    assert differing("甲的话乙", "丙的话丁") == [("甲", "丙"), ("乙", "丁")]


def test_the_longest_notes_are_compared_at_once() -> None:
    """Read character by character this would take minutes; the difference is found all the same."""
    lines = [f"第{n}句，下雨放学的时候别人家都有人来接。" for n in range(2400)]
    other = [*lines[:1200], "第1200句，下雪放学的时候别人家都有人来接。", *lines[1201:], "完了。"]

    assert differing("".join(lines), "".join(other)) == [("雨", "雪"), ("", "完了。")]
    assert differing("嗯" * 50_000, "啊" * 50_000) == [("嗯" * 50_000, "啊" * 50_000)]


@pytest.mark.parametrize(
    ("one", "other", "woven"),
    [
        ("有人送伞，我没有。", "有人打伞来接。", "有人送伞，我没有打伞来接。"),
        ("想妈妈", "没有", "想妈妈\n\n没有"),
        ("", "没有", "没有"),
    ],
)
def test_a_text_to_be_combined_holds_all_of_both_and_what_is_common_once(one: str, other: str, woven: str) -> None:
    assert conflicts.woven([one, other]) == woven


def test_of_three_texts_each_stands_for_itself() -> None:
    assert conflicts.woven(["在家", "不在", "不知道"]) == "在家\n\n不在\n\n不知道"


def test_a_long_common_stretch_is_left_out_between_its_ends() -> None:
    runs = conflicts.brief([Run("甲" * 90, "甲" * 90), Run("a", "b"), Run("乙" * 10, "乙" * 10)], ends=20)

    assert [(run.left, run.left_out) for run in runs] == [
        ("甲" * 20, 0),
        ("", 50),
        ("甲" * 20, 0),
        ("a", 0),
        ("乙" * 10, 0),
    ]


@pytest.mark.parametrize(
    ("kind", "field", "choices"),
    [
        ("answer", "text", (TAKE, COMBINE, BOTH)),
        ("answer", "outcome", (TAKE, BOTH)),
        ("participant", "grade", (TAKE, BOTH)),
        ("string", "zh", (TAKE, COMBINE)),  # a family hears one wording: somebody has to pick
    ],
)
def test_what_can_be_decided_depends_on_what_it_is(kind: str, field: str, choices: tuple[str, ...]) -> None:
    assert conflicts.choices(kind, field) == choices


def test_two_edits_of_the_guide_are_a_class_of_their_own_and_equal_ones_are_none() -> None:
    assert conflicts.class_of("string", ["想", "念"]) == "guide_edit"
    assert conflicts.class_of("answer", ["想", "念"]) == "field_edit"
    assert conflicts.class_of("answer", ["想", "想", "想"]) == "same_value"


def test_what_opens_drawers_or_is_a_picture_is_never_shown_to_be_decided() -> None:
    assert {"team_secret", "evidence", "erasure_done"} & set(conflicts.DECIDABLE) == set()
    assert {"answer", "participant", "string", "place", "site"} < set(conflicts.DECIDABLE)
    assert not any(KINDS[kind].immutable for kind in conflicts.DECIDABLE)


def test_every_prose_field_is_a_text_of_its_kind() -> None:
    assert [one for one in conflicts.PROSE if KINDS[one[0]].fields.get(one[1]) != "text"] == []


@pytest.mark.parametrize(
    ("events", "clash"),
    [
        ([], False),
        ([YES], False),
        ([YES, no("mother", "y")], False),  # she has changed her mind, having said yes
        ([YES, no("mother")], True),  # on two laptops, neither of which knew of the other
        ([YES, no("father")], True),
        ([no("father")], False),
        ([YES, no("", actor=CHILD)], False),
    ],
)
def test_a_clash_of_consent_is_a_no_beside_a_yes_that_does_not_know_of_it(events: list[Event], clash: bool) -> None:
    assert conflicts.consent_clash(events) == clash


def test_a_no_that_a_later_yes_takes_back_by_name_is_no_clash() -> None:
    again = Event("z", GUARDIAN, "given", "mother", items={"notes": "yes"}, follows=("n",), lifts=("n",))

    assert not conflicts.consent_clash([YES, no("mother"), again])


def test_a_conflict_is_named_by_its_heads_and_waits_until_somebody_decides() -> None:
    versions = tuple(
        Version(id_, text, "李岚", "L1", "2026-11-24T09:30:00+08:00") for id_, text in (("a", "甲"), ("b", "乙"))
    )
    one = Conflict("R", "answer", "text", versions)

    assert (one.heads, one.open, one.klass) == (("a", "b"), True, "field_edit")
