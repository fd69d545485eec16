"""This laptop's clock: doubted when it disagrees with what was written before, and confirmed by a person (V31).

No old stamp is rewritten. A stated date shifts what this laptop calls today; what it believed stays in every change.
Days that were wrong nevertheless a coordinator puts right afterwards: a further fact, shown and exported beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars, clocks, findings
from fieldkit.rules.clocks import Repair
from fieldkit.rules.findings import ASK, Finding
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import clocks as store
from fieldkit.store import duplicates, log, machine
from fieldkit.store.clocks import last_day, last_tick, trust, trusted_day
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

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


def believed(desk: Desk, tables: Tables) -> date:
    """Return today, or where nothing confirms so late a day the last one that was believed."""
    today, trusted = desk.clock.today(), trusted_day(tables)
    return min(today, trusted) if trusted and clocks.suspicious(today, trusted) else today


def closing_day(desk: Desk, tables: Tables, day: str = "") -> str:
    """Return the day by which what ends is judged, for *day* or for today: a clock that went back opens nothing again.

    Of today it is the last day that was believed, where that is later; of a day gone by, on paper, that day itself.
    """
    trusted = trusted_day(tables)
    if desk.past or trusted is None or day not in {"", desk.today}:
        return day or desk.today
    return max(desk.today, trusted.isoformat())


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
    told = _day(day, N_("today's date"))
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
    desk.folder.dates.clear()  # from here on the date is a person's word; it has not jumped
    return replace(desk, clock=replace(desk.clock, stated=timedelta(days=off)))


def _day(text: str, field: str) -> date:
    told = calendars.told_day(text, field)
    if told.year not in clocks.YEARS:
        raise Invalid(field=field)
    return told


@dataclass(frozen=True)
class Run:
    """What a laptop dated one after another believing the same day: its first and its last tick."""

    day: str
    first: int
    last: int


@dataclass(frozen=True)
class Known:
    """What a laptop believed, the oldest first, and what was said about it that stands; `clashes`: not all agree.

    The author of each repair is a name, not a code.
    """

    device: str
    name: str
    runs: list[Run]
    repairs: list[Repair]
    clashes: bool


@only(COORDINATOR)
def of_device(desk: Desk, device: str) -> Known:
    """Return the days that a laptop believed, and what was said about them. Raises NotFound."""
    with desk.db.reading() as tables:
        return _known_of(tables, device)


@only(COORDINATOR)
def clashing(desk: Desk) -> dict[str, str]:
    """Return the laptops of whose days two repairs say different things: their names by id."""
    with desk.db.reading() as tables:
        apart = clocks.clashing(clocks.standing(store.repairs(tables)))
        names = machine.everybody(tables).devices
        return {one: names[one].name for one in sorted(apart) if one in names}


@only(COORDINATOR)
def repair(desk: Desk, device: str, span: tuple[int, int], right: str, reason: str, seen: Collection[str]) -> None:
    """Say which day was meant by the first of a *span* of days; the others are moved by as many.

    *span*: the first ticks of its first and its last run; *seen*: the repairs that were on the screen, of which this
    one replaces those that speak of the same. Raises NotFound, Invalid, NoDay.
    """
    if reason not in load_study().codes["reason_clock"]:
        raise Invalid(field=N_("the reason"))
    told = _day(right, N_("The first of these days was in truth"))
    with desk.db.writing() as tables:
        known = _known_of(tables, device)
        runs = [run for run in known.runs if span[0] <= run.first <= span[1]]
        if not runs or (runs[0].first, runs[-1].first) != span:
            raise Invalid(field=N_("the days"))
        days = sorted(run.day for run in runs)
        off = (told - date.fromisoformat(runs[0].day)).days
        new = Repair("", device, runs[0].first, runs[-1].last, days[0], days[-1], off, reason)
        facts = {name: getattr(new, name) for name in _FACTS}
        facts["replaces"] = [one.id for one in known.repairs if one.id in seen and one.meets(new)]
        log.append(tables, desk.pen, Draft("clock_repair", facts))


_FACTS = ("device", "first", "last", "from_day", "to_day", "days", "reason")


def _known_of(tables: Tables, device: str) -> Known:
    everybody = machine.everybody(tables)
    found, names = everybody.devices.get(device), {code: user.name for code, user in everybody.users.items()}
    if found is None:
        raise NotFound
    said = [one for one in clocks.standing(store.repairs(tables)) if one.device == device]
    stands = [replace(one, author=names.get(one.author, one.author)) for one in said]
    return Known(device, found.name, _runs(store.dated(tables, device)), stands, bool(clocks.clashing(stands)))


def _runs(dated: Iterable[tuple[int, str]]) -> list[Run]:
    found: list[Run] = []
    for tick, day in dated:
        begun = found.pop() if found and found[-1].day == day else Run(day, tick, tick)
        found.append(replace(begun, last=tick))
    return found


def put_right(desk: Desk, subject: str) -> dict[str, tuple[str, ...]]:
    """Return, by record of a child, which day was meant by the one that it bears; several where repairs disagree."""
    with desk.db.reading() as tables:
        return meant(tables, subject)


def meant(tables: Tables, subject: str) -> dict[str, tuple[str, ...]]:
    """Return what `put_right` returns, in the caller's transaction; nothing for what no repair speaks of."""
    stands = clocks.standing(store.repairs(tables))
    if not stands:
        return {}
    dated = store.dated_of(tables, duplicates.whole(tables, subject))
    found = {record: clocks.right_days(stands, device, tick, day) for record, device, tick, day in dated}
    return {record: days for record, days in found.items() if days}
