"""What was filled in, can only protect a child and is not carried out: shown on the child's pages (`words.html`)."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import halts
from fieldkit.acts.cases import Case
from fieldkit.rules.halts import Halt
from fieldkit.web import unsent
from fieldkit.web.sessions import desk

pages = Blueprint("halts", __name__, url_prefix="/people/<subject>/halts")
THEIRS, WRITTEN, WAITS, LOST = "theirs", "written", "waits", "lost"


@pages.app_template_global()
def halts_of(case: Case) -> list[tuple[str, Halt]]:
    """Return what is not carried out for a child: somebody else's, one's own that waits here, or that a restart lost.

    Of somebody else's: also whether this person may say that it is written down.

    A "stop" that was tapped and whose author sits here has a page of its own.
    """
    me, here = desk().me.code, {one.id for one in unsent.waiting()}

    def how(one: Halt) -> str:
        own = WAITS if one.id in here else LOST
        theirs = WRITTEN if one.id and halts.may_settle(desk(), one) else THEIRS
        return own if one.author == me else theirs

    return [(how(one), one) for one in case.halts if one.id or one.author != me]


@pages.post("/<halt>")
def settle(subject: str, halt: str) -> Response:
    """Take that it is written down."""
    halts.settle(desk(), halt)
    return redirect(url_for("people.show", subject=subject))
