"""The reader's language; of bilingual texts, which comes first and whether the second is shown; size, brightness."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from fieldkit.web.pages import inside

pages = Blueprint("language", __name__)
CHOICES = {
    "lang": {"zh", "en"},
    "pair": {"both", "zh"},
    "first": {"zh", "en"},
    "size": {"normal", "large"},
    "theme": {"auto", "light", "low"},
}


@pages.post("/language")
def choose() -> Response:
    """Keep the choice in a cookie and go back to the page it was made on."""
    response = redirect(inside(request.form.get("back", "")) or url_for("today.home"))
    for name, values in CHOICES.items():
        chosen = request.form.get(name, "")
        if chosen in values:
            response.set_cookie(name, chosen, samesite="Strict", path="/", max_age=365 * 24 * 3600)
    return response
