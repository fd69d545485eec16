"""Which stored facts are in use: held without a valid pair of consents, hidden under an open withdrawal."""

from __future__ import annotations

import json
from collections.abc import Callable

from fieldkit.records import KINDS, Change
from fieldkit.rules import consent
from fieldkit.rules.consent import Event
from fieldkit.store.database import Tables

Held = Callable[[Change], bool]
_LISTS = ("told", "follows", "lifts", "voids")


def events(tables: Tables, subject: str) -> list[Event]:
    """Return the consent events of *subject*, read from the log in the order of their ticks."""
    rows = tables.execute(
        "SELECT id, body FROM changes WHERE subject = ? AND kind = 'consent_event' AND id = record ORDER BY tick, id",
        [subject],
    )
    return [_event(row[0], json.loads(row[1])["set"]) for row in rows]


def _event(id_: str, values: dict[str, object]) -> Event:
    known = {name: value for name, value in values.items() if name in Event.__dataclass_fields__}
    lists = {name: tuple(known.pop(name, ()) or ()) for name in _LISTS}  # type: ignore[call-overload]
    return Event(id=id_, **{name: value or "" for name, value in known.items()}, **lists)  # type: ignore[arg-type]


def held(tables: Tables) -> Held:
    """Return the judge of one transaction: does this change lack a valid pair? (`design.md` §3, computed from the set)."""
    approved = {
        row[0]
        for row in tables.execute(
            "SELECT json_extract(body, '$.set.text_hash') FROM changes WHERE kind = 'form'"
        )
    }
    known: dict[str, dict[str, Event]] = {}

    def judge(change: Change) -> bool:
        kind = KINDS.get(change.kind)
        if kind is None or not kind.needs:
            return False
        subject = change.subject or ""
        if subject not in known:
            known[subject] = {event.id: event for event in events(tables, subject)}
        return not consent.valid_pair(
            known[subject], change.grounds, kind.needs, change.session or "", approved
        )

    return judge


def is_hidden(tables: Tables, subject: str) -> bool:
    """Compute whether *subject* is hidden: by an event of the family, or by a notice from anywhere."""
    noticed = tables.execute(
        "SELECT 1 FROM notices AS n JOIN participants AS p ON n.code IN (p.id, p.case_code, p.pseudonym_zh) "
        "WHERE n.scope = 'all' AND p.id = ?",
        [subject],
    ).fetchone()
    return consent.hidden(events(tables, subject)) or noticed is not None


def restand(tables: Tables, subject: str) -> None:
    """Keep whether *subject* is hidden, so that lists and search need not judge."""
    tables.execute(
        "INSERT INTO standings VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET hidden = excluded.hidden",
        [subject, int(is_hidden(tables, subject))],
    )


def restand_noticed(tables: Tables) -> None:
    """Look again at every child whom a notice names; notices and children arrive in any order."""
    rows = tables.execute(
        "SELECT DISTINCT p.id FROM participants AS p JOIN notices AS n ON n.code IN (p.id, p.case_code, p.pseudonym_zh)"
    ).fetchall()
    for (subject,) in rows:
        restand(tables, subject)
