"""Story 5: an age that elders count, and a birth month of the lunar calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from fieldkit.clock import Clock
from fieldkit.rules import ages

pytestmark = pytest.mark.browser


def test_the_date_of_the_story_gives_the_age_of_the_story() -> None:
    born, today = ages.birth_date("2013年冬月", "lunar"), date(2026, 3, 10)
    found = ages.findings(born, today, ages.Told("lunar", 14))

    assert ages.full_years(born.latest, today) == 12
    assert [one.code for one in found] == ["V03", "V04"]
    assert ages.child_form(ages.age_group(born, today)) == "assent_12_13"


def test_a_told_age_and_a_lunar_month_are_said_back_and_the_child_is_handled_as_under_14(
    desks: Any, researcher: Callable[[str], Any]
) -> None:
    me = researcher("interviewer")
    me.fills_in_the_slip("小河", f"{Clock().today().year - 13}年冬月", "男孩")
    me.ticks("农历")
    me.types("told_age", "十四了")
    me.press("存好，下一步")

    assert me.sees("虚岁")
    assert me.sees("农历")
    me.press("都符合，没有要排除的")
    assert me.sees("12-13岁")


@pytest.mark.parametrize("born", ["2014-02-30", "2013年十三月", "昨天", "😀"])
def test_an_impossible_date_is_said_clearly_and_nothing_typed_is_lost(
    desks: Any, researcher: Callable[[str], Any], born: str
) -> None:
    me = researcher("interviewer")
    me.fills_in_the_slip("𠮷川", born)
    me.press("存好，下一步")

    assert me.sees("出生日期")
    assert me.page.input_value("[name=called]") == "𠮷川"
    assert me.page.input_value("[name=birth_date]") == born
    me.go("/people")
    assert not me.sees("𠮷川")
