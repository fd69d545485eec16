"""The safeguarding lead's page."""

from __future__ import annotations

from flask import Blueprint, render_template

from fieldkit.errors import NotAllowed
from fieldkit.rules.members import LEAD
from fieldkit.web.sessions import desk

pages = Blueprint("records", __name__)


@pages.get("/records")
def show() -> str:
    """Say what this version does for the lead, and what it does not do yet."""
    if desk().me.role != LEAD:
        raise NotAllowed
    return render_template("records.html")
