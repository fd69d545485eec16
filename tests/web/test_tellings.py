from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Hidden = Callable[[str], dict[str, str]]


@pytest.fixture
def path(browser: FlaskClient, consented: str, newer: Any) -> str:
    """The page on which the child's mother is told what is new."""
    newer("minor")
    page = browser.get(f"/people/{consented}").text
    assert "母亲同意以后，同意书有小改动" in page
    return page.split('/tell"')[0].rsplit('"', 1)[1] + "/tell"


def test_what_changed_once_more_meanwhile_is_not_taken_for_told(
    browser: FlaskClient, path: str, hidden: Hidden
) -> None:
    typed = hidden(browser.get(path).text)
    answer = browser.post(path, data={**typed, "text_hash": "another"})

    assert answer.status_code == 409
    assert "没有保存：这份文件已经有更新的版本" in answer.text


def test_they_are_told_once_and_the_line_goes(browser: FlaskClient, path: str, hidden: Hidden, consented: str) -> None:
    page = browser.get(path).text
    assert "同意书里新改的内容" in page
    assert "0000-0000000" in page

    done = browser.post(path, data=hidden(page), follow_redirects=True)
    assert browser.post(path, data=hidden(page)).status_code == 302  # a second tap on it
    assert "同意书的改动已经告诉他们了" in done.text
    assert "同意以后，同意书有小改动" not in done.text
    assert "同意书有小改动" not in browser.get("/today").text
    assert browser.get(path).status_code == 404
