"""Home: the one next step, and the day's children."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import handover, people
from fieldkit.rules.members import COORDINATOR, INTERVIEWER, LEAD, TRANSLATOR
from fieldkit.store.folder import EMPTY, REQUESTED
from fieldkit.web import devices, users
from fieldkit.web.pages import Answer
from fieldkit.web.sessions import desk, here, signed_in

pages = Blueprint("today", __name__)

_HOMES = {
    INTERVIEWER: "today.show",
    COORDINATOR: "handover.inbox",
    TRANSLATOR: "strings.sections",
    LEAD: "records.show",
}


@pages.get("/")
def home() -> Answer:
    """Show where this person begins; without a cookie the way in."""
    if signed_in() is None:
        state = here().folder.state
        if state == EMPTY:
            return render_template("studies/start.html")
        return devices.join() if state == REQUESTED else users.unlock()
    return show() if desk().me.role == INTERVIEWER else to_home()


def to_home() -> Response:
    """Lead to the first page of the signed-in role."""
    return redirect(url_for(_HOMES[desk().me.role]))


@pages.get("/today")
def show() -> str:
    """Show the day."""
    at = desk()
    found = people.today(at)
    return render_template("today.html", today=found, date=at.clock.today(), state=handover.state(at))
