"""Story 1: grandmother is not a guardian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_a_grandmothers_agreement_is_kept_and_does_not_open_the_interview(
    child: str, researcher: Callable[[str], Any]
) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{child}")
    me.follow("问爸妈同不同意")
    me.records_the_grandmother()

    assert "/gates" in me.page.url
    assert me.sees("还不能开始访谈")
    assert me.sees("有监护人（不是照护人）的有效同意")
    assert me.sees("Valid consent from a guardian (not merely carer)")
    assert me.sees("奶奶是照护人，同意要由爸爸或妈妈来给。")
    assert me.page.get_by_role("button", name="开始访谈").count() == 0
    assert me.page.get_by_role("link", name="打电话给父母").count() == 1
    me.go(f"/people/{child}")
    assert me.sees("等待监护人同意")
    assert me.sees("照护人")
    assert me.sees("配合确认")
    refused = me.page.evaluate(
        """async (path) => {
            const body = new FormData();
            body.set('csrf_token', document.querySelector('[name=csrf_token]').value);
            const answer = await fetch(path, {method: 'POST', body});
            return `${answer.status} ${await answer.text()}`;
        }""",
        f"/people/{child}/interviews",
    )
    assert refused.startswith("409")
    assert "还不能开始访谈" in refused


def test_who_cannot_read_hears_one_sentence_a_screen(child: str, researcher: Callable[[str], Any]) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{child}/consent")
    me.press("奶奶")
    me.follow("一句一屏，放大念")
    screens = 1
    while me.sees("下一句"):
        me.follow("下一句")
        screens += 1

    assert screens > 6
    assert me.sees("用家里平常说的话讲")
    me.follow("念完了，去问一问")
    assert me.sees("孩子能不能参加，谁来定？")
