"""What is missing before interviews may start, and the fields that mend it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import readiness
from fieldkit.errors import Refusal
from fieldkit.web.pages import Answer, agreed, seen
from fieldkit.web.sessions import desk

pages = Blueprint("readiness", __name__, url_prefix="/readiness")


@pages.get("")
def show() -> str:
    """Show what each gate waits for."""
    return _page({}, None)


@pages.post("")
def keep() -> Answer:
    """Keep the facts of one group; what was refused stays typed."""
    group, said = request.form.get("gate", ""), request.form.items()
    typed = {name: value for name, value in said if name not in {"csrf_token", "gate"} and not name.startswith("base-")}
    try:
        readiness.keep(desk(), typed, {code: seen(f"base-{code}") for code in typed})
    except Refusal as refusal:
        return _page(typed, refusal), refusal.status
    lines = [line for one in readiness.overview(desk()) for line in one.lines if line.fact.code in typed]
    agreed(*(line.opened for line in lines))
    return redirect(url_for("readiness.show", _anchor=group or "later"))


def _page(typed: dict[str, str], refusal: Refusal | None) -> str:
    groups = readiness.overview(desk())
    return render_template("readiness/show.html", groups=groups, typed=typed, refusal=refusal)
