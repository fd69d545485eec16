"""The child stops: a choice made together, ten seconds to undo, then it is done and the page says what to say."""

from __future__ import annotations

import re
from contextlib import suppress
from math import inf

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import late_entries, people, stops
from fieldkit.acts.cases import Case
from fieldkit.acts.desk import Desk
from fieldkit.acts.stops import AlreadyStopped, ChoiceNotKept, ChoiceWaits, DecidedSince, TakenBack
from fieldkit.errors import NotFound, Refusal
from fieldkit.web.answers import queue_key, seconds_ago
from fieldkit.web.cards import answered_on
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, here, tell
from fieldkit.web.site import Machine, site

pages = Blueprint("stops", __name__)
MARK = re.compile("[0-9a-f]{32}")
NOTHING_WAITS = 204
A_MOMENT = 0.2  # seconds: the laptop looks when the ten seconds are over, not just before


@pages.get("/interviews/<interview>/stop")
def show(interview: str) -> Answer:
    """Ask what becomes of the interview, or count down what was chosen."""
    look_in(desk())
    return _page(interview)


@pages.get("/interviews/<interview>/stop/now")
def now(interview: str) -> Response:
    """Tell an open page what was decided so far, and by which mark the stop that counts down is taken back."""
    standing = stops.standing(desk(), interview)
    counts = standing.waiting.mark if standing.waiting else ""
    return jsonify(decided=standing.decided, counts=counts, asks=standing.asks, erased=standing.erased)


@pages.post("/interviews/<interview>/stop")
def begin(interview: str) -> Answer:
    """Keep the choice; it is carried out in ten seconds, whether this page stays open or not."""
    look_in(desk())
    try:
        stricter = _begun(interview)
    except (AlreadyStopped, DecidedSince, TakenBack):  # told to the script that sent it: its page shows it
        raise
    except ChoiceNotKept as refusal:
        _goes_on(interview)
        return _page(interview, refusal), refusal.status
    except Refusal as refusal:
        if isinstance(refusal, NotFound) and "subject" in request.form:  # what found no room was done just now
            return _done(interview)
        return _page(interview, refusal), refusal.status
    _goes_on(interview)
    return redirect(url_for("stops.show", interview=interview, stricter=stricter))


def _begun(interview: str) -> int | None:
    """Keep the choice; return 1 where a stricter one of another page holds against it."""
    choice, knew = request.form.get("choice", ""), request.form.get("knew")
    waits = stops.begin(desk(), interview, choice, _mark(), knew, request.form.getlist("instead"), _ago())
    return None if waits.choice == choice else 1


def _mark() -> str:
    """Return the mark by which the page's script can take the choice back, though it should hear no answer."""
    mark = request.form.get("mark", "")
    return mark if MARK.fullmatch(mark) else ""


def _ago() -> float:
    """Return how many seconds ago it was tapped, on a page that reached the laptop only now."""
    return max(seconds_ago("ago"), default=0.0)


def _goes_on(interview: str) -> None:
    """The choice is made, and the laptop looks in once its ten seconds are over."""
    answered_on(interview)
    machine = here()
    site().later(stops.UNDO + A_MOMENT, lambda: _finish_later(machine))


@pages.post("/interviews/<interview>/stop/undo")
def undo(interview: str) -> Answer:
    """Go on with the interview; back to the choice where a withdrawal hides it, or it had been stopped before.

    The script of a page is told that nothing of it waits; refused, it shows why. A page that knew of no stop has none
    to name.
    """
    look_in(desk())
    mark, script = request.form.get("stop", ""), request.headers.get("X-Fieldkit") == "script"
    if not mark:
        stops.go_on_unasked(desk(), interview, max(seconds_ago("ago"), default=inf))  # unknown: undoes nothing
    elif script:
        stops.go_on(desk(), interview, mark)
    if script:
        return "", NOTHING_WAITS
    return _taken_back(interview, mark) if mark else redirect(url_for("interviews.show", interview=interview))


def _taken_back(interview: str, mark: str) -> Answer:
    try:
        undone = stops.undo(desk(), interview, mark)
    except ChoiceWaits as refusal:
        return _page(interview, refusal), refusal.status
    if stops.waiting(desk(), interview) is not None:  # another page chose something else meanwhile
        return redirect(url_for("stops.show", interview=interview))
    if undone:
        shown = _case(stops.whose(desk(), interview)) is not None
        return redirect(url_for("interviews.show" if shown else "stops.show", interview=interview))
    tell(_("The ten seconds were over."))
    return _done(interview)


@pages.post("/interviews/<interview>/stop/finish")
def finish(interview: str) -> Answer:
    """Carry out the choice now, or say that it waits for room on the disk."""
    try:
        stops.finish(desk(), interview, request.form.get("stop", ""))
    except NotFound:  # done already: the ten seconds were over; or this page counted down another choice
        return _done(interview)
    except ChoiceWaits as refusal:
        return _page(interview, refusal), refusal.status
    return _done(interview)


@pages.get("/people/<subject>/stopped")
def done(subject: str) -> Answer:
    """Say that it is done, and what to say to the adult; back to an interview that goes on."""
    case, interview = _case(subject), request.args.get("interview", "")
    lines = case.interviews if case else []
    kept = next((line for line in lines if line.id == interview), None)
    if kept is not None and not kept.ended:
        return redirect(url_for("interviews.show", interview=kept.id))
    on_paper = case is not None and late_entries.held_on_paper(case, interview)
    return render_template("stops/done.html", case=case, kept=kept, on_paper=on_paper)


def _page(interview: str, refusal: Refusal | None = None) -> str:
    subject = stops.whose(desk(), interview)
    case = _case(subject)
    on_paper = case is not None and late_entries.held_on_paper(case, interview)
    waiting = stops.waiting(desk(), interview)
    if waiting is not None and not waiting.left:
        refusal = refusal or ChoiceWaits()
    elif waiting is not None and not waiting.kept:
        refusal = refusal or ChoiceNotKept()
    asked = {"interview": interview, "subject": subject, "case": case, "on_paper": on_paper, "queue_key": queue_key}
    return render_template("stops/show.html", waiting=waiting, refusal=refusal, **asked)


def _case(subject: str) -> Case | None:
    """Return the child, or None where a withdrawal hides them meanwhile: stopping goes on without a name."""
    try:
        return people.case(desk(), subject)
    except NotFound:
        return None


def _done(interview: str) -> Response:
    """The interview may be gone by now; the form says whose it was."""
    return redirect(url_for("stops.done", subject=request.form.get("subject", ""), interview=interview))


def look_in(at: Desk, *, all_of_them: bool = False) -> None:
    """Carry out what is due; what cannot be done now, as on a full disk, waits until the laptop is used again."""
    with suppress(Refusal):
        stops.finish_due(at, all_of_them=all_of_them)


@pages.app_template_global()
def stop_decided(interview: str) -> str:
    """Return what was decided so far, for the page that an interviewer writes on."""
    return stops.standing(desk(), interview).decided


@pages.app_template_global()
def stops_overdue() -> dict[str, str]:
    """Return the interviews whose stop waits for room on the disk, each with its child."""
    return stops.overdue(desk())


def _finish_later(machine: Machine) -> None:
    if machine.desk is not None:
        look_in(machine.desk)
