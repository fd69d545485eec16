"""What should not stand in a note: a number or a name by which a family could be known (V38)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise, takewhile

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


# Behind a word that waits for somebody who speaks the dialect (`domain.md` §6.1, 09:40).
DOUBTED = "〔待核〕"
_ENDS = "。！？…；!?;\n"
# What closes a sentence stands behind its full stop, and goes with it; a straight quotation mark before a word opens.
_CLOSES = rf"""[{_ENDS}”’」』）)】》〉\]］}}｝〕〗＂＇]|{DOUBTED}|["'](?![^\W_])"""
_END = re.compile(f"[{_ENDS}](?:{_CLOSES})*")
_LONG_ENOUGH = 4  # characters: shorter words are found in anything


def last_words(text: str) -> tuple[str, str]:
    """Return *text* cut before its last sentence or line: what stays, and the last words with what follows them.

    Signs alone are no words: none are taken for a sentence, and none are left as one.
    """
    first, last = _said(text)
    cut = max((end.end() for end in _END.finditer(text) if first < end.end() < last), default=0)
    return text[:cut], text[cut:]


def without(text: str, words: str) -> str:
    """Return another version of a note without *words* that the child took back.

    Fewer than four characters go only where they are a whole sentence or line: inside one they may mean something else.
    More go however their sentence ends: in another version its end may not be typed yet.
    """
    first, last = _said(words)
    said, opens, behind = words[first:last], words[:first].strip().lstrip(_ENDS), words[last:].replace(DOUBTED, "")
    if len(said) < _LONG_ENOUGH:
        return "".join(one for one in _sentences(text) if not said or _core(one) != said)
    ends = re.escape("".join(sorted({*_ENDS, *behind})))
    return re.sub(rf"(?:{re.escape(opens)})?{re.escape(said)}(?:[{ends}]|{DOUBTED})*", "", text.replace(words, ""))


def says(text: str, words: str) -> bool:
    """Tell whether *text* holds *words*, however their sentence begins and ends."""
    return bool(_core(words)) and _core(words) in text


def rest(text: str, words: str, stays: str, *, own: bool) -> str | None:
    """Return a version of a note without *words*; None where nobody knows whether it holds a part of them.

    Of its *own* older text a page says what *stays* of it: the words may have been only begun there.
    """
    left = without(text, words)
    if says(left, words):
        return None
    if says(text, words) or text in stays:
        return left
    return beginning(text, stays) if own else None


def beginning(text: str, stays: str) -> str:
    """Return how an older *text* of a note begins, as far as the same *stays* in it now; never half a clause."""
    begins = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, stays, strict=False)))
    clauses = [place for place, sign in enumerate(begins, 1) if not sign.isalnum()]
    return begins if begins == stays else begins[: max(clauses, default=0)]


def _sentences(text: str) -> list[str]:
    places = [0, *(end.end() for end in _END.finditer(text)), len(text)]
    return [text[begin:end] for begin, end in pairwise(places)]


def _core(words: str) -> str:
    first, last = _said(words)
    return words[first:last]


def _said(text: str) -> tuple[int, int]:
    """Return where the first letter or figure of *text* stands, and the place behind the last; no sign is said."""
    bare = text.replace(DOUBTED, " " * len(DOUBTED))
    places = [place for place, sign in enumerate(bare) if sign.isalnum()]
    return (places[0], places[-1] + 1) if places else (0, 0)
