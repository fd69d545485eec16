"""What must hold for the words of the built-in study before anybody says them to a family."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from fieldkit.i18n import translator
from fieldkit.resources import resource_dir
from fieldkit.rules.guides import placeholder_problems, placeholders
from fieldkit.studies import Form, Pair, load_study
from fieldkit.web.forms import SAID

STUDY = load_study()
STRINGS = STUDY.strings()
NECESSARY = ["participate", "notes", "store"]
GUARDIAN, CARER = "guardian_info_consent", "carer_agreement"
CHILDREN = ["assent_9_11", "assent_12_13", "consent_14_17"]
FORMS = {form.doc_kind: form for form in STUDY.forms}
LABELLED = [pair for labels in STUDY.codes.values() for pair in labels.values()]
FACTS = [STUDY.title, STUDY.institution, STUDY.place, *STUDY.codes["team_size"].values()]
TITLES = [gate.title for gate in STUDY.gates]
TERMS = [term.text for term in STUDY.glossary]


def test_no_text_calls_a_child_left_behind() -> None:
    told = [*STRINGS.values(), *FACTS]

    assert [pair for pair in told if re.search(r"留守|left.behind", f"{pair.zh} {pair.en}", re.IGNORECASE)] == []


@pytest.mark.parametrize("term", [term.text for term in STUDY.glossary if not term.child_ok], ids=lambda one: one.en)
def test_a_term_that_is_not_for_families_stands_in_no_text_of_theirs(term: Pair) -> None:
    seen = [pair for pair in STRINGS.values() if term.zh in pair.zh or term.en in pair.en.lower()]

    assert seen == []


def test_no_text_lacks_a_language() -> None:
    pairs = [*STRINGS.values(), *FACTS, *LABELLED, *TITLES, *TERMS, *STUDY.pseudonyms]

    assert [pair for pair in pairs if not pair.zh.strip() or not pair.en.strip()] == []


def test_both_languages_have_the_same_placeholders() -> None:
    assert {one: placeholder_problems(pair) for one, pair in STRINGS.items() if placeholder_problems(pair)} == {}


def test_no_placeholder_is_one_that_nobody_fills() -> None:
    filled = {"institution", "me", "child_called", "minutes", "place", "team", "retention_until", "phone"}
    filled |= {"carer", "away"}
    later = {"local_contact", "withdraw_until"}

    assert {name for pair in STRINGS.values() for name in placeholders(pair.zh)} == filled | later


def test_no_string_is_addressed_in_the_wrong_way() -> None:
    to_children = [STRINGS[one] for kind in CHILDREN for one in STUDY.form_string_ids(kind)]
    to_adults = [
        STRINGS[one] for kind in (GUARDIAN, CARER, "adult_18", "gatekeeper") for one in STUDY.form_string_ids(kind)
    ]

    assert [pair.zh for pair in to_children if "您" in pair.zh] == []
    assert [pair.zh for pair in to_adults if "你" in pair.zh] == []


def test_chinese_texts_use_chinese_punctuation_and_no_exclamation_marks() -> None:
    texts = [pair.zh for pair in STRINGS.values()]

    assert [text for text in texts if re.search(r"[,;:?!()\"'！]", text)] == []


def test_the_guide_asks_25_questions_of_which_14_are_core() -> None:
    asked = [question for question in STUDY.guide.questions if question.section != "E"]

    assert len(asked) == 25
    assert sum(question.core for question in asked) == 14
    assert [question.id for question in STUDY.guide.asked_in("E")] == ["E1", "E2", "E3"]


def test_every_id_of_the_guide_is_given_once() -> None:
    ids = [question.id for question in STUDY.guide.questions]
    ids += [probe.id for question in STUDY.guide.questions for probe in question.probes]

    assert [one for one, times in Counter(ids).items() if times > 1] == []


def test_every_question_stands_in_the_section_of_its_letter() -> None:
    sections = [section.id for section in STUDY.guide.sections]

    assert sections == list("WLPCNE")
    assert all(question.section == question.id[0] for question in STUDY.guide.questions)
    assert {question.section for question in STUDY.guide.questions} == set(sections)


def test_tenderness_and_care_have_their_known_values() -> None:
    assert {question.sens for question in STUDY.guide.questions} == {0, 1, 2}
    assert {question.ctx for question in STUDY.guide.questions} == {"", "careful"}


def test_the_forms_of_this_version_are_these_seven() -> None:
    assert list(FORMS) == [GUARDIAN, CARER, *CHILDREN, "adult_18", "gatekeeper"]
    assert all(form.version == "1" for form in FORMS.values())


@pytest.mark.parametrize(
    "form", [FORMS[kind] for kind in (GUARDIAN, *CHILDREN, "adult_18")], ids=lambda form: form.doc_kind
)
def test_without_taking_part_notes_and_storage_there_is_no_interview(form: Form) -> None:
    assert [item.code for item in form.items if item.necessary] == NECESSARY


@pytest.mark.parametrize("kind", [GUARDIAN, "adult_18"])
def test_a_guardian_and_an_adult_may_refuse_three_more_items(kind: str) -> None:
    optional = [item.code for item in FORMS[kind].items if not item.necessary]

    assert optional == ["audio", "quote", "recontact"]


@pytest.mark.parametrize("kind", [GUARDIAN, "adult_18"])
def test_who_reads_the_notes_is_said_and_not_asked(kind: str) -> None:
    told = [pair.zh for pair in FORMS[kind].read_aloud]

    assert any("只有{team}能看" in text for text in told)


def test_a_child_of_14_may_refuse_three_more_items_and_a_younger_one_is_asked_for_none() -> None:
    optional = {kind: [item.code for item in FORMS[kind].items if not item.necessary] for kind in CHILDREN}

    assert optional == {"assent_9_11": [], "assent_12_13": [], "consent_14_17": ["audio", "quote", "recontact"]}


def test_whoever_is_asked_for_a_recording_hears_that_typing_is_enough() -> None:
    asked = [item for form in STUDY.forms for item in form.items if item.code == "audio"]

    assert len(asked) == 3
    assert all("不同意就只打字" in item.sentence.zh and not item.necessary for item in asked)
    told = [pair.zh for kind in (GUARDIAN, "adult_18") for pair in FORMS[kind].read_aloud if "录音" in pair.zh]
    assert len(told) == 2
    assert all("您同意了才录音；不同意就只打字" in text for text in told)


def test_a_gatekeeper_is_asked_for_permission_and_never_for_consent() -> None:
    assert FORMS["gatekeeper"].items == ()
    assert FORMS["gatekeeper"].teach_back == ()
    assert "您允许我们来，不等于孩子参加" in "".join(pair.zh for pair in FORMS["gatekeeper"].read_aloud)


def test_what_the_guardian_is_told_names_who_what_how_long_and_whom_to_call() -> None:
    told = "".join(pair.zh for pair in FORMS[GUARDIAN].read_aloud)
    needed = {"institution", "me", "child_called", "minutes", "place", "team", "retention_until", "phone"}

    assert placeholders(told) == needed


def test_the_guardian_says_three_things_back() -> None:
    assert len(FORMS[GUARDIAN].teach_back) == 3


def test_a_carer_is_never_asked_to_consent() -> None:
    texts = [STRINGS[one] for one in STUDY.form_string_ids(CARER)]

    assert FORMS[CARER].items == ()
    assert [pair for pair in texts if "同意" in pair.zh or "consent" in pair.en.lower()] == []


def test_form_kinds_and_items_are_known_codes() -> None:
    assert set(FORMS) <= set(STUDY.codes["doc_kind"])
    assert {item.code for form in STUDY.forms for item in form.items} <= set(STUDY.codes["consent_item"])


def test_the_opening_has_three_blocks_in_order_and_one_line_for_recording() -> None:
    opening = STUDY.scripts["opening"]
    blocks = [line.block for line in opening]

    assert len(opening) == 10
    assert blocks == sorted(blocks)
    assert set(blocks) == {1, 2, 3}
    assert [line.id for line in opening if line.needs == "audio"] == ["script:opening:8"]


def test_the_four_scripts_are_whole() -> None:
    assert {script: len(lines) for script, lines in STUDY.scripts.items()} == {
        "opening": 10,
        "closing": 8,
        "distress": 6,
        "disclosure": 6,
    }


def test_no_number_of_the_help_card_is_called_checked() -> None:
    assert [line.number for line in STUDY.card] == ["110", "120", "12356", "12355", "", "", "", "", "12349"]
    assert [line.number for line in STUDY.card if not line.rung] == ["110", "120"]
    assert [line.id for line in STUDY.card if not line.needed] == ["card:8", "card:9"]
    assert {line.verified_on for line in STUDY.card} == {""}


def test_the_words_to_say_are_lines_of_scripts_and_none_that_must_not_be_said() -> None:
    said = [STRINGS[string_id] for string_id in STUDY.words_to_say]

    assert len(said) == 11
    assert [pair for pair in said if "不要说" in pair.zh] == []


def test_the_gates_are_the_fifteen_of_the_protocol() -> None:
    assert [gate.id for gate in STUDY.gates] == [f"G{number:02}" for number in range(1, 16)]
    assert [gate.id for gate in STUDY.gates if gate.level == "ask"] == ["G09", "G10", "G12"]


def test_the_study_names_no_real_institution_or_telephone() -> None:
    assert "演示" in STUDY.institution.zh
    assert "demo" in STUDY.institution.en
    assert set(STUDY.phone) <= set("0-")


def test_there_are_sixty_pseudonyms_that_neither_look_nor_sound_alike() -> None:
    names = STUDY.pseudonyms

    assert len(names) >= 60
    assert len({name.zh for name in names}) == len({name.en.lower() for name in names}) == len(names)
    assert [name for name in names if len(set(name.zh)) != 2] == []


def test_the_facts_that_gates_read_are_asked_for_under_the_gates_that_read_them() -> None:
    needed = {(fact.gate, fact.code) for fact in STUDY.readiness if fact.needed}

    assert {("G01", code) for code in ("ethics_no", "ethics_from", "ethics_to", "pia_ref", "u14_rules_ref")} <= needed
    assert {("G03", "lbc_definition"), ("G04", "allow_phone_consent"), ("G08", "safeguarding_lead")} <= needed
    assert len({fact.code for fact in STUDY.readiness}) == len(STUDY.readiness)
    assert {fact.kind for fact in STUDY.readiness} == {"text", "date", "past", "yes_no", "choice", "number"}
    assert all(fact.choices in STUDY.codes for fact in STUDY.readiness if fact.kind == "choice")
    assert all(bool(fact.source.zh) == bool(fact.source.en) for fact in STUDY.readiness)


SEEN_BY_FAMILIES = ("consents", "assents", "carers", "help_card", "forms/print.html", "forms/paper.html", "sheets")


def test_no_page_that_a_family_can_see_calls_a_child_left_behind() -> None:
    root = resource_dir("templates")
    files = [file for name in SEEN_BY_FAMILIES for file in ([root / name] if "." in name else (root / name).glob("*"))]
    words = [text for file in files for text in re.findall(r"_\((['\"])(.+?)\1", file.read_text(encoding="utf-8"))]
    said = [file.read_text(encoding="utf-8") for file in files] + [translator("zh_CN")(text) for _, text in words]
    said += [translator("zh_CN")(text) for text in SAID.values()]

    assert len(files) > 8
    assert len(words) > 50
    assert [text for text in said if re.search(r"留守|left.behind", text, re.IGNORECASE)] == []


def test_what_relatives_are_called_is_known_for_everybody_whom_a_child_can_live_with() -> None:
    said = [one.said for one in STUDY.kin]

    assert len(said) == len(set(said)) > 10
    assert all(one.meaning.zh and one.meaning.en for one in STUDY.kin)
    assert {"爷", "奶"} < set(said)
