"""Deleted words that came once more, sealed: they stand in the inbox and are deleted there."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import leftovers
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("leftovers", __name__)


@pages.post("/leftovers/<subject>")
def delete(subject: str) -> Response:
    """Let the pieces be emptied everywhere."""
    leftovers.delete(desk(), subject)
    tell(_("Deleted here. Other computers delete it as soon as they hear of it."))
    return redirect(url_for("handover.inbox"))
