"""Delete a child whose family asked for it: what waits, the confirmation, and what is gone on which machine."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from wtforms import BooleanField, RadioField, SelectMultipleField, StringField

from fieldkit.acts import forms, redactions, removals
from fieldkit.rules import calendars
from fieldkit.web.pages import Answer, Form, answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("removals", __name__, url_prefix="/removals")


class ConfirmForm(Form):
    """When the family was told, and that it was told all; of who is of age, that they want it themselves."""

    told_on = StringField("told_on")
    told_all = BooleanField("told_all")
    own_wish = BooleanField("own_wish")


class LiftForm(Form):
    """Which withdrawals count no more, why, and who said so."""

    which = SelectMultipleField("which", validate_choice=False)
    why = RadioField("why", choices=[removals.CAME_BACK, removals.MISTAKE], validate_choice=False)
    reason = StringField("reason")


@pages.get("")
def listing() -> str:
    """Show who waits to be deleted, and who is gone; below, parts of a child who stays."""
    return render_template(
        "removals/list.html",
        due=removals.due(desk()),
        gone=removals.gone(desk()),
        summed=removals.summed,
        answers_due=redactions.due(desk()),
        answers_gone=redactions.gone(desk()),
    )


@pages.get("/<subject>")
def show(subject: str) -> str:
    """Show what would go and what would stay."""
    return render_template(
        "removals/confirm.html", one=removals.one(desk(), subject), form=ConfirmForm(), summed=removals.summed
    )


@pages.post("/<subject>")
def confirm(subject: str) -> Answer:
    """Let the child be gone."""
    kept = removals.tombstone_of(desk(), subject)
    if kept:  # a second tap
        return redirect(url_for("removals.slip", tombstone=kept))
    form, one = ConfirmForm(), removals.one(desk(), subject)

    def act() -> Answer:
        told = {"told_all": form.told_all.data, "own_wish": form.own_wish.data}
        kept = removals.confirm(desk(), subject, form.told_on.data, **told)
        tell(_("{code} is deleted on this computer.", code=one.case_code))
        return redirect(url_for("removals.slip", tombstone=kept))

    return answer(form, "removals/confirm.html", act, one=one, summed=removals.summed)


@pages.get("/<subject>/lift")
def lifting(subject: str) -> str:
    """Ask which withdrawal counts no more, and why; the only one is meant."""
    one = removals.one(desk(), subject)
    form = LiftForm(which=[asked.id for asked in one.asked] if len(one.asked) == 1 else [])
    return render_template("removals/lift.html", one=one, form=form)


@pages.post("/<subject>/lift")
def lift(subject: str) -> Answer:
    """Lift withdrawals: the child is seen again once none stands."""
    form, one = LiftForm(), removals.one(desk(), subject)

    def act() -> Answer:
        if removals.lift(desk(), subject, form.which.data, form.reason.data, form.why.data or ""):
            tell(_("{code} is seen again. Every computer hears of it with the next bundle.", code=one.case_code))
        else:
            tell(_("Lifted. {code} stays hidden: another withdrawal stands.", code=one.case_code))
        return redirect(url_for("removals.listing"))

    return answer(form, "removals/lift.html", act, one=one)


@pages.get("/slips/<tombstone>")
def slip(tombstone: str) -> str:
    """Show what the family gets in writing; the child is not named on it."""
    return family_slip("removals/slip.html", removals.tombstone(desk(), tombstone))


def family_slip(template: str, one: removals.Gone | redactions.Gone) -> str:
    """Show on paper what is gone, who did it, and whom to ring: it is read long after, so the day has its year."""
    return render_template(template, one=one, when=calendars.spoken_day(one.day), ours=forms.imprint(desk()))
