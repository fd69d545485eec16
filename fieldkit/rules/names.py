"""What is a name: something that can be read, without signs that nobody sees (`domain.md` §1.5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from unicodedata import category, normalize

from fieldkit.errors import Missing, Refusal
from fieldkit.i18n import N_

LONGEST = 40
_UNSEEN = {"Cc", "Cf"}  # line ends, zero-width signs, and those that turn the direction of writing
_FILLERS = "\u115f\u1160\u3164\uffa0"  # Korean letters that show nothing
_DASHES = re.compile("[\u2010-\u2015\u2212]")  # what keyboards and word processors make of a hyphen
_BETWEEN = re.compile(r"[\s,;/、，；]+")
_RARE = range(0x20000, 0x40000)  # Han characters, also those newer than the tables of this Python


class TooLong(Refusal):
    """More than the field of the page takes."""

    code = "too_long"
    message = N_("Too long: {field}. At most {n} characters; shorten it and save again.")
    status = 422


class NoName(Refusal):
    """A name of signs and numbers only."""

    code = "unreadable_name"
    message = N_("This is no name: {field}. Write it with letters or characters, then save again.")
    status = 422


def check(text: str, field: str) -> str:
    """Return a name as it is kept. Raises Missing, NoName where it has no letter, TooLong."""
    check_readable(text, field)
    return check_length(text, field)


def check_readable(text: str, field: str) -> str:
    """Return a name of any length as it is kept. Raises Missing, NoName where it has no letter."""
    kept = plain(text)
    if not kept:
        raise Missing(field=field)
    if not any(map(_readable, kept)):
        raise NoName(field=field)
    return kept


def borne_twice(known: Iterable[str]) -> set[str]:
    """Return the names that more than one person bears, spaces and capitals aside: a name alone tells nobody which."""
    borne = list(known)
    counted = Counter(map(same, borne))
    return {name for name in borne if counted[same(name)] > 1}


def same(name: str) -> str:
    """Return what two names that people take for one have in common."""
    return "".join(plain(name).casefold().split())


def check_length(text: str, field: str) -> str:
    """Return *text* as it is kept, be it empty. Raises TooLong."""
    kept = plain(text)
    check_fits(kept, field, LONGEST)
    return kept


def check_fits(text: str, field: str, longest: int) -> None:
    """Raise TooLong for more than *longest* characters."""
    if len(text) > longest:
        raise TooLong(field=field, n=longest)


def plain(text: str) -> str:
    """Return *text* without the signs that nobody sees: two names that look the same are the same."""
    return "".join(one for one in text if category(one) not in _UNSEEN and one not in _FILLERS).strip()


def typed(text: str) -> str:
    """Return a date, a number or a code with narrow digits and plain hyphens, however the keyboard wrote them."""
    return plain(_DASHES.sub("-", normalize("NFKC", text)))


def several(text: str) -> list[str]:
    """Return the names that lie in one field, divided by a mark or a space."""
    return [name for name in _BETWEEN.split(text) if name]


def letters(text: str) -> str:
    """Return the letters alone, so that spaces, capitals, apostrophes and tone marks hide no likeness."""
    return "".join(letter for letter in normalize("NFKD", text).casefold() if letter.isalnum() or is_rare_han(letter))


def is_rare_han(letter: str) -> bool:
    """Tell whether *letter* lies where the rare Chinese characters are."""
    return ord(letter) in _RARE


def _readable(letter: str) -> bool:
    return letter.isalpha() or is_rare_han(letter)
