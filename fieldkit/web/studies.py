"""Found a study on an empty laptop: five questions, one a screen; the last, typed back from paper, founds it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, session, url_for
from wtforms import Field, PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from fieldkit.acts import users
from fieldkit.acts.users import check_strength
from fieldkit.errors import NotFound
from fieldkit.store.folder import EMPTY, NotEmpty
from fieldkit.studies import load_study
from fieldkit.web import sheets
from fieldkit.web.pages import Answer, Form, answer
from fieldkit.web.sessions import here

pages = Blueprint("studies", __name__)


class StudyForm(Form):
    """Which of the built-in studies."""

    study = RadioField("study", choices=[load_study().code], validators=[InputRequired()])


class InstitutionForm(Form):
    """Who stands behind it."""

    institution = StringField("institution", validators=[InputRequired(), Length(max=80)])


class NameForm(Form):
    """Who founds it."""

    name = StringField("name", validators=[InputRequired(), Length(max=40)])


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
