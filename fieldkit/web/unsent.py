"""Forms that met the cover: all of them wait, and each is offered by itself; a withdrawal and a child's no first."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fieldkit.acts import clocks, halts, people, stops, withdrawals
from fieldkit.acts.assents import SAID_NO
from fieldkit.clock import new_id
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars
from fieldkit.rules.consent import ASKERS, NECESSARY, NO, YES
from fieldkit.web.drafts import Waits
from fieldkit.web.pages import Answer, label, words
from fieldkit.web.sessions import desk, draft, go_on_with, in_turn
from fieldkit.web.titles import ANSWERS, called
from fieldkit.web.typed import prose

pages = Blueprint("unsent", __name__, url_prefix="/unsent")
MARK = "unsent"  # the field by which a form says which of those that wait it is; also one that was corrected since
AS_IT_WAS = "as_it_was"  # sent off as it waited
DAY = "filled_in_on"
_OF_ADULTS = {"consents", "ways", "carers"}  # whose answers bear the day on which they were given
_WITHDRAWALS = {"withdrawals.write_down", "withdrawals.take_back"}
_FIRST = _WITHDRAWALS | {"stops.begin", "consents.refused"}
_CHILD = "assents.said"
_SETTLES = {
    "carers.said",
    "consents.deferred",
    "consents.refused",
    "consents.signed",
    "ways.dropped",
}  # what steps led to
_SELF = "self"  # of somebody of 18 there is no other relation
_HALTS = SAID_NO | {"think"}


def hold(app: Flask) -> None:
    """Find for a form that waited what it goes by; take it off the list once it was carried out."""
    app.before_request(_as_it_stood)
    app.after_request(_carried_out)
    app.jinja_env.globals["waited"] = waited


@in_turn
def keep() -> None:
    """Let the form that was just sent wait; what is sent twice, or met the cover again, waits once."""
    ours, step = {MARK, AS_IT_WAS, DAY, "csrf_token"}, request.endpoint or ""
    before = _as_it_was() or (_sent_again() if step.partition(".")[0] in _OF_ADULTS else None)
    one = Waits(
        id=request.form.get(MARK) or new_id(),
        path=request.full_path,
        fields=tuple((name, text) for name, text in request.form.items(multi=True) if name not in ours),
        first=_comes_first(),
        step=step,
        of=dict(request.view_args or {}),
        day=before.day if before else desk().today,
        sure=before.sure if before else not clocks.look(desk()).doubted,
        gathered=_gathered(),
    )
    others = [other for other in waiting() if other.id != request.form.get(MARK)]
    if all(replace(one, id=other.id) != other for other in others):
        session["waiting"] = [*others, one]
        if _protects(one):
            halts.keep(desk(), one.id, _subjects(one))
    stays()


def _gathered() -> dict[str, Any]:
    """Return what the guided steps that this form ends or goes on with had gathered; it is not asked for again."""
    subject, former = (request.view_args or {}).get("subject"), _sent_again()
    held = [former.gathered if former else {}, draft(subject) if subject else {}]
    mark = request.form.get("mark", "")
    return next((deepcopy(one) for one in held if mark and one.get("mark") == mark), {})


def _sent_again() -> Waits | None:
    """Return the form that waits and that this request sends, as it was or corrected."""
    one = _held(waited())
    return one if one and one.path == request.full_path else None


def _held(mark: str) -> Waits | None:
    return next((one for one in waiting() if one.id == mark), None)


def _as_it_stood() -> None:
    one = _sent_again()
    if one and one.gathered:
        go_on_with(one.of["subject"], deepcopy(one.gathered), settles=one.step in _SETTLES)


def day_said(*, yes: bool) -> str:
    """Return the day on which a child said what this request sends; a *yes* that was corrected is one of today."""
    if not yes:
        return day_of_no()
    one = _as_it_was()
    return one.day if one else desk().today


def day_of_no() -> str:
    """Return the day of the no, the withdrawal or the visit that this request tells of: its form's, if sure.

    One of a day that nobody believes is one of today: then nobody asks again today.
    """
    one = _held(waited())
    return one.day if one and not _unsure(one) else desk().today


def _as_it_was() -> Waits | None:
    """Return the form that waited and that this request sends unchanged."""
    return _held(request.form.get(MARK, "")) if AS_IT_WAS in request.form else None


@in_turn
def day_of_answer() -> str:
    """Return the day on which an adult gave the answer of this request, empty where that is today.

    It may have waited since, and have been corrected after a refusal; a day that cannot be trusted is asked for. Raises
    NoDay, DayToCome.
    """
    one = _held(waited())
    if one and _unsure(one):
        told = calendars.past_day(request.form.get(DAY, ""), FILLED_IN, desk().clock.today())
        one = _replace(one, replace(one, day=told.isoformat(), sure=True))
    return one.day if one and one.day != desk().today else ""


def _replace(former: Waits, one: Waits) -> Waits:
    session["waiting"] = [one if other is former else other for other in session["waiting"]]
    return one


FILLED_IN = N_("the day on which it was filled in")


def _unsure(one: Waits) -> bool:
    """Tell whether a form of another day bears one that a doubtful clock gave it, or that is still to come."""
    today = desk().today
    return one.day != today and (not one.sure or one.day > today)


def waited() -> str:
    """Return which of the forms that wait this request sends, also corrected; a body that cannot be read sends none."""
    if request.method == "POST" and session.get("waiting"):
        with suppress(HTTPException):
            return request.form.get(MARK, "")
    return ""


def stays() -> None:
    """Say that this request does not carry out the form that waited: it asks further, or met the cover again."""
    g.unsent_stays = True


def waiting() -> list[Waits]:
    """Return what waits of whoever sits here, in the order in which it is offered."""
    return sorted(session.get("waiting", []), key=lambda one: not one.first)


@pages.get("")
def show() -> Answer:
    """Show the first form that waits, to be sent or left out; home where none does."""
    desk()
    offered = waiting()
    if not offered:
        return redirect(url_for("today.home"))
    one = offered[0]
    known = {"more": len(offered) - 1, "texts": prose(one.said.items()), "mark": MARK, "as_it_was": AS_IT_WAS}
    known["answer"] = words(", ").join(_said(one))
    known |= {"over": one.step == _CHILD and one.said.get("answer") == YES and one.day != desk().today}
    known["asks_day"] = DAY if one.kind in _OF_ADULTS and _unsure(one) else ""
    own = one.gathered.get("relation") == _SELF
    known |= {"whose": _whose(one), "gone": _is_gone(one)}
    return render_template("locks/unsent.html", one=one, step=words(called(one.step, own=own)), **known)


def _is_gone(one: Waits) -> bool:
    """Tell whether the child that a form is about is not here any more: it can never be carried out."""
    try:
        _about(one)
    except Refusal as refusal:
        return isinstance(refusal, NotFound)
    return False


def _about(one: Waits) -> str:
    """Return what to call the child that a form is about; empty where it names none. Raises NotFound, NotAllowed."""
    subject = _subject(one)
    return people.case(desk(), subject).name if subject else ""


def _protects(one: Waits) -> bool:
    """Tell whether a form can only protect a child: one that comes first, a guardian's second thoughts or their no.

    A carer who does not agree may be the guardian by law.
    """
    items = one.gathered.get("items", {})
    says_no = one.step in _SETTLES and NO in (*map(items.get, NECESSARY), dict(one.fields).get("agreed"))
    return one.first or one.step == "consents.deferred" or says_no


def _subject(one: Waits) -> str:
    """Return the child whom the address of a form names, or an empty string. Raises NotFound."""
    return one.of.get("subject") or (stops.whose(desk(), one.of["interview"]) if "interview" in one.of else "")


def _subjects(one: Waits) -> set[str]:
    """Return the children here that a form is about, also those whom a typed text may mean."""
    with suppress(Refusal):
        if subject := _subject(one):
            return {subject}
    typed = [text for name, text in one.fields if name == "code"]
    return {found for text in typed for found in withdrawals.children_meant(desk(), text)}


def _said(one: Waits) -> list[str]:
    """Return what tells a form from others of its step: which guardian it is, what the child said, how much."""
    said, relation = one.said, one.gathered.get("relation")
    parts = [label("relation", relation)] if relation and relation != _SELF else []
    if one.step == _CHILD:
        parts.append(words(ANSWERS.get(said.get("answer", ""), "")))
    if one.step in _WITHDRAWALS:
        asker, scope = said.get("asker", ""), said.get("scope", "")
        who = label("requested_by" if asker in ASKERS else "relation", asker)
        parts += [who if asker else "", label("withdraw_scope", scope) if scope else ""]
    return [part for part in parts if part]


def _whose(one: Waits) -> str:
    """Return what to call the child that a form is about; what was typed where it names none that is here."""
    with suppress(Refusal):
        if name := _about(one):
            return name
    shown = one.said.get("shown", "")
    return words(", ").join(_named(text, shown) for name, text in one.fields if name == "code")


def _named(code: str, shown: str) -> str:
    """Return what to call the child whom a page named by its id; what it was *shown* by, or typed, where none is."""
    try:
        return people.case(desk(), code).name
    except Refusal:
        return shown or code.strip()


@pages.post("/left")
def leave() -> Response:
    """Leave one out, as whoever filled it in wants it; the next one is offered."""
    halts.drop(desk(), request.form.get("left", ""))
    _drop(request.form.get("left", ""))
    return redirect(url_for("unsent.show"))


@in_turn
def _drop(id_: str) -> None:
    left = [one for one in session.get("waiting", []) if one.id != id_]
    session.pop("waiting", None)
    if left:
        session["waiting"] = left


def _carried_out(response: Response) -> Response:
    """A refusal carries nothing out: its form goes on waiting until it is sent corrected. Other forms have no say."""
    one = _sent_again()
    if one and response.status_code < HTTPStatus.BAD_REQUEST and "unsent_stays" not in g:
        halts.drop(desk(), one.id)
        _drop(one.id)
    return response


def _comes_first() -> bool:
    says_no = request.endpoint == _CHILD and request.form.get("answer") in _HALTS
    return says_no or request.endpoint in _FIRST
