"""Stories 2 and 3: consent by phone, partial, and a call that drops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def signs_off(me: Any) -> None:
    """After the items of a call: names are written down, nothing is signed on the screen."""
    me.types("real_name", "刘某")
    me.types("signer_name", "王某")
    assert me.page.locator("canvas").count() == 0
    me.press("存好同意")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number_source": "child_only"}, "只有孩子给的号码不够"),
        ({"witness_relation": "teacher"}, "请确认家里人不觉得有压力"),
    ],
)
def test_a_call_that_nobody_can_vouch_for_does_not_begin(
    agreed_by_grandmother: str, researcher: Callable[[str], Any], change: dict[str, str], words: str
) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{agreed_by_grandmother}")
    me.rings("母亲", **change)

    assert me.page.url.endswith("/consent/guardian/call")
    assert me.sees(words)
    assert me.page.input_value("[name=witness_name]") == "张某"


def test_a_mother_on_the_phone_agrees_but_not_to_a_recording(
    agreed_by_grandmother: str, researcher: Callable[[str], Any]
) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{agreed_by_grandmother}")
    me.rings("母亲")
    me.reads_aloud_and_asks_back()
    me.asks_item_by_item(no_to="录音")
    signs_off(me)
    assert me.sees("○ 录音")
    me.hears_yes_from_the_child()
    me.starts()

    assert me.page.locator("audio, video, input[type=file], [data-record]").count() == 0
    assert not me.sees("录音")
    me.drops_a_file("audio/mpeg")
    assert me.sees("监护人和孩子没有都同意这类附件")  # V39
    assert me.page.url.startswith(me.url)
    me.go("/today")
    assert me.sees("确认书待补")
    me.opens("main a.row:has-text('确认书待补')")
    me.types("paper_ref", "P-07")
    me.press("记下")
    me.go("/today")
    assert not me.sees("确认书待补")


def test_a_call_that_drops_after_two_items_leaves_nothing_in_force(
    agreed_by_grandmother: str, researcher: Callable[[str], Any]
) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{agreed_by_grandmother}")
    me.rings("母亲")
    me.reads_aloud_and_asks_back()
    me.press("同意")
    me.press("同意")
    me.press("电话断了")

    assert me.sees("还不能开始访谈")
    assert me.sees("还没有说同不同意")
    me.go(f"/people/{agreed_by_grandmother}")
    assert me.sees("已告知，还没说同不同意")
    assert not me.sees("✓ 参加访谈")
    me.follow("问爸妈同不同意" if not me.sees("打电话给父母") else "打电话给父母")
    me.press("打给母亲")  # the redial keeps the checklist, but for who speaks now
    assert me.page.input_value("[name=witness_name]") == "张某"
    assert me.page.input_value("[name=number_source]") == "carer"
    assert not me.page.is_checked("[name=id_check]")
    assert not me.page.is_checked("[name=witness_fit]")
    me.go(f"/people/{agreed_by_grandmother}/consent")
    me.press("打给父亲")  # of whom nothing was checked
    assert me.page.input_value("[name=witness_name]") == ""
    assert me.page.input_value("[name=number_source]") == ""
    me.go(f"/people/{agreed_by_grandmother}/assent")
    me.page.locator("input[name=told]").first.check()
    me.press("愿意")
    assert me.sees("监护人同意之后")


def test_a_father_who_rings_back_puts_the_case_on_hold(consented: str, researcher: Callable[[str], Any]) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{consented}")
    me.follow("监护人或照护人有话要说")
    me.press("父亲")
    me.follow("不同意孩子参加")
    me.press("记下不同意")

    assert me.sees("暂停")
    me.go(f"/people/{consented}/gates")
    assert me.sees("没有任何一位监护人明确反对")
    assert not me.sees("父亲")
    assert me.page.get_by_role("button", name="开始访谈").count() == 0
