"""The days that a laptop believed, and which ones were meant."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, url_for
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from fieldkit.acts import clocks
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, Form, Tapped, answer, day
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("clocks", __name__, url_prefix="/clocks")


class RepairForm(Form):
    """From which run of days to which, what the first of them was in truth, why, and what was on the screen."""

    first = SelectField("first", coerce=int, validate_choice=False)
    last = SelectField("last", coerce=int, validate_choice=False)
    right = StringField("right", validators=[InputRequired(), Length(max=20)])
    reason = RadioField("reason", choices=list(load_study().codes["reason_clock"]), validators=[Tapped()])
    seen = HiddenField("seen", default="")


@pages.get("/<device>")
def show(device: str) -> str:
    """Show what a laptop believed, and what was said about it."""
    known = clocks.of_device(desk(), device)
    form = RepairForm(seen=" ".join(one.id for one in known.repairs))
    return render_template("clocks/show.html", form=form, known=known)


@pages.post("/<device>")
def repair(device: str) -> Answer:
    """Keep which days were meant."""
    form, at = RepairForm(), desk()

    def act() -> Answer:
        span = form.first.data, form.last.data
        clocks.repair(at, device, span, form.right.data, form.reason.data, (form.seen.data or "").split())
        tell(_("Saved. Both days are shown and exported; no record was changed."))
        return redirect(url_for("clocks.show", device=device))

    return answer(form, "clocks/show.html", act, known=clocks.of_device(at, device))


@pages.app_template_global()
def days_of(days: Iterable[str]) -> str:
    """Return the days that were meant, as people write them."""
    return " / ".join(map(day, days))


@pages.app_template_global()
def moved_words(days: int) -> str:
    """Return by how many days a date was wrong."""
    if days > 0:
        return _("days later: {n}", n=days)
    return _("days earlier: {n}", n=-days) if days else _("the date was right")
