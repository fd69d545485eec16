"""Forms that met the cover: all of them wait, and each is offered by itself; a withdrawal and a child's no first."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from fieldkit.clock import new_id
from fieldkit.rules.consent import NO
from fieldkit.web.pages import Answer
from fieldkit.web.sessions import desk, in_turn
from fieldkit.web.typed import prose

pages = Blueprint("unsent", __name__, url_prefix="/unsent")
MARK = "unsent"  # the field by which a form says which of those that wait it is
_FIRST = {"withdrawals.write_down", "stops.begin", "consents.refused"}
_CHILD = "assents.said"


def hold(app: Flask) -> None:
    """Take a form that waited off the list once it was carried out."""
    app.after_request(_carried_out)


@in_turn
def keep() -> None:
    """Let the form that was just sent wait; what is sent twice, or met the cover again, waits once."""
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in {MARK, "csrf_token"}]
    waits = {"path": request.full_path, "fields": [list(one) for one in fields], "first": _comes_first()}
    others = [one for one in waiting() if one["id"] != request.form.get(MARK)]
    if not any(one | waits == one for one in others):
        session["waiting"] = [*others, {"id": request.form.get(MARK) or new_id(), **waits}]
    stays()


def stays() -> None:
    """Say that this request does not carry out the form that waited: it asks further, or met the cover again."""
    g.unsent_stays = True


def waiting() -> list[dict[str, Any]]:
    """Return what waits of whoever sits here, in the order in which it is offered."""
    return sorted(session.get("waiting", []), key=lambda one: not one["first"])


@pages.get("")
def show() -> Answer:
    """Show the first form that waits, to be sent or left out; home where none does."""
    desk()
    offered = waiting()
    if not offered:
        return redirect(url_for("today.home"))
    texts = prose((name, text) for name, text in offered[0]["fields"])
    return render_template("locks/unsent.html", one=offered[0], more=len(offered) - 1, texts=texts, mark=MARK)


@pages.post("/left")
def leave() -> Response:
    """Leave one out, as whoever filled it in wants it; the next one is offered."""
    desk()
    _drop(request.form.get("left", ""))
    return redirect(url_for("unsent.show"))


@in_turn
def _drop(id_: str) -> None:
    left = [one for one in session.get("waiting", []) if one["id"] != id_]
    session.pop("waiting", None)
    if left:
        session["waiting"] = left


def _carried_out(response: Response) -> Response:
    """A refusal carries nothing out: its form goes on waiting."""
    id_ = request.form.get(MARK) if request.method == "POST" and session.get("waiting") else None
    if id_ and response.status_code < HTTPStatus.BAD_REQUEST and "unsent_stays" not in g:
        _drop(id_)
    return response


def _comes_first() -> bool:
    says_no = request.endpoint == _CHILD and request.form.get("answer") == NO
    return says_no or request.endpoint in _FIRST
