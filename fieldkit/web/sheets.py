"""The recovery sheet: shown and printed once, typed back, and used when a passphrase is forgotten."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from fieldkit.acts import sheets, studies, users
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, Form, Tapped, answer, locale
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, end_sessions, here, seat, sign_in, signed_in, tell
from fieldkit.web.site import site
from fieldkit.web.users import sit, tried

pages = Blueprint("sheets", __name__)


class SheetGone(Refusal):
    """The words were shown before a lock, a restart or the end of the wizard."""

    code = "sheet_gone"
    message = N_("The words are not kept and cannot be shown again. Make a new sheet; the old one then stops working.")


@dataclass(frozen=True)
class WaitingSheet:
    """A sheet that waits to be typed back, in this session's memory only, and the two words that are asked."""

    code: bytes = field(repr=False)
    asked: tuple[int, int]
    passphrase: str = field(repr=False)


class PassphraseForm(Form):
    """Who makes a sheet shows that it is theirs."""

    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])


class BackForm(Form):
    """The two words that are asked."""

    first = StringField("first", validators=[InputRequired(), Length(max=40)])
    second = StringField("second", validators=[InputRequired(), Length(max=40)])


class RecoverForm(Form):
    """Who, the words of the sheet, and a new passphrase."""

    code = RadioField("code", validators=[Tapped()], validate_choice=False)
    sheet_words = StringField("sheet_words", validators=[InputRequired(), Length(max=400)])
    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])
    again = PasswordField("again", validators=[EqualTo("passphrase")])


def begin(passphrase: str) -> Response:
    """Draw a fresh sheet into this session and show it."""
    first, second = sorted(secrets.SystemRandom().sample(range(1, sheets.WORDS + 1), 2))
    session["sheet"] = WaitingSheet(sheets.new_code(), (first, second), passphrase)
    return redirect(url_for("sheets.show"))


def _waiting() -> WaitingSheet:
    found: WaitingSheet | None = session.get("sheet")
    if found is None:
        raise SheetGone
    return found


def _shown() -> dict[str, object]:
    code, at, study = _waiting().code, signed_in(), load_study()
    name = at.me.name if at else session["setup"]["name"]
    laptop = at.device.name if at else studies.FIRST_DEVICE
    listed = sheets.words(code, locale())
    return {"words": listed, "study": study.title, "laptop": laptop, "name": name, "founding": at is None}


@pages.get("/sheet")
def ask() -> str:
    """Say what the sheet is for."""
    return render_template("sheets/ask.html", form=PassphraseForm(), made=sheets.made(here().folder, desk().me.code))


@pages.post("/sheet")
def make() -> Answer:
    """Make one, for whoever types their passphrase."""
    form = PassphraseForm()
    who = desk().me.code

    def act() -> Answer:
        users.change_seat(desk(), who, form.passphrase.data)
        return begin(form.passphrase.data)

    return answer(form, "sheets/ask.html", lambda: tried(who, act), made=sheets.made(here().folder, who))


@pages.get("/sheet/words")
def show() -> str:
    """Show the words, to be printed or copied by hand."""
    return render_template("sheets/words.html", **_shown())


@pages.get("/sheet/print")
def print_() -> str:
    """Show the page that is printed."""
    return render_template("sheets/print.html", **_shown())


@pages.get("/sheet/qr.svg")
def picture() -> Response:
    """Draw the words as a QR code."""
    return Response(sheets.picture(_waiting().code, locale()), mimetype="image/svg+xml")


@pages.get("/sheet/back")
def back() -> str:
    """Ask for two of the words."""
    return render_template("sheets/back.html", form=BackForm(), asked=_waiting().asked)


@pages.post("/sheet/back")
def typed_back() -> Answer:
    """Let the sheet count from now on; in the wizard this founds the study."""
    form, sheet = BackForm(), _waiting()

    def act() -> Answer:
        typed = dict(zip(sheet.asked, (form.first.data, form.second.data), strict=True))
        _keep(sheet, typed)
        tell(_("The sheet works now. Keep it away from this laptop."))
        return redirect(url_for("today.home"))

    return answer(form, "sheets/back.html", act, asked=sheet.asked)


def _keep(sheet: WaitingSheet, typed: dict[int, str]) -> None:
    at = signed_in()
    if at is not None:
        sheets.keep(at, sheet.passphrase, sheet.code, typed)
        session.pop("sheet", None)
        return
    sheets.check_typed(sheet.code, typed)
    said = session["setup"]
    more = {"institution": said["institution"], "sheet": sheet.code}
    sign_in(seat(), studies.found(here().folder, site().clock, said["name"], sheet.passphrase, **more))


@pages.get("/recover")
def recover() -> str:
    """Ask for the words of the sheet and a new passphrase."""
    return render_template("sheets/recover.html", form=RecoverForm(), slots=users.slots(here().folder))


@pages.post("/recover")
def recovered() -> Answer:
    """Open the laptop with the sheet; from now on the new passphrase does."""
    form = RecoverForm()

    def act() -> Answer:
        who, passphrase = form.code.data, form.passphrase.data
        tried(who, lambda: sheets.recover(here().folder, who, form.sheet_words.data, passphrase))
        here().guard.pins.pop(who, None)
        end_sessions(who)
        sit(who, passphrase)
        return redirect(url_for("today.home"))

    return answer(form, "sheets/recover.html", act, slots=users.slots(here().folder))
