"""What may stand on a page that a family can see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = re.compile(r"留守|left.behind", re.IGNORECASE)
PAGES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_page_names_the_children_by_their_lot(page: Path) -> None:
    assert not FORBIDDEN.search(page.read_text(encoding="utf-8"))


def test_no_translation_names_the_children_by_their_lot() -> None:
    text = (ROOT / "translations/zh_CN/LC_MESSAGES/messages.po").read_text(encoding="utf-8")

    assert not FORBIDDEN.search(text)


def test_chinese_takes_full_width_punctuation_and_no_exclamation() -> None:
    with (ROOT / "translations/zh_CN/LC_MESSAGES/messages.po").open("rb") as file:
        words = [str(message.string) for message in read_po(file) if message.id]

    assert not [text for text in words if re.search(r"[\u4e00-\u9fff][,;!?]|！|\u4e00 · ", text)]
    assert not [text for text in words if not text]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_page_holds_a_script_or_a_style_of_its_own(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", text)
    assert "|safe" not in text
