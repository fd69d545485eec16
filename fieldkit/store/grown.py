"""From which day a participant is of age, kept ready for the wall: a date of birth is a text that no trigger reads."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from itertools import product

from fieldkit.errors import Refusal
from fieldkit.records import Change
from fieldkit.rules import ages, calendars
from fieldkit.rules.consent import ADULT
from fieldkit.store import histories, merge, people
from fieldkit.store.database import Tables

_SAYS_AGE = {"identity", "participant"}


def settle(tables: Tables, changes: Iterable[Change]) -> None:
    """Look again at everybody of whose age *changes* say something, or who answered as a grown-up."""
    for subject in {one.subject for one in changes if _tells(one)}:
        keep(tables, subject or "")


def keep_all(tables: Tables) -> None:
    """Look again at everybody, as an update does: an earlier version kept nothing, or what counts no more."""
    for (subject,) in tables.execute("SELECT id FROM participants").fetchall():
        keep(tables, subject)


def _tells(change: Change) -> bool:
    return change.kind in _SAYS_AGE or (change.kind == "consent_event" and change.set.get("actor") == ADULT)


def keep(tables: Tables, subject: str) -> None:
    """Keep from which day *subject* is of age; nothing where no date says so."""
    day = since(tables, subject)
    tables.execute("DELETE FROM grown WHERE subject = ?", [subject])
    if day:
        tables.execute("INSERT INTO grown VALUES (?, ?)", [subject, day])


def since(tables: Tables, subject: str) -> str:
    """Compute the first day on which *subject* is of age for certain, as ISO date; empty where no date says so.

    While two versions of a birth date stand, by the later one.
    """
    known = people.row(tables, "identities", "subject = ?", subject) or {}
    enrolled = people.row(tables, "participants", "id = ?", subject) or {}
    with suppress(Refusal, ValueError, OverflowError):  # what another machine sent is no date
        if known.get("birth_date"):
            spans = [ages.birth_date(text, calendar) for text, calendar in _told(tables, known)]
            return max(ages.of_age_on(born.latest) for born in spans).isoformat()
        if enrolled.get("registered_on"):
            day = ages.group_of_age_on(enrolled["age_group"] or "", date.fromisoformat(enrolled["registered_on"]))
            return day.isoformat() if day else ""
    return ""


def _told(tables: Tables, known: people.Row) -> list[tuple[str, str]]:
    """Return every birth date that stands, and by which calendar."""
    calendar = known["birth_calendar"] or calendars.GREGORIAN
    said = {"birth_date": {str(known["birth_date"])}, "birth_calendar": {calendar}}
    heads = merge.heads(histories.of_records(tables, [known["id"]])[known["id"]]) if known["conflict"] else {}
    for name, found in said.items():
        found |= {str(one.set[name]) for one in heads.get(name, []) if one.set[name]}
    return [*product(said["birth_date"], said["birth_calendar"])]
