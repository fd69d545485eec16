"""Whom a family's consent can come from, known before anybody is read to."""

from __future__ import annotations

from fieldkit.acts import situations
from fieldkit.acts.cases import case_within
from fieldkit.acts.consents import PARENT, SELF, NotOfAge, check_guardian
from fieldkit.acts.desk import Desk, only
from fieldkit.rules import consent
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import people


@only(INTERVIEWER)
def check_may_answer(desk: Desk, subject: str, relation: str, basis: str) -> None:
    """Raise NotOfAge, NoGuardianNow (V20) before anybody is read to, not after they signed."""
    with desk.db.reading() as tables:
        if case_within(desk, tables, subject).adult:
            return
        if relation == SELF:
            raise NotOfAge
        if consent.may_consent(relation, basis):
            known = people.adult(tables, subject, relation, desk.today)
            basis = PARENT if relation in consent.PARENTS else basis
            check_guardian(situations.adult_of(tables, subject, relation, known), basis, desk.today)


@only(INTERVIEWER)
def out_of_question(desk: Desk, subject: str) -> list[str]:
    """Return the parents of whom the household says that they cannot consent today."""
    with desk.db.reading() as tables:
        known = {one: people.adult(tables, subject, one, desk.today) for one in sorted(consent.PARENTS)}
        found = {one: situations.adult_of(tables, subject, one, row) for one, row in known.items()}
        return [one for one, adult in found.items() if not adult.is_guardian(desk.today)]
