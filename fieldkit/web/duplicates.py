"""Perhaps the same child: the pairs to look at, two children side by side, one child or two."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import duplicates
from fieldkit.acts.cases import Case
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, once, signed_in, tell

pages = Blueprint("duplicates", __name__, url_prefix="/duplicates")


@pages.get("")
def listing() -> str:
    """List the pairs that wait for somebody to look at them, for the coordinator also the codes given out twice."""
    clashes = duplicates.clashes(desk()) if desk().me.role == COORDINATOR else []
    return render_template("duplicates/list.html", pairs=duplicates.listing(desk()), clashes=clashes)


@pages.post("/codes/<subject>")
def renumber(subject: str) -> Answer:
    """Give a child a code of its own."""
    code = duplicates.renumber(desk(), subject)
    tell(_("The new code is {code}. The old one still finds this child.", code=code))
    return redirect(url_for("duplicates.listing"))


@pages.get("/<first>/<second>")
def show(first: str, second: str) -> str:
    """Show two children side by side, with what is alike."""
    return _page(first, second, None)


@pages.post("/<first>/<second>/one")
def one_child(first: str, second: str) -> Answer:
    """Link the two as one child, for a reason."""
    said = {name: request.form.get(name, "") for name in ("reason", "base")}
    try:
        _once(lambda: duplicates.link(desk(), first, second, **said))
    except Refusal as refusal:
        return _page(first, second, refusal), refusal.status
    tell(_("One child from now on. Every note is as it was; it can be taken back on this page."))
    return redirect(url_for("people.show", subject=duplicates.one(desk(), first, second).left.case.id))


@pages.post("/<first>/<second>/two")
def two_children(first: str, second: str) -> Answer:
    """Keep the two apart, linked before or not."""
    try:
        _once(lambda: duplicates.unlink(desk(), first, second, request.form.get("base", "")))
    except Refusal as refusal:
        return _page(first, second, refusal), refusal.status
    tell(_("Two children. Nobody is asked about these two again."))
    return redirect(url_for("duplicates.listing"))


def _once(act: Callable[[], None]) -> None:
    once(request.form.get("nonce") or new_id(), act)


def _page(first: str, second: str, refusal: Refusal | None) -> str:
    pair = duplicates.one(desk(), first, second)
    return render_template("duplicates/show.html", pair=pair, refusal=refusal, nonce=new_id())


@pages.app_template_global()
def perhaps_twice() -> int:
    """Return how many pairs, for the coordinator also codes given out twice, wait for the reader of this page."""
    at = signed_in()
    if at is None or at.me.role not in {INTERVIEWER, COORDINATOR}:
        return 0
    return duplicates.waiting(at) + (len(duplicates.clashes(at)) if at.me.role == COORDINATOR else 0)


@pages.app_template_global()
def refused_there(case: Case) -> list[Case]:
    """Return the other records of a child under which a guardian said no that is taken back only there."""
    noes = case.noes_elsewhere
    return [other for other in known_twice(case) if noes & {event.id for event in other.events}] if noes else []


@pages.app_template_global()
def known_twice(case: Case) -> list[Case]:
    """Return the other records of a child that the person who reads this page can take apart."""
    at = signed_in()
    asks = case.also and at is not None and at.me.role in {INTERVIEWER, COORDINATOR}
    return duplicates.linked_with(at, case.id) if at is not None and asks else []
