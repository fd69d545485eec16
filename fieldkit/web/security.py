"""What surrounds every request: who may ask (the Host header), what a page may load (nothing from elsewhere)."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import ATTACHED
from fieldkit.rules.attachments import LARGEST
from fieldkit.web.sessions import phone
from fieldkit.web.site import DOOR, LAN, TRUST, site

RAW_UPLOAD = "attachments.add"
SEALED_UPLOADS = {"handover.read", "previews.look", "backups.restored"}
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


ASKED_FIRST = {"phones.trust", "phones.certificate"}  # what a phone may see before it is paired
OPEN = {LAN: ASKED_FIRST | {"phones.pair", "phones.paired"}, TRUST: ASKED_FIRST}
BARE = {"fieldkit.css", "icon.svg"}  # the only files that those pages load


class WrongHost(Refusal):
    """Another site's name leads to this laptop: a page from elsewhere may be asking."""

    code = "wrong_host"
    message = N_("This address does not belong to fieldkit. Open the address that fieldkit showed when it started.")
    status = 400


class Stranger(Refusal):
    """A device asks that was never paired, or was removed."""

    code = "stranger"
    message = N_("Only phones that were paired with this computer. Unsaved words wait sealed until paired again.")
    status = 403


def guard(app: Flask) -> None:
    """Check the Host header and size of every request, and send the headers with every answer."""
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BUNDLE, MAX_FORM_MEMORY_SIZE=LARGEST_FORM)
    app.before_request(_check_door)
    app.before_request(_limit_size)
    app.after_request(_send_headers)


def _check_door() -> Response | None:
    """Answer what comes from this computer; from elsewhere only paired phones, and what pairing needs."""
    door, host = request.environ.get(DOOR), request.headers.get("Host", "")
    if door is None and host not in site().hosts:
        raise WrongHost
    if door is None:
        return None
    if host not in site().lan.hosts(door):
        return in_words(WrongHost())
    return None if _may_pass(door) else _goodbye()


def _may_pass(door: str) -> bool:
    if phone():  # known at the encrypted door only
        return True
    if request.endpoint == "static":
        return (request.view_args or {}).get("filename") in BARE
    return request.endpoint in OPEN[door]


def is_stranger() -> bool:
    """Tell whether a device asks that was not paired."""
    return request.environ.get(DOOR) is not None and phone() is None


def _goodbye() -> Response:
    """Tell a phone that was removed what `static/js/worker.js` understands: it clears away what it keeps."""
    answer = in_words(Stranger())
    answer.headers["X-Fieldkit"] = "stranger"
    return answer


def in_words(refusal: Refusal) -> Response:
    """Tell a stranger one sentence, and nothing of what is here."""
    return Response(f"{refusal}\n", refusal.status, content_type="text/plain; charset=utf-8")


def _limit_size() -> None:
    """Only sealed bundles and backups may be large: nothing else of a request is ever spooled to the disk.

    A recording or a picture is no form: it is read from the line as it comes, and encrypted.
    """
    if request.endpoint == RAW_UPLOAD and request.mimetype.partition("/")[0] in ATTACHED:
        request.max_content_length = LARGEST + 1
    elif request.endpoint not in SEALED_UPLOADS:
        request.max_content_length = LARGEST_FORM


def _send_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
