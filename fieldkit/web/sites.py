"""Sites: the list, and one site."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import Length

from fieldkit.acts import sites
from fieldkit.acts.editors import Opened
from fieldkit.acts.sites import Site
from fieldkit.acts.told import Seen
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, Form, agreed, answer, seen
from fieldkit.web.sessions import desk

pages = Blueprint("sites", __name__, url_prefix="/sites")


class SiteForm(Form):
    """What a site is like, and for those who hold the vault what it is called."""

    code = StringField("code", validators=[Length(max=3)])
    site_type = SelectField("site_type", choices=list(load_study().codes["site_type"]), validate_choice=False)
    county = SelectField("county", choices=list(load_study().codes["county"]), validate_choice=False)
    private_room = RadioField("private_room", choices=list(sites.EXTENTS), validate_choice=False)
    network = RadioField("network", choices=list(sites.EXTENTS), validate_choice=False)
    power = RadioField("power", choices=list(sites.EXTENTS), validate_choice=False)
    name = StringField("name", validators=[Length(max=80)])
    address = StringField("address", validators=[Length(max=200)])
    gatekeeper = StringField("gatekeeper", validators=[Length(max=80)])
    permission_on = StringField("permission_on", validators=[Length(max=20)])
    permission_doc = StringField("permission_doc", validators=[Length(max=80)])
    child_director = StringField("child_director", validators=[Length(max=80)])
    township_officer = StringField("township_officer", validators=[Length(max=80)])
    police = StringField("police", validators=[Length(max=80)])

    def said(self, names: tuple[str, ...]) -> dict[str, str]:
        """Return what was typed into the fields *names*."""
        return {name: (self[name].data or "").strip() for name in names}


@pages.get("")
def listing() -> str:
    """List the sites by code."""
    return render_template("sites/list.html", sites=sites.listing(desk()))


@pages.get("/edit")
def edit() -> str:
    """Show one site to be filled in; without a code a new one."""
    code, found = _asked()
    form = SiteForm(data={"code": found.code, **found.facts, **found.place})
    return render_template("sites/edit.html", form=form, code=code, known=found)


@pages.post("/edit")
def save() -> Answer:
    """Keep a site."""
    (code, found), form = _asked(), SiteForm()

    def act() -> Answer:
        told, on_screen = form.said(sites.PLACE), Seen(seen(), seen("named_base"))
        now = sites.save(desk(), code or form.code.data or "", form.said(sites.FACTS), told, on_screen)
        well = agreed(now.opened, now.opened_place)
        return redirect(url_for("sites.listing") if well else url_for("sites.edit", site=now.code))

    return answer(form, "sites/edit.html", act, code=code, known=found)


def _asked() -> tuple[str, Site]:
    """Return the code that the address names, and its site; without a code a new one."""
    at, code = desk(), request.args.get("site", "")
    return code, sites.find(at, code) if code else Site("", {}, {}, Opened(), Opened())
