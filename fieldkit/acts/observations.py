"""What was seen around an interview, and the paragraph about the case: no answer, and no memo (`domain.md` §1.16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fieldkit.acts import interviews, visits
from fieldkit.acts.cases import Case, case_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.i18n import N_
from fieldkit.records import clean, natural_id
from fieldkit.rules import names, notes
from fieldkit.rules.findings import Finding
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import log, people
from fieldkit.store.log import Draft

PARTS = ("setting_desc", "interaction", "non_verbal", "interruptions", "profile")
LONGEST = 20_000


@dataclass(frozen=True)
class Observation:
    """What was written about one interview, and what an edit of it goes over; `open`: consent lets it be written."""

    case: Case
    parts: Mapping[str, str]
    opened: Opened
    open: bool


@only(INTERVIEWER, COORDINATOR)
def of_interview(desk: Desk, interview: str) -> Observation:
    """Return the observation of *interview*, empty where there is none. Raises NotFound."""
    with desk.db.reading() as tables:
        row = interviews.row_within(tables, interview)
        stored = people.row(tables, "observations", "interview = ?", interview) or {}
        one = case_within(desk, tables, row["subject"])
        return Observation(
            case=one,
            parts={name: stored.get(name) or "" for name in PARTS},
            opened=opened(tables, natural_id("observation", interview)),
            open=desk.me.role == INTERVIEWER and one.permits(interviews.NEEDED, interview),
        )


@only(INTERVIEWER)
def keep(desk: Desk, interview: str, parts: Mapping[str, str], base: str = "{}") -> list[Finding]:
    """Keep what was seen, over what was on the screen; return what to look at again (V38).

    Raises NotFound, TooLong, ConsentMissing, StopCountsDown.
    """
    told = {name: clean(parts.get(name, "").strip()) for name in PARTS}
    for text in told.values():
        names.check_fits(text, N_("the observation"), LONGEST)
    with desk.db.writing() as tables:
        row = interviews.row_within(tables, interview)
        interviews.check_goes_on(tables, interview)
        grounds = interviews.grounds(desk, tables, row)
        facts = {"interview": interview, **told}
        draft = Draft("observation", facts, subject=row["subject"], session=interview, grounds=grounds)
        log.save_over(tables, desk.pen, draft, natural_id("observation", interview), base)
        return notes.findings("\n".join(told.values()), visits.known_names(tables))
