"""Pseudonyms: none that is taken, none that shares a character with the real name, none doubled (`domain.md` D6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from unicodedata import name

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules.characters import simplified
from fieldkit.rules.findings import HINT, Finding
from fieldkit.rules.names import is_rare_han, letters
from fieldkit.rules.pinyin import read_aloud
from fieldkit.studies import Pair, load_study

SHORTEST = 2
WORDS = N_("the pseudonym")


class PseudonymTaken(Refusal):
    """V10: used already, or one with the same pinyin."""

    code = "V10"
    message = N_("This pseudonym is already used, or one that sounds the same. Take another one.")
    status = 422


class PseudonymTells(Refusal):
    """V11: it holds a character of the child's real, called or pet name, in either script, or is read like it."""

    code = "V11"
    message = N_("This pseudonym shares a character with the child's name, or sounds like it. Take another one.")
    status = 422


class PseudonymOfFamily(Refusal):
    """V12: a family member or a teacher is called so."""

    code = "V12"
    message = N_("Somebody of the family or the school is called so. Take another pseudonym.")
    status = 422


class PseudonymDoubled(Refusal):
    """A doubled character is how pet names are made: it can be the real one (D6)."""

    code = "D6"
    message = N_("A doubled pseudonym can be a real pet name. Take two different characters.")
    status = 422


class PseudonymEmpty(Refusal):
    """Nothing in it can be read aloud: signs and pictures are no name."""

    code = "pseudonym_empty"
    message = N_("A pseudonym is written in characters that can be read aloud. Take two Chinese characters.")
    status = 422


class PseudonymShort(Refusal):
    """One letter, or an initial: the protocol's pseudonym has two Chinese characters (`domain.md` §1.4)."""

    code = "pseudonym_short"
    message = N_("A pseudonym has two Chinese characters at least. Add one, or take another pseudonym.")
    status = 422


TELLING = (PseudonymTells, PseudonymOfFamily)  # what may come to be true of a pseudonym in use, by names told later


def check(pseudonym: Pair, taken: Collection[Pair], names: str, family: Collection[str] = ()) -> None:
    """Raise what an unfit *pseudonym* is refused for: D6, V10, V11 or V12, or that it is none or too short.

    *names*: the child's real, called and pet names, written together; *family*: names of its adults and teachers.
    """
    refusal = _unfit(pseudonym, taken, names, family)
    if refusal is not None:
        raise refusal


def telling(pseudonym: Pair, names: str, family: Collection[str]) -> Refusal | None:
    """Return V11 or V12 where a pseudonym in use is among *names* and *family*, which may have been told after it."""
    found = _unfit(pseudonym, [], names, family)
    return found() if found in TELLING else None


def suggest(taken: Collection[Pair], names: str, start: int, family: Collection[str] = ()) -> Pair:
    """Return a fit pseudonym from the study's list, looking from place *start* on; an empty pair if none is left."""
    known = load_study().pseudonyms
    begin = start % len(known)
    turned = known[begin:] + known[:begin]
    return next((one for one in turned if _unfit(one, taken, names, family) is None), Pair("", ""))


def pinyin(zh: str) -> str:
    """Return a Chinese name as it is written in pinyin, without tones and with one capital: 知夏 as Zhixia."""
    spoken = read_aloud(letters(zh))
    return spoken.capitalize() if letters(spoken).isascii() else ""


def findings(pseudonym: Pair, sex: str) -> list[Finding]:
    """Return V13 where a character of the pseudonym is heard as the other sex."""
    other = load_study().gendered.get({"m": "f", "f": "m"}.get(sex, ""), "")
    if set(letters(pseudonym.zh)) & set(other):
        return [Finding("V13", HINT, N_("This pseudonym sounds like the other sex. Take another one, or leave it."))]
    return []


def _unfit(pseudonym: Pair, taken: Collection[Pair], names: str, family: Iterable[str] = ()) -> type[Refusal] | None:
    characters = _written(pseudonym.zh)
    if not characters:
        return PseudonymEmpty
    if len(set(characters)) < len(characters):
        return PseudonymDoubled
    if sum(map(_is_han, characters)) < SHORTEST:
        return PseudonymShort
    if set(characters) & set(_written(names)) or _sounds_like(pseudonym, names):
        return PseudonymTells
    if any(_names(characters, _written(one)) for one in family):
        return PseudonymOfFamily
    return PseudonymTaken if any(_same(pseudonym, one) for one in taken) else None


def _written(name: str) -> str:
    """Return the letters of a name as they are compared: one character is the same in either script."""
    return simplified(letters(name))


def _is_han(letter: str) -> bool:
    return is_rare_han(letter) or name(letter, "").startswith("CJK UNIFIED") or letter == "〇"


def _names(characters: str, whole: str) -> bool:
    """The whole name, or a given name of two characters or more, whatever stands before it."""
    return characters == whole or (len(characters) > 1 and whole.endswith(characters))


def _sounds_like(pseudonym: Pair, names: str) -> bool:
    """Pinyin of less than four letters lies in too many names to tell."""
    spoken = letters(read_aloud(letters(names)))
    return any(len(sound) > 3 and sound in spoken for sound in _sounds(pseudonym))


def _same(one: Pair, other: Pair) -> bool:
    return _written(one.zh) == _written(other.zh) or bool(_sounds(one) & _sounds(other))


def _sounds(name: Pair) -> set[str]:
    """What is typed as pinyin counts, and what the characters are read as: the first may be empty or wrong."""
    return {letters(name.en), letters(read_aloud(letters(name.zh)))} - {""}
