"""Withdraw: who asks, how much, done. Never refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flask import Blueprint, render_template, request

from fieldkit.acts import people, withdrawals
from fieldkit.acts.cases import Case
from fieldkit.errors import Refusal
from fieldkit.records import clean
from fieldkit.rules import consent, slips
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.web import unsent
from fieldkit.web.pages import Answer
from fieldkit.web.sessions import desk

pages = Blueprint("withdrawals", __name__)


@pages.get("/withdraw")
def any_code() -> str:
    """Ask for a code: of any child, also one that this laptop does not hold."""
    desk()
    return render_template("withdrawals/ask.html", case=None, askers=_askers(), typed={}, parts=consent.PARTS)


@pages.get("/people/<subject>/withdraw")
def of_child(subject: str) -> str:
    """Ask who wants out; the page that leads here may know it."""
    case = people.case(desk(), subject)
    asked = {event.relation for event in case.events if event.actor == consent.GUARDIAN and event.relation}
    return render_template(
        "withdrawals/ask.html",
        case=case,
        askers=_askers(asked),
        typed={"asker": request.args.get("who", "")},
        parts=consent.PARTS,
    )


@pages.post("/withdraw")
def write_down() -> Answer:
    """Hide the child at once."""
    return written(request.form)


def written(form: Mapping[str, str]) -> Answer:
    """Withdraw whom *form* names at the desk of whoever is signed in, and say what became of it."""
    typed = {name: form.get(name, "") for name in ("code", "shown", "scope", "asker")}
    asker, scope = typed["asker"] or consent.GUARDIAN, typed["scope"] or consent.ALL
    who = (asker, "") if asker in consent.ASKERS else (consent.GUARDIAN, asker)
    chosen = "sure" in form or typed["shown"]  # from the page of a child, or of the children who may be meant
    which, known = ([], True) if chosen else _may_mean(typed["code"])
    if which or not (known or slips.is_code(typed["code"])):
        unsent.stays()
        return render_template("withdrawals/which.html", which=which, typed=typed)
    try:
        done = withdrawals.withdraw(desk(), typed["code"], scope, *who)
    except Refusal as refusal:
        shown = {"case": None, "askers": _askers({asker}), "typed": typed, "refusal": refusal, "parts": consent.PARTS}
        return render_template("withdrawals/ask.html", **shown), refusal.status
    return render_template(
        "withdrawals/done.html",
        done=done,
        shown=typed["shown"] or done.code,
        scope=scope,
        parts=consent.PARTS,
    )


def _may_mean(code: str) -> tuple[list[Case], bool]:
    """Return the children to choose from where *code* names several of them, or is the name of one and no code.

    And whether somebody here has it: what nobody here has, and is no code, would travel where others can read it.
    """
    if not code.strip() or desk().me.role not in {INTERVIEWER, COORDINATOR}:
        return [], not code.strip()
    wanted, found = slips.spelt(clean(code)).casefold(), people.find(desk(), code)
    named = [one for one in found if wanted in {word.casefold() for word in _codes(one)}]
    return (named if len(named) > 1 else []) if named else found, bool(named)


def _codes(one: Case) -> list[str]:
    return [one.id, one.case_code, *one.also, *(one.pseudonym or ())]


def _askers(relations: Collection[str] = ()) -> list[str]:
    """Return who can be named: the child, each parent, another guardian who is known, or a guardian nobody named."""
    if desk().me.role != INTERVIEWER:  # elsewhere it travels as a notice, which carries no guardian's name
        return [consent.CHILD, consent.GUARDIAN, "both"]
    others = [one for one in sorted(relations) if one and one not in {*_PARENTS, *consent.ASKERS}]
    return [consent.CHILD, *_PARENTS, *others, consent.GUARDIAN, "both"]


_PARENTS = ("mother", "father")
