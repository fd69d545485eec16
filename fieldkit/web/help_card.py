"""The help card: numbers and words to say; needs no network and no passphrase. Signed in, also a site's own numbers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import help_card, readiness
from fieldkit.errors import Refusal
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, agreed, seen
from fieldkit.web.sessions import desk, signed_in

pages = Blueprint("help_card", __name__)


@pages.app_template_global()
def help_at(site: str) -> dict[str, Any]:
    """Return the numbers of a site and the words to say, for a page on which a child may need them."""
    study, at = load_study(), desk()
    return {
        "card": help_card.of_site(at, site) if site in help_card.sites(at) else help_card.national(),
        "leads": readiness.leads(at),
        "scripts": study.scripts,
        "words_to_say": study.words_to_say,
    }


@pages.get("/help-card")
def show() -> str:
    """Show the card of a site to who is signed in, the national one otherwise."""
    study, at, site = load_study(), signed_in(), request.args.get("site", "")
    return render_template(
        "help_card/show.html",
        card=help_card.of_site(at, site) if at and site else help_card.national(),
        scripts=study.scripts,
        words_to_say=study.words_to_say,
        place=site if at else "",
        sites=help_card.sites(at) if at else [],
        leads=readiness.leads(at) if at else [],
        edits=at is not None and at.me.role in {INTERVIEWER, COORDINATOR},
    )


@pages.get("/help-card/<site>")
def edit(site: str) -> str:
    """Show the numbers of one site, to be entered and rung."""
    card = help_card.of_site(desk(), site)
    return render_template("help_card/edit.html", card=card, place=site, typed={}, refusal=None)


@pages.post("/help-card/<site>")
def keep(site: str) -> Answer:
    """Keep one line; the others wait for their own button."""
    at, typed = desk(), request.form
    try:
        line = typed.get("line", "")
        kept = help_card.keep(at, site, line, typed.get("number", ""), rung="rung" in typed, base=seen(f"base-{line}"))
    except Refusal as refusal:
        card = help_card.of_site(at, site)
        return render_template(
            "help_card/edit.html", card=card, place=site, typed=typed, refusal=refusal
        ), refusal.status
    agreed(kept.opened)
    return redirect(url_for("help_card.edit", site=site, _anchor=line.replace(":", "-")))
