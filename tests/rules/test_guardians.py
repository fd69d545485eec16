"""Who is added to a household beside somebody like them is asked about, once."""

from __future__ import annotations

import pytest

from fieldkit.rules.guardians import OnRecord, findings

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
