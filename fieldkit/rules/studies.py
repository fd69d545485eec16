"""Whether the study still asks anybody: nothing more is asked for once it is closed (`domain.md` §1.1)."""

from __future__ import annotations

from collections.abc import Mapping

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars


class StudyClosed(Refusal):
    """Nobody new is written down or asked: a name that nobody needs is not kept (PIPL 6, 19)."""

    code = "study_closed"
    message = N_(
        "The study is closed since {day}: no child is newly registered or asked, and nothing new is saved. A no, "
        "a withdrawal and a paper of an earlier day are still taken. Is that day wrong? The coordinator corrects it "
        "under “Getting ready”."
    )


def closed_since(facts: Mapping[str, str], day: str) -> str:
    """Return since when the study is closed on *day*, an empty string while it goes on."""
    closed_on = facts.get("closed_on", "")
    return closed_on if closed_on <= day else ""


def check_open(closed_since: str) -> None:
    """Raise StudyClosed where there is a day since which the study is closed; a no is kept all the same."""
    if closed_since:
        raise StudyClosed(day=calendars.spoken_day(closed_since))
