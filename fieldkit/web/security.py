"""What surrounds every request: who may ask (the Host header), what a page may load (nothing from elsewhere)."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.web.site import site

SEALED_UPLOADS = {"handover.read", "backups.restored"}
LARGEST_BUNDLE = 512 * 1024 * 1024
LARGEST_FORM = 480 * 1024  # below the size at which Werkzeug would write an uploaded part to the disk
POLICY = (
    "default-src 'self'",
    "img-src 'self' data:",  # a drawn signature is shown again after a refusal
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
HEADERS = {
    "Content-Security-Policy": "; ".join(POLICY),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class WrongHost(Refusal):
    """Another site's name leads to this laptop: a page from elsewhere may be asking."""

    code = "wrong_host"
    message = N_("This address does not belong to fieldkit. Open the address that fieldkit showed when it started.")
    status = 400


def guard(app: Flask) -> None:
    """Check the Host header and size of every request, and send the headers with every answer."""
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BUNDLE, MAX_FORM_MEMORY_SIZE=LARGEST_FORM)
    app.before_request(_check_host)
    app.before_request(_limit_size)
    app.after_request(_send_headers)


def _check_host() -> None:
    if request.headers.get("Host", "") not in site().hosts:
        raise WrongHost


def _limit_size() -> None:
    """Only sealed bundles and backups may be large: nothing else of a request is ever spooled to the disk."""
    if request.endpoint not in SEALED_UPLOADS:
        request.max_content_length = LARGEST_FORM


def _send_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
