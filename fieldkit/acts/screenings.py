"""Screening: one child against the criteria of the study, before any family is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fieldkit.acts import cases, situations, slips
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, Version, opened
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.records import natural_id
from fieldkit.rules import screening
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, setup
from fieldkit.store import people as store
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study


@dataclass(frozen=True)
class Screening:
    """What was answered, what that amounts to, how the child was found, the day, and what an edit of it goes over."""

    criteria: Mapping[str, str]
    result: str
    approach: str
    day: str
    opened: Opened


def questions() -> list[str]:
    """Return the criteria that a person answers."""
    return screening.asked(load_study().codes["criterion"])


@only(INTERVIEWER)
def wording(desk: Desk) -> dict[str, Pair]:
    """Return how each criterion is asked: whose being away counts, as the study's definition has it."""
    with desk.db.reading() as tables:
        chosen = setup.facts(tables).get("lbc_definition", "")
    codes = load_study().codes
    return {code: codes.get(code, {}).get(chosen, codes["criterion"][code]) for code in questions()}


def all_fit() -> dict[str, str]:
    """Return the answers of a child who meets everything and whom nothing keeps out."""
    return {code: screening.fitting(code) for code in questions()}


@only(INTERVIEWER)
def record(desk: Desk, subject: str, criteria: Mapping[str, str], approach: str = "", base: str = "{}") -> str:
    """Keep the answers over what was seen; return the result. A child who does not fit loses the contact slip.

    The slip stays while two people disagree. A criterion that is left out is not known. The age is computed.
    Raises Invalid, NotFound, StudyClosed for a child who was not screened before.
    """
    study = load_study().codes
    if criteria.keys() - set(questions()) or set(criteria.values()) - study["met"].keys():
        raise Invalid(field=N_("a criterion"))
    if approach and approach not in study["approach"]:
        raise Invalid(field=N_("how the child was found"))
    with desk.db.writing() as tables:
        age_group = cases.case_within(desk, tables, subject).age_group
        if store.row(tables, "screenings", "child = ?", subject) is None:
            situations.check_open(desk, tables)
        answers = {screening.AGE: screening.age(age_group)}
        answers |= {code: criteria.get(code, screening.UNKNOWN) for code in questions()}
        told = {"criteria": answers, "result": screening.result(answers), "approach": approach, "day": desk.today}
        draft = Draft("screening", {"child": subject, **told}, subject=subject)
        log.save_together(tables, desk.pen, draft, natural_id("screening", subject), base)
        stands = store.row(tables, "screenings", "child = ?", subject) or {}
        if stands.get("result") == screening.INELIGIBLE and not stands["conflict"]:
            slips.purge_within(desk, tables, subject)
        return str(stands.get("result"))


def latest(desk: Desk, subject: str) -> Screening | None:
    """Return what was answered for a child, or None. Raises NotFound."""
    with desk.db.reading() as tables:
        if store.is_hidden(tables, subject):
            raise NotFound
        row = store.row(tables, "screenings", "child = ?", subject)
        editor = _by_criterion(opened(tables, natural_id("screening", subject)))
    if row is None:
        return None
    result, approach, day = (row[name] or "" for name in ("result", "approach", "day"))
    return Screening(json.loads(row["criteria"] or "{}"), result, approach, day, editor)


def _by_criterion(found: Opened) -> Opened:
    """The answers are one field of the record; on the page each criterion has its own versions."""
    maps = found.versions.get("criteria", [])
    asked = {code: [Version(one.value.get(code, ""), one.author) for one in maps] for code in questions()}
    torn = {code: ones for code, ones in asked.items() if len({one.value for one in ones}) > 1}
    return replace(found, versions={**found.versions, **torn})
