"""Who is added to a household beside somebody like them is asked about, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fieldkit.rules import states
from fieldkit.rules.consent import GUARDIAN, NECESSARY, Event
from fieldkit.rules.guardians import OnRecord, all_out, findings, undecided, waits_for_choice
from fieldkit.rules.situations import Situation
from fieldkit.rules.states import Adult

MOTHER, FATHER = OnRecord("mother", "guardian"), OnRecord("father", "guardian")
COURT, CARER, AUNT = OnRecord("pgm", "guardian"), OnRecord("pgm", "carer"), OnRecord("uncle_aunt", "carer")
ASKED = {
    "a second mother": (MOTHER, None, [MOTHER]),
    "a guardian by law beside a parent": (COURT, None, [MOTHER]),
    "a guardian by law beside another one": (OnRecord("uncle_aunt", "guardian"), None, [COURT]),
    "a grandmother by law beside the one who cares": (COURT, None, [CARER]),
    "a carer beside a guardian of the same relation": (CARER, None, [COURT]),
    "a carer who becomes the guardian": (COURT, CARER, [FATHER]),
    "a mother without capacity beside the mother": (OnRecord("mother", "carer"), None, [MOTHER]),
}
LET_BE = {
    "the first of all": (MOTHER, None, []),
    "the other parent": (FATHER, None, [MOTHER]),
    "a parent beside a guardian by law": (MOTHER, None, [COURT]),
    "a carer beside the parents": (CARER, None, [MOTHER, FATHER]),
    "a second aunt who cares": (AUNT, None, [AUNT, MOTHER]),
    "who was asked about before": (MOTHER, MOTHER, [MOTHER]),
}


@pytest.mark.parametrize(("told", "before", "others"), ASKED.values(), ids=ASKED)
def test_two_of_one_kind_are_asked_about(told: OnRecord, before: OnRecord | None, others: list[OnRecord]) -> None:
    assert [(one.code, one.level) for one in findings(told, before, others)] == [("known_adult", "ask")]


@pytest.mark.parametrize(("told", "before", "others"), LET_BE.values(), ids=LET_BE)
def test_others_are_not(told: OnRecord, before: OnRecord | None, others: list[OnRecord]) -> None:
    assert findings(told, before, others) == []


DAY = "2026-11-24"
ABLE, DEAD, APART = Adult("mother"), Adult("father", capacity="lacks"), Adult("adoptive", disputed=True)


@pytest.mark.parametrize(
    ("parents", "out", "apart"),
    [
        ([ABLE, DEAD], False, []),
        ([ABLE, APART], False, []),
        ([DEAD], True, []),
        ([DEAD, APART], False, ["adoptive"]),
    ],
)
def test_the_guardian_by_law_is_asked_only_where_nobody_disputes_that_no_parent_can_consent(
    parents: list[Adult], out: bool, apart: list[str]
) -> None:
    assert (all_out(parents, DAY), undecided(parents, DAY)) == (out, apart)


def test_of_whom_two_versions_stand_nobodys_yes_counts() -> None:
    assert Adult("mother").is_guardian(DAY)
    assert not Adult("mother", disputed=True).is_guardian(DAY)


YES = Event("y", GUARDIAN, "given", "m", "mother", items=dict.fromkeys(NECESSARY, "yes"))
CASE = Situation([], "a12_13", DAY, "", guide_published=True, disputed=["father"])


@pytest.mark.parametrize(
    ("change", "state", "waits"),
    [
        ({}, states.NOT_SOUGHT, True),
        ({}, states.DEFERRED, True),
        ({"disputed": []}, states.NOT_SOUGHT, False),
        ({"adults": {"u": Adult("uncle_aunt", "court")}}, states.NOT_SOUGHT, False),
        ({"events": [YES], "disputed": [], "adults": {"m": APART, "f": ABLE}}, states.NEEDS_RECONFIRM, True),
        ({"events": [YES], "disputed": [], "adults": {"f": APART, "m": DEAD}}, states.NEEDS_RECONFIRM, False),
        ({"events": [YES], "disputed": [], "adults": {"m": APART, "f": ABLE}}, states.DEFERRED, False),
    ],
)
def test_a_version_is_chosen_first_where_nobody_can_consent_without_it_or_a_yes_hangs_on_it(
    change: dict[str, Any], state: str, waits: bool
) -> None:
    assert waits_for_choice(replace(CASE, **change), state) is waits
