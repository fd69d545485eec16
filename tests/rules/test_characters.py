"""Two scripts, one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules.characters import simplified

WRITTEN = {"劉國強": "刘国强", "歐陽娜": "欧阳娜", "刘国强": "刘国强", "": "", "Li 李😀": "Li 李😀"}


@pytest.mark.parametrize(("told", "plain"), WRITTEN.items())
def test_a_traditional_character_is_read_as_its_simplified_one(told: str, plain: str) -> None:
    assert simplified(told) == plain


@given(st.text())
def test_each_character_stays_one(text: str) -> None:
    assert len(simplified(text)) == len(text)
