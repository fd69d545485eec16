"""Found a study on an empty laptop: five questions, one a screen; the last, typed back from paper, founds it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from fieldkit.acts.studies import NAME, check_institution
from fieldkit.errors import NotFound
from fieldkit.rules import names
from fieldkit.store.folder import EMPTY, NotEmpty
from fieldkit.store.keys import check_strength
from fieldkit.studies import load_study
from fieldkit.web import sheets
from fieldkit.web.pages import Answer, Form, Tapped, answer
from fieldkit.web.sessions import here

pages = Blueprint("studies", __name__)


def _plain(typed: str | None) -> str:
    """Return what can be seen of a name: of a blank one nothing, and the question stays."""
    return names.plain(typed or "")


class StudyForm(Form):
    """Which of the built-in studies."""

    study = RadioField("study", choices=[load_study().code], validators=[Tapped()])


class InstitutionForm(Form):
    """Who stands behind it."""

    institution = StringField("institution", filters=[_plain], validators=[DataRequired(), Length(max=80)])


class NameForm(Form):
    """Who founds it."""

    name = StringField("name", filters=[_plain], validators=[DataRequired(), Length(max=40)])


class PassphraseForm(Form):
    """The founder's passphrase, twice."""

    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])
    again = PasswordField("again", validators=[EqualTo("passphrase")])


STEPS: dict[str, type[Form]] = {
    "study": StudyForm,
    "institution": InstitutionForm,
    "name": NameForm,
    "passphrase": PassphraseForm,
}


def _said() -> dict[str, str]:
    """Return what was answered so far: in this session's memory, nothing of it on the disk. Raises NotEmpty."""
    if here().folder.state != EMPTY:
        raise NotEmpty
    found: dict[str, str] = session.setdefault("setup", {})
    return found


def _open(step: str) -> str | None:
    """Return the first question before *step* that has no answer yet. Raises NotFound for what is no question."""
    if step not in STEPS:
        raise NotFound
    said = _said()
    return next((name for name in list(STEPS)[: list(STEPS).index(step)] if name not in said), None)


def _context(step: str) -> dict[str, object]:
    steps = list(STEPS)
    place = steps.index(step)
    before = url_for("studies.ask", step=steps[place - 1]) if place else url_for("today.home")
    return {"step": step, "number": place + 1, "before": before, "study": load_study().title}


@pages.get("/setup")
def setup() -> Response:
    """Begin with the first question."""
    return redirect(url_for("studies.ask", step=next(iter(STEPS))))


@pages.get("/setup/<step>")
def ask(step: str) -> Answer:
    """Ask one question; one that comes too early leads to the first that is open."""
    missing = _open(step)
    if missing:
        return redirect(url_for("studies.ask", step=missing))
    form = STEPS[step](data=_said())
    return render_template("studies/setup.html", form=form, **_context(step))


@pages.post("/setup/<step>")
def answered(step: str) -> Answer:
    """Keep the answer in memory and go on; after the passphrase comes the sheet."""
    missing = _open(step)
    if missing:
        return redirect(url_for("studies.ask", step=missing))
    form = STEPS[step]()
    return answer(form, "studies/setup.html", lambda: _next(step, form), **_context(step))


def _next(step: str, form: Form) -> Response:
    if step == "passphrase":
        check_strength(form.passphrase.data)
        return sheets.begin(form.passphrase.data)
    if step == "institution":
        check_institution(form.institution.data)
    if step == "name":
        names.check_readable(form.name.data, NAME)
    _said()[step] = form[step].data
    steps = list(STEPS)
    return redirect(url_for("studies.ask", step=steps[steps.index(step) + 1]))
