"""One tap beside the questions: somebody came, a break, a child in distress; and what to do when it is much."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import moments, questions
from fieldkit.clock import new_id
from fieldkit.rules.moments import VERY_UPSET
from fieldkit.web.answers import seconds_ago
from fieldkit.web.help_card import help_at
from fieldkit.web.sessions import desk, once

pages = Blueprint("moments", __name__, url_prefix="/interviews/<interview>")


@pages.post("/moments")
def note(interview: str) -> Response:
    """Keep one moment, the second of two quick taps left out, and go back to the question that was open.

    A script brings what was tapped out of reach, and stays where it is.
    """
    what, _, who = request.form.get("tap", "").partition(" ")
    question, ago = request.form.get("q", ""), max(seconds_ago("ago"), default=0.0)
    opened = request.form.get("mark") or new_id()
    once(f"{opened} {what} {who}", lambda: moments.note(desk(), interview, what, who, question, ago))
    if request.headers.get("X-Fieldkit") == "script":
        return Response(status=HTTPStatus.NO_CONTENT)
    if what == VERY_UPSET:
        return redirect(url_for("moments.distress", interview=interview))
    if not question:
        return redirect(url_for("interviews.show", interview=interview))
    section = question[:1]
    return redirect(url_for("interviews.show", interview=interview, section=section, q=question, _anchor=question))


@pages.get("/distress")
def distress(interview: str) -> str:
    """Say what to do when a child is very upset or tells of harm; to look at it leaves no trace."""
    page = questions.page(desk(), interview)
    return render_template("moments/distress.html", page=page, mark=new_id(), **help_at(page.case.site))
