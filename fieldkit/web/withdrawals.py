"""Withdraw: who asks, how much, done. Never refused."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from fieldkit.acts import people, withdrawals
from fieldkit.errors import Refusal
from fieldkit.web.pages import Answer
from fieldkit.web.sessions import desk

pages = Blueprint("withdrawals", __name__)


@pages.get("/withdraw")
def any_code() -> str:
    """Ask for a code: of any child, also one that this laptop does not hold."""
    desk()
    return render_template("withdrawals/ask.html", case=None, typed={})


@pages.get("/people/<subject>/withdraw")
def of_child(subject: str) -> str:
    """Ask who wants out; the page that leads here may know it."""
    typed = {"requested_by": request.args.get("who", "")}
    return render_template("withdrawals/ask.html", case=people.case(desk(), subject), typed=typed)


@pages.post("/withdraw")
def write_down() -> Answer:
    """Hide the child at once."""
    typed = {name: request.form.get(name, "") for name in ("code", "shown", "scope", "requested_by")}
    asker, scope = typed["requested_by"] or "guardian", typed["scope"] or withdrawals.ALL
    try:
        done = withdrawals.withdraw(desk(), typed["code"], scope, asker)
    except Refusal as refusal:
        return render_template("withdrawals/ask.html", case=None, typed=typed, refusal=refusal), refusal.status
    return render_template("withdrawals/done.html", done=done, shown=typed["shown"] or done.code, scope=scope)
