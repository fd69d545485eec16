"""The end of an interview: how far it came, who was there, and what to look at again (V32, V36, V37)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fieldkit.i18n import N_
from fieldkit.rules.findings import ASK, HINT, Finding
from fieldkit.rules.moments import NOBODY

FULL, CORE, STOPPED = "full", "core", "partial_child"
FINISHED = frozenset({FULL, CORE})
DONE_WITH = frozenset({"answered", "child_skipped", "off_record"})
OVERHEARD = frozenset({"overheard_some", "overheard"})
SHORTEST = 10  # minutes
DURATION = N_("It took less than {min} or more than {max} minutes.")
LISTENING = N_("Somebody could hear: what was said about sensitive questions may be less than the child knows.")
EMPTY = N_("Who else was there, or the kind of place, is still empty.")


def how_far(done: Collection[str], core: Collection[str], asked: Collection[str]) -> str:
    """Return the code of `completion` that the questions speak for; empty where the core is not through."""
    if asked and set(asked) <= set(done):
        return FULL
    return CORE if core and set(core) <= set(done) else ""


def present(came: Iterable[str]) -> list[str]:
    """Return who was there, each once, in the order in which they came."""
    return [who for who in dict.fromkeys(came) if who and who != NOBODY]


def incomplete(setting: str, others: Collection[str]) -> bool:
    """Tell whether what only those who were there can know is missing."""
    return not setting or not others


def findings(setting: str, privacy: str, others: Collection[str], minutes: int | None, longest: int) -> list[Finding]:
    """Return what to look at again at the end: V37 asks, V32 and V36 are hints."""
    found = [Finding("V37", ASK, EMPTY)] if incomplete(setting, others) else []
    return found + hints(privacy, minutes, longest)


def hints(privacy: str, minutes: int | None, longest: int) -> list[Finding]:
    """Return what is only shown: an unusual length (V32) where it is known, somebody who could hear (V36)."""
    unusual = minutes is not None and not SHORTEST <= minutes <= longest
    found = [Finding("V32", HINT, DURATION, {"min": SHORTEST, "max": longest})] if unusual else []
    return found + ([Finding("V36", HINT, LISTENING)] if privacy in OVERHEARD else [])
