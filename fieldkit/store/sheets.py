"""The recovery sheet's secret: 128 random bits, as twelve words of either language, and as a QR code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Set
from functools import cache
from io import BytesIO

import segno
from mnemonic import Mnemonic
from nacl import utils

from fieldkit.i18n import EN, N_, ZH
from fieldkit.store.keys import WrongWords

WORDS = 12
LONGEST = 8  # letters of a word on the English list
_LATIN = "\u2e7f"  # what comes after it is written without spaces
_LISTS = {ZH: "chinese_simplified", EN: "english"}


class UnknownWord(WrongWords):
    """A word that no sheet can have."""

    code = "unknown_word"
    message = N_(
        "Word {n} is not right: no sheet has such a word. Nothing was changed. Look at the sheet and correct it."
    )


class TwoReadings(WrongWords):
    """Typed without spaces, the letters are two sheets at once: "car draw" and "card raw"."""

    code = "two_readings"
    message = N_(
        "Without spaces these words can be read in two ways. Nothing was changed. Type a space after each word."
    )


def new_code() -> bytes:
    """Return a fresh secret."""
    return utils.random(16)


def words(code: bytes, locale: str) -> list[str]:
    """Return the twelve words of *code*: one character each in Chinese."""
    return _language(locale).to_mnemonic(code).split()


def code(typed: str) -> bytes:
    """Return the secret that the *typed* words stand for, in either language, with or without spaces and numbers.

    Raises UnknownWord, TwoReadings, and WrongWords for too few or too many, or a slip that the checksum shows.
    """
    found = split(typed)
    language = _language(ZH if found and found[0] > _LATIN else EN)
    known = frozenset(language.wordlist)
    readings = _readings(" ".join(found), known, WORDS)
    secrets = {secret for reading in readings if (secret := _secret(language, reading))}
    if not secrets:
        raise _explained(found, known)
    if len(secrets) > 1:
        raise TwoReadings
    return secrets.pop()


def split(typed: str) -> list[str]:
    """Return the words in what was typed: Chinese characters one by one, English words by what lies between them."""
    seen = (sign for sign in unicodedata.normalize("NFKC", typed).lower() if unicodedata.category(sign) != "Cf")
    spaced = "".join(f" {sign} " if sign > _LATIN else sign if sign.isalpha() else " " for sign in seen)
    return [word for word in spaced.split() if word.isalpha()]


def _readings(text: str, known: Set[str], left: int) -> Iterator[list[str]]:
    """Yield every way to read *text* as *left* words; a space parts two, and between others it may be missing."""
    text = text.lstrip(" ")
    if not text and not left:
        yield []
    for end in range(1, LONGEST + 1) if left else ():
        if text[:end] in known:
            yield from ([text[:end], *rest] for rest in _readings(text[end:], known, left - 1))


def _secret(language: Mnemonic, reading: list[str]) -> bytes | None:
    try:
        return bytes(language.to_entropy(reading))
    except ValueError:  # the checksum
        return None


def _explained(found: list[str], known: Set[str]) -> WrongWords:
    """Return what is wrong with words that have no reading: the place of the first unknown one, where there is one."""
    before = 0
    for part in found:
        ends = {0: 0}  # how many words were read up to where
        for start in range(len(part)):
            for end in range(start + 1, start + LONGEST + 1) if start in ends else ():
                if part[start:end] in known:
                    ends.setdefault(min(end, len(part)), ends[start] + 1)
        if len(part) not in ends:
            return UnknownWord(n=before + ends[max(ends)] + 1)
        before += ends[len(part)]
    return WrongWords()


def picture(code: bytes, locale: str) -> bytes:
    """Return the words as a QR code, an SVG that needs no style."""
    drawn = BytesIO()
    segno.make(" ".join(words(code, locale)), error="m").save(drawn, kind="svg", scale=5, border=4)
    return drawn.getvalue()


@cache
def _language(locale: str) -> Mnemonic:
    return Mnemonic(_LISTS[locale])
