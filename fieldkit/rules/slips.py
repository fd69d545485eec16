"""Contact slips before consent, and the code on the family's own slip (`domain.md` §1.8)."""

from __future__ import annotations

from datetime import date, timedelta

KEPT = timedelta(days=30)
ALPHABET = "ABCDEFGHJKLMNPQRTUVWXY346789"  # nothing that looks like another: no 0 O, 1 I, 2 Z, 5 S
LENGTH = 8


def due(registered: date, today: date) -> bool:
    """Tell whether a slip written on *registered* has waited long enough for a guardian's answer."""
    return today - registered > KEPT


def code(chance: int) -> str:
    """Return the slip code that the random number *chance* stands for."""
    letters = []
    for _ in range(LENGTH):
        chance, place = divmod(chance, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)
