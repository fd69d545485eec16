"""Work lists: what each team is asked to do, and one item to be ticked off, or taken off."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from fieldkit.acts import worklists
from fieldkit.clock import new_id
from fieldkit.web.pages import Answer, Form, answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, once, tell, was_done

pages = Blueprint("worklists", __name__, url_prefix="/worklists")


class WorkForm(Form):
    """What a team is asked to do, with which children, and by when."""

    team = SelectField("team", validate_choice=False)
    what = TextAreaField("what", validators=[InputRequired(), Length(max=worklists.LONGEST)])
    children = StringField("children", validators=[InputRequired(), Length(max=2000)])
    due = StringField("due", validators=[InputRequired(), Length(max=20)])
    nonce = HiddenField("nonce", default=new_id)


class TickForm(Form):
    """What came of it."""

    came = StringField("came", validators=[InputRequired(), Length(max=worklists.LONGEST)])
    nonce = HiddenField("nonce", default=new_id)


@pages.get("")
def listing() -> str:
    """Show the list of every team."""
    return render_template("worklists/list.html", form=WorkForm(), **_known())


@pages.post("")
def put() -> Answer:
    """Put something on the list of a team."""
    form, at = WorkForm(), desk()

    def act() -> Answer:
        said = form.team.data or "", form.what.data, form.children.data, form.due.data
        once(form.nonce.data or new_id(), lambda: worklists.put(at, *said))
        tell(_("On the list. It reaches the team with the next bundle or exchange."))
        return redirect(url_for("worklists.listing"))

    return answer(form, "worklists/list.html", act, **_known())


@pages.get("/<item>")
def show(item: str) -> str:
    """Show one item to be ticked off."""
    return render_template("worklists/show.html", form=TickForm(), item=worklists.find(desk(), item))


@pages.post("/<item>")
def tick(item: str) -> Answer:
    """Tick it off; sent twice it is ticked off once."""
    form = TickForm()
    if was_done(form.nonce.data or ""):
        return redirect(url_for("today.show"))
    found = worklists.find(desk(), item)

    def act() -> Answer:
        once(form.nonce.data or new_id(), lambda: worklists.tick(desk(), item, form.came.data))
        tell(_("Ticked off."))
        return redirect(url_for("today.show"))

    return answer(form, "worklists/show.html", act, item=found)


@pages.get("/<item>/off")
def ask(item: str) -> str:
    """Show what is taken off the list."""
    return render_template("worklists/off.html", item=worklists.on_list(desk(), item))


@pages.post("/<item>/off")
def take_off(item: str) -> Answer:
    """Take it off."""
    worklists.take_off(desk(), item)
    tell(_("Taken off the list. It goes from the team's laptops with the next bundle or exchange."))
    return redirect(url_for("worklists.listing"))


def _known() -> dict[str, object]:
    return {"teams": [(team, team) for team in worklists.teams(desk())], "items": worklists.listing(desk())}
