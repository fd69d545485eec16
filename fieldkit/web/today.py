"""Home: the one next step, and the day's children."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import backups, clocks, handover, people, slips, tasks, worklists
from fieldkit.acts.tasks import Task
from fieldkit.errors import Refusal
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.members import COORDINATOR, INTERVIEWER, LEAD, TRANSLATOR
from fieldkit.store.folder import EMPTY, REQUESTED
from fieldkit.web import devices, users
from fieldkit.web.pages import Answer, reasons
from fieldkit.web.sessions import change_desk, desk, here, signed_in
from fieldkit.web.stops import look_in

pages = Blueprint("today", __name__)

_HOMES = {
    INTERVIEWER: "today.show",
    COORDINATOR: "handover.inbox",
    TRANSLATOR: "strings.sections",
    LEAD: "records.show",
}


def _child(task: Task) -> str:
    return url_for("people.show", subject=task.case.id)


def _question(task: Task) -> str:
    at = task.question
    return url_for("interviews.show", interview=task.event, section=at[:1], q=at, _anchor=at)


_PLACES: Mapping[str, Callable[[Task], str]] = {
    tasks.PAPER: lambda task: url_for("consents.paper", subject=task.case.id, event=task.event),
    tasks.ASK_AGAIN: lambda task: url_for("consents.who", subject=task.case.id),
    tasks.VISIT: _child,
    tasks.TELL: lambda task: url_for("tellings.show", subject=task.case.id, event=task.event),
    tasks.BIRTHDAY: _child,
    tasks.MEMO: lambda task: url_for("memos.show", interview=task.event),
    tasks.CLOSING: lambda task: url_for("closings.show", interview=task.event),
    tasks.WORDS: _question,
    tasks.AFTERCARE: lambda task: url_for("visits.show", subject=task.case.id),
}


@pages.app_template_global()
def task_path(task: Task) -> str:
    """Return where *task* is done."""
    return _PLACES[task.code](task)


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
    slips.purge_old(at)
    look_in(at)
    return _page({})


def _page(typed: dict[str, str], refusal: Refusal | None = None) -> str:
    at = desk()
    found = people.today(at)
    asked = refusal.findings if isinstance(refusal, ReasonNeeded) else []
    shown = {"date": at.clock.today(), "state": handover.state(at), "clock": clocks.look(at), "findings": asked}
    kept = len(backups.holding(at)) + len(backups.kept(at))
    to_do = {
        "tasks": tasks.waiting(at, found.cases),
        "asked": worklists.mine(at),
        "holding": kept,
    }
    return render_template("today.html", today=found, typed=typed, refusal=refusal, **to_do, **shown)


@pages.post("/today/date")
def date_() -> Answer:
    """Keep what today's date is, as the person before the laptop says."""
    typed = {"day": request.form.get("day", "")}
    try:
        change_desk(clocks.state(desk(), typed["day"], reasons()))
    except Refusal as refusal:
        return _page(typed, refusal), refusal.status
    return redirect(url_for("today.home"))
