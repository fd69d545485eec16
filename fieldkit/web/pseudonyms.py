"""The page that gives a child another pseudonym, because the one in use tells, or because somebody wishes it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from fieldkit.acts import people, pseudonyms
from fieldkit.errors import Refusal
from fieldkit.rules.pseudonyms import TELLING
from fieldkit.web.pages import Answer, Form, answer, locale, seen
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("pseudonyms", __name__)


class PseudonymForm(Form):
    """Another pseudonym."""

    pseudonym_zh = StringField("pseudonym_zh", validators=[InputRequired(), Length(max=8)])
    pseudonym_en = StringField("pseudonym_en", validators=[Optional(), Length(max=40)])


@pages.route("/people/<subject>/pseudonym", methods=["GET", "POST"])
def show(subject: str) -> Answer:
    """Show why the pseudonym has to go, with another one filled in; keep what is chosen."""
    naming, form = pseudonyms.view(desk(), subject), PseudonymForm()
    context = {"case": people.case(desk(), subject), "naming": naming}

    def act() -> Answer:
        chosen = (form.pseudonym_zh.data or "", form.pseudonym_en.data or "")
        pseudonyms.change(desk(), subject, *chosen, seen())
        tell(" ".join([_("Saved."), *(one.sentence(locale()) for one in pseudonyms.hints(desk(), subject))]))
        return redirect(url_for("people.show", subject=subject))

    if not form.is_submitted():
        form.pseudonym_zh.data, form.pseudonym_en.data = naming.proposed
        return render_template("pseudonyms/show.html", form=form, **context)
    return answer(form, "pseudonyms/show.html", act, **context)


def another(_refusal: Refusal) -> Response:
    """Lead from what was refused, because the pseudonym in use tells, to where the child gets another one."""
    return redirect(url_for("pseudonyms.show", subject=(request.view_args or {})["subject"]))


def first_renamed(subject: str, page: str) -> Response:
    """Go to a *page* of the child; before it to another pseudonym, where the one in use tells who the child is."""
    tells = pseudonyms.warning(desk(), subject) is not None
    return redirect(url_for("pseudonyms.show" if tells else page, subject=subject))


@pages.app_template_global()
def gives_away(refusal: Refusal | None) -> bool:
    """Tell whether *refusal* wants another pseudonym (V11, V12)."""
    return isinstance(refusal, TELLING)


@pages.app_template_global()
def pseudonym_warning(subject: str) -> Refusal | None:
    """Return why the pseudonym of this child has to be replaced, or None."""
    return pseudonyms.warning(desk(), subject)
