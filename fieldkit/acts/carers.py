"""A carer's agreement (配合确认): kept as what it is, never in place of a guardian's consent (`domain.md` §3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldkit.acts import events, forms
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.events import NoSignature
from fieldkit.acts.people import case_within
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import digest
from fieldkit.rules import consent
from fieldkit.rules.consent import CARER
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log
from fieldkit.store.keys import b64
from fieldkit.store.log import Draft


class UnfitWitness(Refusal):
    """V24: the witness is of the team, or the signer."""

    code = "V24"
    message = N_("The witness has to be an adult who can read, not of the team and not the person who agrees.")
    status = 422


@dataclass(frozen=True)
class CarerAnswer:
    """A carer's agreement (配合确认): never a substitute for consent (`domain.md` §3.1)."""

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


@only(INTERVIEWER)
def record(desk: Desk, subject: str, said: CarerAnswer) -> str:
    """Keep a carer's agreement or refusal; return the event's id.

    Raises NotFound, NotUnderstood (V28), NoSignature (V23), UnfitWitness (V24).
    """
    form = forms.carer_form(desk, subject)
    if said.agreed:
        forms.check_understood(form, said.understanding)
        _check_method(said)
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        basis = "parent" if consent.may_consent(said.relation) else ""
        person = events.person(desk, tables, subject, said.relation, basis)
        event = events.begin(desk, one, form, CARER, person, said.relation, said.follows)
        event |= {name: getattr(said, name) for name in ("method", "witness_relation", "no_sign_reason")}
        event |= {"act": "given" if said.agreed else "declined", "evidence_hash": digest(said.signature_png)}
        kept = log.append(tables, desk.pen, Draft("consent_event", event, subject=subject))
        if said.agreed:
            log.append(tables, desk.pen, Draft("evidence", _evidence(said, kept.id), subject=subject))
        return kept.id


def _evidence(said: CarerAnswer, event: str) -> dict[str, str]:
    """A thumbprint is noted, never pictured (`domain.md` D8): what is kept says where its paper lies."""
    paper = {"paper_ref": said.paper_ref, "paper_place": said.paper_place, "witness": said.witness_name}
    return {"event": event, "signature": b64(said.signature_png), **paper}


def _check_method(said: CarerAnswer) -> None:
    if said.method == "signature":
        events.check_signature(said.signature_png)
        return
    if said.method != "thumbprint" or not all((said.no_sign_reason, said.witness_name.strip(), said.paper_ref.strip())):
        raise NoSignature
    if said.witness_relation in {"", "team", said.relation}:
        raise UnfitWitness
