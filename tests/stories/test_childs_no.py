"""Story 4: the child's no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("answer", ["不愿意", "孩子没有回答"])
def test_a_no_or_silence_ends_it_for_today_without_a_reason(
    consented: str, researcher: Callable[[str], Any], answer: str
) -> None:
    me = researcher("interviewer")
    me.go(f"/people/{consented}")
    me.follow("去问孩子")
    me.press(answer)

    assert me.page.inner_text("main").split() == ["今天就到这儿", "回首页"]
    me.go(f"/people/{consented}")
    assert me.sees("不参加")
    assert me.page.get_by_role("link", name="去问孩子").count() == 0
    me.go(f"/people/{consented}/assent")
    for part in me.page.locator("input[name=told]").all():
        part.check()
    me.page.get_by_label("亲口说", exact=True).check()
    me.press("愿意")
    assert me.sees("今天不再问")
    me.go("/people")
    assert me.sees("孩子不愿意")
