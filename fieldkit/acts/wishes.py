"""What a child said on a page that could not reach the laptop, and that could not be done as it stood when it came.

Since then the interview was ended, stopped or gone on with here. The laptop keeps it, so that it does not die with that
page, and a person decides: it is done now, or it stays as decided, for a reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import wishes
from fieldkit.store.database import Tables
from fieldkit.store.wishes import Wish
from fieldkit.studies import load_study

REASONS = load_study().codes["reason_wish"]
_LONGEST_AGO = 366 * 86400.0  # seconds: no page is older


def keep(desk: Desk, tables: Tables, wish: Wish, ago: float) -> None:
    """Keep in the caller's transaction what was chosen so many seconds *ago*; what is known already stays as it is."""
    if wishes.of(tables, wish.interview, wish.id) is None:
        at = desk.clock.now() - timedelta(seconds=min(ago, _LONGEST_AGO))
        wishes.keep(tables, replace(wish, at=at.isoformat(timespec="minutes")))


def met(tables: Tables, interview: str, what: str, question: str = "") -> None:
    """Forget in the caller's transaction what waited and is done now."""
    for wish in wishes.waiting(tables, interview):
        if (wish.what, wish.question) == (what, question):
            wishes.drop(tables, wish)


@only(INTERVIEWER)
def waiting(desk: Desk, interview: str = "") -> list[Wish]:
    """Return what waits for a person, the oldest first: of one *interview*, or of all on this laptop."""
    with desk.db.reading() as tables:
        return wishes.waiting(tables, interview)


@only(INTERVIEWER)
def settle(desk: Desk, interview: str, id_: str, reason: str) -> None:
    """Let it stay as decided, for a *reason* (`reason_wish`); it is not asked again. Raises NotFound, Invalid."""
    if reason not in REASONS:
        raise Invalid(field=N_("the reason"))
    with desk.db.writing() as tables:
        wish = wishes.of(tables, interview, id_)
        if wish is None or wish.settled:
            raise NotFound
        wishes.keep(tables, replace(wish, settled=reason))
