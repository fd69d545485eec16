"""A lost stick: what it means, the tap that says so, and the one that takes it back."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import sticks
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("sticks", __name__, url_prefix="/sticks")


@pages.get("/<stick>")
def show(stick: str) -> str:
    """Show what follows if this bundle is lost."""
    return render_template("sticks/lost.html", one=sticks.one(desk(), stick))


@pages.post("/<stick>")
def lose(stick: str) -> Response:
    """Mark it as lost."""
    lost = sticks.lose(desk(), stick)
    tell(_("Marked as lost: {name}. Write a new bundle.", name=lost.name))
    return redirect(url_for("handover.show"))


@pages.get("/found/<loss>")
def ask(loss: str) -> str:
    """Show what follows if this stick turned up."""
    return render_template("sticks/found.html", one=sticks.loss(desk(), loss))


@pages.post("/found/<loss>")
def find(loss: str) -> Response:
    """Take back that it is lost."""
    found = sticks.find(desk(), loss)
    tell(_("No longer marked as lost."))
    return redirect(url_for("handover.show" if found.name else "handover.inbox"))
