"""The recovery sheet's secret: 128 random bits, as twelve words of either language, and as a QR code."""

from __future__ import annotations

import unicodedata
from functools import cache
from io import BytesIO

import segno
from mnemonic import Mnemonic
from nacl import utils

from fieldkit.i18n import EN, ZH
from fieldkit.store.keys import WrongWords

WORDS = 12
_LISTS = {ZH: "chinese_simplified", EN: "english"}


def new_code() -> bytes:
    """Return a fresh secret."""
    return utils.random(16)


def words(code: bytes, locale: str) -> list[str]:
    """Return the twelve words of *code*: one character each in Chinese."""
    return _language(locale).to_mnemonic(code).split()


def code(typed: str) -> bytes:
    """Return the secret that the *typed* words stand for, in either language, with or without spaces and numbers.

    Raises WrongWords for a word that is on no list, too few or too many, or a slip that the checksum shows.
    """
    found = split(typed)
    language = _language(ZH if found and found[0] > "z" else EN)
    if len(found) != WORDS:
        raise WrongWords
    try:
        return bytes(language.to_entropy(found))
    except (ValueError, LookupError) as error:
        raise WrongWords from error


def split(typed: str) -> list[str]:
    """Return the words in what was typed: Chinese characters one by one, English words by what lies between them."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    spaced = "".join(f" {sign} " if sign > "\u2e7f" else sign if sign.isalpha() else " " for sign in plain)
    return [word for word in spaced.split() if word.isalpha()]


def picture(code: bytes, locale: str) -> bytes:
    """Return the words as a QR code, an SVG that needs no style."""
    drawn = BytesIO()
    segno.make(" ".join(words(code, locale)), error="m").save(drawn, kind="svg", scale=5, border=4)
    return drawn.getvalue()


@cache
def _language(locale: str) -> Mnemonic:
    return Mnemonic(_LISTS[locale])
