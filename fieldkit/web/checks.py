"""Check this machine's store."""

from __future__ import annotations

from flask import Blueprint, render_template

from fieldkit.acts import checks
from fieldkit.web.sessions import desk

pages = Blueprint("checks", __name__)


@pages.get("/check")
def show() -> str:
    """Show whether the tables equal a rebuild, and the digest of each drawer."""
    return render_template("checks/show.html", report=checks.check(desk()))
