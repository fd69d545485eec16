"""The memo after an interview: about the interviewing, its author's alone until shared."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import memos
from fieldkit.errors import Refusal
from fieldkit.rules.members import INTERVIEWER
from fieldkit.web import filled
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, once, tell

pages = Blueprint("memos", __name__, url_prefix="/interviews/<interview>/memo")


@pages.get("")
def show(interview: str) -> str:
    """Show the memos that this person may read, and room for one more."""
    return _page(interview, {}, None)


@pages.post("")
def write(interview: str) -> Answer:
    """Keep one memo."""
    typed = {name: request.form.get(name, "") for name in (*memos.PARTS, "shared")}
    shared = bool(typed["shared"])
    try:
        once(filled.nonce(), lambda: memos.write(desk(), interview, typed, shared=shared))
    except Refusal as refusal:
        return _page(interview, typed, refusal), refusal.status
    filled.kept()
    tell(_("The memo is saved; the team can read it.") if shared else _("The memo is saved. Only you can read it."))
    return redirect(url_for("memos.show", interview=interview))


def _page(interview: str, typed: dict[str, str], refusal: Refusal | None) -> str:
    found, writes = memos.of_interview(desk(), interview), desk().me.role == INTERVIEWER
    known = {"interview": interview, "memos": found, "parts": memos.PARTS, "writes": writes}
    return render_template("memos/show.html", typed=typed, refusal=refusal, **known)
