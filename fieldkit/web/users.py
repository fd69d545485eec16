"""Unlock, lock, switch user, add a second interviewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from fieldkit.acts import backups, sheets, users
from fieldkit.acts.desk import Desk
from fieldkit.web import unsent
from fieldkit.web.cards import take_up
from fieldkit.web.pages import Answer, Form, Tapped, answer, inside
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import alone, desk, here, open_elsewhere, seat, sign_in, sign_out, signed_in, tell
from fieldkit.web.site import site
from fieldkit.web.stops import look_in

pages = Blueprint("users", __name__)
T = TypeVar("T")


class UnlockForm(Form):
    """A name, and that person's passphrase."""

    code = RadioField("code", validators=[Tapped()], validate_choice=False)
    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])


class PersonForm(Form):
    """A second interviewer of this laptop."""

    name = StringField("name", validators=[InputRequired(), Length(max=40)])
    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])
    again = PasswordField("again", validators=[EqualTo("passphrase")])


@pages.get("/unlock")
def unlock() -> str:
    """Ask who is here; everybody has a passphrase of their own."""
    return render_template("users/unlock.html", form=UnlockForm(), slots=users.slots(here().folder), then=_left())


@pages.app_template_global()
def still_open() -> str:
    """Return, for who has locked, who goes on being signed in, and on what; nothing where nobody does."""
    if signed_in() is not None or site().demo:
        return ""
    shown = (
        _("{name} on a paired phone", name=name) if away else _("{name} on the laptop", name=name)
        for name, away in open_elsewhere()
    )
    return _(", ").join(shown)


@pages.post("/unlock")
def open_up() -> Answer:
    """Open the store, or take over the open one; go back to the page that was left."""
    form = UnlockForm()

    def act() -> Answer:
        code = form.code.data
        tried(code, lambda: sit(code, form.passphrase.data))
        return redirect(url_for("unsent.show") if unsent.waiting() else _left())

    return answer(form, "users/unlock.html", act, slots=users.slots(here().folder), then=_left())


def _left() -> str:
    """Return the page that was left for this one."""
    return inside(request.args.get("next", "")) or url_for("today.home")


def opened_meanwhile(at: Desk) -> Response:
    """Go on from a page that asked to unlock, where *at* was opened in another since; another person is asked again."""
    if request.form.get("code") == at.me.code:
        return redirect(_left())
    tell(_("{name} opened this laptop meanwhile. Enter your passphrase once more to take over.", name=at.me.name))
    return redirect(url_for("users.unlock", next=request.args.get("next")))


def tried(who: str, act: Callable[[], T]) -> T:
    """Run *act*, which opens something for *who*; wrong tries slow down."""
    return here().guard.tried(who, site().clock.ticking(), act)


def sit(code: str, passphrase: str) -> None:
    """Begin a session of user *code*: open the store, or take over the open one."""
    machine = here()
    if machine.desk:
        at = users.change_seat(machine.desk, code, passphrase)
    else:
        at = users.unlock(machine.folder, code, passphrase, site().clock)
    sign_in(seat(), at)
    take_up(at)
    look_in(at)
    backups.renew_if_possible(at)


@pages.post("/lock")
def lock() -> Response:
    """End this session; the last one closes the store."""
    at = signed_in()
    if at is not None:
        here().guard.pins.pop(at.me.code, None)
        look_in(at, all_of_them=alone())
        backups.renew_if_possible(at)
        sign_out()
    return redirect(url_for("today.home"))


@pages.get("/users")
def add() -> str:
    """Ask for a second interviewer."""
    return render_template("users/add.html", form=PersonForm(), **_people())


def _people() -> dict[str, object]:
    folder = desk().folder
    return {"slots": users.slots(folder), "sheet": sheets.made(folder, desk().me.code)}


@pages.post("/users")
def added() -> Answer:
    """Give a colleague a passphrase of their own."""
    form = PersonForm()

    def act() -> Answer:
        users.add(desk(), form.name.data, form.passphrase.data)
        tell(_("{name} can unlock this laptop now, with a passphrase of their own.", name=form.name.data))
        return redirect(url_for("users.add"))

    return answer(form, "users/add.html", act, **_people())
