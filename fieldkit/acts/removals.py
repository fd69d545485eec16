"""Erase a child after a withdrawal: the coordinator confirms, an order travels, each machine says that it is done.

Stop using at once, delete after confirmation (`domain.md` §3.6, rules d to f): a withdrawal hides the child everywhere
and can be lifted until the family was told; then the child is gone from every machine that hears of it, also one that
hears late. Consent events, a tombstone and what a safeguarding lead holds under the law stay.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fieldkit.acts import consents, withdrawals
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars, consent
from fieldkit.rules.consent import Event
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import duplicates, grown, log, machine, people, redactions, removals, replica, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

WITHIN = timedelta(days=15)
MISTAKE, CAME_BACK = "mistake", "came_back"  # why what the participant withdrew is lifted


class NotWithdrawn(Refusal):
    """Nobody asked for it, or it was taken back meanwhile."""

    code = "not_withdrawn"
    message = N_(
        "No open withdrawal asks for everything of this child to be deleted. Nothing was deleted. "
        "Register the withdrawal first; if it was taken back meanwhile, nothing is to be done."
    )


class NotTold(Refusal):
    """The family was not told what is deleted and what stays."""

    code = "family_not_told"
    message = N_(
        "Nothing was deleted: the family has to know first what is deleted and what stays. "
        "Read it to them, then tick it."
    )
    status = 422


class ToldBeforeAsked(Refusal):
    """The day on which they were told lies before the day on which they asked."""

    code = "told_before_asked"
    message = N_(
        "Nothing was deleted: the family was told on a day before the withdrawal. "
        "Put the day right, or ring them once more."
    )
    status = 422


class NotTheirWish(Refusal):
    """Only a guardian asked, after they came of age, when only they themselves can withdraw (§3.6, rule j)."""

    code = "not_their_wish"
    message = N_(
        "Nothing was deleted: they are 18 by now, and a guardian asked for it. Only they themselves can withdraw. "
        "Ask them: if they want it, tick that; if not, lift the withdrawal."
    )
    status = 422


class TeamUnknown(Refusal):
    """This computer does not know yet by which names the team's children go in sealed blocks."""

    code = "team_unknown"
    message = N_(
        "Nothing was deleted: this computer has not read anything of the child's team yet. "
        "Read the newest bundle of that team, then delete."
    )


@dataclass(frozen=True)
class Asked:
    """One withdrawal of everything that stands: who asks as a code of `requested_by`, which guardian where named, when.

    `author`: the name of who wrote it down; `named`: it is on record whose it is, so that they can agree anew.
    """

    id: str
    by: str
    relation: str
    day: str
    author: str
    named: bool


@dataclass(frozen=True)
class Due:
    """A child whom somebody wants deleted: by which codes, since when, until when, who asked; `removes`: by kind.

    `asked_by`: codes of `requested_by`, of all that was `asked`, the oldest first. `of_age`: only guardians asked, when
    they decided themselves already: they are hidden, and deleted only where they want it too. `since` and `until` are
    empty where nobody wrote the day down. `counts_vault`: this computer can see names, phones and signatures, so that
    they are counted too.
    """

    id: str
    case_codes: tuple[str, ...]
    since: str
    until: str
    asked_by: str
    removes: Mapping[str, int]
    counts_vault: bool
    asked: tuple[Asked, ...]
    of_age: bool = False

    @property
    def case_code(self) -> str:
        """Return the codes as they are written."""
        return " ".join(self.case_codes)

    @property
    def named(self) -> int:
        """Return of how many of the withdrawals it is on record whose they are."""
        return sum(one.named for one in self.asked)


@dataclass(frozen=True)
class Gone:
    """A child who is gone: ordered on `day`, and on which machines it is carried out and on which not yet."""

    id: str
    case_code: str
    slip_code: str
    day: str
    told_on: str
    removed: Mapping[str, int]
    requested_by: str
    on: tuple[str, ...]
    waits_for: tuple[str, ...]


@only(COORDINATOR)
def due(desk: Desk) -> list[Due]:
    """Return the children whose withdrawal waits for the coordinator, the oldest first; who is known twice, once."""
    with desk.db.reading() as tables:
        folded = duplicates.folded(tables)
        found = [_due(tables, row["id"]) for row in people.hidden(tables) if row["id"] not in folded]
    return sorted((one for one in found if one), key=lambda one: (one.since or "9999", one.case_codes))


@only(COORDINATOR)
def one(desk: Desk, subject: str) -> Due:
    """Return one of them. Raises NotFound, NotWithdrawn."""
    with desk.db.reading() as tables:
        return _asked(tables, subject)


@only(COORDINATOR)
def confirm(desk: Desk, subject: str, told_on: str, *, told_all: bool, own_wish: bool = False) -> str:
    """Let the child be gone from here, and from every machine that the order reaches; return the tombstone's id.

    *told_on*: the day on which the family was told; *told_all*: what is deleted and what stays; *own_wish*: of whom a
    guardian withdrew although they are of age, that they want it themselves.

    Raises NotFound, NotWithdrawn, NotTheirWish, NotTold, NoDay, DayToCome, ToldBeforeAsked, TeamUnknown.
    """
    with desk.db.writing() as tables:
        asked = _asked(tables, subject)
        if asked.of_age and not own_wish:
            raise NotTheirWish
        asked = replace(asked, asked_by="adult") if asked.of_age else asked
        told = told_before(desk, asked.since, told_on, told_all=told_all)
        kept = [_erase(desk, tables, asked, one, told) for one in duplicates.whole(tables, asked.id)]
        acknowledge(desk, tables)
        desk.db.leave_no_trace()
    return kept[0]


@only(COORDINATOR)
def lift(desk: Desk, subject: str, which: Collection[str], reason: str, why: str) -> bool:
    """Lift *which* of the withdrawals that ask for all of the child to be gone, by their ids (§3.6, rule d).

    *why*: MISTAKE, nobody ever said it; CAME_BACK, whoever said it takes it back. Then it stays a no of theirs of that
    day, which their own next yes takes back by name: a talk that the child left does not go on, and no earlier yes
    counts (§3.2, §3.3, §3.9). Of a guardian of whom nobody knows which one, no yes could; that one is void.

    Return whether the child is seen again: none stands any more. Each stays on record with the *reason*. Raises
    NotFound, NotWithdrawn, Missing.
    """
    if not reason.strip():
        raise Missing(field=N_("the reason"))
    with desk.db.writing() as tables:
        due = _asked(tables, subject)
        lifted = {one.id: one for one in due.asked if one.id in which}
        if not lifted:
            raise Missing(field=N_("which withdrawal"))
        if why not in {MISTAKE, CAME_BACK}:
            raise Missing(field=N_("whether anybody ever said it"))
        for child in duplicates.whole(tables, due.id):
            said = {one.id: one for one in standing.events(tables, child) if one.id in lifted}
            for event in said.values():
                if why == CAME_BACK and (event.actor in consent.OWN or (event.person and not due.of_age)):
                    withdrawals.keep_no(desk, tables, child, event)
                consents.void_within(desk, tables, child, event, reason.strip())
        return not people.is_hidden(tables, subject)


def told_before(desk: Desk, since: str, told_on: str, *, told_all: bool) -> str:
    """Return the day on which the family was told all of it. Raises NotTold, NoDay, DayToCome, ToldBeforeAsked."""
    if not told_all:
        raise NotTold
    told = calendars.past_day(told_on, N_("the day on which the family was told"), desk.clock.today()).isoformat()
    if told < since:
        raise ToldBeforeAsked
    return told


def _erase(desk: Desk, tables: Tables, asked: Due, subject: str, told: str) -> str:
    """Let one record of the child be gone; return the id of what stays of it."""
    row = people.row(tables, "participants", "id = ?", subject) or {}
    team, removed = people.team(tables, subject), removals.counted(tables, subject)
    order = replica.remove(tables, team, subject, desk.keys.signer)
    if order not in removals.carried_out(tables):
        raise TeamUnknown
    facts = {name: row.get(name) or "" for name in ("case_code", "slip_code", "site", "sex", "age_group", "pilot")}
    facts |= {"erasure": order, "day": desk.today, "told_on": told, "requested_by": asked.asked_by, "removed": removed}
    draft = Draft("tombstone", facts, subject=subject, drawer=f"consent/{team}")
    return log.append(tables, desk.pen, draft).record


def acknowledge(desk: Desk, tables: Tables) -> None:
    """Say in the caller's transaction which orders this machine carried out, so that the coordinator can count."""
    said = {row["erasure"] for row in people.looked_up(tables)("erasures_done", "device", desk.device.id)}
    for order in (*removals.carried_out(tables), *redactions.carried_out(tables)):
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
def tombstone_of(desk: Desk, subject: str) -> str:
    """Return the id of what stays of *subject* where it is gone, else nothing."""
    with desk.db.reading() as tables:
        return next((row["id"] for row in people.tombstones(tables) if row["subject"] == subject), "")


def summed(removed: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return, in the words in which a family is told, how many records of what there are; no kind is left out."""
    known = {kind for _, kinds in _TOLD for kind in kinds}
    groups = [*_TOLD, (N_("Other records about the child"), tuple(sorted(removed.keys() - known)))]
    counted = [(words, sum(removed.get(kind, 0) for kind in kinds)) for words, kinds in groups]
    return [(words, n) for words, n in counted if n]


_TOLD = (
    (N_("Details of the child and the family"), ("participant", "person", "parent", "screening", "visit")),
    (N_("Interviews"), ("interview", "closing", "moment")),
    (N_("Notes on questions"), ("answer",)),
    (N_("Observations"), ("observation",)),
    (N_("Recordings and pictures"), ("attachment",)),
    (N_("Names, birth date, address"), ("identity", "person_name", "slip")),
    (N_("Signatures and evidence of consent"), ("evidence",)),
)


@only(COORDINATOR)
def tombstone(desk: Desk, id_: str) -> Gone:
    """Return what stays of one child. Raises NotFound."""
    found = next((known for known in gone(desk) if known.id == id_), None)
    if found is None:
        raise NotFound
    return found


def _asked(tables: Tables, subject: str) -> Due:
    if people.row(tables, "participants", "id = ?", subject) is None:
        raise NotFound
    found = _due(tables, subject)
    if found is None:
        raise NotWithdrawn
    return found


def _due(tables: Tables, subject: str) -> Due | None:
    whole = duplicates.whole(tables, subject)
    events = [event for one in whole for event in standing.events(tables, one)]
    asked = [one for one in consent.open_noes(events) if _wants_all_gone(one)]
    if not asked:
        return None
    since, until = within(asked)
    rows = [people.row(tables, "participants", "id = ?", one) or {} for one in whole]
    removes = sum((Counter(removals.counted(tables, one)) for one in whole), Counter[str]())
    vault = machine.drawer_key(tables, f"vault/{people.team(tables, subject)}") is not None
    codes = tuple(row["case_code"] for row in rows if row)
    of_age = all(
        any(consent.asked_too_late(event, events, grown.since(tables, one)) for one in whole) for event in asked
    )
    return Due(whole[0], codes, since, until, askers(asked), dict(removes), vault, _each(tables, asked), of_age)


def _each(tables: Tables, asked: list[Event]) -> tuple[Asked, ...]:
    """Return what was asked, each withdrawal once: a notice can speak for two, and of two records of a child."""
    names = {code: user.name for code, user in machine.everybody(tables).users.items()}
    found = []
    for id_ in dict.fromkeys(one.id for one in sorted(asked, key=lambda one: (one.day or "9999", one.id))):
        mine = [one for one in asked if one.id == id_]
        one = mine[0]
        named = one.actor in consent.OWN or bool(one.person)
        found.append(Asked(id_, askers(mine), one.relation, one.day, names.get(one.author, one.author), named))
    return tuple(found)


def within(asked: list[Event]) -> tuple[str, str]:
    """Return since when and until when, empty where nobody wrote the day down."""
    since = min((one.day for one in asked if one.day), default="")
    return since, (date.fromisoformat(since) + WITHIN).isoformat() if since else ""


def askers(asked: list[Event]) -> str:
    """Return who asked as a code of `requested_by`."""
    actors = {event.actor for event in asked}
    if consent.ADULT in actors:
        return "adult"
    return "both" if {consent.CHILD, consent.GUARDIAN} <= actors else min(actors)


def _wants_all_gone(event: Event) -> bool:
    return (event.act, event.scope) == ("withdrawn", consent.ALL)


def heard(tables: Tables, orders: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the machines on which all *orders* are carried out, and of those not heard from yet."""
    devices = {one.id: one.name for one in machine.everybody(tables).devices.values()}
    said = [{one["device"] for one in people.looked_up(tables)("erasures_done", "erasure", order)} for order in orders]
    done = {device for device in devices if all(device in one for one in said)}
    return tuple(sorted(devices[one] for one in done)), tuple(sorted(devices[one] for one in devices.keys() - done))


def _gone(tables: Tables, row: people.Row) -> Gone:
    on, waits_for = heard(tables, [row["erasure"]])
    return Gone(
        **{name: row[name] or "" for name in ("id", "case_code", "slip_code", "day", "told_on", "requested_by")},
        removed=json.loads(row["removed"] or "{}"),
        on=on,
        waits_for=waits_for,
    )
