"""A carer's agreement: kept as what it is, never in place of a guardian's consent."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField

from fieldkit.acts import carers, forms, people
from fieldkit.acts.carers import CarerAnswer
from fieldkit.rules import ways
from fieldkit.rules.consent import NO
from fieldkit.web.pages import Answer, Tapped, answer, label, png, reasons
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, draft, in_turn, tell
from fieldkit.web.steps import WITNESSES, belongs, kept_once, over
from fieldkit.web.unsent import day_of_answer
from fieldkit.web.ways import EvidenceForm

pages = Blueprint("carers", __name__, url_prefix="/people/<subject>/consent/carer")
TYPED = ("method", "no_sign_reason", "witness_name", "witness_relation", "paper_ref", "paper_place")


class CarerForm(EvidenceForm):
    """How the agreement was given, and what stands for a signature."""

    understanding = RadioField("understanding", choices=[forms.UNDERSTOOD, "again"], validators=[Tapped()])
    method = RadioField("method", choices=["thumbprint", "signature"], validators=[Tapped()])
    signature = HiddenField("signature")


@pages.get("")
def show(subject: str) -> Answer:
    """Read the carer's text, and note how the agreement was given."""
    if not belongs(subject):
        return redirect(url_for("consents.who", subject=subject))
    return render_template("carers/show.html", form=CarerForm(), findings=[], reasons={}, **_known(subject))


@pages.post("")
@in_turn
def said(subject: str) -> Answer:
    """Keep the carer's answer; a no needs no paper, no witness and no reason."""
    if not belongs(subject):
        return over(subject, "carer")
    form = CarerForm()
    if request.form.get("agreed") == NO:
        begun = draft(subject)
        no = CarerAnswer(begun["relation"], "", agreed=False, said_on=day_of_answer(), person=begun["person"])
        return _store(subject, no)
    told = _carer(subject, form)
    asked = ways.findings(told.evidence)
    shown = {"findings": asked, "reasons": told.reasons, **_known(subject)}
    return answer(form, "carers/show.html", lambda: _store(subject, told), **shown)


def _store(subject: str, told: CarerAnswer) -> Response:
    kept_once(subject, "carer", lambda: carers.record(desk(), subject, told))
    if told.agreed:
        tell(_("The agreement is saved: {who}.", who=label("relation", told.relation)))
    return redirect(url_for("people.gates_", subject=subject))


def _known(subject: str) -> dict[str, object]:
    view = forms.carer_form(desk(), subject)
    return {
        "case": people.case(desk(), subject),
        "view": view,
        "said": draft(subject),
        "witnesses": WITNESSES,
    }


def _carer(subject: str, form: CarerForm) -> CarerAnswer:
    begun = draft(subject)
    typed = {name: (form[name].data or "").strip() for name in TYPED}
    return CarerAnswer(
        relation=begun["relation"],
        agreed=True,
        understanding=[form.understanding.data],
        signature_png=png(form.signature.data),
        follows=begun["follows"],
        witness_fit=form.witness_fit.data,
        reasons=reasons(),
        said_on=day_of_answer(),
        person=begun["person"],
        **typed,
    )
