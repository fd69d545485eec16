from __future__ import annotations

from dataclasses import replace

import pytest

from fieldkit.rules import terms
from fieldkit.rules.terms import NotForFamilies
from fieldkit.studies import load_study

LABELS = ("留守儿童", "留守孩子不想说的可以不说。", "某大学留守儿童研究中心", "留 守", "留\u200b守", "我家留\n守")
ENGLISH = ("Left-behind children may stop", "a left behind child", "LEFT\u2011BEHIND", "leftbehind kids")


@pytest.mark.parametrize("text", [*LABELS, *ENGLISH])
def test_what_children_are_mocked_with_is_refused_however_it_is_spelt(text: str) -> None:
    with pytest.raises(NotForFamilies):
        terms.check(["孩子可以不说。", text])


def test_a_study_that_blocks_no_term_refuses_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "load_study", lambda: replace(load_study(), glossary=()))
    monkeypatch.setattr(terms, "_blocked", terms._blocked.__wrapped__)

    terms.check([*LABELS, *ENGLISH, ""])


def test_a_refusal_shows_where_the_word_stands() -> None:
    with pytest.raises(NotForFamilies) as told:
        terms.check(["愿不愿意都行，不想说的，" + "留守孩子可以不说，不用讲为什么，也没有人会怪你。"])

    assert "留守孩子可以不说" in told.value.sentence("zh_CN")


def test_what_the_team_says_among_itself_is_a_hint() -> None:
    found = terms.findings(["你会不会觉得抑郁？", "Do you feel Depression or emotional distress?"])

    assert {one.level for one in found} == {"hint"}
    assert {one.details["term"] for one in found} == {"抑郁", "depression", "distress"}


def test_every_term_that_families_never_read_is_refused_or_hinted_at() -> None:
    hidden = [term for term in load_study().glossary if not term.child_ok]

    assert [term.key for term in hidden if term.blocked] == ["lbc"]
    assert all(terms.findings([said]) for term in hidden if not term.blocked for said in (term.text.zh, term.text.en))


@pytest.mark.parametrize("text", ["", "孩子", "他留下来守着弟弟。", "What did they leave behind?", "她守在家里"])
def test_other_words_are_free(text: str) -> None:
    terms.check([text])
    assert terms.findings([text]) == []
