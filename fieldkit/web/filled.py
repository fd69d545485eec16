"""Long forms of an interview: what stands in one is kept, sealed, in its browser until this laptop says to have it."""

from __future__ import annotations

from flask import Blueprint, request, session

from fieldkit.clock import new_id
from fieldkit.web.answers import queue_key
from fieldkit.web.sessions import once

pages = Blueprint("filled", __name__)
_FORM = "form "
pages.add_app_template_global(queue_key, "key_of_queue")


@pages.app_template_global("nonce_of_form")
def nonce() -> str:
    """Return the name of the form that was sent; a new one for a page that is opened."""
    return request.form.get("nonce") or new_id()


def kept() -> None:
    """Note that the form that was sent is saved: its browser, which may not hear so now, lets go of it later."""
    if sent := request.form.get("nonce"):
        once(f"{_FORM}{sent}", lambda: "")


@pages.app_template_global("forms_kept")
def every() -> str:
    """Return the names of the forms that this browser has sent and that are saved."""
    return " ".join(one.removeprefix(_FORM) for one in session.get("done", {}) if one.startswith(_FORM))
