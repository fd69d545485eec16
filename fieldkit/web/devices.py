"""Join a study, and invite a machine that asks."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

from fieldkit.acts import arrivals, devices, revocations
from fieldkit.rules.members import COORDINATOR, ROLES
from fieldkit.store.folder import REQUESTED
from fieldkit.web.pages import Answer, Form, answer, as_file
from fieldkit.web.sessions import desk, here, seat, sign_in
from fieldkit.web.site import site

pages = Blueprint("devices", __name__)


class RequestForm(Form):
    """Who asks to join, and as what."""

    name = StringField("name", validators=[InputRequired(), Length(max=40)])
    role = RadioField("role", choices=list(ROLES), default=ROLES[0])
    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])
    again = PasswordField("again", validators=[EqualTo("passphrase")])


class AcceptForm(Form):
    """The passphrase that was chosen when asking."""

    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=200)])


class InviteForm(Form):
    """What the new machine becomes."""

    role = RadioField("role", choices=list(ROLES), default=ROLES[0])
    team = StringField("team", default="A", validators=[InputRequired(), Regexp(r"[A-Z0-9]{1,4}$")])


@pages.get("/join")
def join() -> str:
    """Ask to join, or take up the answer."""
    if here().folder.state == REQUESTED:
        return render_template("devices/accept.html", form=AcceptForm())
    return render_template("devices/join.html", form=RequestForm())


@pages.post("/join/request")
def ask() -> Answer:
    """Make the request, and show the digits to compare."""
    form = RequestForm()

    def act() -> Answer:
        content = devices.request(here().folder, form.name.data, form.passphrase.data, form.role.data)
        return _waiting(content)

    return answer(form, "devices/join.html", act)


def _waiting(content: bytes) -> str:
    groups = devices.fingerprint(content)
    return render_template("devices/accept.html", form=AcceptForm(formdata=None), groups=groups)


@pages.post("/join/file")
def request_file() -> Answer:
    """Hand out the request once more."""
    form = AcceptForm()

    def act() -> Answer:
        content = devices.pending_request(here().folder, site().clock, form.passphrase.data)
        return _waiting(content) if request.form.get("do") == "show" else as_file(content, "request.json")

    return answer(form, "devices/accept.html", act)


@pages.post("/join/accept")
def accept() -> Answer:
    """Take up the invitation."""
    form = AcceptForm()

    def act() -> Answer:
        upload = request.files.get("invitation")
        content = upload.read() if upload else b""
        sign_in(seat(), devices.accept(here().folder, site().clock, content, form.passphrase.data))
        return redirect(url_for("sheets.ask"))

    return answer(form, "devices/accept.html", act)


@pages.get("/devices")
def listing() -> str:
    """Show who has what."""
    at = desk()
    shown = {"devices": devices.listing(at), "out": revocations.listing(at), "copied": revocations.copied(at)}
    came = arrivals.by_device(at) if at.me.role == COORDINATOR else {}
    return render_template("devices/list.html", form=InviteForm(), came=came, **shown)


@pages.post("/devices/look")
def look() -> Answer:
    """Show the check groups of a request, to be compared before inviting."""
    upload = request.files.get("request")
    content = upload.read() if upload else b""
    asked = devices.look(desk(), content)
    form = InviteForm(formdata=None, role=asked.role, team="A")
    return render_template("devices/invite.html", asked=asked, content=content.decode(), form=form)


@pages.post("/devices/invite")
def invite() -> Answer:
    """Answer the request with an invitation that only that machine can open."""
    form = InviteForm()
    content = request.form.get("request", "").encode()
    asked = devices.look(desk(), content)

    def act() -> Answer:
        return as_file(devices.invite(desk(), content, form.role.data, form.team.data), "invitation.json")

    return answer(form, "devices/invite.html", act, asked=asked, content=content.decode())
