"""Pseudonyms: none that is taken, none that shares a character with the real name, none doubled (`domain.md` D6)."""

from __future__ import annotations

from collections.abc import Collection
from unicodedata import normalize

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.studies import Pair, load_study


class PseudonymTaken(Refusal):
    """V10: used already, or one with the same pinyin."""

    code = "V10"
    message = N_("This pseudonym is already used, or one that sounds the same. Take another one.")
    status = 422


class PseudonymTells(Refusal):
    """V11: it holds a character of the child's real or called name."""

    code = "V11"
    message = N_("This pseudonym shares a character with the child's name. Take another one.")
    status = 422


class PseudonymDoubled(Refusal):
    """A doubled character is how pet names are made: it can be the real one (D6)."""

    code = "D6"
    message = N_("A doubled pseudonym can be a real pet name. Take two different characters.")
    status = 422


def check(pseudonym: Pair, taken: Collection[Pair], names: str) -> None:
    """Raise PseudonymDoubled (D6), PseudonymTells (V11) or PseudonymTaken (V10) for an unfit *pseudonym*.

    *names*: the child's real and called names, written together.
    """
    refusal = _unfit(pseudonym, taken, names)
    if refusal is not None:
        raise refusal


def suggest(taken: Collection[Pair], names: str, start: int) -> Pair:
    """Return a fit pseudonym from the study's list, looking from place *start* on; an empty pair if none is left."""
    known = load_study().pseudonyms
    begin = start % len(known)
    turned = known[begin:] + known[:begin]
    return next((one for one in turned if _unfit(one, taken, names) is None), Pair("", ""))


def _unfit(pseudonym: Pair, taken: Collection[Pair], names: str) -> type[Refusal] | None:
    characters = _letters(pseudonym.zh)
    if len(set(characters)) < len(characters):
        return PseudonymDoubled
    if set(characters) & set(_letters(names)):
        return PseudonymTells
    return PseudonymTaken if any(_same(pseudonym, one) for one in taken) else None


def _same(one: Pair, other: Pair) -> bool:
    spoken = _letters(one.en)
    return _letters(one.zh) == _letters(other.zh) or bool(spoken and spoken == _letters(other.en))


def _letters(text: str) -> str:
    """Return the letters alone, so that spaces, capitals, apostrophes and tone marks hide no likeness."""
    return "".join(letter for letter in normalize("NFKD", text).casefold() if letter.isalnum())
