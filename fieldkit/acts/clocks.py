"""This laptop's clock: doubted when it disagrees with what was written before, and confirmed by a person (V31).

No old stamp is rewritten. A stated date shifts what this laptop calls today; what it believed stays in every change.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

from fieldkit.acts.desk import Desk
from fieldkit.errors import Invalid
from fieldkit.i18n import N_
from fieldkit.rules import calendars, clocks
from fieldkit.rules.findings import ASK, Finding
from fieldkit.store import log, machine
from fieldkit.store.database import Tables


def doubted(desk: Desk, tables: Tables) -> bool:
    """Tell whether the date should be asked for: earlier than the last record, or more than a day away from it."""
    stated, _ = machine.stated_day(tables)
    known = [day for day in (log.last_day(tables), stated) if day]
    return clocks.doubtful(desk.clock.today(), [date.fromisoformat(day) for day in known])


def look(desk: Desk) -> bool:
    """Tell whether today's date waits for somebody's word."""
    with desk.db.reading() as tables:
        return doubted(desk, tables)


def findings(desk: Desk, tables: Tables) -> list[Finding]:
    """Return V31 while the date is doubted."""
    return [Finding("V31", ASK, DOUBT)] if doubted(desk, tables) else []


DOUBT = N_("The clock looks wrong: it is earlier than the last record, or more than a day away. Confirm today's date.")


def state(desk: Desk, day: str) -> Desk:
    """Keep what a person says today's date is; return the desk that goes by it. Raises Invalid for what is no date."""
    try:
        told = calendars.civil_day(day.strip())
    except ValueError as error:
        raise Invalid(field=N_("today's date")) from error
    off = (told - desk.clock.now().date()).days
    with desk.db.writing() as tables:
        machine.remember(tables, machine.STATED_DAY, json.dumps({"day": told.isoformat(), "off": off}))
    return replace(desk, clock=replace(desk.clock, stated=timedelta(days=off)))
