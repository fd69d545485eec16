"""Exchange with the hub: take in its card, send, and see how far it is; it goes on when the page is left."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from fieldkit.acts import exchange, handover, hubs
from fieldkit.acts.exchange import NoHub, Sending
from fieldkit.errors import Missing
from fieldkit.web.pages import Answer, as_file
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, here, tell
from fieldkit.web.site import site

pages = Blueprint("exchange", __name__)
LOOK_AGAIN = "2"  # seconds


@pages.get("/exchange")
def show() -> Response:
    """Show what the hub has confirmed, and how far an exchange is; the page looks again by itself meanwhile."""
    sending = here().sending
    states = {"state": handover.state(desk()), "hub": exchange.state(desk())}
    page = make_response(render_template("exchange/show.html", sending=sending, **states))
    if sending is not None and sending.running:
        page.headers["Refresh"] = LOOK_AGAIN
    return page


@pages.post("/exchange")
def send() -> Answer:
    """Begin an exchange, unless one is under way."""
    at, machine = desk(), here()
    if exchange.state(at) is None:
        raise NoHub
    if machine.sending is None or not machine.sending.running:
        sending = machine.sending = Sending()
        site().later(0, lambda: sending.run(at))
    return redirect(url_for("exchange.show"))


@pages.post("/exchange/pass")
def pass_() -> Answer:
    """Hand out the study's pass for a hub; it holds no secret."""
    return as_file(hubs.write_pass(desk()), "hub-pass.json")


@pages.post("/exchange/card")
def card() -> Answer:
    """Take in the card of the hub: its file, or the text of its QR code."""
    upload = request.files.get("card")
    content = upload.read() if upload and upload.filename else request.form.get("text", "").strip().encode()
    if not content:
        raise Missing(field=_("Hub card"))
    known = exchange.take_card(desk(), content)
    tell(_("This laptop knows the hub at {url} now.", url=known.url))
    return redirect(url_for("exchange.show"))
