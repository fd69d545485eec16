"""What was filled in, can only protect a child and is not carried out: shown on the child's pages (`words.html`)."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import halts
from fieldkit.web.sessions import desk

pages = Blueprint("halts", __name__, url_prefix="/people/<subject>/halts")


@pages.post("/<halt>")
def settle(subject: str, halt: str) -> Response:
    """Take from its author that it is written down again."""
    halts.settle(desk(), halt)
    return redirect(url_for("people.show", subject=subject))
