"""This laptop's clock: doubted when it disagrees with what was written before, and confirmed by a person (V31).

No old stamp is rewritten. A stated date shifts what this laptop calls today; what it believed stays in every change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars, clocks, findings
from fieldkit.rules.findings import ASK, Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import machine
from fieldkit.store.clocks import last_day, last_tick, trust, trusted_day
from fieldkit.store.database import Tables

CODE = "V31"


class DateNotDoubted(Refusal):
    """A date is stated where nothing speaks against the clock: today is not moved at will."""

    code = "date_not_doubted"
    message = N_(
        "The date of this laptop agrees with the last record, so it is not asked for. "
        "If it is wrong nevertheless, set the clock of the laptop and load this page again."
    )


@dataclass(frozen=True)
class Look:
    """Whether today's date waits for somebody's word; the stated day while one counts, and the clock's own."""

    doubted: bool
    stated: str
    clock: str


def doubted(desk: Desk, tables: Tables) -> bool:
    """Tell whether the date should be asked for: earlier than the last record, or more than a day away from it.

    What is recorded under a wrong date does not end the doubt; a person's word does.
    """
    today, trusted = desk.clock.today(), trusted_day(tables)
    return clocks.suspicious(today, trusted) if trusted else clocks.doubtful(today, _known(tables))


def credible(desk: Desk, tables: Tables) -> bool:
    """Tell whether clock and records agree by themselves, with no stated date to bring them together."""
    return not doubted(desk, tables) and not desk.clock.stated


def _known(tables: Tables) -> list[date]:
    said = machine.stated(tables)
    return [*_recorded(tables, said), *([date.fromisoformat(said.day)] if said.day else [])]


def _recorded(tables: Tables, said: machine.Stated) -> list[date]:
    """Return the day of the last record: under a stated date it is that date, or the doubt would outlive it."""
    last, shift = last_day(tables), timedelta(0) if _unused(tables, said) else said.off
    return [date.fromisoformat(last) + shift] if last else []


def look(desk: Desk) -> Look:
    """Return what there is to say about today's date."""
    with desk.db.reading() as tables:
        said = machine.stated(tables)
        return Look(doubted(desk, tables), said.day if said.off else "", _raw(desk).isoformat())


def _raw(desk: Desk) -> date:
    """Return the date that the clock shows, whatever was stated."""
    return desk.clock.now().date()


def _unused(tables: Tables, said: machine.Stated) -> bool:
    """Nothing was recorded since: a slip of the finger can be put right."""
    return bool(said.day) and said.tick == last_tick(tables)


def findings_of(desk: Desk, tables: Tables) -> list[Finding]:
    """Return V31 while the date is doubted."""
    return [Finding(CODE, ASK, DOUBT)] if doubted(desk, tables) else []


def check_answered(desk: Desk, tables: Tables, reasons: Mapping[str, str], asked: Iterable[Finding] = ()) -> None:
    """Raise ReasonNeeded for what is *asked* or doubted (V31) without a reason; a tap that the date is right ends it.

    *reasons*: rule code to reason code.
    """
    doubted_now, today = findings_of(desk, tables), desk.clock.today()
    findings.check_answered([*asked, *doubted_now], reasons)
    if doubted_now and clocks.confirms(today, trusted_day(tables)):
        trust(tables, today)


DOUBT = N_("The clock looks wrong: it is earlier than the last record, or more than a day away. Confirm today's date.")


@only(INTERVIEWER)
def state(desk: Desk, day: str, reasons: Mapping[str, str]) -> Desk:
    """Keep what a person says today's date is; return the desk that goes by it.

    Before the next record a slip of the finger can be put right, afterwards only by believing the clock again.
    Raises NoDay, Invalid for a day of another century, DateNotDoubted, ReasonNeeded (V31) for one that is far off.
    """
    told = _day(day)
    off = (told - _raw(desk)).days
    with desk.db.writing() as tables:
        before = machine.stated(tables)
        correcting = _unused(tables, before)
        if not (doubted(desk, tables) or correcting or (before.off and not off)):
            raise DateNotDoubted
        known = _recorded(tables, before) if correcting else _known(tables)
        findings.check_answered(clocks.far(told, known), reasons)
        machine.keep_stated(tables, machine.Stated(told.isoformat(), timedelta(days=off), last_tick(tables)))
        trust(tables, told)
    return replace(desk, clock=replace(desk.clock, stated=timedelta(days=off)))


def _day(text: str) -> date:
    told = calendars.told_day(text, N_("today's date"))
    if told.year not in clocks.YEARS:
        raise Invalid(field=N_("today's date"))
    return told
