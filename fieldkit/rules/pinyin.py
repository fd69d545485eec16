"""How Chinese is read aloud: as pypinyin does, from its dictionary, in less than half the memory it would take."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from unicodedata import normalize

LONGEST = 10  # characters of a phrase
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))


def read_aloud(zh: str) -> str:
    """Return *zh* in pinyin without tones, 重阳 as chongyang: phrase by phrase, what is none character by character.

    What nobody can read stays as it is.
    """
    readings, spoken = _readings(), ""
    while zh:
        word = next((zh[:n] for n in range(LONGEST, 1, -1) if zh[:n] in readings), zh[0])
        spoken, zh = spoken + readings.get(word, word), zh[len(word) :]
    return spoken


@cache
def _readings() -> dict[str, str]:
    """Return how each phrase and character is read.

    Phrases are copied: what stays then lies apart from all that the file was read into, which is given back as a whole.
    """
    phrases = {
        word[:1] + word[1:]: _toneless("".join(sound[0] for sound in sounds))
        for word, sounds in _file("phrases_dict").items()
    }
    return phrases | {
        chr(int(code)): _toneless(sounds.partition(",")[0]) for code, sounds in _file("pinyin_dict").items()
    }


def _file(name: str) -> dict[str, Any]:
    """Return what a file of pypinyin holds; to import it would load it in full."""
    path = Path(str(distribution("pypinyin").locate_file(f"pypinyin/{name}.json")))
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _toneless(spoken: str) -> str:
    return normalize("NFC", normalize("NFD", spoken).translate(_TONES))
