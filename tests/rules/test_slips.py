from __future__ import annotations

from datetime import date, timedelta

import pytest

from fieldkit.rules import slips
from fieldkit.rules.consent import Event

TODAY = date(2026, 11, 25)
YES = Event("y", "guardian", "given", "mother")
NO = Event("n", "guardian", "declined", "father")
VOID = Event("v", "guardian", "voided", "mother", voids=("y",))


@pytest.mark.parametrize(
    ("days", "events", "due"),
    [
        (30, [], False),
        (31, [], True),
        (-400, [], False),
        (31, [YES], False),
        (31, [YES, NO], True),
        (31, [YES, VOID], True),
        (31, [Event("c", "carer", "given", "pgm")], True),
        (31, [Event("c", "child", "given", "kid")], True),
        (31, [Event("a", "adult_participant", "given", "kid")], False),
        (31, [Event("d", "guardian", "deferred", "mother")], True),
    ],
)
def test_a_slip_goes_after_thirty_days_without_a_guardians_yes(days: int, events: list[Event], due: bool) -> None:
    assert slips.due(TODAY - timedelta(days=days), TODAY, events) == due


def test_a_slip_code_has_eight_characters_and_none_that_looks_like_another() -> None:
    assert slips.code(lambda letters: letters[-1]) == "YYYYYYYY"
    assert set("0O1IL2Z5S8BUV") & set(slips.ALPHABET) == set()
    assert len(set(slips.ALPHABET)) == len(slips.ALPHABET)
