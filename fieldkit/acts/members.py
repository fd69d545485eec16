"""The team record: who each member is, and when they were trained, signed and checked (COREQ 1-5, 7, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fieldkit.acts.desk import Desk
from fieldkit.acts.editors import Opened, opened
from fieldkit.errors import NotAllowed, NotFound
from fieldkit.i18n import N_
from fieldkit.records import KINDS, natural_id
from fieldkit.rules import calendars, names
from fieldkit.rules.gates import TRAINING_NEEDED
from fieldkit.rules.members import COORDINATOR, Member, training_is_old
from fieldkit.store import log, machine, setup
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

_DATES = {
    "child_training_on": N_("Child protection training on"),
    "nda_signed_on": N_("Confidentiality promise signed on"),
    "record_check_on": N_("Criminal record check on"),
}
FIELDS = tuple(name for name in KINDS["team_member"].fields if name != "code")


@dataclass(frozen=True)
class TeamRecord:
    """A member with what is known of them; `missing`: dates that G02 waits for, all while people disagree.

    `old`: the training is long ago; `opened`: what an edit goes over; `mark`: the code, where two bear this name.
    """

    code: str
    name: str
    role: str
    values: Mapping[str, str]
    missing: tuple[str, ...]
    old: bool
    opened: Opened
    mark: str = ""


def listing(desk: Desk) -> list[TeamRecord]:
    """Return the records that this person may edit: everybody's for a coordinator, else their own."""
    with desk.db.reading() as tables:
        users = machine.everybody(tables).users.values()
        twice = names.borne_twice(user.name for user in users)
        mine = [user for user in users if desk.me.role == COORDINATOR or user.code == desk.me.code]
        found = [_record(desk, tables, user) for user in sorted(mine, key=lambda one: (one.name, one.code))]
    return [replace(one, mark=one.code if one.name in twice else "") for one in found]


def one(desk: Desk, code: str) -> TeamRecord:
    """Return one record. Raises NotAllowed for another person's, NotFound."""
    with desk.db.reading() as tables:
        user = _check(desk, tables, code)
        return _record(desk, tables, user)


def keep(desk: Desk, code: str, values: Mapping[str, str], base: str = "{}") -> None:
    """Keep what changed of one record since *base* was on the screen.

    Raises NotAllowed for another person's, NotFound, NoDay, DayToCome.
    """
    given = {name: values[name].strip() for name in FIELDS if name in values}
    for name, words in _DATES.items():
        if given.get(name):
            given[name] = calendars.past_day(given[name], words, desk.clock.today()).isoformat()
    with desk.db.writing() as tables:
        _check(desk, tables, code)
        draft = Draft("team_member", {"code": code, **given})
        log.save_over(tables, desk.pen, draft, natural_id("team_member", code), base)


def _check(desk: Desk, tables: Tables, code: str) -> Member:
    if desk.me.role != COORDINATOR and code != desk.me.code:
        raise NotAllowed
    user = machine.everybody(tables).users.get(code)
    if user is None:
        raise NotFound
    return user


def _record(desk: Desk, tables: Tables, user: Member) -> TeamRecord:
    row = setup.members(tables).get(user.code, {})
    values = {name: row.get(name) or "" for name in FIELDS}
    return TeamRecord(
        user.code,
        user.name,
        user.role,
        values,
        missing=tuple(name for name in TRAINING_NEEDED if not values[name] or row["conflict"]),
        old=training_is_old(values["child_training_on"], desk.clock.today()),
        opened=opened(tables, natural_id("team_member", user.code)),
    )
