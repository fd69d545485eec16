"""A field morning until half past nine (`domain.md` §6.1): what goes wrong, and what the laptop does about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fieldkit.acts import people
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock

pytestmark = pytest.mark.browser
Desks = dict[str, Desk]


def test_seven_o_clock_the_date_is_asked_for_once_where_it_does_not_go_with_the_last_record(
    desks: Desks, researcher: Callable[[str], Any]
) -> None:
    desk = desks["interviewer"]
    last_week = replace(desk, clock=Clock(timedelta(days=-6)))
    people.register(last_week, NewChild("小满", "", "A03", "f", f"{Clock().today().year - 12}-01"))
    me = researcher("interviewer")
    me.go("/today")

    assert me.sees("今天是几号？")
    me.types("day", "前天")
    me.press("就是这一天")
    assert me.sees("今天的日期")
    me.go("/today")
    me.types("day", Clock().today().isoformat())
    me.press("就是这一天")
    assert not me.sees("今天是几号？")
    me.go("/today")
    assert not me.sees("今天是几号？")


def test_half_past_seven_two_people_share_a_laptop_and_the_name_on_top_is_who_types(
    child: str, researcher: Callable[[str], Any]
) -> None:
    me, second = researcher("interviewer"), "another four plain words"
    me.go("/users")
    for name, text in (("name", "王越"), ("passphrase", second), ("again", second)):
        me.types(name, text)
    me.press("加上")
    assert me.page.inner_text("details.who summary b") == "李岚"

    me.page.click("details.who summary")
    me.opens("details.who a:text-is('换人')")
    me.inputs = 0
    me.ticks("王越 访谈员")
    me.types("passphrase", "not these words at all")
    me.press("打开")
    assert me.sees("打不开")
    me.ticks("王越 访谈员")
    me.types("passphrase", second)
    me.press("打开")
    assert me.inputs == 6  # a tap on the name, the passphrase, a tap: twice
    assert me.page.inner_text("details.who summary b") == "王越"
    me.go("/today")
    assert me.sees("组里其他孩子：1 个")


def test_half_past_eight_a_cadre_as_witness_wants_one_tap(child: str, researcher: Callable[[str], Any]) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{child}")
    me.rings("母亲", witness_relation="village_cadre")

    assert me.sees("请确认家里人不觉得有压力")
    me.ticks("问过，家里人说没有压力")
    me.press("去念给家长听")
    assert me.page.url.endswith("/consent/guardian/read")


def test_half_past_nine_a_nod_is_no_yes_and_thinking_about_it_is_a_whole_answer(
    consented: str, researcher: Callable[[str], Any]
) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{consented}/assent")
    for part in me.page.locator("input[name=told]").all():
        part.check()
    me.press("愿意")
    assert me.sees("还没有清楚地说愿意")
    assert me.page.locator("input[name=told]:checked").count() == 3

    me.press("再想想")
    assert me.sees("想再想想")
    me.go(f"/people/{consented}/gates")
    assert me.sees("还不能开始访谈")
    assert me.page.get_by_role("button", name="开始访谈").count() == 0
