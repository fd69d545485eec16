"""The interview page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import interviews, people
from fieldkit.acts.interviews import GatesClosed
from fieldkit.rules.members import INTERVIEWER
from fieldkit.web import acks
from fieldkit.web.pages import Answer, reasons
from fieldkit.web.people import checklist
from fieldkit.web.sessions import desk

pages = Blueprint("interviews", __name__)


@pages.post("/people/<subject>/interviews")
def start(subject: str) -> Answer:
    """Open an interview, go on with the one that is open, or show everything that is missing."""
    step = people.case(desk(), subject).step
    if step.code == "continue" and step.interview:
        return redirect(url_for("interviews.show", interview=step.interview))
    try:
        return redirect(url_for("interviews.show", interview=interviews.start(desk(), subject, reasons())))
    except GatesClosed as refusal:
        return checklist(subject, refusal), refusal.status


@pages.get("/interviews/<interview>")
def show(interview: str) -> str:
    """Show one section; the first open question stands open."""
    page = interviews.page(desk(), interview, request.args.get("section"))
    wanted = request.args.get("q") or next(
        (line.id for line in page.questions if line.state == "open"), page.questions[0].id
    )
    writes = desk().me.role == INTERVIEWER
    return render_template("interviews/show.html", page=page, wanted=wanted, writes=writes, ack_key=acks.key)
