"""Screening a child: one tap where everything fits, one line a criterion where something does not."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import people, screenings
from fieldkit.acts.editors import Opened
from fieldkit.errors import Refusal
from fieldkit.rules import studies
from fieldkit.rules.screening import ELIGIBLE, INELIGIBLE, excludes
from fieldkit.web.pages import Answer, agreed, seen
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("screenings", __name__, url_prefix="/people/<subject>/screening")


@pages.get("")
def show(subject: str) -> str:
    """Ask the criteria, with what was answered before."""
    before = screenings.latest(desk(), subject)
    if before is None:
        studies.check_open(people.case(desk(), subject).closed_since)
    return _page(subject, {**before.criteria, "approach": before.approach} if before else {})


@pages.post("")
def record(subject: str) -> Answer:
    """Keep the answers, all of them at once for a child who fits."""
    said = screenings.all_fit() if "all_fit" in request.form else _answers()
    try:
        found = screenings.record(desk(), subject, said, request.form.get("approach", ""), seen())
    except Refusal as refusal:
        return _page(subject, request.form.to_dict(), refusal), refusal.status
    return _told(subject, found)


def _answers() -> dict[str, str]:
    return {code: request.form[code] for code in screenings.questions() if request.form.get(code)}


def _told(subject: str, found: str) -> Response:
    if _opened(subject).versions:
        agreed(_opened(subject))
        return redirect(url_for("screenings.show", subject=subject))
    if found == ELIGIBLE:
        tell(_("Screened: the child meets the criteria."))
    elif found == INELIGIBLE:
        tell(_("Screened: the child does not meet the criteria. The contact slip has been removed."))
    else:
        tell(_("Saved. A criterion is still open; come back when it is known."))
    return redirect(url_for("people.show", subject=subject))


def _opened(subject: str) -> Opened:
    before = screenings.latest(desk(), subject)
    return before.opened if before else Opened()


def _page(subject: str, typed: dict[str, str], refusal: Refusal | None = None) -> str:
    asked = [(code, text, excludes(code)) for code, text in screenings.wording(desk()).items()]
    case = people.case(desk(), subject)
    context = {"case": case, "asked": asked, "opened": _opened(subject)}
    return render_template("screenings/show.html", typed=typed, refusal=refusal, **context)
