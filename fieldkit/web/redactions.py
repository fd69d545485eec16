"""Delete what was taken back of a child who stays: the confirmation, and the slip for the family."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for

from fieldkit.acts import redactions
from fieldkit.web.pages import Answer, answer
from fieldkit.web.pages import words as _
from fieldkit.web.removals import ConfirmForm, family_slip
from fieldkit.web.sessions import desk, tell

pages = Blueprint("redactions", __name__, url_prefix="/redactions")


@pages.get("/<subject>")
def show(subject: str) -> str:
    """Show what would go and what would stay."""
    return render_template("redactions/confirm.html", one=redactions.one(desk(), subject), form=ConfirmForm())


@pages.post("/<subject>")
def confirm(subject: str) -> Answer:
    """Let it be gone."""
    form, one = ConfirmForm(), redactions.one(desk(), subject)

    def act() -> Answer:
        kept = redactions.confirm(desk(), subject, form.told_on.data, told_all=form.told_all.data)
        tell(_("What was taken back of {code} is deleted on this computer.", code=one.case_code))
        return redirect(url_for("redactions.slip", kept=kept))

    return answer(form, "redactions/confirm.html", act, one=one)


@pages.get("/slips/<kept>")
def slip(kept: str) -> str:
    """Show what the family gets in writing; the child is not named on it."""
    return family_slip("redactions/slip.html", redactions.kept(desk(), kept))
