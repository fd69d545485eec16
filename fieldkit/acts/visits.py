"""The visit log: who was found at home, and why a child does not take part (COREQ 13)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fieldkit.acts import events
from fieldkit.acts.cases import Case, case_within, in_short
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import Invalid
from fieldkit.i18n import N_
from fieldkit.rules import calendars, names, notes
from fieldkit.rules.findings import Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, people
from fieldkit.store import visits as store
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

MOVED = "moved"
WHOSE = load_study().codes["reason_G05"]
REASONS = ("unreachable", MOVED, "ill", "no_time", "gatekeeper_no", "carer_no")  # a no of child or guardian is an event
LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Visit:
    """One visit: the day, what came of it, when to come again, a note; `whose` no it was, where that was asked."""

    id: str
    day: str
    outcome: str
    next_on: str
    note: str
    whose: str = ""


@only(INTERVIEWER)
def record(
    desk: Desk, subject: str, outcome: str, next_on: str = "", note: str = "", went_on: str = ""
) -> list[Finding]:
    """Keep one visit; return what should be looked at in its note (V38).

    *went_on*: the day of a form that waited, today where it is empty. Raises NotFound, Invalid, NoDay, DayToAskAgain.
    """
    if outcome not in load_study().codes["visit_outcome"]:
        raise Invalid(field=N_("what came of the visit"))
    if len(note) > LONGEST_NOTE:
        raise Invalid(field=N_("the note"))
    day = str(events.when(desk, went_on)["day"])
    next_on = next_on and calendars.coming_day(next_on, N_("Come again on"), calendars.civil_day(day)).isoformat()
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        said = {"day": day, "site": one.site, "outcome": outcome, "next_on": next_on, "note": note.strip()}
        log.append(tables, desk.pen, Draft("visit", said, subject=subject))
        if outcome == MOVED:
            _moved(desk, tables, subject)
        return notes.findings(note, known_names(tables))


def _moved(desk: Desk, tables: Tables, subject: str) -> None:
    draft = Draft("participant", {"moved_on": desk.today}, record=subject, subject=subject)
    log.append_over(tables, desk.pen, draft)


def known_names(tables: Tables) -> list[str]:
    """Return the names that no note should hold, each as it stands and also those of several in one field."""
    return [name for known in store.known_names(tables) for name in (known, *names.several(known))]


_TODAY = "subject = ? AND reason = ? AND day = ?"


@only(INTERVIEWER)
def not_taking_part(desk: Desk, subject: str, reason: str) -> None:
    """Count without a name why a child does not take part; the same reason twice on a day is written once.

    Raises NotFound, Invalid. A no of the child or of a guardian is an answer of its own and not written here.
    """
    if reason not in REASONS:
        raise Invalid(field=N_("the reason"))
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        if people.row(tables, "nonparticipations", _TODAY, subject, reason, desk.today) is None:
            trace = {"reason": reason, "site": one.site, "sex": one.sex, "age_group": one.age_group, "day": desk.today}
            log.append(tables, desk.pen, Draft("nonparticipation", trace, record=new_id(), subject=subject))


def of(tables: Tables, subject: str) -> list[Visit]:
    """Return the visits of a child, the newest first."""
    shown = ("id", "day", "outcome", "next_on", "note", "whose")
    return [Visit(**{name: row[name] or "" for name in shown}) for row in store.of(tables, subject)]


@only(INTERVIEWER)
def answer(desk: Desk, subject: str, whose: str) -> None:
    """Keep what the visits were that ended with a refusal: no no of a guardian or the child, which are events.

    *whose*: a code of `reason_G05`. Raises NotFound, Invalid.
    """
    if whose not in WHOSE:
        raise Invalid(field=N_("the reason"))
    with desk.db.writing() as tables:
        answer_within(desk, tables, case_within(desk, tables, subject), whose)


def answer_within(desk: Desk, tables: Tables, one: Case, whose: str) -> None:
    """Keep the same in the caller's transaction: it is asked once. Each answer lies with the record of its visit."""
    for refusal in one.refusals:
        row = people.row(tables, "visits", "id = ?", refusal.id)
        draft = Draft("visit_answer", {"visit": refusal.id, "whose": whose, "day": desk.today})
        log.append(tables, desk.pen, replace(draft, subject=row["subject"] if row else one.id))


def of_child(desk: Desk, subject: str) -> list[Visit]:
    """Return the visits of a child who is in use. Raises NotFound."""
    with desk.db.reading() as tables:
        in_short(desk, tables, subject)
        return of(tables, subject)
