"""Work lists: what the coordinator asks a team to do, child by child, and what came of it.

An item is about one child: it is hidden with the child, goes when the child is erased, and lies in its team's drawer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fieldkit.acts import situations
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars, names
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import log, machine, people
from fieldkit.store import worklists as store
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

LONGEST = 500
WHAT, CHILDREN, CAME = N_("what is to be done"), N_("the children"), N_("what came of it")
_BETWEEN = re.compile(r"[\s,;、，；]+")


class NoSuchChild(Refusal):
    """A code that no child of that team has."""

    code = "no_such_child"
    message = N_("Nothing was put on the list: {code} is no child of this team that is in use here. Correct the code.")
    status = 422


class NotToBeAsked(Refusal):
    """The family does not want to be rung or visited again (`domain.md` §3.6)."""

    code = "not_to_be_asked"
    message = N_(
        "Nothing was put on the list: the family of {code} does not want to be rung or visited again. "
        "Leave this code out."
    )


class TakenOff(Refusal):
    """A coordinator took this item off the list meanwhile."""

    code = "taken_off"
    message = N_(
        "Nothing was saved: the coordinator took this off the list. If it is done already, tell the coordinator "
        "what came of it."
    )
    status = 410


class TickedOff(Refusal):
    """What is done is not taken off any more."""

    code = "ticked_off"
    message = N_("Nothing was changed: the team has ticked this off already. What came of it stays.")


@dataclass(frozen=True)
class Done:
    """What came of an item: in words, the day by that laptop's clock, and who wrote it."""

    came: str
    day: str
    author: str


@dataclass(frozen=True)
class Off:
    """That an item was taken off: the day by that laptop's clock, and who did it."""

    day: str
    author: str


@dataclass(frozen=True)
class Item:
    """One thing that a team is asked to do: with which child, and by when; `done` once it is ticked off.

    `off`: a coordinator took it off; a tick that the team wrote before it heard of that stands beside.
    """

    id: str
    team: str
    subject: str
    case_code: str
    what: str
    due: str
    done: tuple[Done, ...]
    off: tuple[Off, ...] = ()


@only(COORDINATOR)
def teams(desk: Desk) -> list[str]:
    """Return the teams that have a laptop."""
    with desk.db.reading() as tables:
        return _teams(tables)


def _teams(tables: Tables) -> list[str]:
    known = machine.everybody(tables)
    return sorted({one.team for one in known.devices.values() if one.role == INTERVIEWER and one.id not in known.gone})


@only(COORDINATOR)
def listing(desk: Desk) -> list[Item]:
    """Return what every team is asked to do, done or not, and what was taken off, the first due first."""
    with desk.db.reading() as tables:
        return list(_items(desk, tables))


@only(INTERVIEWER)
def mine(desk: Desk) -> list[Item]:
    """Return what waits for this laptop's team."""
    with desk.db.reading() as tables:
        return [one for one in _waiting(desk, tables) if not one.off]


@only(INTERVIEWER)
def find(desk: Desk, item: str) -> Item:
    """Return one thing that waits. Raises NotFound, also once it is ticked off, and TakenOff."""
    with desk.db.reading() as tables:
        return _find(desk, tables, item)


@only(COORDINATOR)
def put(desk: Desk, team: str, what: str, codes: str, due: str) -> int:
    """Put *what* on the list of *team*, once for each child that *codes* name; return for how many.

    Raises NotFound, Missing, TooLong, NoDay, NoSuchChild, NotToBeAsked.
    """
    said = {"what": _words(what, WHAT), "due": calendars.told_day(due, N_("By when")).isoformat(), "day": desk.today}
    with desk.db.writing() as tables:
        if team not in _teams(tables):
            raise NotFound
        named = [code for code in map(names.typed, _BETWEEN.split(codes)) if code]
        children = dict.fromkeys(child for code in named for child in _children(desk, tables, team, code))
        if not children:
            raise Missing(field=CHILDREN)
        for child in children:
            log.append(tables, desk.pen, Draft("work_item", said, subject=child, drawer=f"research/{team}"))
    return len(children)


@only(INTERVIEWER)
def tick(desk: Desk, item: str, came: str) -> None:
    """Tick an item off, with what came of it. Raises NotFound, TakenOff, Missing, TooLong."""
    said = {"item": item, "came": _words(came, CAME), "day": desk.today}
    with desk.db.writing() as tables:
        one = _find(desk, tables, item)
        log.append(tables, desk.pen, Draft("work_tick", said, subject=one.subject))


@only(COORDINATOR)
def on_list(desk: Desk, item: str) -> Item:
    """Return one thing that can be taken off. Raises NotFound, TickedOff."""
    with desk.db.reading() as tables:
        return _on_list(desk, tables, item)


@only(COORDINATOR)
def take_off(desk: Desk, item: str) -> None:
    """Take an item off its team's list; who did it and when stays. Raises NotFound, TickedOff."""
    with desk.db.writing() as tables:
        one = _on_list(desk, tables, item)
        if not one.off:
            facts = {"item": item, "day": desk.today}
            draft = Draft("work_removal", facts, subject=one.subject, drawer=f"research/{one.team}")
            log.append(tables, desk.pen, draft)


def _on_list(desk: Desk, tables: Tables, item: str) -> Item:
    found = next((one for one in _items(desk, tables) if one.id == item), None)
    if found is None:
        raise NotFound
    if found.done:
        raise TickedOff
    return found


def _words(text: str, field: str) -> str:
    kept = text.strip()
    if not kept:
        raise Missing(field=field)
    names.check_fits(kept, field, LONGEST)
    return kept


def _children(desk: Desk, tables: Tables, team: str, code: str) -> list[str]:
    found = [
        one for one in people.named(tables, code) if people.in_use(tables, one) and people.team(tables, one) == team
    ]
    if not found:
        raise NoSuchChild(code=code)
    if any(situations.left_alone(desk, tables, one) for one in found):
        raise NotToBeAsked(code=code)
    return found


def _items(desk: Desk, tables: Tables) -> Iterator[Item]:
    ticked, off = store.ticks(tables), store.removals(tables)
    users = {code: one.name for code, one in machine.everybody(tables).users.items()}
    for row in store.items(tables):
        said, gone = ticked.get(row["id"], []), off.get(row["id"], [])
        done = tuple(Done(one["came"] or "", one["day"] or "", users.get(one["author"], "")) for one in said)
        if not situations.left_alone(desk, tables, row["subject"]):
            facts = {name: row[name] or "" for name in ("id", "team", "subject", "case_code", "what", "due")}
            yield Item(**facts, done=done, off=tuple(Off(one["day"], users.get(one["author"], "")) for one in gone))


def _waiting(desk: Desk, tables: Tables) -> list[Item]:
    return [one for one in _items(desk, tables) if one.team == desk.device.team and not one.done]


def _find(desk: Desk, tables: Tables, item: str) -> Item:
    found = next((one for one in _waiting(desk, tables) if one.id == item), None)
    if found is None:
        raise NotFound
    if found.off:
        raise TakenOff
    return found
