"""Children: the list, a new one, one child, and what is still missing."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from fieldkit.acts import people
from fieldkit.acts.people import NewChild
from fieldkit.clock import new_id
from fieldkit.records import clean
from fieldkit.rules import gates
from fieldkit.web.pages import Answer, Form, answer, label
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, once

pages = Blueprint("people", __name__, url_prefix="/people")


class NewChildForm(Form):
    """The contact slip and the few facts that may be written down before anybody has agreed."""

    called = StringField("called", validators=[InputRequired(), Length(max=40)])
    phone = StringField("phone", validators=[Length(max=40)])
    site = StringField("site", validators=[InputRequired(), Regexp(r"[A-Za-z][0-9]{2}$")])
    sex = RadioField("sex", choices=["f", "m"], validators=[InputRequired()])
    birth_date = StringField("birth_date", validators=[InputRequired(), Length(max=10)])
    nonce = HiddenField("nonce", default=new_id)

    def child(self) -> NewChild:
        """Return what was typed."""
        return NewChild(**{name: (self[name].data or "").strip() for name in NewChild.__dataclass_fields__})


@pages.get("")
def listing() -> str:
    """List the children, or those that the search words mean."""
    wanted = clean(request.args.get("q", "").strip())
    found = people.find(desk(), wanted) if wanted else people.listing(desk())
    counts = {label("nonparticipation", reason): n for reason, n in people.nonparticipation(desk()).items()}
    return render_template("people/list.html", cases=found, wanted=wanted, nonparticipation=counts)


@pages.get("/new")
def new() -> str:
    """Ask for the slip."""
    desk()
    return render_template("people/new.html", form=NewChildForm())


@pages.post("/new")
def create() -> Answer:
    """Write down a child to be asked."""
    form = NewChildForm()

    def act() -> Answer:
        subject = once(form.nonce.data or new_id(), lambda: people.register(desk(), form.child()))
        return redirect(url_for("people.show", subject=subject))

    return answer(form, "people/new.html", act)


@pages.get("/<subject>")
def show(subject: str) -> str:
    """Show one child."""
    return render_template("people/show.html", case=people.case(desk(), subject))


@pages.get("/<subject>/gates")
def gates_(subject: str) -> str:
    """Show everything that is still missing, each with its next step."""
    case = people.case(desk(), subject)
    failing = gates.failing(case.gates)
    rest = [gate for gate in case.gates if gate not in failing]
    if case.step.code == "continue":  # the child's yes of today is used up by the open interview
        failing, title = [], _("The interview is open")
    else:
        title = _("The interview cannot start yet") if failing else _("Everything is in place")
    return render_template("people/gates.html", case=case, failing=failing, rest=rest, title=title)
