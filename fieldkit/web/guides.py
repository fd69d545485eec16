"""The interview guide on paper."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from fieldkit.acts import guides
from fieldkit.acts.late_entries import BEGUN, OVER
from fieldkit.i18n import N_
from fieldkit.web.forms import LANGS, on_paper
from fieldkit.web.sessions import desk

pages = Blueprint("guides", __name__, url_prefix="/guide")


@pages.get("/print")
def paper() -> str:
    """Show the guide as it is taken along on paper, in one language or both."""
    langs = LANGS.get(request.args.get("lang", "zh"), LANGS["zh"])
    return render_template("guides/print.html", guide=guides.paper(desk()), langs=langs, labels=on_paper(langs, SAID))


SAID = {
    "title": N_("The interview on paper"),
    "code": N_("Case code (no name)"),
    "date": N_("Date"),
    "begun": BEGUN,
    "over": OVER,
    "researcher": N_("Researcher"),
    "where": N_("Where this sheet lies"),
    "version": N_("Guide, version"),
    "opening": N_("Before the first question"),
    "yes": N_("The child's own yes, in its own words"),
    "core": N_("Core set"),
    "careful": N_("Think first"),
    "short": N_("● Core set: when time is short, or the child is young or tired, ask only these."),
    "hurts": N_("? Think first: where something in this family makes it hurt, only if the child begins to talk of it."),
    "alone": N_("Not while others listen"),
    "skipped": N_("skipped"),
    "off": N_("do not write that down"),
    "stopped": N_("The child stopped half-way"),
    "stopped_at": N_("Stopped at question"),
    "keep": N_("What was said may stay"),
    "discard": N_("Nothing of it may stay"),
    "closing": N_("At the end"),
    "mood": N_("The child points at a face (1 sad to 5 glad)"),
    "others": N_("Who was there, who could listen"),
    "rule": N_(
        "Write no name of a person, village or school. Type it in on the laptop the same evening, then lock it away."
    ),
}
