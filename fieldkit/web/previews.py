"""Look at a bundle before it is taken in, then take it in."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import previews
from fieldkit.acts.previews import DIFFERENT, ONLY_HERE, ONLY_THERE, SAME, Line, Preview
from fieldkit.errors import Missing
from fieldkit.web.handover import place
from fieldkit.web.pages import Answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk

pages = Blueprint("previews", __name__, url_prefix="/preview")
SHOWN = 200  # of a kind, on one page


@pages.post("")
def look() -> str:
    """Show what a bundle would bring that was chosen in the browser, or that lies at a path on this computer."""
    upload, path = request.files.get("bundle"), request.form.get("path", "").strip()
    if upload and upload.filename:
        with desk().folder.scratch() as scratch:
            upload.save(scratch / "bundle")
            return _page(scratch / "bundle", upload.filename)
    if not path:
        raise Missing(field=_("bundle"))
    return _page(place(path), place(path).name)


def _page(path: Path, name: str) -> str:
    seen = previews.look(desk(), previews.lay_aside(desk(), path), name)
    shown = {"parts": _parts(seen), "most": SHOWN}
    return render_template("handover/preview.html", seen=seen, different=DIFFERENT, **shown)


def _parts(seen: Preview) -> dict[str, list[Line]]:
    """Return the lines by what is asked of them: first where both differ, then what is new, then the rest."""
    groups = {"differ": DIFFERENT, ONLY_THERE: (ONLY_THERE,), ONLY_HERE: (ONLY_HERE,), SAME: (SAME,)}
    return {name: [line for line in seen.lines if line.where in codes] for name, codes in groups.items()}


@pages.post("/take")
def take() -> Answer:
    """Take in what was looked at."""
    previews.take_in(desk(), request.form.get("name", ""))
    return redirect(url_for("handover.inbox"))
