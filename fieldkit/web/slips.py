"""The family's own slip, to be printed or copied by hand."""

from __future__ import annotations

from flask import Blueprint, render_template

from fieldkit.acts import slips
from fieldkit.web.sessions import desk

pages = Blueprint("slips", __name__)


@pages.get("/people/<subject>/slip")
def show(subject: str) -> str:
    """Show the slip; its code is drawn when it is first looked at."""
    return render_template("slips/show.html", slip=slips.family_slip(desk(), subject), subject=subject)
