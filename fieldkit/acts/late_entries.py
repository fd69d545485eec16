"""An interview that was held on paper, typed in later: judged for its own day (`domain.md` §3.2, §3.4, §6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fieldkit.acts import assents, clocks, events, forms, interviews, pseudonyms, situations
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import FormView
from fieldkit.acts.people import GATES, Case, case_within, unused_session
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value
from fieldkit.rules import calendars, consent, late_entries, names
from fieldkit.rules.consent import CHILD
from fieldkit.rules.findings import Finding
from fieldkit.rules.gates import Gate
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.moments import MINUTE
from fieldkit.rules.states import ADULT_GROUP
from fieldkit.store import log, people, standing, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair

DAY, REF = N_("Day of the interview"), N_("Number of the sheet, and where it lies")
BEGUN, OVER = N_("Begun at"), N_("Over at")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class HeldThatDay(Refusal):
    """This child has an interview of that day already: one a day, on paper or not."""

    code = "held_that_day"
    message = N_(
        "An interview of that day is here already. Open it on the child's page and write into it what the sheet says."
    )


@dataclass(frozen=True)
class PaperTold:
    """What a sheet says: when, where it lies, and the child's own yes with what was ticked about all of it.

    `begun` and `over` are times of day (14:05) and may be empty; `said.reasons`: rule or gate id to reason code.
    """

    day: str
    paper_ref: str
    said: ChildAnswer
    begun: str = ""
    over: str = ""


@dataclass(frozen=True)
class LatePage:
    """What is asked about the interview of one day, and the gates as they stood.

    `form`: in force that day, for this child's age then; None where the yes of that day is on record already.
    `opening`: the script of the guide of that day.
    """

    case: Case
    day: str
    gates: list[Gate]
    form: FormView | None
    opening: list[list[Pair]]
    follows: list[str]
    findings: list[Finding]


@only(INTERVIEWER)
def page(desk: Desk, subject: str, day: str) -> LatePage:
    """Return what is asked about an interview on paper of *day*. Raises NotFound, NoDay, DayToCome, HeldThatDay."""
    then = _on(desk, day)
    form = forms.child_form(then, subject)
    with desk.db.reading() as tables:
        found = _look(desk, then, tables, subject)
        asks = not found.own and found.case.age_group != ADULT_GROUP
        again = late_entries.taken_back(found.case.events, then.today) if asks else []
        asked = [*consent.asked_again(CHILD, again), *clocks.findings_of(desk, tables)]
        seen = events.follows(found.case, CHILD)
        opening = _opening(then, tables, found.case)
        return LatePage(found.case, then.today, found.gates, form if asks else None, opening, seen, asked)


def _opening(then: Desk, tables: Tables, one: Case) -> list[list[Pair]]:
    version = strings.version_of(tables, then.today)
    return forms.spoken(strings.published(tables, version), forms.said_of(then, tables, one)) if version else []


@only(INTERVIEWER)
def enter(desk: Desk, subject: str, told: PaperTold) -> str:
    """Open an interview that was held on paper; return its id. The child's yes of that day is kept with it.

    Raises NotFound, NoDay, DayToCome, Missing, TooLong, Invalid, HeldThatDay, GatesClosed (V34), what `assents.record`
    refuses, WallBroken, and V11 or V12 where the pseudonym tells who the child is.
    """
    then, minutes = _on(desk, told.day), _minutes(told)
    ref = names.check_length(told.paper_ref, REF)
    if not ref:
        raise Missing(field=REF)
    form = forms.child_form(then, subject)
    with desk.db.writing() as tables:
        found = _look(desk, then, tables, subject)
        asked = interviews.check_gates(found.gates, told.said.reasons)
        pseudonyms.check_tells_nothing(tables, found.case)
        session = found.own or assents.on_paper(desk, then, tables, found.case, form, told.said)
        _open(desk, tables, found.case, session, {"started_on": then.today, "paper_ref": ref, "asked": asked})
        if minutes is not None:
            facts = {"interview": session, "duration_ms": minutes * MINUTE}
            log.append_over(tables, desk.pen, Draft("closing", facts, subject=subject, session=session))
        return session


def _on(desk: Desk, day: str) -> Desk:
    """Return the desk as on the day on which an interview was held. Raises NoDay, DayToCome."""
    return desk.on(calendars.past_day(day, DAY, desk.clock.today()).isoformat())


def _minutes(told: PaperTold) -> int | None:
    """Return how long it took, where begin and end are known; raises Invalid for what is no time, or no length."""
    times = {field: _time(text, field) for field, text in ((BEGUN, told.begun), (OVER, told.over))}
    begun, over = times.values()
    if begun is None or over is None:
        return None
    if over <= begun:
        raise Invalid(field=OVER)
    return over - begun


def _time(text: str, field: str) -> int | None:
    told = names.typed(text)
    found = _TIME.fullmatch(told)
    if told and found is None:
        raise Invalid(field=field)
    return int(found[1]) * 60 + int(found[2]) if found else None


@dataclass(frozen=True)
class _Found:
    """A child as on the day of the sheet; `own`: the session of the yes of that day that is on record already."""

    case: Case
    own: str
    gates: list[Gate]


def _look(desk: Desk, then: Desk, tables: Tables, subject: str) -> _Found:
    """Return the child and every gate as on the day of *then*. Raises NotFound, HeldThatDay."""
    one = case_within(then, tables, subject)
    if any(line.started_on == then.today for line in one.interviews):
        raise HeldThatDay
    row = people.row(tables, "participants", "id = ?", subject)
    if row is None:
        raise NotFound
    own = unused_session(late_entries.said_by(one.events, then.today), one.interviews, then.today)
    seen = situations.gather(then, tables, situations.ground(then, tables), row, one.events, own)
    seen = replace(seen, doubts=situations.doubts(desk, tables))  # of this laptop as it is now
    if not own and not seen.adult:
        seen = late_entries.with_paper_yes(seen, subject)
    return _Found(one, own, late_entries.judge(GATES, seen))


def _open(desk: Desk, tables: Tables, one: Case, session: str, told: Mapping[str, Value]) -> None:
    """The interview stands on what was agreed to by its day; no counter of this laptop runs for it."""
    version = strings.version_of(tables, told["started_on"])
    if version is None:
        raise NotFound
    spoken = late_entries.said_by(standing.events(tables, one.id), told["started_on"])
    facts = {"guide_version": version["id"], "interviewer": desk.me.code, "entered_on": desk.today, **told}
    named = consent.grounds(spoken, session)
    log.append(
        tables, desk.pen, Draft("interview", facts, record=session, subject=one.id, session=session, grounds=named)
    )
