"""An interview that was held on paper, typed in later: judged for its own day (`domain.md` §3.2, §3.4, §6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fieldkit.acts import (
    assents,
    clocks,
    consents,
    endings,
    events,
    forms,
    interviews,
    pseudonyms,
    situations,
    stops,
    visits,
)
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.cases import GATES, Case, case_within, unused_session
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import FormView
from fieldkit.acts.interviews import HeldThatDay
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value
from fieldkit.rules import calendars, consent, late_entries, names, recontact
from fieldkit.rules.consent import CHILD
from fieldkit.rules.findings import Finding
from fieldkit.rules.gates import Gate
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.moments import MINUTE
from fieldkit.rules.states import ADULT_GROUP
from fieldkit.store import erasures, log, people, standing, strings
from fieldkit.store import stops as waiting
from fieldkit.store.clocks import flagged
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair

DAY, REF = N_("Day of the interview"), N_("Number of the sheet, and where it lies")
BEGUN, OVER = N_("Begun at"), N_("Over at")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class DiscardedThatDay(Refusal):
    """The child wanted nothing kept of the talk of that day: what is on paper of it is not typed in either."""

    code = "discarded_that_day"
    message = N_(
        "The child wanted nothing of the interview of that day to be kept, so it is not typed in again. "
        "Hand the sheet to the coordinator to be destroyed."
    )


class HalfTheTimes(Refusal):
    """Of begin and end only one was typed: no minutes come of that."""

    code = "half_the_times"
    message = N_("Begin and end go together. Type both times, or leave both empty.")
    status = 422


class StaysEntered(Refusal):
    """It is closed, or another laptop typed it in: nothing of it is taken out any more."""

    code = "stays_entered"
    message = N_(
        "It stays under this day: only an interview that this laptop typed in from paper, and that is not closed yet, "
        "can be taken out again. Tell the coordinator which day is right."
    )


@dataclass(frozen=True)
class PaperTold:
    """What a paper says: when, where it lies, and the child's own yes with what was ticked about all of it.

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
    """Return what is asked about an interview on paper of *day*.

    Raises NotFound, NoDay, DayToCome, HeldThatDay, DiscardedThatDay.
    """
    then = _on(desk, day)
    form = forms.child_form(then, subject)
    with desk.db.reading() as tables:
        found = _look(desk, then, tables, subject)
        asks = not found.own and found.case.age_group != ADULT_GROUP
        again = late_entries.taken_back(found.case.events, then.today, found.doubts) if asks else []
        spoken = late_entries.said_by(found.case.events, then.today, found.doubts) if found.case.heard else []
        own = recontact.asked_again(CHILD, again, spoken if asks else [], grown=found.case.adult)
        asked = [*own, *clocks.findings_of(desk, tables)]
        seen = events.follows(found.case, CHILD)
        opening = _opening(then, tables, found.case)
        return LatePage(found.case, then.today, found.gates, form if asks else None, opening, seen, asked)


def _opening(then: Desk, tables: Tables, one: Case) -> list[list[Pair]]:
    version = strings.version_of(tables, then.today)
    if version is None:
        return []
    return forms.spoken(strings.published(tables, version), forms.placeholder_values(then, tables, one))


@only(INTERVIEWER)
def enter(desk: Desk, subject: str, told: PaperTold) -> str:
    """Open an interview that was held on paper; return its id. The child's yes of that day is kept with it.

    Raises NotFound, NoDay, DayToCome, Missing, TooLong, Invalid, HalfTheTimes, HeldThatDay, DiscardedThatDay,
    GatesClosed (V34), what `assents.record` refuses, WallBroken, and V11 or V12 where the pseudonym tells who the child
    is.
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
        visits.answer_within(desk, tables, found.case, asked.get("G05", ""))
        session = found.own or assents.on_paper(desk, then, tables, found.case, form, told.said, found.doubts)
        _open(desk, tables, found, session, {"started_on": then.today, "paper_ref": ref, "asked": asked})
        if minutes is not None:
            facts = {"interview": session, "duration_ms": minutes * MINUTE}
            log.append_over(tables, desk.pen, Draft("closing", facts, subject=subject, session=session))
        return session


@only(INTERVIEWER)
def wrong_day(desk: Desk, subject: str, interview: str) -> None:
    """Take out again what was typed in under a wrong day: no word of the child's comes of it.

    The yes that was typed in with it is void. Raises NotFound, StaysEntered, ChoiceWaits, StoreBusy, DiskFull.
    """
    with desk.db.writing() as tables:
        row = interviews.row_within(tables, interview)
        if row["subject"] != subject:
            raise NotFound
        ours = any(one.kind == "interview" for one in log.of_session(tables, interview, desk.device.id))
        if not (row["entered_on"] and ours) or interviews.ended(tables, interview):
            raise StaysEntered
        stops.check_undecided(desk, tables, interview)
        said = standing.events(tables, row["subject"])
        typed = [yes for yes in said if yes.session == interview and yes.entered_on]
        for yes in typed:
            consents.void_within(desk, tables, row["subject"], yes, _WRONG_DAY)
        waiting.drop(tables, interview)
        endings.erase(desk, tables, interview)
        if not typed:  # the yes that was said to this laptop stays
            erasures.reopen(tables, interview)


_WRONG_DAY = "录入时写错了日期"


def _on(desk: Desk, day: str) -> Desk:
    """Return the desk as on the day on which an interview was held. Raises NoDay, DayToCome."""
    return desk.on(calendars.past_day(day, DAY, desk.clock.today()).isoformat())


def _minutes(told: PaperTold) -> int | None:
    """Return how long it took, where begin and end are known; raises Invalid for what is none, HalfTheTimes."""
    times = {field: _time(text, field) for field, text in ((BEGUN, told.begun), (OVER, told.over))}
    begun, over = times.values()
    if begun is None and over is None:
        return None
    if begun is None or over is None:
        raise HalfTheTimes
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
    """A child as on the day of the paper; `own`: the session of the yes of that day that is on record already.

    `doubts`: the ids of what was written under a doubtful date.
    """

    case: Case
    own: str
    gates: list[Gate]
    doubts: frozenset[str]


def _look(desk: Desk, then: Desk, tables: Tables, subject: str) -> _Found:
    """Return the child and every gate as on the day of *then*. Raises NotFound, HeldThatDay, DiscardedThatDay."""
    one = case_within(then, tables, subject)
    one = replace(one, heard=situations.heard(tables, subject, before=then.today))
    if any(line.started_on == then.today for line in one.interviews):
        raise HeldThatDay
    if late_entries.discarded_on(one.events, then.today):
        raise DiscardedThatDay
    row = people.row(tables, "participants", "id = ?", subject)
    if row is None:
        raise NotFound
    doubts = late_entries.doubtful(one.events, flagged(tables, subject))
    own = unused_session(tables, late_entries.said_by(one.events, then.today, doubts), one.interviews, then.today)
    seen = situations.gather(then, tables, situations.ground(then, tables), row, one.binding, own)
    seen = replace(seen, doubts=situations.doubts(desk, tables), doubtful=doubts, heard=one.heard)
    if not own and not seen.adult:
        seen = late_entries.with_paper_yes(seen, subject)
    return _Found(one, own, late_entries.judge(GATES, seen), doubts)


def _open(desk: Desk, tables: Tables, found: _Found, session: str, told: Mapping[str, Value]) -> None:
    """The interview stands on what was agreed to by its day; no counter of this laptop runs for it."""
    version = strings.version_of(tables, told["started_on"])
    if version is None:
        raise NotFound
    one, day = found.case, told["started_on"]
    spoken = late_entries.said_by(standing.events(tables, one.id), day, found.doubts)
    facts = {"guide_version": version["id"], "interviewer": desk.me.code, "entered_on": desk.today, **told}
    named = consent.grounds(spoken, session)
    log.append(
        tables, desk.pen, Draft("interview", facts, record=session, subject=one.id, session=session, grounds=named)
    )


def held_on_paper(case: Case, interview: str) -> bool:
    """Tell whether *interview* is typed in from paper, or was until nothing of it was to stay."""
    typed = any(line.id == interview and line.on_paper for line in case.interviews)
    return typed or any(event.act == consent.STOPPED and event.session == interview for event in case.events)
