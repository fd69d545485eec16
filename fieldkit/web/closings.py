"""The end of an interview: the closing script, five faces, six taps, and one button."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import closings
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.told import Seen
from fieldkit.errors import Refusal
from fieldkit.rules import names
from fieldkit.rules.findings import Finding, ReasonNeeded
from fieldkit.web import filled
from fieldkit.web.pages import Answer, agreed, locale, reasons, seen
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("closings", __name__, url_prefix="/interviews/<interview>/close")
FACES = tuple(str(face) for face in closings.FACES)
LONGEST_NUMBER = 4
OWN_WORDS = "E"  # the section of the guide in which the last questions are answered


@pages.get("")
def show(interview: str) -> str:
    """Show the end of an interview as it stands."""
    return _page(interview)


@pages.post("")
def save(interview: str) -> Answer:
    """End the interview, or keep what was ticked and go back to its last questions."""
    told, seen_ = _told(), Seen(seen(), reasons=reasons())
    try:
        if request.form.get("do") == "keep":
            closings.keep(desk(), interview, told, seen_)
            filled.kept()
            return redirect(url_for("interviews.show", interview=interview, section=OWN_WORDS))
        return _ended(interview, closings.end(desk(), interview, told, seen_))
    except Refusal as refusal:
        return _page(interview, told, refusal), refusal.status


def _ended(interview: str, hints: list[Finding]) -> Response:
    filled.kept()
    page = closings.page(desk(), interview)
    if page.opened.versions:
        agreed(page.opened)
        return redirect(url_for("closings.show", interview=interview))
    tell(" ".join([_("The interview has ended."), *(hint.sentence(locale()) for hint in hints)]))
    return redirect(url_for("people.show", subject=page.case.id))


def _told() -> ClosingTold:
    form = request.form
    lines = [_number(line) for line in form.getlist("told")]
    numbers = {name: int(form[name]) for name in ("mood_start", "mood_end") if form.get(name) in FACES}
    numbers |= {"minutes": _number(form["minutes"])} if form.get("minutes", "").strip() else {}
    texts = {name: form.get(name, "").strip() for name in closings.TEXTS}
    return ClosingTold(**texts, **numbers, others_present=form.getlist("others_present"), told=lines)  # type: ignore[arg-type]


def _number(text: str) -> int:
    """Return a number that a form brought; 0, which is no length and no line, for what is none."""
    typed = names.typed(text)
    return int(typed) if typed.isdecimal() and len(typed) <= LONGEST_NUMBER else 0


def _page(interview: str, told: ClosingTold | None = None, refusal: Refusal | None = None) -> str:
    page = closings.page(desk(), interview)
    minutes = request.form.get("minutes", "") if told else page.minutes  # as it was typed, be it no number
    values: dict[str, Any] = {**(vars(told) if told else page.values), "minutes": minutes}
    asked = refusal.findings if isinstance(refusal, ReasonNeeded) else []
    known = {"values": values, "asked": asked, "reasons": reasons(), "words": closings.WORDS}
    known |= {"faces": FACES, "said": closings.choices(page.paper)}
    return render_template("closings/show.html", page=page, refusal=refusal, **known)
