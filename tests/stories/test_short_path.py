"""How many inputs it takes from a new child to the first question: taps, ticks, fields and signatures are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fieldkit.clock import Clock

pytestmark = pytest.mark.browser
PARENT_SIGNS, BY_PHONE, CARER_AT_HOME = 40, 50, 10


def born() -> str:
    return f"{Clock().today().year - 12}-01"


def test_when_a_parent_signs_forty_inputs_are_enough(desks: Any, researcher: Callable[[str], Any]) -> None:
    me = researcher("interviewer")
    me.go("/today")
    me.follow("登记孩子")
    me.registers("小满", born())
    me.signs_for_a_parent("母亲", "刘某")
    me.hears_yes_from_the_child()
    me.starts()

    assert me.inputs <= PARENT_SIGNS, me.inputs


def test_by_phone_fifty_are_and_a_carer_at_home_takes_ten_more(desks: Any, researcher: Callable[[str], Any]) -> None:
    me = researcher("interviewer")
    me.go("/today")
    me.follow("登记孩子")
    me.registers("小满", born())
    before = me.inputs
    me.follow("问爸妈同不同意")
    me.records_the_grandmother()
    carer = me.inputs - before
    me.rings("母亲")
    me.reads_aloud_and_asks_back()
    me.asks_item_by_item(no_to="录音")
    me.types("real_name", "刘某")
    me.types("signer_name", "王某")
    me.press("存好同意")
    me.hears_yes_from_the_child()
    me.starts()

    assert carer <= CARER_AT_HOME, carer
    assert me.inputs - carer <= BY_PHONE, me.inputs
