"""First run on an empty laptop: five questions on a phone-wide page, and words that can really be seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_five_questions_lead_to_a_study_and_the_twelve_words_are_seen(
    start: Any, tmp_path: Path, phone: Page, passphrase: str
) -> None:
    laptop = start(tmp_path / "laptop")
    phone.goto(f"{laptop.url}/setup")
    phone.click("button.primary")
    for field, typed in (("institution", "某大学"), ("name", "陈静")):
        phone.fill(f"#{field}", typed)
        phone.click("button.primary")
    phone.fill("#passphrase", passphrase)
    phone.fill("#again", passphrase)
    with phone.expect_navigation():
        phone.click("button.primary")
    listed = phone.locator("ol.twelve li")
    expect(listed).to_have_count(12)
    words = [one.inner_text() for one in listed.all() if one.is_visible()]
    assert len(words) == 12
    assert sorted(path.name for path in (tmp_path / "laptop").iterdir()) == ["lock"]

    phone.click("a.primary")
    for field in ("first", "second"):
        number = re.search(r"\d+", phone.inner_text(f"label[for={field}]"))
        assert number
        phone.fill(f"#{field}", words[int(number[0]) - 1])
    phone.click("button.primary")
    expect(phone.locator(".who")).to_contain_text("陈静")
