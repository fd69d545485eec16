"""What was seen around an interview, and the paragraph about the case."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import observations
from fieldkit.errors import Refusal
from fieldkit.web import filled
from fieldkit.web.pages import Answer, agreed, locale, seen
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("observations", __name__, url_prefix="/interviews/<interview>/observation")


@pages.get("")
def show(interview: str) -> str:
    """Show what was written, and room for more."""
    return _page(interview, {})


@pages.post("")
def keep(interview: str) -> Answer:
    """Keep it; what looks like a name or a number is pointed at, and stays."""
    typed = {name: request.form.get(name, "") for name in observations.PARTS}
    try:
        hints = observations.keep(desk(), interview, typed, seen())
    except Refusal as refusal:
        return _page(interview, typed, refusal), refusal.status
    filled.kept()
    if agreed(observations.of_interview(desk(), interview).opened):
        tell(" ".join([_("Saved"), *(hint.sentence(locale()) for hint in hints)]))
    return redirect(url_for("observations.show", interview=interview))


def _page(interview: str, typed: dict[str, str], refusal: Refusal | None = None) -> str:
    found = observations.of_interview(desk(), interview)
    context = {"interview": interview, "found": found, "parts": observations.PARTS}
    return render_template("observations/show.html", typed=typed, refusal=refusal, **context)
