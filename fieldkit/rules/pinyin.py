"""How Chinese is read aloud: as pypinyin does, from its dictionary, in a quarter of the memory that it would take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from unicodedata import normalize

from fieldkit.resources import text_of

_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))


def read_aloud(zh: str) -> str:
    """Return *zh* in pinyin without tones, 重阳 as chongyang: phrase by phrase, what is none character by character.

    What nobody can read stays as it is.
    """
    spoken = ""
    while zh:
        known = (line.split() for line in _readings().get(zh[0], "").splitlines())
        fitting = (one for one in known if zh.startswith(one[0]))
        word, sound = max(fitting, key=lambda one: len(one[0]), default=(zh[0], zh[0]))
        spoken, zh = spoken + sound, zh[len(word) :]
    return spoken


@cache
def _readings() -> dict[str, str]:
    """Return, by first character, a line for each phrase with how it is read: a string for each would take far more."""
    found: dict[str, str] = {}
    for word, sound in _dictionary():
        toneless = normalize("NFD", sound).translate(_TONES)
        found[word[0]] = found.get(word[0], "") + f"{word} {normalize('NFC', toneless)}\n"
    return found


def _dictionary() -> Iterator[tuple[str, str]]:
    for code, sounds in _file("pinyin_dict").items():
        yield chr(int(code)), sounds.partition(",")[0]
    for phrase, sounds in _file("phrases_dict").items():
        yield phrase, "".join(one[0] for one in sounds)


def _file(name: str) -> dict[str, Any]:
    """Return what a file of pypinyin holds; to import it would load it in full."""
    found: dict[str, Any] = json.loads(text_of("pypinyin", f"pypinyin/{name}.json"))
    return found
