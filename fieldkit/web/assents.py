"""The child's own answer: the opening script in three parts, and three answers that weigh the same."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import assents, events, forms, people
from fieldkit.acts.assents import SAID_NO, ChildAnswer
from fieldkit.errors import Refusal
from fieldkit.rules.consent import CHILD
from fieldkit.web.pages import Answer
from fieldkit.web.sessions import desk

pages = Blueprint("assents", __name__, url_prefix="/people/<subject>/assent")
BLOCKS = {str(block) for block in forms.BLOCKS}
DONE = ("start", "continue")


@pages.get("")
def show(subject: str) -> Answer:
    """Say the opening script, and ask the child."""
    if people.case(desk(), subject).step.code in {*DONE, "not_today"}:
        return redirect(url_for("people.show", subject=subject))
    return _page(subject, ChildAnswer(""))


@pages.post("")
def said(subject: str) -> Answer:
    """Keep the child's own answer; what is unclear comes back with everything that was ticked."""
    told = _told()
    if people.case(desk(), subject).step.code in DONE:
        return redirect(url_for("people.show", subject=subject))
    try:
        assents.record(desk(), subject, told)
    except Refusal as refusal:
        return _page(subject, told, refusal), refusal.status
    after = "assents.said_no" if told.answer in SAID_NO else "people.show"
    return redirect(url_for(after, subject=subject))


def _told() -> ChildAnswer:
    return ChildAnswer(
        answer=request.form.get("answer", ""),
        told=[int(block) for block in request.form.getlist("told") if block in BLOCKS],
        method=request.form.get("method", ""),
        words=request.form.get("words", "")[:400],
        follows=request.form.get("follows", "").split(),
    )


def _page(subject: str, told: ChildAnswer, refusal: Refusal | None = None) -> str:
    case = people.case(desk(), subject)
    return render_template(
        "assents/show.html",
        case=case,
        blocks=forms.opening(desk(), subject),
        view=forms.child_form(desk(), subject),
        follows=" ".join(events.follows(case, CHILD)),
        said=told,
        refusal=refusal,
    )


@pages.get("/no")
def said_no(subject: str) -> str:
    """Show what to tell the adult: nothing but that it is over for today."""
    return render_template("assents/said_no.html", case=people.case(desk(), subject))
