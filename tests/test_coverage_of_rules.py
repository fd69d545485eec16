"""Which rules (V) and gates (G) of the protocol this version keeps, and the test that shows each."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import fieldkit
from fieldkit.errors import Refusal
from fieldkit.rules import gates
from fieldkit.rules.gates import UNCHECKED
from fieldkit.rules.situations import Situation
from fieldkit.studies import load_study

TESTS = Path(__file__).resolve().parent
ASKING = ("G09", "G10", "G12")
BLOCKING = tuple(f"G{number:02}" for number in range(1, 16) if f"G{number:02}" not in ASKING)
LANDED = {*(f"V{number:02}" for number in range(1, 32)), "V39", "V40"}  # of consent and of people; the others follow
SHOWN = {
    "V01": "rules/test_ages.py::test_a_date_that_does_not_exist_is_refused",
    "V02": "rules/test_ages.py::test_a_child_outside_the_range_of_the_study_is_refused",
    "V03": "rules/test_ages.py::test_v03_a_told_age_that_the_date_does_not_give_is_a_hint",
    "V04": "rules/test_ages.py::test_v04_a_lunar_date_is_a_hint",
    "V05": "rules/test_ages.py::test_a_birth_date_after_today_is_refused",
    "V06": "rules/test_ages.py::test_v06_the_zodiac_sign_is_that_of_the_lunar_year",
    "V07": "rules/test_ages.py::test_the_age_group_is_that_of_the_youngest_possible_age",
    "V08": "rules/test_ages.py::test_v08_a_grade_that_is_unusual_for_the_age_asks",
    "V09": "store/test_people.py::test_a_withdrawn_childs_serial_is_never_given_again",
    "V10": "rules/test_pseudonyms.py::test_a_name_that_is_used_or_sounds_the_same_is_refused",
    "V11": "rules/test_pseudonyms.py::test_a_name_with_a_character_of_the_childs_names_is_refused",
    "V12": "rules/test_pseudonyms.py::test_v12_the_name_of_somebody_of_the_family_is_refused",
    "V13": "rules/test_pseudonyms.py::test_v13_a_name_heard_as_the_other_sex_is_a_hint",
    "V14": "rules/test_left_behind.py::test_v14_away_since_a_month_to_come_is_refused",
    "V15": "rules/test_left_behind.py::test_v15_a_short_absence_asks",
    "V16": "rules/test_left_behind.py::test_v16_nobody_was_older_at_the_start_than_now",
    "V17": "rules/test_left_behind.py::test_v17_what_does_not_agree_asks",
    "V18": "rules/test_left_behind.py::test_v18_a_carer_who_is_a_minor_asks",
    "V19": "rules/test_left_behind.py::test_v19_a_child_alone_is_marked",
    "V20": "acts/test_consents.py::test_what_is_no_whole_consent_is_refused",
    "V21": "acts/test_consents.py::test_v21_without_a_form_in_force_a_yes_is_refused_and_a_no_is_kept",
    "V22": "acts/test_consents.py::test_what_is_no_whole_consent_is_refused",
    "V23": "acts/test_consents.py::test_what_is_no_whole_consent_is_refused",
    "V24": "acts/test_carers.py::test_an_agreement_without_its_evidence_is_refused",
    "V25": "rules/test_ways.py::test_v25_a_witness_with_power_over_the_family_wants_a_reason",
    "V26": "rules/test_ways.py::test_v26_a_call_that_nobody_vouched_for_is_refused",
    "V27": "rules/test_ways.py::test_v27_no_recording_that_nobody_agreed_to",
    "V28": "acts/test_consents.py::test_what_is_no_whole_consent_is_refused",
    "V29": "acts/test_assents.py::test_what_is_no_clear_yes_is_refused",
    "V30": "web/test_assents.py::test_a_yes_that_an_adult_gave_is_asked_for_again",
    "V31": "rules/test_clocks.py::test_v31_a_date_before_the_last_record_or_more_than_a_day_after_it_is_doubted",
    "V32": "rules/test_closings.py::test_v32_an_unusual_length_is_a_hint",
    "V33": "rules/test_moments.py::test_v33_a_rest_is_offered_after_the_minutes_of_the_study",
    "V34": "web/test_interviews.py::test_without_the_gates_no_interview_starts",
    "V36": "rules/test_closings.py::test_v36_somebody_who_can_hear_is_a_hint",
    "V37": "rules/test_closings.py::test_v37_what_only_those_who_were_there_can_know_is_asked_for",
    "V38": "rules/test_notes.py::test_a_number_or_a_known_name_is_pointed_at",
    "V39": "acts/test_attachments.py::test_v39_what_guardian_and_child_have_not_both_agreed_to_is_not_attached",
    "V40": "acts/test_household.py::test_children_of_one_household_hint_at_each_other",
    "V43": "web/test_strings.py::test_differing_placeholders_are_refused_and_stay_typed",
    **dict.fromkeys(BLOCKING, "rules/test_gates.py::test_all_that_is_missing_is_said_at_once"),
    **dict.fromkeys(ASKING, "rules/test_gates.py::test_what_only_asks_wants_one_tap_and_blocks_nothing"),
}
RULES = {f"V{number:02}" for number in range(1, 46)}
GATES = {f"G{number:02}" for number in range(1, 16)}


def codes() -> set[str]:
    """Return the rules that some refusal of the program carries as its code."""
    for module in walk_packages(fieldkit.__path__, "fieldkit."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    waiting, found = [Refusal], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found |= {kind.code} if kind.__module__.startswith("fieldkit.") else set()
    return {code for code in found if re.fullmatch(r"V\d\d", code)}


def judged() -> set[str]:
    """Return the gates that this version looks at."""
    titles = [(gate.id, gate.level, gate.title) for gate in load_study().gates]
    nobody = Situation([], "a12_13", "2026-11-24", "", guide_published=False)
    return {gate.id for gate in gates.judge(titles, nobody) if gate.status != UNCHECKED}


def functions(path: Path) -> set[str]:
    """Return the names of the tests in *path*."""
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def test_no_rule_is_raised_that_no_test_shows() -> None:
    assert codes() - SHOWN.keys() == set()


def test_no_rule_of_people_and_consent_is_without_a_test_that_names_it() -> None:
    assert LANDED - SHOWN.keys() == set()


def test_no_gate_is_judged_that_no_test_shows() -> None:
    assert judged() - SHOWN.keys() == set()


def test_the_table_claims_no_gate_that_is_not_judged() -> None:
    assert GATES & SHOWN.keys() == judged()


def test_every_id_is_one_of_the_protocol() -> None:
    assert SHOWN.keys() - RULES - GATES == set()
    assert codes() <= RULES


@pytest.mark.parametrize(("rule", "place"), SHOWN.items(), ids=SHOWN)
def test_the_test_that_shows_a_rule_is_there(rule: str, place: str) -> None:
    file, _, name = place.partition("::")

    assert name in functions(TESTS / file)


def test_a_test_that_is_gone_is_missed(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_a() -> None: ...\n")

    assert functions(tmp_path / "test_x.py") == {"test_a"}
    assert functions(tmp_path / "test_y.py") == set()
