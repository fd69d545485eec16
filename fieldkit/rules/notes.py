"""What should not stand in a note: a number or a name by which a family could be known (V38)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from fieldkit.i18n import N_
from fieldkit.rules.findings import HINT, Finding

_BETWEEN = re.compile(r"(?<=\d)[\s-]+(?=[\dXx])")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_ID = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_SHORTEST_NAME = 2  # a single character stands in any text
KNOWABLE = N_("The text may hold a real name, a telephone number or an ID number.")


def findings(text: str, names: Iterable[str]) -> list[Finding]:
    """Return V38 where *text* holds a mobile or ID number, or one of the known *names*; in any width and case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    together = _BETWEEN.sub("", plain)
    numbers = any(number.search(one) for number in (_MOBILE, _ID) for one in (plain, together))
    known = {unicodedata.normalize("NFKC", name).casefold().strip() for name in names}
    named = any(name in plain for name in known if len(name) >= _SHORTEST_NAME)
    return [Finding("V38", HINT, KNOWABLE)] if numbers or named else []


# Behind a word that waits for somebody who speaks the dialect (`domain.md` §6.1, 09:40). No sign at which a sentence
# ends is in it: taking back the last words takes it too.
DOUBTED = "〔待核〕"
_ENDS = frozenset("。！？…；!?;\n")
_LONG_ENOUGH = 4  # characters: shorter words are found in anything


def last_words(text: str) -> tuple[str, str]:
    """Return *text* cut before its last sentence or line: what stays, and the last words with what follows them."""
    end = len(text.rstrip())
    while end > 0 and text[end - 1] in _ENDS:
        end -= 1
    cut = max((place for place, sign in enumerate(text[:end], 1) if sign in _ENDS), default=0)
    return text[:cut], text[cut:]


def without(text: str, words: str) -> str:
    """Return another version of a note without *words* that the child took back.

    Fewer than four characters go only where they are a whole sentence or line: inside one they may mean something else.
    More go however their sentence ends: in another version its end may not be typed yet.
    """
    said, ends = _core(words), re.escape("".join(sorted(_ENDS)))
    if len(said) >= _LONG_ENOUGH:
        return re.sub(rf"{re.escape(said)}[{ends}]*", "", text.replace(words, ""))
    alone = re.compile(rf"(?:^|(?<=[{ends}]))[^\S\n]*{re.escape(said)}[^\S\n]*(?:[{ends}]+|$)")
    return alone.sub("", text) if said else text


def says(text: str, words: str) -> bool:
    """Tell whether *text* holds *words*, however their sentence ends."""
    return bool(_core(words)) and _core(words) in text


def _core(words: str) -> str:
    return words.strip().strip("".join(_ENDS)).strip()
