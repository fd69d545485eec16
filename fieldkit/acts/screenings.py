"""Screening: one child against the criteria of the study, before any family is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fieldkit.acts import people, slips
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.rules import screening
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log
from fieldkit.store import people as store
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study


@dataclass(frozen=True)
class Screening:
    """What was answered, what that amounts to, how the child was found, and the day."""

    criteria: Mapping[str, str]
    result: str
    approach: str
    day: str


def questions() -> list[str]:
    """Return the criteria that a person answers."""
    return screening.asked(load_study().codes["criterion"])


def all_fit() -> dict[str, str]:
    """Return the answers of a child who meets everything and whom nothing keeps out."""
    return {code: screening.fitting(code) for code in questions()}


@only(INTERVIEWER)
def record(desk: Desk, subject: str, criteria: Mapping[str, str], approach: str = "") -> str:
    """Keep the answers; return the result. A child who does not fit loses the contact slip.

    A criterion that is left out is not known. The age is computed. Raises Invalid, NotFound.
    """
    study = load_study().codes
    if criteria.keys() - set(questions()) or set(criteria.values()) - study["met"].keys():
        raise Invalid(field=N_("a criterion"))
    if approach and approach not in study["approach"]:
        raise Invalid(field=N_("how the child was found"))
    with desk.db.writing() as tables:
        age_group = people.case_within(desk, tables, subject).age_group
        answers = {screening.AGE: screening.age(age_group)}
        answers |= {code: criteria.get(code, screening.UNKNOWN) for code in questions()}
        _write(desk, tables, subject, answers, approach)
        found = screening.result(answers)
        if found == screening.INELIGIBLE:
            slips.purge_within(desk, tables, subject)
        return found


def _write(desk: Desk, tables: Tables, subject: str, answers: Mapping[str, str], approach: str) -> None:
    values = {"child": subject, "criteria": dict(answers), "result": screening.result(answers)}
    draft = Draft("screening", {**values, "approach": approach, "day": desk.today}, subject=subject)
    log.append_over(tables, desk.pen, draft)


def latest(desk: Desk, subject: str) -> Screening | None:
    """Return what was answered for a child, or None. Raises NotFound."""
    with desk.db.reading() as tables:
        if store.is_hidden(tables, subject):
            raise NotFound
        row = store.row(tables, "screenings", "child = ?", subject)
    if row is None:
        return None
    return Screening(json.loads(row["criteria"] or "{}"), row["result"] or "", row["approach"] or "", row["day"] or "")
