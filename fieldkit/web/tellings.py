"""What is new in a form, to be told to a family that agreed before."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import people, tellings
from fieldkit.clock import new_id
from fieldkit.rules.versions import NewerVersion
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, once, tell

pages = Blueprint("tellings", __name__, url_prefix="/people/<subject>/events/<event>/tell")


@pages.get("")
def show(subject: str, event: str) -> str:
    """Show what is new since somebody of the family agreed."""
    return _page(subject, event, None)


@pages.post("")
def keep(subject: str, event: str) -> Answer:
    """Keep that they were told."""
    nonce, text_hash = request.form.get("nonce", ""), request.form.get("text_hash", "")
    try:
        once(f"told {event} {nonce}", lambda: tellings.keep(desk(), subject, event, text_hash))
    except NewerVersion as refusal:
        return _page(subject, event, refusal), refusal.status
    tell(_("Kept: they were told what is new in the form."))
    return redirect(url_for("people.show", subject=subject))


def _page(subject: str, event: str, refusal: NewerVersion | None) -> str:
    case, telling = people.case(desk(), subject), tellings.of_event(desk(), subject, event)
    return render_template("tellings/show.html", case=case, telling=telling, refusal=refusal, nonce=new_id())
