"""Which stored facts are in use: held without a valid pair of consents, hidden under an open withdrawal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from fieldkit.records import Change, Value, needed
from fieldkit.rules import consent
from fieldkit.rules.consent import ADULT, CHILD, GUARDIAN, Event
from fieldkit.rules.duplicates import stricter
from fieldkit.store import clocks, duplicates, revocations
from fieldkit.store.database import Tables

Held = Callable[[Change], bool]
_LISTS = ("told", "follows", "lifts", "voids", "answers")
_WORDS = Event.__dataclass_fields__.keys() - {*_LISTS, "id", "items", "author", "unsure"}


def events(tables: Tables, subject: str) -> list[Event]:
    """Return the consent events of *subject* in the order of their ticks, then the withdrawals that notices brought.

    A withdrawal counts alike whichever way it came (`design.md` §3).
    """
    rows = tables.execute(
        "SELECT id, body FROM changes WHERE subject = ? AND kind = 'consent_event' AND id = record ORDER BY tick, id",
        [subject],
    )
    return [_event(row[0], json.loads(row[1])) for row in rows] + _notices(tables, subject)


def binding(tables: Tables, subject: str, own: list[Event] | None = None) -> list[Event]:
    """Return the events by which *subject* is judged: where a child is known twice, the stricter holds for both.

    *own*: what `events` says of this record, where it is at hand.
    """
    others = duplicates.beside(tables, subject)
    own = events(tables, subject) if own is None else own
    return stricter(own, [event for other in others for event in events(tables, other)]) if others else own


def asked_for(tables: Tables, scope: str) -> set[str]:
    """Return the children of whom anybody ever took back *scope*, by an event or by a notice."""
    said = "SELECT subject FROM consent_events WHERE scope = :scope"
    noticed = "SELECT subject FROM noticed_all WHERE scope = :scope"
    return {row[0] for row in tables.execute(f"{said} UNION {noticed}", {"scope": scope})}


def _notices(tables: Tables, subject: str) -> list[Event]:
    rows = tables.execute(
        "SELECT DISTINCT v.notice, v.requested_by, v.scope, n.day, c.author FROM noticed_all AS v "
        "JOIN notices AS n ON n.id = v.notice JOIN changes AS c ON c.id = v.notice WHERE v.subject = ? "
        "ORDER BY v.notice",
        [subject],
    )
    return [
        _noticed(id_, actor, scope, day or "", author)
        for id_, asker, scope, day, author in rows
        for actor in consent.ASKERS.get(asker, (GUARDIAN,))
    ]


def _noticed(id_: str, actor: str, scope: str, day: str, author: str) -> Event:
    items = consent.PARTS.get(scope)
    if items is None:
        return Event(id_, actor, "withdrawn", scope=scope, day=day, author=author)
    taken = dict.fromkeys(items, consent.NO)
    return Event(id_, actor, consent.LIMITED, items=taken, scope=scope, day=day, author=author)


def _event(id_: str, change: dict[str, Value]) -> Event:
    values = change["set"]
    fields: dict[str, Value] = {name: values.get(name) or "" for name in _WORDS}
    fields |= {name: tuple(values.get(name) or ()) for name in _LISTS}
    unsure = clocks.CLOCK in change.get("flags", ()) and fields["day"] == change["wall"][:10]  # a stated day is another
    return Event(id=id_, items=values.get("items") or {}, author=change["author"], unsure=unsure, **fields)


def wordy(tables: Tables, said: Mapping[str, Iterable[Event]], day: str) -> set[str]:
    """Return the children of whom every event has to be read; *said* is what `in_short` found.

    Something was said on *day*, by notice, or by the child itself that is no plain yes; or an event was voided.
    """
    said_then = "SELECT subject FROM consent_events WHERE day = ? UNION SELECT subject FROM noticed_all"
    rows = tables.execute(said_then, [day])
    return {row[0] for row in rows} | {child for child, events in said.items() if any(map(_is_wordy, events))}


def _is_wordy(event: Event) -> bool:
    """Plain is what the view `consent_log` calls so (`store/schema.py`)."""
    needed = all(event.items.get(item) == consent.YES for item in consent.NECESSARY)
    plain = event.actor == CHILD and event.act in consent.AGREEING and needed and not event.lifts
    return event.act == consent.VOIDING or (event.actor in {CHILD, ADULT} and not plain)


def in_short(tables: Tables, subjects: Iterable[str]) -> dict[str, list[Event]]:
    """Return, by child, the events that decide: of a child's plain yeses, which say all the same, only the last one.

    Of a child who is `wordy` on a day this is not enough to judge that day.
    """
    rows = tables.execute(
        "SELECT subject, tick, id, body FROM consent_log WHERE plain = 0 "
        "AND subject IN (SELECT value FROM json_each(:subjects)) UNION ALL "
        "SELECT subject, tick, id, body FROM consent_log WHERE id IN (SELECT "
        "(SELECT c.id FROM consent_log AS c WHERE c.plain = 1 AND c.subject = named.value ORDER BY c.tick DESC LIMIT 1)"
        " FROM json_each(:subjects) AS named) ORDER BY 2, 3",
        {"subjects": json.dumps([*subjects])},
    )
    found: dict[str, list[Event]] = {}
    for subject, _, id_, body in rows:
        found.setdefault(subject, []).append(_event(id_, json.loads(body)))
    return found


def held(tables: Tables) -> Held:
    """Return the judge of one transaction: does a change lack a valid pair (`design.md` §3: computed from the set)?

    Or was the answer that it speaks of taken back?
    """
    approved = {
        row[0]
        for row in tables.execute(
            "SELECT json_extract(body, '$.set.text_hash') FROM changes "
            "WHERE kind = 'form' AND json_extract(body, '$.set.state') = 'approved'"
        )
    }

    @cache
    def known(subject: str) -> tuple[dict[str, Event], set[str]]:
        said = {event.id: event for event in events(tables, subject)}
        return said, consent.taken_back(said.values())

    @cache
    def lacks(subject: str, session: str, grounds: tuple[str, ...], needs: tuple[str, ...]) -> bool:
        said, _ = known(subject)
        discarded = session in consent.discarded(said.values())
        return discarded or not consent.valid_pair(said, grounds, needs, session, approved)

    def judge(change: Change) -> bool:
        items = needed(change)
        if not items:
            return False
        subject = change.subject or ""
        lacking = lacks(subject, change.session or "", change.grounds, tuple(items))
        return lacking or change.record in known(subject)[1]

    return judge


def is_hidden(tables: Tables, subject: str) -> bool:
    """Compute whether *subject* is hidden: by an event of the family, a notice, or an order to erase that is parked."""
    return consent.hidden(binding(tables, subject)) or revocations.hides(tables, subject)


def restand(tables: Tables, subject: str) -> None:
    """Keep whether *subject* is hidden, so that lists and search need not judge; of a child known twice each record."""
    tables.conn.executemany(
        "INSERT INTO standings VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET hidden = excluded.hidden",
        [(one, int(is_hidden(tables, one))) for one in duplicates.whole(tables, subject)],
    )


def restand_all(tables: Tables) -> None:
    """Look again at every child: an order to erase that is parked hides whom it means until it counts again."""
    for (subject,) in tables.execute("SELECT DISTINCT record FROM changes WHERE kind = 'participant'").fetchall():
        restand(tables, subject)


def restand_noticed(tables: Tables) -> None:
    """Look again at every child whom a notice names; notices and children arrive in any order."""
    rows = tables.execute("SELECT DISTINCT subject FROM noticed").fetchall()
    for (subject,) in rows:
        restand(tables, subject)


def nonparticipation(tables: Tables) -> dict[str, int]:
    """Return how many children do not take part, by reason (COREQ item 13).

    A no counts while it is open; any other reason, such as a family that nobody could reach, until somebody says yes.
    """
    rows = tables.execute("SELECT DISTINCT reason, subject FROM nonparticipations ORDER BY reason").fetchall()
    return dict(Counter(reason for reason, subject in rows if _stays_out(reason, events(tables, subject))))


def _stays_out(reason: str, said: list[Event]) -> bool:
    agreed = any(event.actor in {GUARDIAN, ADULT} and event.act in consent.AGREEING for event in consent.in_force(said))
    return bool(consent.open_noes(said)) or (reason not in _SAID_NO and not agreed)


_SAID_NO = frozenset({"child_no", "guardian_no"})  # these two are events, which may be taken back
