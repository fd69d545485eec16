"""What was said since the backup that was restored here, and may be missing until something newer comes in.

A local fact: restored_behind {"day":"2026-09-03", "since":1788000000, "reason":"", "by":"", "on":""}.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from fieldkit.store import holdings, machine, receipts
from fieldkit.store.database import Tables

_GAP = "restored_behind"


@dataclass(frozen=True)
class Gap:
    """What was said since the backup of `day` may be missing here; a receipt of number `since` or more shows it.

    `reason`: why there is nothing newer to read, as the person with the code `by` said on the day `on`; else empty.
    `name`: what that person is called here, where it was looked up.
    """

    day: str
    since: int
    reason: str = ""
    by: str = ""
    on: str = ""
    name: str = ""


def begin(tables: Tables, day: str, at: int) -> None:
    """Note that the backup of *day* was restored, *at* so many seconds since 1970; of an empty day nothing is missing.

    Where the clock lies behind what is signed here, that counts; of a gap that the backup held the earlier day.
    """
    if day:
        before = get(tables)
        first = min(day, before.day) if before and not before.reason else day
        keep(tables, Gap(first, max(at, 1 + receipts.newest(tables))))


def get(tables: Tables) -> Gap | None:
    """Return what may be missing here since a restore; None where nothing is."""
    kept = machine.recall(tables, _GAP)
    return Gap(**json.loads(kept)) if kept else None


def keep(tables: Tables, one: Gap) -> None:
    """Keep what may be missing, or what was said about it."""
    machine.remember(tables, _GAP, json.dumps(asdict(one)))


def look_again(tables: Tables) -> None:
    """Note that nothing is missing once all is here that a coordinator's computer held after the restore."""
    one = get(tables)
    if one and any(holdings.has_ends(tables, said.streams) for said in receipts.since(tables, one.since)):
        caught_up(tables)


def caught_up(tables: Tables) -> None:
    """Note that what others know is here."""
    machine.forget(tables, _GAP)
