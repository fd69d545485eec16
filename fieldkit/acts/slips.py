"""The contact slip goes when nobody consents; the family's own slip carries a code with which they can leave."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from fieldkit.acts import clocks, forms
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import NotFound
from fieldkit.rules import consent
from fieldkit.rules import slips as rules
from fieldkit.rules.consent import ADULT, AGREEING, GUARDIAN
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, people, slips, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study


@dataclass(frozen=True)
class FamilySlip:
    """What the family keeps: with whom they agreed, whom to ring now, and their code; nothing names the child."""

    title: Pair
    institution: Pair
    phone: str
    code: str


def purge_within(desk: Desk, tables: Tables, subject: str) -> bool:
    """Take the words of a contact slip out of this machine's file, in the caller's transaction.

    What lies in a sealed block stays there until the coordinator's order to erase it.
    """
    desk.db.leave_no_trace()
    return slips.purge(tables, desk.pen, subject)


@only(INTERVIEWER)
def purge_old(desk: Desk) -> int:
    """Empty every contact slip older than thirty days without a guardian's yes; return how many that were.

    While clock and records do not agree by themselves (V31) none is old: a stated date may be a slip of
    the finger. A slip that another machine emptied goes here too.
    """
    with desk.db.reading() as tables:
        if not _due(desk, tables):
            return 0
    with desk.db.writing() as tables:
        return sum(purge_within(desk, tables, subject) for subject in _due(desk, tables))


def _due(desk: Desk, tables: Tables) -> list[str]:
    credible = clocks.credible(desk, tables)
    return [
        subject
        for subject, day, emptied in slips.written(tables)
        if emptied or (day and credible and _is_due(desk, tables, subject, day))
    ]


def _is_due(desk: Desk, tables: Tables, subject: str, day: str) -> bool:
    return rules.due(date.fromisoformat(day), desk.clock.today(), standing.events(tables, subject))


@only(INTERVIEWER)
def family_slip(desk: Desk, subject: str) -> FamilySlip:
    """Return the family's slip, with a code that is drawn when it is first asked for. Raises NotFound."""
    with desk.db.reading() as tables:
        code = _code(tables, subject)
    if not code:
        with desk.db.writing() as tables:
            code = _code(tables, subject) or _draw(desk, tables, subject)
    with desk.db.reading() as tables:
        heard = _agreed_to(tables, subject)
    now = forms.guardian_form(desk, subject).text_hash
    institution, phone = forms.imprint(desk, heard or now)["institution"], forms.imprint(desk, now)["phone"].zh
    return FamilySlip(load_study().title, institution, phone, code)


def _agreed_to(tables: Tables, subject: str) -> str:
    """Return the hash of the form that the family agreed to last; empty while nobody has."""
    events = consent.in_force(standing.events(tables, subject))
    agreed = [one.form_text_hash for one in events if one.act in AGREEING and one.actor in {GUARDIAN, ADULT}]
    return agreed[-1] if agreed else ""


def _code(tables: Tables, subject: str) -> str:
    row = people.row(tables, "participants", "id = ?", subject)
    if row is None or people.is_hidden(tables, subject):
        raise NotFound
    return row["slip_code"] or ""


def _draw(desk: Desk, tables: Tables, subject: str) -> str:
    code = rules.code(secrets.choice)
    while people.named(tables, code):
        code = rules.code(secrets.choice)
    log.append(tables, desk.pen, Draft("participant", {"slip_code": code}, record=subject, subject=subject))
    return code
