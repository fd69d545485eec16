"""A roster from Excel: choose the file, look at what it would do, then register all at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from fieldkit.acts import rosters
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.exchange import rosters as sheets
from fieldkit.web.drafts import FROM_A_FILE
from fieldkit.web.pages import Answer, reasons
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, draft, drop_draft, once, tell, was_done
from fieldkit.web.steps import StepsGone

pages = Blueprint("rosters", __name__, url_prefix="/rosters")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROSTER = "roster"  # read, not yet registered: in memory only


@pages.get("")
def show() -> str:
    """Ask for the file."""
    rosters.check_open(desk())
    return render_template("rosters/show.html")


@pages.get("/template")
def template() -> Response:
    """Hand out an empty roster."""
    desk()
    name = {"Content-Disposition": "attachment; filename=roster.xlsx"}
    return Response(sheets.template(), mimetype=XLSX, headers=name)


@pages.post("")
def read() -> Answer:
    """Read the file and show what it would do; nothing is written."""
    given = request.files.get("roster")
    try:
        rosters.check_open(desk())
        rows = sheets.read(given.read() if given else b"")
    except Refusal as refusal:
        return render_template("rosters/show.html", refusal=refusal), refusal.status
    draft(_ROSTER).update({FROM_A_FILE: rows, "nonce": new_id()})
    return _planned()


@pages.post("/register")
def register() -> Answer:
    """Register everybody who can be, all or nobody; the same click twice does it once."""
    held, nonce = draft(_ROSTER), request.form.get("nonce", "")
    if was_done(nonce):
        return redirect(url_for("people.listing"))
    if not held or held["nonce"] != nonce:
        raise StepsGone
    try:
        done = once(held["nonce"], lambda: rosters.register(desk(), held[FROM_A_FILE], reasons()))
    except Refusal as refusal:
        return _planned(refusal=refusal), refusal.status
    drop_draft(_ROSTER)
    tell(_("Registered: {n}. Already here: {here}. Not taken: {refused}.", **_counts(done)))
    return redirect(url_for("people.listing"))


def _planned(**more: Any) -> str:
    found = rosters.plan(desk(), draft(_ROSTER)[FROM_A_FILE])
    return render_template(
        "rosters/plan.html",
        plan=found,
        counts=_counts(found),
        headings=sheets.HEADINGS,
        nonce=draft(_ROSTER)["nonce"],
        **more,
    )


def _counts(found: rosters.Plan) -> dict[str, int]:
    return {"n": len(found.new), "here": len(found.here), "refused": len(found.refused)}
