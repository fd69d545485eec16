"""Practice: step from the day among invented children, and back; whatever ends the session ends it too."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import practice
from fieldkit.clock import new_id
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.web import withdrawals
from fieldkit.web.cards import called
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, here, in_turn, practising, step_into, step_out, stepped_out
from fieldkit.web.site import Machine, site

pages = Blueprint("practice", __name__, url_prefix="/practice")
pages.add_app_template_global(practising)
LEAVE = {"locks.fall", "users.lock"}
REALLY = "withdrawals.write_down"  # a family that asks out while somebody plays: never refused, nor kept among those
OF_THE_LAPTOP = {"devices", "phones", "sheets", "studies", "users"}
COVER = {"locks.show", "locks.choose", "locks.lift"}  # it lies over the session outside
CARDS = {"cards.to_answer", "cards.to_talk", "cards.close"}  # a phone beside the laptop shows the real one
CARRIES = {"backups", "exchange", "exports", "handover", "previews", "rosters"}  # may be looked at


class PracticeOver(Refusal):
    """A step of a practice that was ended meanwhile: in another window, by a lock or by the cover."""

    code = "practice_over"
    message = N_(
        "The practice is over, and what was typed there is deleted. Nothing of the real study was touched. "
        "Go to the start: from there on everything is real."
    )


class OfTheStudy(Refusal):
    """A form of the real study, sent while another window of this browser practises."""

    code = "of_the_study"
    message = N_(
        "Not done: this page belongs to the real study, and you are practising in another window. Nothing was changed "
        "on either side. End the practice, open the page again and send it once more."
    )


class OnlyPractice(Refusal):
    """Something that would carry invented data out, real data in, or change who may use this laptop."""

    code = "only_practice"
    message = N_(
        "Not done: this is practice, and nothing goes in or out of it. Nothing was changed. "
        "End the practice first; then it can be done with the real data."
    )
    status = 403


def keep_apart(app: Flask) -> None:
    """Let a lock and a cover end a practice, and keep whatever travels out of it."""
    app.before_request(_keep_apart)
    app.after_request(_leave_covered)


def _keep_apart() -> Answer | None:
    if practising() and request.endpoint in LEAVE:
        with stepped_out():
            return cast("Answer", current_app.view_functions[request.endpoint]())
    if practising() and request.endpoint == REALLY and "real" in request.form:
        asked = request.form
        with stepped_out():
            return withdrawals.written(asked)
    carries = request.blueprint in CARRIES and request.method == "POST"
    if practising() and (request.blueprint in OF_THE_LAPTOP or request.endpoint in COVER | CARDS or carries):
        raise OnlyPractice
    return None


def _leave_covered(response: Response) -> Response:
    """The cover lies over the session outside, and leads back to nothing that was invented."""
    if practising() and session.get("covered"):
        step_out()
        if response.location:
            response.location = url_for("locks.show")
    return response


@pages.get("")
def show() -> str:
    """Say what practice is, before it begins."""
    desk()
    return render_template("practice/show.html")


@pages.post("")
@in_turn
def begin() -> Response:
    """Make a study of invented people, and step into it; a second tap steps into the same one."""
    if site().demo:
        raise NotFound
    if not practising():
        invented, end = practice.begin(desk())
        machine, card = Machine(invented.folder, desk=invented, end=end), called()
        if card is not None and card.stop is not None:  # that comes first
            machine.close()
            return redirect(url_for("stops.show", interview=card.place))
        if card is not None:  # what is tapped while somebody plays stands for no child
            here().card = None
        step_into(f"practice {new_id()}", machine)
    return redirect(url_for("today.home"))


@pages.post("/end")
def end() -> Response:
    """Go back to the real day; what was typed in practice is deleted."""
    step_out(_("Practice is over; what was typed there is deleted. From here on everything is real."))
    return redirect(url_for("today.home"))
