"""What the guided steps of a consent share: what was gathered so far, in memory only, until it is stored whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for

from fieldkit.acts import forms, guardians, household, people
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.forms import SELF
from fieldkit.acts.household import Section
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import consent
from fieldkit.web.pages import Answer, reasons
from fieldkit.web.sessions import desk, draft, drop_draft, once, was_done
from fieldkit.web.unsent import day_of_answer

GUARDIAN = "/consent/guardian"
HERE, PHONE, PAPER, REFUSES, THINKS = "here", "phone", "paper", "refuses", "thinks"
WITNESSES = ("neighbour", "uncle_aunt", "sib_adult", "village_cadre", "teacher", "other")


class StepsGone(Refusal):
    """A page of steps that ended, or that began anew in another window: what it carries is nobody's to keep."""

    code = "steps_gone"
    message = N_(
        "This page belongs to steps that are over, or that began anew in another window. Nothing of this page was "
        "saved. Go to the child's page and begin again."
    )


class NotBroughtUp(Refusal):
    """Somebody who said no is about to be asked again, and nobody tapped that they came back to it."""

    code = "not_brought_up"
    message = N_("Tap “{reason}” first; if nobody did, tap “Do not ask”.")
    status = 422


def several(subject: str, relation: str, how: str) -> list[Section]:
    """Return who of one relation is on record, where more than one is and only they know which of them speaks."""
    found = guardians.several(desk(), subject, relation, on_paper=how == PAPER)
    return [one for one in household.view(desk(), subject).persons if one.record in found] if found else []


def begin(subject: str, **said: Any) -> None:
    """Forget what another tab gathered, and begin anew: pages opened before carry another mark and store nothing."""
    drop_draft(subject)
    draft(subject).update(said, items={}, mark=new_id(), reasons=reasons())


def belongs(subject: str) -> bool:
    """Tell whether there are steps, and whether a form that comes back belongs to them and not to another tab's."""
    mark = draft(subject).get("mark")
    return bool(mark) and (request.method != "POST" or request.form.get("mark") == mark)


def begun(subject: str) -> bool:
    """Tell whether it was said which guardian consents."""
    return belongs(subject) and bool(draft(subject)["guardian"])


def ready(subject: str) -> bool:
    """Tell whether a yes may be asked for: the call is checked, the paper is named; who came to say no is not asked."""
    if not begun(subject):
        return False
    said = draft(subject)
    before = {HERE: "mark", PHONE: "evidence", PAPER: "given_on"}
    return bool(said.get(before.get(said["how"], "")))


def to_who(subject: str, answer: str = "") -> Answer:
    """Lead back to the first step; what a form carries is not dropped in silence. Raises StepsGone."""
    return over(subject, answer) if request.method == "POST" else redirect(url_for("consents.who", subject=subject))


def over(subject: str, answer: str) -> Answer:
    """Lead to the child after a second tap on what is kept already.

    Raises StepsGone for any other form: that of another *answer* of the same steps was not kept, and says so.
    """
    if not was_done(f"{answer} {request.form.get('mark', '')}"):
        raise StepsGone
    return redirect(url_for("people.show", subject=subject))


def known(subject: str) -> dict[str, Any]:
    """Return what every step shows; the form is the one of the day of the consent."""
    case, said = people.case(desk(), subject), draft(subject)
    view = forms.guardian_form(desk(), subject, said.get("given_on", ""), said["relation"])
    said.setdefault("text_hash", view.text_hash)
    actor = consent.ADULT if said["relation"] == SELF else consent.GUARDIAN
    noes = consent.noes_of(case.events, actor, said["relation"])
    lifted = [no for no in noes if no.id in said["follows"] and said.get("person", "") in {"", no.person}]
    return {"case": case, "view": view, "said": said, "witnesses": WITNESSES, "lifted": lifted}


def page(template: str, subject: str, **more: object) -> str:
    """Return one step."""
    return render_template(f"consents/{template}.html", **{**known(subject), **more})


def spoken(template: str, subject: str, **more: object) -> str:
    """Return a step that asks for a yes: its words are in force; raises FormNotInForce (V21)."""
    shown = {**known(subject), **more}
    shown["view"].check_in_force()
    return render_template(f"consents/{template}.html", **shown)


_BEGUN_WITH = ("relation", "person", "basis", "basis_evidence", "basis_paper", "follows", "bases")


def so_far(subject: str, **more: Any) -> GuardianAnswer:
    """Return what is known of the answer, with *more* that this step adds."""
    said = draft(subject)
    begun_with = {name: said[name] for name in _BEGUN_WITH}
    rest: dict[str, Any] = {"items": {}, "understanding": (), "way": said.get("evidence"), **begun_with}
    rest["text_hash"] = said.get("text_hash", "")
    return GuardianAnswer(**{**rest, "given_on": said.get("given_on") or day_of_answer(), **more})


def stored_once(subject: str, answer: str, keep: Callable[[], object]) -> Answer:
    """Store what the steps gathered and forget it; a second press on this *answer* finds it done. Raises StepsGone."""
    if not begun(subject):
        return over(subject, answer)
    kept_once(subject, answer, keep)
    return redirect(url_for("people.show", subject=subject))


def kept_once(subject: str, answer: str, keep: Callable[[], object]) -> None:
    """Run *keep* for the first press on this *answer* of the steps, and forget what they gathered."""
    once(f"{answer} {draft(subject)['mark']}", keep)
    drop_draft(subject)
