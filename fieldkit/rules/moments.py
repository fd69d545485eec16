"""What the moments of an interview mean for its questions: who can listen, whether the child is upset, when to rest.

`domain.md` §1.13, §1.28 (V33, V36) and §3.9. Times are milliseconds of the interview's own counter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fieldkit.i18n import N_
from fieldkit.rules.findings import HINT, Finding

CAME, LEFT, BREAK, RESUMED = "came_in", "left", "break", "resumed"
UPSET, VERY_UPSET = "distress_1", "distress_2"
NOBODY = "none"  # of the codes of `present`
OF_THE_TEAM = frozenset({NOBODY, "colleague"})  # a second adult of the team belongs to every interview
MINUTE = 60_000
CALMING = 5 * MINUTE


@dataclass(frozen=True)
class Moment:
    """One moment: what happened, who came or left, and when."""

    what: str
    who: str
    at: int


def listening(moments: Iterable[Moment]) -> tuple[str, ...]:
    """Return who came and has not left, as codes of `present`."""
    here: dict[str, None] = {}
    for one in moments:
        if one.what == CAME and one.who not in OF_THE_TEAM:
            here[one.who] = None
        elif one.what == LEFT:
            here = {who: None for who in here if one.who and who != one.who}
    return tuple(here)


def calm_from(moments: Sequence[Moment], now: int) -> int | None:
    """Return the minute from which tender questions may be asked again, 0 for not today, None where none waits."""
    if any(one.what == VERY_UPSET for one in moments):
        return 0
    until = max((one.at + CALMING for one in moments if one.what == UPSET), default=0)
    return -(-until // MINUTE) if now < until else None


def how_upset(moments: Iterable[Moment]) -> str:
    """Return how upset the child was at worst, as a code of `moment`; empty where nothing of it was noted."""
    seen = {one.what for one in moments}
    return next((level for level in (VERY_UPSET, UPSET) if level in seen), "")


def resting(moments: Iterable[Moment]) -> bool:
    """Tell whether a break is not over yet."""
    turns = [one.what for one in moments if one.what in {BREAK, RESUMED}]
    return turns[-1:] == [BREAK]


def rest(moments: Iterable[Moment], now: int, minutes: int) -> Finding | None:
    """Return the hint to offer a rest, *minutes* after the beginning or the last one (V33)."""
    since = max((one.at for one in moments if one.what == BREAK), default=0)
    if now - since < minutes * MINUTE:
        return None
    return Finding("V33", HINT, N_("{n} minutes in; ask the child about a rest."), {"n": now // MINUTE})
