from __future__ import annotations

import pytest

from fieldkit.rules import screening
from fieldkit.studies import load_study


@pytest.mark.parametrize(
    ("criteria", "result"),
    [
        ({}, "pending"),
        ({"lbc_now": "unknown"}, "pending"),
        ({"lbc_now": "met"}, "eligible"),
        ({"lbc_now": "not_met"}, "ineligible"),
        ({"lbc_now": "met", "ex_acute": "not_met"}, "eligible"),
        ({"lbc_now": "met", "ex_acute": "met"}, "ineligible"),
        ({"lbc_now": "met", "ex_acute": "unknown"}, "pending"),
        ({"lbc_now": "not_met", "ex_acute": "unknown"}, "ineligible"),
        ({"lbc_now": "yes"}, "ineligible"),
    ],
)
def test_one_criterion_that_keeps_the_child_out_decides(criteria: dict[str, str], result: str) -> None:
    assert screening.result(criteria) == result


def test_nobody_is_asked_what_is_computed_or_asked_later() -> None:
    asked = screening.asked(load_study().codes["criterion"])

    assert "lbc_now" in asked
    assert {"age_range", "willing"} & set(asked) == set()


def test_only_a_child_below_nine_is_too_young() -> None:
    groups = load_study().codes["age_group"]

    assert [group for group in groups if screening.age(group) != "met"] == ["u9"]
