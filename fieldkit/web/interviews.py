"""The interview page."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import forms, interviews, people, questions, stops
from fieldkit.acts.interviews import GatesClosed
from fieldkit.acts.questions import InterviewPage
from fieldkit.rules import notes
from fieldkit.rules.members import INTERVIEWER
from fieldkit.studies import Kin, load_study
from fieldkit.web import acks
from fieldkit.web.answers import queue_key, seconds_ago
from fieldkit.web.pages import Answer, locale, reasons
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


@pages.app_template_global()
def doubt_mark() -> str:
    """Return the mark behind a word that the interviewer did not know."""
    return notes.DOUBTED


@pages.app_template_global()
def kin_terms() -> tuple[Kin, ...]:
    """Return what relatives are called in the dialect, for the notes."""
    return load_study().kin


@pages.get("/interviews/<interview>")
def show(interview: str) -> Answer:
    """Show one section; the question that was jumped to stands open, else the first one to ask.

    A stop that counts down comes first, also for who went back: what is written meanwhile would not stay.
    """
    if desk().me.role == INTERVIEWER and stops.counts_down(desk(), interview):
        return redirect(url_for("stops.show", interview=interview))
    page = questions.page(desk(), interview, request.args.get("section"))
    at_the_beginning = page.told and page.section == page.sections[0].id
    return render_template(
        "interviews/show.html",
        page=page,
        wanted=_wanted(page, request.args.get("q", "")),
        writes=desk().me.role == INTERVIEWER and page.writable,
        opening=forms.opening(desk(), page.case.id) if at_the_beginning else [],
        ack_key=acks.key,
        queue_key=queue_key(interview),
    )


def _wanted(page: InterviewPage, asked: str) -> str:
    """A question that better waits is never opened by itself."""
    ids = [line.id for line in page.questions]
    to_ask = [line.id for line in page.questions if line.state == "open" and not line.waits]
    return asked if asked in ids else (to_ask or ids)[0]


@pages.post("/interviews/<interview>/mode")
def choose_mode(interview: str) -> Response:
    """Ask all questions from now on, or the core set."""
    interviews.choose_mode(desk(), interview, request.form.get("mode", ""))
    return redirect(
        url_for("interviews.show", interview=interview, section=request.form.get("section"), _anchor="left")
    )


@pages.post("/interviews/<interview>/beat")
def beat(interview: str) -> Response:
    """Keep the counter for a page that somebody sees; tell it the minutes, and the hint to rest where one is due."""
    pulse = interviews.beat(desk(), interview, seconds_ago("ago"))
    return jsonify(minutes=pulse.minutes, rest=pulse.rest.sentence(locale()) if pulse.rest else "")
