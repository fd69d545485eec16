"""Loading a built-in study, and the ids under which its texts are known for ever."""

from __future__ import annotations

import pytest

from fieldkit.studies import Pair, load_study


def test_a_study_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        load_study("nowhere")


def test_a_study_is_read_once() -> None:
    assert load_study() is load_study()


@pytest.mark.parametrize(
    ("string_id", "zh"),
    [
        ("guide:P", "让你发愁的事"),
        ("guide:P4", "你心里不得劲儿的时候，一般是啥样的？"),
        ("guide:P4.a", "一般是因为什么事儿？"),
        ("guide:P4.c", "会不会影响你吃饭、睡觉、上课？"),
        ("script:opening:3", "这不是考试，没有对和错。我说得不清楚，你就说“没听懂”。"),
        ("script:distress:1", "咱们先停一停，不着急。喝口水。"),
        ("form:carer_agreement:1", "照护人知情与配合确认"),
        ("card:1", "眼下有危险：报警"),
    ],
)
def test_a_text_is_found_under_its_string_id(string_id: str, zh: str) -> None:
    assert load_study().strings()[string_id].zh == zh


def test_the_questions_of_a_section_come_in_their_order() -> None:
    asked = load_study().guide.asked_in("L")

    assert [question.id for question in asked] == ["L1", "L2", "L3"]
    assert [probe.id for probe in asked[0].probes] == ["L1.a", "L1.b", "L1.c"]


def test_the_strings_follow_the_guide_then_scripts_forms_and_card() -> None:
    kinds = [string_id.partition(":")[0] for string_id in load_study().strings()]

    assert list(dict.fromkeys(kinds)) == ["guide", "script", "form", "card"]
    assert kinds == sorted(kinds, key=["guide", "script", "form", "card"].index)


def test_every_part_of_a_form_is_found_by_its_string_id() -> None:
    study = load_study()
    texts = study.strings()
    for form in study.forms:
        parts = study.form_parts(form.doc_kind)

        assert texts[parts.title] == form.title
        assert [texts[one] for one in parts.read_aloud] == list(form.read_aloud)
        assert [texts[one] for one in parts.teach_back] == list(form.teach_back)
        assert {code: texts[one] for code, one in parts.labels.items()} == {
            item.code: item.label for item in form.items
        }
        assert {code: texts[one] for code, one in parts.sentences.items()} == {
            item.code: item.sentence for item in form.items
        }


def test_the_strings_of_a_form_are_exactly_its_parts() -> None:
    study = load_study()
    for form in study.forms:
        parts = study.form_parts(form.doc_kind)
        named = [parts.title, *parts.read_aloud, *parts.teach_back]
        named += [one for code in parts.labels for one in (parts.labels[code], parts.sentences[code])]

        assert study.form_string_ids(form.doc_kind) == named


def test_a_coded_value_has_a_label_in_both_languages() -> None:
    assert load_study().codes["relation"]["pgm"] == Pair("奶奶", "Paternal grandmother")


def test_a_term_says_whether_the_family_may_see_it() -> None:
    terms = {term.key: term for term in load_study().glossary}

    assert terms["help_card"].child_ok
    assert not terms["vault"].child_ok
