"""Pseudonyms: none that is taken, none that shares a character with the real name, none doubled (`domain.md` D6)."""

from __future__ import annotations

from collections.abc import Collection

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
    """Raise PseudonymTaken (V10), PseudonymTells (V11) or PseudonymDoubled (D6) for an unfit *pseudonym*.

    *names*: the child's real and called names, written together.
    """
    if len(set(pseudonym.zh)) < len(pseudonym.zh):
        raise PseudonymDoubled
    if set(pseudonym.zh) & set(names):
        raise PseudonymTells
    if any(
        pseudonym.zh == one.zh or (pseudonym.en and pseudonym.en.lower() == one.en.lower()) for one in taken
    ):
        raise PseudonymTaken


def suggest(taken: Collection[Pair], names: str, start: int) -> Pair:
    """Return a fit pseudonym from the study's list, looking from place *start* on; an empty pair when none is left."""
    known = load_study().pseudonyms
    for step in range(len(known)):
        one = known[(start + step) % len(known)]
        if not set(one.zh) & set(names) and one not in taken:
            return one
    return Pair("", "")
