"""Hand-over: write a bundle, read one, and the coordinator's inbox of what was read."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from wtforms import StringField
from wtforms.validators import InputRequired

from fieldkit.acts import (
    clocks,
    conflicts,
    exchange,
    handover,
    leftovers,
    people,
    readiness,
    redactions,
    removals,
    sticks,
    waiting,
)
from fieldkit.acts.handover import NoSuchPlace
from fieldkit.errors import Missing
from fieldkit.records import clean
from fieldkit.rules.members import COORDINATOR
from fieldkit.web.pages import Answer, Form, answer, streamed
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("handover", __name__)
ONE_FILE = 2**63  # bytes: a browser saves one file, and where it lands it has room for it or says so


class PlaceForm(Form):
    """A path on this computer or on the stick."""

    path = StringField("path", validators=[InputRequired()])


@pages.get("/handover")
def show() -> str:
    """Show what has not left this machine, and the two ways to carry it."""
    return render_template("handover/show.html", form=PlaceForm(), **_shown())


def _shown() -> dict[str, object]:
    known = {"state": handover.state(desk()), "hub": exchange.state(desk()), "batches": handover.batches(desk())}
    return {**known, "sticks": sticks.listing(desk())}


@pages.post("/handover/write")
def write() -> Answer:
    """Write a bundle to a folder or file on this computer."""
    form = PlaceForm()

    def act() -> Answer:
        sentence, facts = handover.written(handover.write(desk(), handover.named(place(form.path.data))))
        tell(_(sentence, **facts))
        return redirect(url_for("handover.show"))

    return answer(form, "handover/show.html", act, **_shown())


def place(typed: str) -> Path:
    """Return the path that was typed; raises NoSuchPlace for one that does not say from where it starts."""
    path = Path(clean(typed.strip()))
    if "\0" in typed or not path.is_absolute():
        raise NoSuchPlace(path=path)
    return path


@pages.post("/handover/download")
def download() -> Answer:
    """Hand the bundle to the browser, which saves it where a person says; it is sealed."""
    with ExitStack() as until_sent:
        path = handover.named(until_sent.enter_context(desk().folder.scratch()))
        handover.write(desk(), path, ONE_FILE)
        return streamed(path, path.name, until_sent)


@pages.post("/handover/read")
def read() -> Answer:
    """Read a bundle that was chosen in the browser, or that lies at a path on this computer."""
    upload, path = request.files.get("bundle"), request.form.get("path", "").strip()
    if upload and upload.filename:
        _read_upload(upload)
    elif path:
        handover.read(desk(), place(path))
    else:
        raise Missing(field=_("bundle"))
    return redirect(url_for("handover.inbox"))


def _read_upload(upload: FileStorage) -> None:
    with desk().folder.scratch() as scratch:
        path = scratch / "bundle"
        upload.save(path)
        handover.read(desk(), path, upload.filename or "")


@pages.get("/inbox")
def inbox() -> str:
    """Show what arrived, first in a sentence, then in numbers that add up."""
    prepares = desk().me.role == COORDINATOR
    to_enter = sum(group.missing for group in readiness.overview(desk())) if prepares else None
    to_delete = len(removals.due(desk())) + len(redactions.due(desk())) if prepares else 0
    waits = waiting.look(desk()) if prepares else None
    shown = {"to_enter": to_enter, "prepares": prepares, "to_delete": to_delete, **_disputed(decides=prepares)}
    shown |= {"lost": sticks.lost(desk()), "leftovers": leftovers.listing(desk())} if prepares else {}
    return render_template("handover/inbox.html", batches=handover.batches(desk()), waits=waits, **shown)


@pages.post("/inbox/again")
def look_again() -> Answer:
    """Enter what waited, where what it waited for is here by now."""
    left = waiting.look_again(desk())
    tell(_("Looked again. Something still waits.") if left.anything else _("Looked again. Nothing waits any more."))
    return redirect(url_for("handover.inbox"))


def _disputed(*, decides: bool) -> dict[str, object]:
    """Return what was written apart: for who decides record by record, for others the children concerned."""
    if decides:
        found = {"clashes": conflicts.clashes(desk()), "disputed": conflicts.listing(desk())}
        return {**found, "clocks": clocks.clashing(desk())}
    return {"conflicts": [one for one in people.listing(desk()) if one.conflict]}
