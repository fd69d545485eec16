"""The child's own answer: the opening script in three parts, and three answers that weigh the same."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import assents, events, forms, people
from fieldkit.acts.assents import ChildAnswer
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.rules.consent import BLOCKS, CHILD, NECESSARY, NO, OWN, YES, open_noes
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.web import unsent
from fieldkit.web.pages import Answer, png, reasons
from fieldkit.web.sessions import desk, once

pages = Blueprint("assents", __name__, url_prefix="/people/<subject>/assent")
PARTS = {str(block) for block in BLOCKS}
ITEM = "item_"


@pages.get("")
def show(subject: str) -> Answer:
    """Say the opening script, and ask the child."""
    if people.to_ask(desk(), subject).step.code in {"continue", "not_today"}:
        return redirect(url_for("people.show", subject=subject))
    return _page(subject, ChildAnswer(""))


@pages.post("")
def said(subject: str) -> Answer:
    """Keep the child's own answer; what is unclear comes back with everything that was ticked."""
    said_so, nonce = told(), request.form.get("nonce") or new_id()
    if not said_so.answer:
        return _page(subject, said_so)
    without = _without(said_so)
    if without and not request.form.get("is_no"):
        return _refusing(subject, without)
    try:
        once(f"{nonce} {said_so.answer}", lambda: assents.record(desk(), subject, said_so))
    except Refusal as refusal:
        return _page(subject, said_so, refusal), refusal.status
    answer = NO if without else said_so.answer
    return redirect(url_for(_AFTER.get(answer, "assents.said_no"), subject=subject))


def _without(said_so: ChildAnswer) -> str:
    """Return the item without which there is no talk, and to which somebody who wants to talk said no; else empty."""
    return next((item for item in NECESSARY if said_so.answer == YES and said_so.items.get(item) == NO), "")


def _refusing(subject: str, item: str) -> str:
    """Say what that no means before it is kept: a slip of the finger must not close the day."""
    unsent.stays()
    ours = {"csrf_token", "practised", unsent.MARK, unsent.AS_IT_WAS, "answer"}
    sent = [(name, text) for name, text in request.form.items(multi=True) if name not in ours]
    view = forms.child_form(desk(), subject)
    asked = next(one for one in view.items if one.code == item)
    return render_template("assents/refusing.html", case=people.case(desk(), subject), item=asked, sent=sent)


_AFTER = {YES: "people.gates_", "think": "people.show"}


def told() -> ChildAnswer:
    """Return what was ticked and typed about the child's own answer."""
    return ChildAnswer(
        answer=request.form.get("answer", ""),
        told=[int(block) for block in request.form.getlist("told") if block in PARTS],
        method=request.form.get("method", ""),
        words=request.form.get("words", "")[:400],
        follows=request.form.get("follows", "").split(),
        items={name.removeprefix(ITEM): said for name, said in request.form.items() if name.startswith(ITEM)},
        adult_spoke=bool(request.form.get("adult_spoke")),
        mark_png=png(request.form.get("signature")),
        reasons=reasons(),
        said_on=unsent.day_said(yes=request.form.get("answer") == YES),
    )


def _page(subject: str, answer: ChildAnswer, refusal: Refusal | None = None) -> str:
    case, view = people.case(desk(), subject), forms.child_form(desk(), subject)
    noes = open_noes(case.events, OWN)
    return render_template(
        "assents/show.html",
        case=case,
        blocks=forms.opening(desk(), subject),
        view=view,
        follows=" ".join(events.follows(case, CHILD)),
        said=answer,
        nonce=new_id(),
        refusal=refusal or view.refusal(),
        findings=refusal.findings if isinstance(refusal, ReasonNeeded) else case.asked_again(CHILD, noes),
    )


@pages.get("/no")
def said_no(subject: str) -> str:
    """Show what to tell the adult: nothing but that it is over for today."""
    return render_template("assents/said_no.html", case=people.case(desk(), subject))
