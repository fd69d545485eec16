"""Found a study on an empty laptop."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from fieldkit.acts import studies
from fieldkit.web.pages import Answer, Form, answer
from fieldkit.web.sessions import here, seat, sign_in
from fieldkit.web.site import site

pages = Blueprint("studies", __name__)


class FoundForm(Form):
    """The founder's name and passphrase."""

    name = StringField("name", validators=[InputRequired(), Length(max=40)])
    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])
    again = PasswordField("again", validators=[EqualTo("passphrase")])


@pages.get("/setup")
def setup() -> str:
    """Ask who founds the study."""
    return render_template("studies/setup.html", form=FoundForm())


@pages.post("/setup")
def found() -> Answer:
    """Found it, and sign the founder in."""
    form = FoundForm()

    def act() -> Answer:
        sign_in(seat(), studies.found(here().folder, site().clock, form.name.data, form.passphrase.data))
        return redirect(url_for("today.home"))

    return answer(form, "studies/setup.html", act)
