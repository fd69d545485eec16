"""Withdraw: who asks, how much, done. Never refused."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from fieldkit.acts import guardians, household, people, readiness, redactions, withdrawals
from fieldkit.acts.cases import Case
from fieldkit.acts.withdrawals import Meaning
from fieldkit.clock import new_id
from fieldkit.errors import Missing, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import consent
from fieldkit.rules.members import INTERVIEWER
from fieldkit.web import unsent
from fieldkit.web.pages import Answer, label
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, in_turn, once, tell, was_done

pages = Blueprint("withdrawals", __name__)


class NobodyNamed(Refusal):
    """Nobody tapped who asks to withdraw; it is asked once, and never stands in the way."""

    code = "nobody_named"
    message = N_("Nothing is written down yet: tap who asks; if that is not known, tap “A guardian, not said which”.")
    status = 422


@dataclass(frozen=True)
class Asker:
    """Who can be named: what a form says of them (`_who` reads it), and what a page calls them."""

    value: str
    words: str


@pages.get("/withdraw")
def any_code() -> str:
    """Ask for a code: of any child, also one that this laptop does not hold."""
    return _asking({"asker": request.args.get("who", "")})


@pages.get("/people/<subject>/withdraw")
def of_child(subject: str) -> str:
    """Ask who wants out; the page that leads here may know it."""
    return _asking({"asker": request.args.get("who", "")}, people.case(desk(), subject))


def _asking(typed: Mapping[str, str], case: Case | None = None, **wrong: object) -> str:
    """Ask who wants out and how much; of no *case* also which code, with what is *wrong* about it."""
    askers = _askers_of(case) if case else _askers()
    asked = {"case": case, "askers": askers, "typed": typed}
    return render_template("withdrawals/ask.html", **asked, parts=consent.PARTS, nonce=new_id(), **wrong)


@pages.get("/people/<subject>/withdraw/answers")
def of_answers(subject: str) -> str:
    """Ask which answers are taken back, and by whom."""
    return _picking(subject)


@pages.post("/people/<subject>/withdraw/answers")
def take_back(subject: str) -> Answer:
    """Hide the answers that were picked at once."""
    asker, picked = request.form.get("asker", ""), request.form.getlist("answer")
    said = (subject, picked, *_who(asker), unsent.day_of_no())
    sent = " ".join([_nonce(request.form), subject, asker, *picked])
    if not asker and "asked" not in request.form and not was_done(sent):
        return _picking(subject, picked, refusal=NobodyNamed()), NobodyNamed.status
    try:
        left = once(sent, lambda: "left" if withdrawals.take_back(desk(), *said) else "")
    except Refusal as refusal:
        return _picking(subject, picked, asker, refusal), refusal.status
    if left:
        tell(_("Taken back and hidden from now on. The coordinator tells the family and deletes it within 15 days."))
    else:
        tell(_("Deleted. It is gone from other computers as soon as they hear of it."))
    return redirect(url_for("people.show", subject=subject))


def _picking(subject: str, picked: Collection[str] = (), asker: str = "", refusal: Refusal | None = None) -> str:
    case, found = people.case(desk(), subject), redactions.answers(desk(), subject)
    shown = {"askers": _askers_of(case), "asker": asker, "picked": picked, "refusal": refusal}
    return render_template("withdrawals/answers.html", case=case, answers=found, nonce=new_id(), **shown)


@pages.post("/withdraw")
def write_down() -> Answer:
    """Hide the child at once."""
    return written(request.form)


@in_turn
def written(form: MultiDict[str, str]) -> Answer:
    """Withdraw whom *form* names at the desk of whoever is signed in, and say what became of it; sent twice, once."""
    typed = {name: form.get(name, "") for name in ("code", "shown", "scope", "asker", "text")}
    codes, words = form.getlist("code"), form.getlist("word")
    sent = " ".join([_nonce(form), typed["scope"], typed["asker"], *codes])
    if not typed["asker"] and {"asked", "sure"}.isdisjoint(form) and not was_done(sent):
        return _asking({**typed, "code": typed["text"] or typed["code"]}, _meant(typed), refusal=NobodyNamed()), 422
    asks = "sure" not in form and not typed["shown"] and not was_done(sent)  # from no page that says whom
    if asks and typed["code"].strip():
        meant = withdrawals.whom(desk(), typed["code"])
        if not meant.certain:
            return _which({**typed, "text": typed["code"]}, meant) if meant.choices else _unknown(typed)
        codes, words = [one.code for one in meant.choices], list(meant.words)
    if not codes and typed["text"]:
        return _which(typed, withdrawals.whom(desk(), typed["text"]), Missing(field=_("which child")))
    return _hidden(typed, codes, [one for one in form.getlist("offered") if one not in codes], words, sent)


def _meant(typed: Mapping[str, str]) -> Case | None:
    """Return the child from whose page a form was sent, where it is still seen."""
    try:
        return people.case(desk(), typed["code"]) if typed["shown"] else None
    except Refusal:
        return None


def _nonce(form: MultiDict[str, str]) -> str:
    """Return by what a form is known that is sent twice; each from a page that gave it none is another."""
    return form.get("nonce") or new_id()


def _hidden(typed: Mapping[str, str], codes: list[str], left: list[str], words: list[str], sent: str) -> Answer:
    """Write it down for *codes*, and say so; *left* were asked about and stay, *words* were read as nobody's."""
    scope = typed["scope"] or consent.ALL
    try:
        told = once(sent, lambda: _told(codes, left, words, scope, typed["asker"]))
    except Refusal as refusal:
        again = {**typed, "code": typed["text"] or typed["code"]}
        return _asking(again, _meant(typed), refusal=refusal), refusal.status
    said = {**json.loads(told), "scope": scope, "parts": consent.PARTS}
    return render_template("withdrawals/done.html", ring=readiness.phone(desk()), **said)


def _told(codes: list[str], left: list[str], words: list[str], scope: str, asker: str) -> str:
    """Write it down; return what there is to say about it, each child by the code that it was shown by before."""
    shown = {code: _shown(code) for code in (*codes, *left)}
    done = withdrawals.withdraw_each(desk(), codes or [""], scope, *_who(asker), unsent.day_of_no())
    stays = [shown[one] for one in left]
    return json.dumps({"done": [asdict(one) for one in done], "shown": shown, "left": stays, "words": words})


def _which(typed: Mapping[str, str], meant: Meaning, refusal: Refusal | None = None) -> Answer:
    """Ask which of those whom a text may mean; nothing of it is written down, nor left out, until that is said."""
    unsent.stays()
    page = render_template("withdrawals/which.html", meant=meant, typed=typed, refusal=refusal, nonce=new_id())
    return page, refusal.status if refusal else 200


def _unknown(typed: Mapping[str, str]) -> Answer:
    return _asking(typed, unknown=True, ring=readiness.phone(desk())), 422


def _shown(code: str) -> str:
    """Return by which code a child is shown, before it is hidden."""
    try:
        return people.case(desk(), code).case_code
    except Refusal:
        return code


def _who(asker: str) -> tuple[str, str, str]:
    """Return as whom they ask, and which guardian: the relation, and the id of one of several. Nobody is a guardian."""
    if asker in consent.ASKERS:
        return asker, "", ""
    relation, _space, person = asker.partition(" ")
    return consent.GUARDIAN, relation, person


def _askers_of(case: Case) -> list[Asker]:
    """Return who can be named for the child of *case*, of age nobody else."""
    if case.adult:
        return [Asker(consent.CHILD, label("requested_by", "adult"))]
    return _askers(_guardians(case.id) if desk().me.role == INTERVIEWER else ())


def _guardians(subject: str) -> Iterator[Asker]:
    """Give the guardians of a child besides its parents; several of one relation are numbered, and named if known."""
    called = {one.record: str(one.values.get("name") or "") for one in household.view(desk(), subject).persons}
    for relation, ones in groupby(guardians.nameable(desk(), subject), key=lambda one: one.relation):
        for number, one in enumerate(ones, 1):
            which = f" {number} {called[one.person]}".rstrip() if one.person else ""
            yield Asker(f"{relation} {one.person}".rstrip(), label("relation", relation) + which)


def _askers(others: Iterable[Asker] = ()) -> list[Asker]:
    """Return who can be named: the child, each parent, the *others* who are known, a guardian nobody named, and both.

    A coordinator's word travels as a notice, which carries no guardian's name.
    """
    named = [*(Asker(one, label("relation", one)) for one in _PARENTS), *others]
    return [
        Asker(consent.CHILD, label("requested_by", consent.CHILD)),
        *(named if desk().me.role == INTERVIEWER else ()),
        Asker(consent.GUARDIAN, _("A guardian, not said which")),
        Asker("both", label("requested_by", "both")),
    ]


_PARENTS = ("mother", "father")
"""Whom a family's consent can come from, known before anybody is read to."""
