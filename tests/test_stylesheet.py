"""What is read outdoors can be read: 7 to 1 and more, in every brightness (`pages.md` §3)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fieldkit

SHEET = (Path(fieldkit.__file__).parent / "static" / "fieldkit.css").read_text(encoding="utf-8")
THEMES = {
    "light": r":root \{(.*?)\n\}",
    "dark": r":root:not\(\[data-theme=light\]\) \{(.*?)\n  \}",
    "low": r":root\[data-theme=low\] \{(.*?)\n  \}",
}
PAIRS = (
    *(("ink", ground) for ground in ("page", "card", "tint", "mark")),
    *(("soft", ground) for ground in ("page", "card", "warn-bg")),
    *(("act", ground) for ground in ("page", "card", "tint")),
    *(("ok", ground) for ground in ("card", "ok-bg")),
    *(("warn", "warn-bg"), ("bad", "card"), ("on-act", "act"), ("on-stop", "stop")),
)


def tokens(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name."""
    found = re.search(THEMES[theme], SHEET, re.DOTALL)
    assert found
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", found[1]))


def light_of(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(one * 2 for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return how far two colours are apart: 1 to 21."""
    darker, lighter = sorted((light_of(one), light_of(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_and_white_are_the_furthest_apart_and_grey_on_white_is_too_near() -> None:
    assert round(contrast("#000", "#ffffff")) == 21
    assert contrast("#767676", "#fff") < 7


@pytest.mark.parametrize("theme", THEMES)
def test_words_stand_out_from_their_ground(theme: str) -> None:
    known = tokens(theme)
    near = {(word, ground): round(contrast(known[word], known[ground]), 2) for word, ground in PAIRS}

    assert {pair: ratio for pair, ratio in near.items() if ratio < 7} == {}


@pytest.mark.parametrize("theme", ["dark", "low"])
def test_paper_is_white_whatever_the_screen_is(theme: str) -> None:
    before = SHEET[: next(re.finditer(THEMES[theme], SHEET, re.DOTALL)).start()]

    assert before.rstrip().rpartition("\n")[2].startswith("@media screen")


@pytest.mark.parametrize("theme", THEMES)
def test_the_lines_of_fields_and_the_focus_can_be_seen(theme: str) -> None:
    known = tokens(theme)

    assert min(contrast(known["line"], known[ground]) for ground in ("page", "card")) >= 3
    assert min(contrast(known["focus"], known[ground]) for ground in ("page", "card")) >= 3
