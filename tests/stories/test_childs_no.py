"""Story 4: the child's no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def again_today(me: Any, child: str) -> str:
    """Send the whole yes although no page offers it; return what the program says."""
    said: str = me.page.evaluate(
        """async (path) => {
            const body = new FormData();
            body.set('csrf_token', document.querySelector('[name=csrf_token]').value);
            for (const part of [1, 2, 3]) body.append('told', part);
            body.set('method', 'child_oral');
            body.set('answer', 'yes');
            return (await fetch(path, {method: 'POST', body})).text();
        }""",
        f"/people/{child}/assent",
    )
    return said


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
    assert me.page.url.endswith(f"/people/{consented}")
    assert me.sees("今天不再问")
    assert again_today(me, consented).count("今天不再问") >= 1
    me.go("/people")
    assert me.sees("孩子不愿意")
