"""Interviews: start one when every gate holds, and count its minutes; its page is `acts/questions.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from fieldkit.acts import pseudonyms, situations, visits
from fieldkit.acts.cases import case_within
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import clocks, consent, gates
from fieldkit.rules import elapsed as counters
from fieldkit.rules import moments as meanings
from fieldkit.rules.findings import Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.moments import MINUTE, Moment
from fieldkit.store import elapsed, erasures, log, people, standing, stops, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

NEEDED = "notes"
FULL, CORE = "full", "core"
NOTHING: Mapping[str, str] = MappingProxyType({})
REASONS = {gate: load_study().codes[f"reason_{gate}"] for gate in ("G05", "G13", "G09", "G10", "G12")}


class GatesClosed(Refusal):
    """V34: something that has to be in place first is not; `details["gates"]` names all of it."""

    code = "V34"
    message = N_("The interview cannot start yet. See what is still missing and do that first.")


class HeldThatDay(Refusal):
    """This child has an interview of that day already: one a day, on paper or not."""

    code = "held_that_day"
    message = N_(
        "An interview of that day is here already. Open it on the child's page and write into it what else was said."
    )


class ConsentMissing(Refusal):
    """The consents that this interview stands on are no longer in place."""

    code = "consent_missing"
    message = N_(
        "Not saved: the consents for this interview are not in place any more. "
        "Stop writing and look at the child's page."
    )


class StopCountsDown(Refusal):
    """Somebody writes on while the child's stop counts down, or waits for room on the disk."""

    code = "stop_counts_down"
    message = N_(
        "Not saved: the child has chosen to stop. If the child wants to go on after all, say so on the stop page "
        "first. What you typed is still here."
    )
    status = 409


class TalkDeleted(NotFound):
    """Nothing of this interview was to stay."""

    code = "talk_deleted"
    title = N_("It is deleted")
    message = N_("Nothing of this talk stays: the child chose so, and it is deleted for good. Go back to the start.")


@dataclass(frozen=True)
class Pulse:
    """How many minutes an interview has run, and the hint to offer a rest where one is due (V33)."""

    minutes: int
    rest: Finding | None


@dataclass(frozen=True)
class Paper:
    """The paper that an interview is typed in from: the day it was held on, and where it lies."""

    held_on: str
    paper_ref: str


@only(INTERVIEWER)
def start(desk: Desk, subject: str, reasons: Mapping[str, str] = NOTHING) -> str:
    """Open an interview on the child's yes of today; return its id, or that of the one that is open.

    *reasons*: what was tapped for the gates that ask (gate id to reason code); it is kept with the interview.
    Raises NotFound, GatesClosed (V34), HeldThatDay (on paper), WallBroken, and V11 or V12 where the pseudonym tells.
    """
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        if one.step.interview:
            return one.step.interview
        if one.held_on_paper(desk.today):
            raise HeldThatDay
        asked = check_gates(one.gates, reasons)
        pseudonyms.check_tells_nothing(tables, one)
        visits.answer_within(desk, tables, one, asked.get("G05", ""))
        version = strings.newest_version(tables)
        if version is None:
            raise NotFound
        session, author = one.session, {"interviewer": desk.me.code, "asked": asked}
        facts = {"guide_version": version["id"], "started_on": desk.today, **author}
        named = consent.grounds(one.events, session)
        draft = Draft("interview", facts, record=session, subject=subject, session=session, grounds=named, elapsed=0)
        log.append(tables, desk.pen, draft)
        elapsed.keep(tables, session, desk.clock)
        _hold_date(desk, session)
        return session


def check_gates(judged: Sequence[gates.Gate], reasons: Mapping[str, str]) -> dict[str, str]:
    """Return the reason tapped for each gate that asks. Raises GatesClosed (V34) with all that is not in place."""
    asked = {gate.id: reasons.get(gate.id, "") for gate in gates.asking(judged)}
    open_ones = [gate for gate in gates.asking(judged) if asked[gate.id] not in REASONS[gate.id]]
    failing = [*gates.failing(judged), *open_ones]
    if failing:
        raise GatesClosed(gates=failing)
    return asked


def row_within(tables: Tables, interview: str) -> people.Row:
    """Return an interview as the caller's transaction sees it.

    Raises TalkDeleted where nothing of it was to stay, else NotFound, also where the child withdrew.
    """
    row = people.row(tables, "interviews", "id = ?", interview)
    if row is None and erasures.is_shut(tables, interview):
        raise TalkDeleted
    if row is None or people.is_hidden(tables, row["subject"]):
        raise NotFound
    return row


def check_goes_on(tables: Tables, interview: str) -> None:
    """Raise StopCountsDown where the child has chosen to stop and it is not carried out yet: nothing is added then."""
    if stops.of(tables, interview) is not None:
        raise StopCountsDown


def keep_duration(desk: Desk, tables: Tables, interview: people.Row, turn: elapsed.Turn = counters.move) -> int | None:
    """Move the counter of a talk; return its milliseconds, None where it was held on paper: its minutes passed then."""
    _hold_date(desk, interview["id"])
    return None if interview["entered_on"] else elapsed.keep(tables, interview["id"], desk.clock, turn)


def _hold_date(desk: Desk, interview: str) -> None:
    desk.folder.dates.setdefault(interview, (_date(desk), desk.clock.ticking()))


def _date(desk: Desk) -> datetime:
    return desk.clock.now() + desk.clock.stated


def jumped(desk: Desk, interview: str) -> str:
    """Return the day that it is by the running clock, where the date jumped in the midst of *interview*; else empty.

    Only while the program runs: its running seconds say nothing about another run.
    """
    held = desk.folder.dates.get(interview)
    if held is None:
        return ""
    date, second = held
    ran_to = date + timedelta(seconds=desk.clock.ticking() - second)
    is_off = clocks.is_jump(_date(desk) - ran_to, sleep_counts=desk.clock.sleep_counts)
    return ran_to.date().isoformat() if is_off else ""


def today(desk: Desk, interview: str) -> str:
    """Return which day it is for *interview*: where the date jumped in its midst, the one of the running clock."""
    return jumped(desk, interview) or desk.today


def hear(desk: Desk, tables: Tables, interview: people.Row, ago: Iterable[float]) -> None:
    """Move the counter of a talk; somebody was at a page of it so many seconds *ago*, and the laptop hears it now."""
    keep_duration(desk, tables, interview, partial(counters.hear, ago=ago))


def ran(desk: Desk, tables: Tables, interview: people.Row, ago: float = 0.0) -> int | None:
    """Return how many milliseconds a talk has run, or had so many seconds *ago*; None where it was held on paper."""
    return None if interview["entered_on"] else elapsed.now(tables, interview["id"], desk.clock, ago)


def short(tables: Tables, interview: people.Row) -> bool:
    """Tell whether somebody was at a page of a talk when its minutes could not be counted."""
    return elapsed.counter(tables, interview["id"]).short


def grounds(desk: Desk, tables: Tables, interview: people.Row) -> tuple[str, ...]:
    """Return what a change of *interview* names as its grounds (`design.md` §6).

    Raises ConsentMissing unless notes are permitted in this session.
    """
    subject, session = interview["subject"], interview["id"]
    said = standing.events(tables, subject)
    if not situations.permits(desk, tables, subject, NEEDED, session, said):
        raise ConsentMissing
    return consent.grounds(said, session)


@only(INTERVIEWER)
def choose_mode(desk: Desk, interview: str, mode: str) -> None:
    """Ask all questions from now on, or the core set. Raises NotFound, Invalid, ConsentMissing."""
    if mode not in {FULL, CORE}:
        raise Invalid(field=N_("which questions are asked"))
    with desk.db.writing() as tables:
        row = row_within(tables, interview)
        if (row["mode"] or FULL) == mode:
            return
        known = {"record": interview, "subject": row["subject"], "session": interview}
        at, named = keep_duration(desk, tables, row), grounds(desk, tables, row)
        log.append_over(tables, desk.pen, Draft("interview", {"mode": mode}, **known, grounds=named, elapsed=at))


@only(INTERVIEWER)
def beat(desk: Desk, interview: str, ago: Iterable[float] = ()) -> Pulse:
    """Keep the counter of an interview whose page somebody sees, and saw so many seconds *ago*. Raises NotFound."""
    with desk.db.writing() as tables:
        row = row_within(tables, interview)
        if not ended(tables, interview):
            hear(desk, tables, row, ago)
        length = lasted(desk, tables, row)
        if length is None or row["entered_on"]:
            return Pulse((length or 0) // MINUTE, None)
        return Pulse(length // MINUTE, rest_due(happened(tables, row), length))


def lasted(desk: Desk, tables: Tables, interview: people.Row) -> int | None:
    """Return the milliseconds that an interview has run; those of its closing once it has ended."""
    at_the_end: int | None = _closing(tables, interview["id"]).get("duration_ms")
    return ran(desk, tables, interview) if at_the_end is None else at_the_end


def happened(tables: Tables, interview: people.Row) -> list[Moment]:
    """Return what happened beside the questions."""
    rows = people.moments(tables, interview["id"])
    return [Moment(one["what"], one["who"] or "", one["t_elapsed"] or 0) for one in rows]


def rest_due(happened: Sequence[Moment], lasted: int) -> Finding | None:
    """Return the hint to offer a rest, where one is due (V33)."""
    return meanings.rest(happened, lasted, load_study().minutes)


def paper_day(tables: Tables, interview: str) -> str:
    """Return the day of the paper that *interview* is typed in from, also where it is held back; empty for a talk."""
    return next((one.set["started_on"] for one in log.all_of(tables, interview) if one.set.get("entered_on")), "")


def paper_of(row: people.Row) -> Paper | None:
    """Return the paper that an interview is typed in from, None for a talk at this laptop."""
    return Paper(row["started_on"], row["paper_ref"] or "") if row["entered_on"] else None


def _closing(tables: Tables, interview: str) -> people.Row:
    """Return the closing of an interview that has ended; nothing while it goes on."""
    return people.row(tables, "closings", "interview = ? AND ended_on <> ''", interview) or {}


def ended(tables: Tables, interview: str) -> str:
    """Return how far an interview came that has ended, as its closing says; empty while it goes on."""
    return _closing(tables, interview).get("completion") or ""
