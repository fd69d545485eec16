"""The demo: nobody types a passphrase, a switcher changes machine, and the stick is carried for real."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from fieldkit.errors import NotFound
from fieldkit.rules.members import INTERVIEWER
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import sign_in, signed_in, tell
from fieldkit.web.site import site

pages = Blueprint("demo", __name__, url_prefix="/demo")


def welcome(app: Flask) -> None:
    """In the demo a visitor is signed in as the interviewer at once."""
    app.before_request(_welcome)


def _welcome() -> None:
    if site().demo and signed_in() is None and request.endpoint not in {"static", None}:
        _sit_at(_first())


def _first() -> str:
    """Return the interviewer's machine, or any where there is none."""
    machines = site().machines
    roles = {name: one.desk.me.role for name, one in machines.items() if one.desk}
    return next((name for name, role in roles.items() if role == INTERVIEWER), next(iter(machines)))


def _sit_at(name: str) -> None:
    machine = site().machines[name]
    if machine.desk is None:
        raise NotFound
    sign_in(name, machine.desk)


@pages.post("/switch")
def switch() -> Response:
    """Go to another person's machine."""
    wanted = request.form.get("machine", "")
    if not site().demo or wanted not in site().machines:
        raise NotFound
    _sit_at(wanted)
    return redirect(url_for("today.home"))


@pages.post("/carry")
def carry() -> Response:
    """Carry a stick from every machine to every other one, through real bundles."""
    carry_stick = site().carry
    if carry_stick is None:
        raise NotFound
    carry_stick()
    tell(_("The stick went round: every machine wrote its bundle and read the others'."))
    return redirect(url_for("today.home"))
