"""Whose no a refused visit met: said by a no of that day or later, by nothing else."""

from __future__ import annotations

import pytest

from fieldkit.rules.consent import CARER, CHILD, GUARDIAN, Event
from fieldkit.rules.visits import RefusedVisit, unexplained

VISIT, OLD = RefusedVisit("v", "2026-11-20"), RefusedVisit("a", "2026-11-02")
NO = Event("no", GUARDIAN, "declined", "mother", day="2026-11-20")
SILENT: dict[str, list[Event]] = {
    "nothing was said": [],
    "a yes of that day": [Event("yes", GUARDIAN, "given", "mother", day="2026-11-20")],
    "a no of an earlier day": [Event("no", CHILD, "declined", day="2026-11-19")],
    "a carer's no, who does not decide": [Event("no", CARER, "declined", "grandmother", day="2026-11-20")],
    "a no that was declared void": [NO, Event("v", GUARDIAN, "voided", voids=("no",), day="2026-11-21")],
}
TELLING: dict[str, list[Event]] = {
    "a guardian's no of that day": [NO],
    "the child's later one": [Event("no", CHILD, "withdrawn", day="2026-11-25")],
    "one that was taken back": [NO, Event("y", GUARDIAN, "reconsented", "mother", lifts=("no",), day="2026-11-22")],
}


@pytest.mark.parametrize("said", SILENT.values(), ids=SILENT)
def test_without_a_no_nobody_knows_whose_it_was(said: list[Event]) -> None:
    assert unexplained([VISIT], said, "2026-11-27") == (VISIT,)


@pytest.mark.parametrize("said", TELLING.values(), ids=TELLING)
def test_a_no_says_whose_it_was_also_of_an_earlier_visit(said: list[Event]) -> None:
    assert unexplained([OLD, VISIT], said, "2026-11-27") == ()


def test_a_visit_after_the_day_that_is_judged_is_not_asked_about_and_the_newest_comes_first() -> None:
    assert unexplained([OLD, VISIT], [], "2026-11-19") == (OLD,)
    assert unexplained([OLD, VISIT], [], "2026-11-20") == (VISIT, OLD)
