"""A file that is laid onto an interview page: the browser must not open it in place of the page."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint, request

from fieldkit.acts import attachments
from fieldkit.web.sessions import desk

pages = Blueprint("attachments", __name__)


@pages.post("/interviews/<interview>/attachments")
def add(interview: str) -> NoReturn:
    """Say why the file is not taken; its content is not even sent."""
    attachments.refuse(desk(), interview, request.form.get("media", ""))
