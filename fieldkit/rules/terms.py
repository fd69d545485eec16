"""Terms that stand nowhere where a child or its family reads or hears them (`domain.md` D11, §5 and §6.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import names
from fieldkit.rules.findings import HINT, Finding
from fieldkit.studies import load_study

TERM = "term"
_AROUND = 8  # characters that show where in a text a term stands


class NotForFamilies(Refusal):
    """A label that children are mocked with."""

    code = "not_for_families"
    message = N_(
        "Nothing was saved: “{place}” is read or heard by children and families, and children are mocked with that "
        "word. Say it in other words, then go on."
    )
    status = 422


def check(texts: Iterable[str]) -> None:
    """Raise NotForFamilies where one of *texts* calls children what they must never read or hear."""
    for text in map(names.typed, texts):
        found = _blocked().search(text)
        if found:
            raise NotForFamilies(place=text[max(0, found.start() - _AROUND) : found.end() + _AROUND].strip())


def findings(texts: Iterable[str]) -> list[Finding]:
    """Return a hint for each term of the team in *texts* that families should not have to read or hear."""
    said = [names.typed(text) for text in texts]
    used = [words for words, pattern in _hinted().items() if any(pattern.search(text) for text in said)]
    return [Finding(TERM, HINT, _OF_THE_TEAM, {"term": words}) for words in used]


_NOTHING = "(?!)"  # a study without such a term refuses no text


@cache
def _blocked() -> re.Pattern[str]:
    terms = [_spelt(one) for term in load_study().glossary for one in term.blocked]
    return re.compile("|".join(terms) or _NOTHING, re.IGNORECASE)


@cache
def _hinted() -> dict[str, re.Pattern[str]]:
    terms = [term.text for term in load_study().glossary if not (term.child_ok or term.blocked)]
    return {one: re.compile(_spelt(one), re.IGNORECASE) for pair in terms for one in (pair.zh, pair.en)}


def _spelt(term: str) -> str:
    """Return *term* as a pattern, whatever stands between its characters or words: spaces, hyphens, nothing."""
    return r"[\s-]*".join(map(re.escape, term.split() if term.isascii() else term))


_OF_THE_TEAM = N_("“{term}” is a word of the team. Where children or families read or hear it, say it in plain words.")
