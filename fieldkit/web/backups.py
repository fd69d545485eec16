"""Back up the whole folder into one file, and restore one on an empty laptop."""

from __future__ import annotations

from contextlib import ExitStack, closing

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from fieldkit.acts import backups
from fieldkit.errors import Missing, Refusal
from fieldkit.i18n import N_
from fieldkit.store.gaps import Gap
from fieldkit.web.handover import place
from fieldkit.web.pages import Answer, Form, answer, day, streamed
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, here, tell

pages = Blueprint("backups", __name__)


class PlaceForm(Form):
    """A path on this computer or on a stick."""

    path = StringField("path", validators=[InputRequired()])


class RestoreForm(Form):
    """Where the backup lies, unless it was chosen in the browser, and what opens it."""

    path = StringField("path")
    passphrase = PasswordField("passphrase", validators=[InputRequired(), Length(max=400)])


@pages.get("/backup")
def show() -> str:
    """Say what a backup is for, offer the two ways, and name the older ones that still hold what was erased."""
    return _page()


def _page(refusal: Refusal | None = None) -> str:
    return render_template("backups/write.html", form=PlaceForm(), refusal=refusal, **_shown())


def _shown() -> dict[str, object]:
    at = desk()
    lists = {"holding": backups.holding(at), "kept": backups.kept(at), "downloaded": backups.downloaded(at)}
    since = {"restored_from": backups.restored_from(at), "gap": backups.gap(at)}
    return {**lists, **since, "waits": backups.waits(at)}


@pages.app_template_global()
def restored_gap() -> Gap | None:
    """Return what may be missing here since a restore, until somebody said why there is nothing newer."""
    found = backups.gap(desk())
    return None if found and found.reason else found


@pages.post("/backup/nothing-newer")
def nothing_newer() -> Answer:
    """Keep why nothing newer than the restored backup can be read."""
    try:
        backups.nothing_newer(desk(), request.form.get("reason", ""))
    except Refusal as refusal:
        return _page(refusal), refusal.status
    return redirect(url_for("today.home"))


@pages.post("/backup/renew")
def renew() -> Answer:
    """Replace this laptop's own copies that still hold what was erased."""
    try:
        backups.renew(desk())
    except Refusal as refusal:
        return _page(refusal), refusal.status
    return redirect(url_for("backups.show"))


@pages.post("/backup/destroyed")
def destroyed() -> Answer:
    """Take a person's word that an older backup does not exist any more."""
    try:
        gone = backups.destroyed(desk(), request.form.get("number", 0, type=int))
    except Refusal as refusal:
        return _page(refusal), refusal.status
    tell(_("Taken off the list: the backup of {day}.", day=day(gone)))
    return redirect(url_for("backups.show"))


@pages.post("/backup/saved")
def saved() -> Answer:
    """Take a person's word that a download was saved."""
    try:
        backups.saved(desk(), request.form.get("number", 0, type=int))
    except Refusal as refusal:
        return _page(refusal), refusal.status
    return redirect(url_for("backups.show"))


@pages.post("/backup/write")
def write() -> Answer:
    """Write it to a folder or file on this computer."""
    form = PlaceForm()

    def act() -> Answer:
        path = backups.named(desk(), place(form.path.data))
        backups.write(desk(), path)
        tell(_("Written and read back: {path}", path=path))
        return redirect(url_for("backups.show"))

    return answer(form, "backups/write.html", act, **_shown())


@pages.post("/backup/download")
def download() -> Answer:
    """Hand it to the browser, which saves it where a person says; it is encrypted."""
    name = backups.new_name(desk())
    with ExitStack() as until_sent:
        path = until_sent.enter_context(desk().folder.scratch()) / "backup"
        backups.write(desk(), path, name)
        return streamed(path, name, until_sent)


@pages.get("/restore")
def restore() -> str:
    """Ask for the backup."""
    return render_template("backups/restore.html", form=RestoreForm())


@pages.post("/restore")
def restored() -> Answer:
    """Bring it into this empty folder, and ask who is here."""
    form = RestoreForm()

    def act() -> Answer:
        _take(form.path.data or "", form.passphrase.data)
        return redirect(url_for("users.unlock"))

    return answer(form, "backups/restore.html", act)


def _take(path: str, secret: str) -> None:
    upload = request.files.get("backup")
    if upload and upload.filename:
        with closing(upload), here().folder.scratch() as scratch:
            upload.save(scratch / "backup")
            backups.restore(here().folder, scratch / "backup", secret)
    elif path.strip():
        backups.restore(here().folder, place(path), secret)
    else:
        raise Missing(field=N_("backup"))
