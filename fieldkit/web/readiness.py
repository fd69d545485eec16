"""What is missing before interviews may start, and the fields that mend it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import readiness
from fieldkit.errors import Refusal
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("readiness", __name__, url_prefix="/readiness")


@pages.get("")
def show() -> str:
    """Show what each gate waits for."""
    return _page({}, None)


@pages.post("")
def keep() -> Answer:
    """Keep the facts of one group; what was refused stays typed."""
    group = request.form.get("gate", "")
    typed = {name: value for name, value in request.form.items() if name not in {"csrf_token", "gate"}}
    try:
        readiness.keep(desk(), typed)
    except Refusal as refusal:
        return _page(typed, refusal), refusal.status
    tell(_("Saved"))
    return redirect(url_for("readiness.show", _anchor=group or "later"))


def _page(typed: dict[str, str], refusal: Refusal | None) -> str:
    groups = readiness.overview(desk())
    return render_template("readiness/show.html", groups=groups, typed=typed, refusal=refusal)
