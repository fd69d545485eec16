"""An interview that was held on paper: first its day, then what the paper says, in the words of that day."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import late_entries, people
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.late_entries import LatePage, PaperTold
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.rules import gates
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.web import assents
from fieldkit.web.pages import Answer, reasons
from fieldkit.web.sessions import desk, once, undone
from fieldkit.web.stops import look_in

pages = Blueprint("late_entries", __name__, url_prefix="/people/<subject>/late-entry")
TYPED = ("day", "paper_ref", "begun", "over")


@pages.get("")
def show(subject: str) -> Answer:
    """Ask for the day; of a day, what the paper says, or all that was not in place."""
    day = request.args.get("day", "")
    try:
        page = late_entries.page(desk(), subject, day) if day else None
    except Refusal as refusal:
        return _ask_day(subject, day, refusal), refusal.status
    return _page(page) if page else _ask_day(subject)


def _ask_day(subject: str, day: str = "", refusal: Refusal | None = None) -> str:
    case = people.to_ask(desk(), subject)
    return render_template("late_entries/day.html", case=case, day_typed=day, refusal=refusal)


@pages.post("")
def enter(subject: str) -> Answer:
    """Open the interview on what the paper says; what is unclear comes back with everything that was typed."""
    told = PaperTold(**{name: request.form.get(name, "") for name in TYPED}, said=assents.told())
    nonce = request.form.get("nonce") or new_id()
    try:
        opened = once(nonce, lambda: late_entries.enter(desk(), subject, told))
    except Refusal as refusal:
        return _again(subject, told, refusal), refusal.status
    return redirect(url_for("interviews.show", interview=opened))


@pages.post("/<interview>/wrong-day")
def wrong_day(subject: str, interview: str) -> Answer:
    """Take out what was typed in under a wrong day, and ask for the right one."""
    look_in(desk())
    late_entries.wrong_day(desk(), subject, interview)
    undone(interview)
    return redirect(url_for("late_entries.show", subject=subject))


def _again(subject: str, told: PaperTold, refusal: Refusal) -> str:
    try:
        page = late_entries.page(desk(), subject, told.day)
    except Refusal as without_a_day:
        return _ask_day(subject, told.day, without_a_day)
    return _page(page, told, refusal)


def _page(page: LatePage, told: PaperTold | None = None, refusal: Refusal | None = None) -> str:
    return render_template(
        "late_entries/show.html",
        page=page,
        failing=gates.failing(page.gates),
        asking=gates.asking(page.gates),
        told=told,
        said=told.said if told else ChildAnswer(""),
        reasons=reasons(),
        nonce=request.form.get("nonce") or new_id(),
        refusal=refusal,
        findings=refusal.findings if isinstance(refusal, ReasonNeeded) else page.findings,
    )
