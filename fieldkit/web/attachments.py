"""Recordings and pictures of an interview: they come as raw bodies, never as a form, and go out part by part."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import attachments
from fieldkit.acts.attachments import Attached
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("attachments", __name__, url_prefix="/interviews/<interview>/attachments")


@pages.app_template_global()
def attached_to(interview: str) -> list[Attached]:
    """Return what is attached to an interview."""
    return attachments.listing(desk(), interview)


@pages.app_template_global()
def attachable(interview: str) -> tuple[str, ...]:
    """Return which kinds of medium may be attached to an interview."""
    return attachments.permitted(desk(), interview)


@pages.post("/may")
def may(interview: str) -> tuple[str, int]:
    """Say whether a file may be attached, before any of it is sent."""
    size = request.form.get("size", "")
    attachments.check(desk(), interview, request.form.get("media", ""), int(size) if size.isdecimal() else 0)
    return "", 204


@pages.post("")
def add(interview: str) -> tuple[str, int]:
    """Keep a file that is sent as it is; its length was said, and its type is that of the request."""
    attachments.add(desk(), interview, request.mimetype, request.content_length or 0, request.stream)
    return "", 204


@pages.get("/<id_>")
def show(interview: str, id_: str) -> Response:
    """Hand out what an attachment holds; nothing in it may act as a page."""
    found = attachments.open_one(desk(), interview, id_)
    return Response(found.parts, mimetype=found.media, headers={"Content-Length": str(found.size)})


@pages.post("/<id_>/erase")
def erase(interview: str, id_: str) -> Response:
    """Delete an attachment for good."""
    attachments.erase(desk(), interview, id_)
    tell(_("Deleted for good."))
    return redirect(url_for("interviews.show", interview=interview, _anchor="attached"))
