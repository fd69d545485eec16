"""A carer's agreement (配合确认): kept as what it is, never in place of a guardian's consent (`domain.md` §3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldkit.acts import clocks, consents, events, forms, guardians
from fieldkit.acts.cases import case_within
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import FormView
from fieldkit.acts.guardians import PARENT
from fieldkit.rules import consent, ways
from fieldkit.rules.consent import CARER, NO
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.ways import Evidence
from fieldkit.store import log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft


@dataclass(frozen=True)
class CarerAnswer:
    """A carer's agreement (配合确认): never a substitute for consent (`domain.md` §3.1).

    `said_on`: the day of an answer whose form waited, today where it is empty; `person`: which adult it is, by id,
    where several of one relation are on record.
    """

    relation: str
    method: str
    agreed: bool
    understanding: Sequence[str] = ()
    no_sign_reason: str = ""
    witness_name: str = ""
    witness_relation: str = ""
    paper_ref: str = ""
    paper_place: str = ""
    signature_png: bytes = b""
    follows: Sequence[str] = ()
    witness_fit: bool = True
    reasons: Mapping[str, str] = field(default_factory=dict)
    said_on: str = ""
    person: str = ""

    @property
    def evidence(self) -> Evidence:
        """Return what stands for the agreement."""
        named = {name: getattr(self, name) for name in _EVIDENCE}
        return Evidence(self.method, self.signature_png, **named)


_EVIDENCE = ("no_sign_reason", "witness_name", "witness_relation", "paper_ref", "paper_place", "witness_fit")


@only(INTERVIEWER)
def record(desk: Desk, subject: str, said: CarerAnswer) -> str:
    """Keep a carer's agreement or refusal; return the event's id. The no of a guardian by law is a guardian's no.

    Raises NotFound, FormNotInForce (V21), StudyClosed, NoSignature (V23), UnfitWitness (V24), NotUnderstood (V28),
    ReasonNeeded (V25, V31).
    """
    if not said.agreed and (no := _no_of_a_guardian(desk, subject, said)):
        return consents.record(desk, subject, no)
    when = consents.dated(desk, said.said_on)
    form = forms.carer_form(desk, subject, said.said_on)
    with desk.db.writing() as tables:
        if said.agreed:
            _check(desk, tables, form, said)
        one = case_within(desk, tables, subject)
        basis = PARENT if consent.may_consent(said.relation) else ""
        day = clocks.closing_day(desk, tables, said.said_on)
        person = events.person(desk, tables, subject, said.relation, basis, day=day, which=said.person)
        event = events.begin(desk, one, form, CARER, person, said.relation, said.follows) | when
        if not said.agreed:
            declined = Draft("consent_event", {**event, "act": "declined"}, subject=subject)
            return log.append(tables, desk.pen, declined).id
        event |= {"act": "given", **events.left_behind(said.evidence)} | events.lifting(events.lifted(one, event))
        event["reasons"] = dict(said.reasons)
        kept = log.append(tables, desk.pen, Draft("consent_event", event, subject=subject))
        log.append(tables, desk.pen, Draft("evidence", events.evidence(said.evidence, kept.id), subject=subject))
        return kept.id


def _no_of_a_guardian(desk: Desk, subject: str, said: CarerAnswer) -> GuardianAnswer | None:
    """Return the no of whoever is on record as a guardian, also while no paper shows it; None for a mere carer."""
    told = {"day": said.said_on, "person": said.person}
    basis = guardians.basis_on_record(desk, subject, said.relation, **told)
    if not basis and not guardians.is_guardian(desk, subject, said.relation, **told):
        return None
    no = {"participate": NO}
    return GuardianAnswer(said.relation, no, (), basis=basis, given_on=said.said_on, person=said.person)


def _check(desk: Desk, tables: Tables, form: FormView, said: CarerAnswer) -> None:
    form.check_in_force()
    forms.check_understood(form, said.understanding)
    events.check_evidence(tables, said.evidence, said.relation)
    clocks.check_answered(desk, tables, said.reasons, ways.findings(said.evidence))
