"""Who a child is, as the vault knows it and as a signature tells it."""

from __future__ import annotations

from fieldkit.acts import editors, situations
from fieldkit.acts.cases import row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.records import Value
from fieldkit.rules import ages, identities, names
from fieldkit.rules.ages import BirthDate
from fieldkit.rules.findings import Finding
from fieldkit.rules.identities import Known
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import people
from fieldkit.store.database import Tables


@only(INTERVIEWER)
def on_record(desk: Desk, subject: str) -> set[str]:
    """Return which of real name and birth date may be left empty, because they are on record. Raises NotFound."""
    with desk.db.reading() as tables:
        row_within(tables, subject)
        known = known_of(tables, subject)
    return {field for field, value in {"real_name": known.real_name, "birth_date": known.born}.items() if value}


def known_of(tables: Tables, subject: str) -> Known:
    """Return what is on record of who a child is."""
    row = people.row(tables, "identities", "subject = ?", subject)
    if row is None:
        return Known()
    apart = editors.opened(tables, row["id"]).versions if row["conflict"] else {}
    born = situations.born_of(people.looked_up(tables), subject)
    return Known(row["real_name"] or "", born, row["birth_source"] or "", frozenset(apart))


def findings(tables: Tables, subject: str, real_name: str, birth_date: str, calendar: str) -> list[Finding]:
    """Return what asks whether it is the child on record. Raises FromPaper, StandsTwice."""
    return identities.findings(known_of(tables, subject), real_name, _read(birth_date, calendar))


def told(tables: Tables, subject: str, real_name: str, birth_date: str, calendar: str) -> dict[str, Value]:
    """Return the fields that a parent's signature writes: what is new of name and date. Raises FromPaper, StandsTwice.

    What is left empty, or is known more exactly, wipes nothing.
    """
    known = known_of(tables, subject)
    new: dict[str, Value] = {}
    if identities.is_new_name(known, real_name):
        new["real_name"] = names.plain(real_name)
    if identities.is_new_date(known, _read(birth_date, calendar)):
        new |= {"birth_date": names.typed(birth_date), "birth_calendar": calendar, "birth_source": "told_parent"}
    return new


def _read(birth_date: str, calendar: str) -> BirthDate | None:
    return ages.birth_date(birth_date, calendar) if birth_date else None
