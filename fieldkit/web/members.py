"""The team record: who was trained, signed and checked when."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import members
from fieldkit.errors import Refusal
from fieldkit.web.pages import Answer, agreed, seen
from fieldkit.web.sessions import desk

pages = Blueprint("members", __name__, url_prefix="/members")


@pages.get("")
def listing() -> str:
    """List the records that this person may edit."""
    return render_template("members/list.html", records=members.listing(desk()))


@pages.get("/<code>")
def show(code: str) -> str:
    """Show one record."""
    return render_template("members/show.html", record=members.one(desk(), code), typed={}, refusal=None)


@pages.post("/<code>")
def keep(code: str) -> Answer:
    """Keep it; what was refused stays typed."""
    typed = {name: request.form[name] for name in members.FIELDS if name in request.form}
    try:
        members.keep(desk(), code, typed, seen())
    except Refusal as refusal:
        record = members.one(desk(), code)
        return render_template("members/show.html", record=record, typed=typed, refusal=refusal), refusal.status
    well = agreed(members.one(desk(), code).opened)
    return redirect(url_for("members.listing") if well else url_for("members.show", code=code))
