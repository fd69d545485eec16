"""Erase a child after a withdrawal: the coordinator confirms, an order travels, each machine says that it is done.

Stop using at once, delete after confirmation (`domain.md` §3.6, rules d to f): a withdrawal hides the child everywhere
and can be lifted until the family was told; then the child is gone from every machine that hears of it, also one that
hears late. Consent events, a tombstone and what a safeguarding lead holds under the law stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars, consent
from fieldkit.rules.consent import Event
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import log, machine, people, removals, replica, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

WITHIN = timedelta(days=15)


class NotWithdrawn(Refusal):
    """Nobody asked for it, or it was taken back meanwhile."""

    code = "not_withdrawn"
    message = N_(
        "No open withdrawal asks for everything of this child to be deleted. Nothing was deleted. "
        "Register the withdrawal first; if it was taken back meanwhile, nothing is to be done."
    )


@dataclass(frozen=True)
class Due:
    """A child whom somebody wants deleted: by which code, since when, until when, who asked; `removes`: by kind.

    `since` and `until` are empty where no day is known: the withdrawal came by notice.
    """

    id: str
    case_code: str
    since: str
    until: str
    asked_by: tuple[str, ...]
    removes: Mapping[str, int]


@dataclass(frozen=True)
class Gone:
    """A child who is gone: ordered on `day`, and on which machines it is carried out and on which not yet."""

    id: str
    case_code: str
    slip_code: str
    day: str
    told_on: str
    removed: Mapping[str, int]
    on: tuple[str, ...]
    waits_for: tuple[str, ...]


@only(COORDINATOR)
def due(desk: Desk) -> list[Due]:
    """Return the children whose withdrawal waits for the coordinator, the oldest first."""
    with desk.db.reading() as tables:
        found = [_due(tables, row) for row in people.hidden(tables)]
    return sorted((one for one in found if one), key=lambda one: (one.since, one.case_code))


@only(COORDINATOR)
def one(desk: Desk, subject: str) -> Due:
    """Return one of them. Raises NotFound, NotWithdrawn."""
    with desk.db.reading() as tables:
        return _asked(tables, subject)


@only(COORDINATOR)
def confirm(desk: Desk, subject: str, told_on: str) -> str:
    """Let the child be gone from here, and from every machine that the order reaches; return the tombstone's id.

    *told_on*: the day on which the family was told what is deleted and what stays.
    Raises NotFound, NotWithdrawn, NoDay, DayToCome.
    """
    told = calendars.past_day(told_on, N_("the day on which the family was told"), desk.clock.today()).isoformat()
    with desk.db.writing() as tables:
        asked = _asked(tables, subject)
        row = people.row(tables, "participants", "id = ?", subject) or {}
        team = people.team(tables, subject)
        order = replica.remove(tables, team, subject, desk.keys.signer)
        facts = {name: row.get(name) or "" for name in ("case_code", "slip_code", "site", "sex", "age_group")}
        facts |= {"erasure": order, "day": desk.today, "told_on": told, "requested_by": "+".join(asked.asked_by)}
        told_of = {**facts, "removed": dict(asked.removes)}
        draft = Draft("tombstone", told_of, subject=subject, drawer=f"consent/{team}")
        kept = log.append(tables, desk.pen, draft)
        acknowledge(desk, tables)
        desk.db.leave_no_trace()
    return kept.record


def acknowledge(desk: Desk, tables: Tables) -> None:
    """Say in the caller's transaction which orders this machine carried out, so that the coordinator can count."""
    said = {row["erasure"] for row in people.looked_up(tables)("erasures_done", "device", desk.device.id)}
    for order in removals.carried_out(tables):
        if order not in said:
            facts = {"erasure": order, "device": desk.device.id, "day": desk.today}
            log.append(tables, desk.pen, Draft("erasure_done", facts))


@only(COORDINATOR)
def gone(desk: Desk) -> list[Gone]:
    """Return the children who are gone, the newest first."""
    with desk.db.reading() as tables:
        found = [_gone(tables, row) for row in people.tombstones(tables)]
    return sorted(found, key=lambda one: one.day, reverse=True)


@only(COORDINATOR)
def tombstone(desk: Desk, id_: str) -> Gone:
    """Return what stays of one child. Raises NotFound."""
    found = next((one for one in gone(desk) if one.id == id_), None)
    if found is None:
        raise NotFound
    return found


def _asked(tables: Tables, subject: str) -> Due:
    row = people.row(tables, "participants", "id = ?", subject)
    if row is None:
        raise NotFound
    found = _due(tables, row)
    if found is None:
        raise NotWithdrawn
    return found


def _due(tables: Tables, row: people.Row) -> Due | None:
    asked = [one for one in consent.open_noes(standing.binding(tables, row["id"])) if _wants_all_gone(one)]
    if not asked:
        return None
    since = min((one.day for one in asked if one.day), default="")
    until = (date.fromisoformat(since) + WITHIN).isoformat() if since else ""
    askers = tuple(sorted({one.actor for one in asked}))
    return Due(row["id"], row["case_code"], since, until, askers, removals.counted(tables, row["id"]))


def _wants_all_gone(event: Event) -> bool:
    return (event.act, event.scope) == ("withdrawn", consent.ALL)


def _gone(tables: Tables, row: people.Row) -> Gone:
    devices = {one.id: one.name for one in machine.everybody(tables).devices.values()}
    done = {one["device"] for one in people.looked_up(tables)("erasures_done", "erasure", row["erasure"])}
    return Gone(
        **{name: row[name] or "" for name in ("id", "case_code", "slip_code", "day", "told_on")},
        removed=json.loads(row["removed"] or "{}"),
        on=tuple(sorted(name for device, name in devices.items() if device in done)),
        waits_for=tuple(sorted(name for device, name in devices.items() if device not in done)),
    )
