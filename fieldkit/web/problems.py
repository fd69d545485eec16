"""Refusals and failures, shown once: a calm sentence in the reader's language, never a traceback."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import Flask, current_app, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge
from werkzeug.wrappers import Response

from fieldkit.acts import people
from fieldkit.acts.handover import explained
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules.pseudonyms import TELLING
from fieldkit.web.cards import missed
from fieldkit.web.pages import Answer, locale
from fieldkit.web.practice import OfTheStudy, PracticeOver
from fieldkit.web.pseudonyms import another
from fieldkit.web.security import in_words, is_stranger
from fieldkit.web.sessions import Locked, over, practising, signed_in, stepped_out
from fieldkit.web.typed import Typed, prose
from fieldkit.web.users import opened_meanwhile


class PageTooOld(Refusal):
    """The page was opened before a lock or a restart; its token is not known any more."""

    code = "csrf"
    message = N_(
        "Not done: this page was opened before the laptop was locked or restarted. Load it again, then repeat."
    )
    status = 400


class TooMuch(Refusal):
    """More bytes than a page takes."""

    code = "too_much"
    message = N_("Not taken: that is more than this page can take. Nothing was changed. Choose a smaller file or text.")
    status = 413


class Broken(Refusal):
    """A fault of ours."""

    code = "broken"
    message = N_("Something went wrong inside fieldkit. What was saved before is safe. Go back and try again.")
    status = 500


def show_problems(app: Flask) -> None:
    """Register the one place where refusals become pages, or JSON for a script."""
    app.register_error_handler(Refusal, show)
    for refusal in TELLING:
        app.register_error_handler(refusal, another)
    app.register_error_handler(CSRFError, _show_too_old)
    app.register_error_handler(HTTPException, _show_http)
    app.register_error_handler(OSError, lambda error: show(explained(error, Path(error.filename or "."))))
    app.register_error_handler(Exception, _show_broken)


def _show_too_old(_error: CSRFError) -> Answer:
    """A child's tap leads back to the child's card: it reads no page for adults."""
    if request.endpoint == "cards.tap":
        return missed()
    at = signed_in() if request.endpoint == "users.open_up" else None
    return opened_meanwhile(at) if at else show(_why_too_old())


def _why_too_old() -> Refusal:
    """A form goes back to the side it was filled in on: the study's, or that of a practice (`macros.html`, token)."""
    practised = "practised" in request.form
    if practised == practising() or request.headers.get("X-Fieldkit") == "script":
        return PageTooOld()
    return PracticeOver() if practised else OfTheStudy()


def show(refusal: Refusal) -> Answer:
    """Return what a person reads about *refusal*."""
    if is_stranger():
        return in_words(refusal)
    typed = _typed()
    if over():  # whatever failed, failed because of that
        with stepped_out():
            return _told(PracticeOver(), typed)
    return _told(refusal, typed)


def _told(refusal: Refusal, typed: list[Typed]) -> Answer:
    sentence = refusal.sentence(locale())
    if request.headers.get("X-Fieldkit") == "script":
        return _json(refusal, sentence)
    if isinstance(refusal, Locked) and request.method == "GET":
        return redirect(url_for("users.unlock", next=request.full_path.rstrip("?")))
    page = render_template("problem.html", sentence=sentence, refusal=refusal, typed=typed, child=_child())
    return page, refusal.status


def _child() -> str | None:
    """Return the child of whom the page was, where whoever sits here may see them."""
    subject, at = (request.view_args or {}).get("subject"), signed_in()
    if subject and at:
        with suppress(Refusal):
            return people.case(at, subject).id
    return None


def _typed() -> list[Typed]:
    """Return the texts that a refused form carried: nobody's words are lost with a page."""
    with suppress(RequestEntityTooLarge):
        return prose(request.form.items(multi=True))
    return []


def _json(refusal: Refusal, sentence: str) -> Response:
    response = jsonify(code=refusal.code, sentence=sentence)
    response.status_code = refusal.status
    return response


def _show_http(error: HTTPException) -> Answer:
    if error.code == 413:
        return show(TooMuch())
    if error.code in {404, 405}:
        return show(NotFound())
    return show(Invalid(field=N_("this page's own data"))) if error.code == 400 else _show_broken(error)


def _show_broken(error: Exception) -> Answer:
    """Say that it is our fault; the log names the place in the code, never what was typed."""
    cause = getattr(error, "original_exception", None) if isinstance(error, InternalServerError) else error
    _log(cause or error)
    return show(Broken())


def _log(error: BaseException) -> None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    current_app.logger.error("%s at %s", type(error).__name__, place)
