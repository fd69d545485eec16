"""What a child said out of the laptop's reach and that came too late: a person does it now, or lets it stay."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import people, wishes
from fieldkit.acts.cases import Case
from fieldkit.errors import Invalid, NotFound
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store.wishes import Wish
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("wishes", __name__, url_prefix="/interviews/<interview>/wishes")


@pages.get("")
def show(interview: str) -> str:
    """Show what waits for a person."""
    return _page(interview)


@pages.post("/<wish>")
def settle(interview: str, wish: str) -> Answer:
    """Let it stay as decided, for a reason."""
    try:
        wishes.settle(desk(), interview, wish, request.form.get("reason", ""))
    except Invalid as refusal:
        return _page(interview, refusal), refusal.status
    tell(_("It stays as decided."))
    return redirect(url_for("wishes.show", interview=interview))


def _page(interview: str, refusal: Invalid | None = None) -> str:
    found = wishes.waiting(desk(), interview)
    return render_template("wishes/show.html", waits=found, case=_case(found), refusal=refusal)


def _case(found: list[Wish]) -> Case | None:
    """Return the child, or None where a withdrawal hides them meanwhile."""
    with suppress(NotFound):
        return people.case(desk(), found[0].subject) if found else None
    return None


@pages.app_template_global()
def wishes_waiting(interview: str = "", subject: str = "") -> list[Wish]:
    """Return what waits for a person, of one interview or one child, for whoever interviews; else nothing."""
    if desk().me.role != INTERVIEWER:
        return []
    return [one for one in wishes.waiting(desk(), interview) if subject in {"", one.subject}]
