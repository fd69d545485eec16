"""What is suspicious about the date of a record: flagged when it is written (`domain.md` V31, §6.1 07:00)."""

from __future__ import annotations

import json
from datetime import date

from fieldkit.clock import Clock
from fieldkit.rules import clocks
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
