"""Reading aloud one sentence a screen, in large type, to somebody who listens and does not read (`domain.md` §6.1)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for

from fieldkit.acts import forms, people, readings
from fieldkit.acts.forms import FormView
from fieldkit.web import steps
from fieldkit.web.pages import Answer
from fieldkit.web.sessions import desk, draft

pages = Blueprint("readings", __name__, url_prefix="/people/<subject>/consent/aloud")


@pages.get("/<int:number>")
def show(subject: str, number: int) -> Answer:
    """Show one sentence of the form that is being read; behind the last one comes the page that asks back."""
    if not steps.belongs(subject):
        return steps.to_who(subject)
    told, back = draft(subject), url_for(_back(subject), subject=subject)
    found = readings.aloud(desk(), subject, _form(subject), told["relation"], told.get("person", ""))
    if not 1 <= number <= len(found.lines):
        return redirect(back)
    shown = {"line": found.lines[number - 1], "number": number, "all": len(found.lines), "speaks": found.speaks}
    return render_template("readings/show.html", case=people.case(desk(), subject), said=told, back=back, **shown)


def _form(subject: str) -> FormView:
    view: FormView = steps.known(subject)["view"] if steps.begun(subject) else forms.carer_form(desk(), subject)
    view.check_in_force()
    return view


def _back(subject: str) -> str:
    return "consents.read" if steps.begun(subject) else "carers.show"
