"""The visit log of one child: at most three taps from the child's page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import Length

from fieldkit.acts import people, visits
from fieldkit.clock import new_id
from fieldkit.records import clean
from fieldkit.rules.visits import NO_GUARDIANS, NOT_SUITED, REFUSED
from fieldkit.studies import load_study
from fieldkit.web import unsent
from fieldkit.web.pages import Answer, Form, Tapped, answer, locale
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, once, tell

pages = Blueprint("visits", __name__, url_prefix="/people/<subject>/visits")


class VisitForm(Form):
    """What came of a visit."""

    outcome = RadioField("outcome", choices=list(load_study().codes["visit_outcome"]), validators=[Tapped()])
    next_on = StringField("next_on", validators=[Length(max=20)])
    note = StringField("note", validators=[Length(max=visits.LONGEST_NOTE)])
    nonce = HiddenField("nonce", default=new_id)


@pages.get("")
def show(subject: str) -> str:
    """Ask what came of the visit, above the earlier ones."""
    return render_template("visits/show.html", form=VisitForm(), **_known(subject))


@pages.post("")
def record(subject: str) -> Answer:
    """Keep one visit; what looks like a name or a number in the note is pointed at, and stays."""
    form = VisitForm()

    def act() -> Answer:
        said = form.outcome.data, (form.next_on.data or "").strip(), clean(form.note.data or "")
        hints = once(form.nonce.data or new_id(), lambda: visits.record(desk(), subject, *said, unsent.day_of_no()))
        tell(" ".join([_("The visit is saved."), *(hint.sentence(locale()) for hint in hints)]))
        asks = "visits.refused" if said[0] == REFUSED else "people.show"
        return redirect(url_for(asks, subject=subject))

    return answer(form, "visits/show.html", act, **_known(subject))


@pages.get("/refused")
def refused(subject: str) -> str:
    """Ask whose no it was that a visit ended with: a no of a guardian, of the child, or of somebody who is neither."""
    known = {"reasons": NO_GUARDIANS, "not_suited": NOT_SUITED}
    return render_template("visits/refused.html", case=people.case(desk(), subject), **known)


@pages.post("/refused")
def answer_for(subject: str) -> Answer:
    """Keep with the visit that it ended with no no of a guardian or the child: it is not asked again."""
    visits.answer(desk(), subject, request.form.get("whose", ""))
    tell(_("Noted with the visit."))
    return redirect(url_for("people.show", subject=subject))


@pages.post("/not-taking-part")
def not_taking_part(subject: str) -> Answer:
    """Count why this child does not take part."""
    visits.not_taking_part(desk(), subject, request.form.get("reason", ""))
    tell(_("Noted, and counted without a name."))
    return redirect(url_for("people.show", subject=subject))


def _known(subject: str) -> dict[str, object]:
    found = visits.of_child(desk(), subject)
    return {"case": people.case(desk(), subject), "visits": found, "reasons": visits.REASONS}
