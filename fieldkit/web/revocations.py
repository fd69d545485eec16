"""A computer leaves the study, and what came of it since is let count: pages of the coordinator."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import devices, revocations
from fieldkit.errors import NotFound
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, signed_in, tell

pages = Blueprint("revocations", __name__, url_prefix="/devices/<device>")


@pages.get("/out")
def ask(device: str) -> str:
    """Say what happens when this computer is taken out, and ask why."""
    found = next((one for one in devices.listing(desk()) if one.id == device), None)
    if found is None:
        raise NotFound
    return render_template("revocations/ask.html", device=found)


@pages.post("/out")
def revoke(device: str) -> Answer:
    """Take it out."""
    revocations.revoke(desk(), device, request.form.get("why", ""))
    tell(_("The computer was taken out. Write a bundle or send to the hub, so that the others hear of it."))
    return redirect(url_for("devices.listing"))


@pages.post("/release")
def release(device: str) -> Answer:
    """Let count what came of it since."""
    revocations.release(desk(), device)
    tell(_("What came of that computer counts now. Write a bundle or send to the hub, so that the others hear of it."))
    return redirect(url_for("devices.listing"))


@pages.app_template_global()
def taken_out() -> bool:
    """Tell whether the computer that shows this page was taken out of the study."""
    at = signed_in()
    return at is not None and revocations.taken_out(at)
