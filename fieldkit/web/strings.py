"""The study's words: sections, one section to edit, publishing."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import strings
from fieldkit.acts.strings import SaveString
from fieldkit.errors import Refusal
from fieldkit.rules import terms
from fieldkit.rules.members import COORDINATOR
from fieldkit.web.pages import Answer, locale
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("strings", __name__, url_prefix="/strings")


@pages.get("")
def sections() -> str:
    """List the sections, with what laptops do not ask with yet."""
    at = desk()
    publishes = at.me.role == COORDINATOR
    return render_template(
        "strings/list.html",
        sections=strings.sections(at),
        waiting=strings.unpublished(at),
        version=strings.version(at),
        publishes=publishes,
    )


@pages.get("/<section>")
def section(section: str) -> str:
    """Show one section, both languages side by side."""
    return _section(section)


@pages.post("/<section>")
def save(section: str) -> Answer:
    """Keep one string as a draft; what was refused stays typed."""
    said = SaveString(
        *(request.form.get(name, "").replace("\r\n", "\n") for name in ("id", "zh", "en", "base", "editor"))
    )
    if request.headers.get("X-Fieldkit") == "script":
        strings.save(desk(), said)
        hints = terms.findings([said.zh, said.en])
        return jsonify(saved=" ".join([_("Saved"), *(one.sentence(locale()) for one in hints)]))
    try:
        strings.save(desk(), said)
    except Refusal as refusal:
        return _section(section, said, refusal), refusal.status
    return redirect(url_for("strings.section", section=section, saved=said.id, _anchor=said.id))


def _section(section: str, typed: SaveString | None = None, refusal: Refusal | None = None) -> str:
    lines = strings.listing(desk(), section)
    hints = {line.id: terms.findings([line.zh, line.en]) for line in lines}
    shown = {"section": section, "lines": lines, "hints": hints, "typed": typed, "refusal": refusal}
    return render_template("strings/section.html", **shown)


@pages.post("/publish")
def publish() -> Response:
    """Freeze the words into a new version of the guide."""
    number = strings.publish(desk())
    tell(_("Published: version {n}. Carry the stick; the next interview asks with these words.", n=number))
    return redirect(url_for("strings.sections"))
