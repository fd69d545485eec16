"""What is suspicious about the date of a record: flagged when it is written (`domain.md` V31, §6.1 07:00)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from fieldkit.clock import Clock
from fieldkit.rules import clocks
from fieldkit.rules.clocks import Repair
from fieldkit.store import duplicates, machine
from fieldkit.store.database import Tables

CLOCK = "clock"
_TRUSTED = "trusted_day"


def trusted_day(tables: Tables) -> date | None:
    """Return the newest day that a person stated, or that a record was made on while nothing was wrong with it."""
    kept = machine.recall(tables, _TRUSTED)
    return date.fromisoformat(kept.decode()) if kept else None


def trust(tables: Tables, day: date) -> None:
    """Measure the days to come from *day* on."""
    machine.remember(tables, _TRUSTED, day.isoformat())


def flags(tables: Tables, clock: Clock) -> tuple[str, ...]:
    """Return what is suspicious about a change made now."""
    return (CLOCK,) if clock.stated or clocks.suspicious(clock.today(), trusted_day(tables)) else ()


def follow(tables: Tables, clock: Clock) -> None:
    """Hold the changes to come against the day of one made now, unless that day is suspicious itself."""
    today, trusted = clock.today(), trusted_day(tables)
    if today != trusted and not clocks.suspicious(today, trusted):
        trust(tables, today)


def last_day(tables: Tables) -> str:
    """Return the day, as this laptop believed it, of the newest change made here; empty where there is none."""
    newest = "SELECT json_extract(body, '$.wall') FROM changes WHERE batch IS NULL ORDER BY tick DESC LIMIT 1"
    found = tables.execute(newest).fetchone()
    return str(found[0])[:10] if found else ""


def last_tick(tables: Tables) -> int:
    """Return the tick of the newest change made here, 0 where there is none."""
    return int(tables.execute("SELECT coalesce(max(tick), 0) FROM changes WHERE batch IS NULL").fetchone()[0])


def flagged(tables: Tables, subject: str) -> set[str]:
    """Return the records and the sessions of a child of which something was written under a wrong or stated date."""
    rows = tables.execute(
        "SELECT record, session FROM changes WHERE subject IN (SELECT value FROM json_each(?)) "
        "AND json_extract(body, '$.flags') IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM json_each(body, '$.flags') WHERE value = ?)",
        [json.dumps(duplicates.whole(tables, subject)), CLOCK],
    )
    return {name for row in rows for name in row if name}


# Interviews and what a family said are dated by the clock; what was typed in from paper says its day itself.
_DAY = "coalesce(json_extract(body, '$.set.started_on'), json_extract(body, '$.set.day'))"
_DATED = (
    "kind IN ('interview', 'consent_event') "
    "AND coalesce(json_extract(body, '$.set.entered_on'), '') = '' AND "
    f"{_DAY} IS NOT NULL"
)


def dated(tables: Tables, device: str) -> list[tuple[int, str]]:
    """Return the ticks of what *device* dated by its clock, and the days that it believed, in the order of ticks."""
    asked = f"SELECT tick, {_DAY} FROM changes WHERE device = ? AND {_DATED} ORDER BY tick"  # noqa: S608 - our own words
    return [(tick, str(day)) for tick, day in tables.execute(asked, [device])]


def dated_of(tables: Tables, subjects: Iterable[str]) -> list[tuple[str, str, int, str]]:
    """Return the records of *subjects* that were dated by a clock: record, device, tick, the day that it believed."""
    rows = tables.execute(
        f"SELECT record, device, tick, {_DAY} FROM changes "  # noqa: S608 - our own words
        f"WHERE subject IN (SELECT value FROM json_each(?)) AND {_DATED} ORDER BY tick, id",
        [json.dumps([*subjects])],
    )
    return [(record, device, tick, str(day)) for record, device, tick, day in rows]


def repairs(tables: Tables) -> list[Repair]:
    """Return every repair; what has no ticks, days or number of days is none."""
    rows = tables.query(
        "SELECT r.*, c.author FROM clock_repairs AS r CROSS JOIN changes AS c ON c.id = r.id "
        "WHERE typeof(r.first) = 'integer' AND typeof(r.last) = 'integer' AND typeof(r.days) = 'integer' "
        "AND typeof(r.device) = 'text' AND typeof(r.from_day) = 'text' AND typeof(r.to_day) = 'text' ORDER BY r.id"
    )
    return [_repair(row) for row in rows]


def _repair(row: dict[str, Any]) -> Repair:
    names = ("id", "device", "first", "last", "from_day", "to_day", "days", "author")
    named = json.loads(row["replaces"] or "[]")
    replaces = tuple(one for one in named if isinstance(one, str)) if isinstance(named, list) else ()
    return Repair(**{name: row[name] for name in names}, reason=str(row["reason"] or ""), replaces=replaces)
