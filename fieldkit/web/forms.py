"""The forms: versions and stamps for the coordinator, and what a family reads on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import forms, readiness
from fieldkit.errors import Missing, NotFound, Refusal
from fieldkit.i18n import EN, N_, ZH, translate
from fieldkit.rules import terms
from fieldkit.rules.versions import CHANGE_CLASSES
from fieldkit.studies import Pair
from fieldkit.web.pages import Answer, agreed, locale, seen
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("forms", __name__, url_prefix="/forms")
LANGS = {"zh": (ZH,), "en": (EN,), "both": (ZH, EN)}
_STAMP = ("stamped_on", "ethics_no", "valid_from", "valid_to")


@pages.get("")
def listing() -> str:
    """List every version of every form with its stamp."""
    return _list({}, None)


@pages.post("/stamp")
def stamp() -> Answer:
    """Enter the committee's stamp for the forms that were ticked."""
    shown, typed = request.form.getlist("text_hash"), {name: request.form.get(name, "").strip() for name in _STAMP}
    try:
        for name in ("stamped_on", "valid_from"):
            if not typed[name]:
                raise Missing(field=_MISSING[name])
        readiness.stamp(desk(), {one: seen(f"base-{one}") for one in shown}, **typed)
    except Refusal as refusal:
        return _list({**typed, "shown": shown}, refusal), refusal.status
    if agreed(*(one.opened for one in forms.listing(desk()) if one.version.text_hash in shown)):
        tell(_("Forms stamped: {n}. Carry the stick, so that every laptop uses them.", n=len(shown)))
    return redirect(url_for("forms.listing"))


_MISSING = {"stamped_on": N_("the day of the stamp"), "valid_from": N_("the first day on which it is valid")}


@pages.get("/<doc_kind>")
def edit(doc_kind: str) -> str:
    """Show the sentences of the newest version, to be written anew."""
    return _edit(doc_kind, "", None, {})


@pages.post("/<doc_kind>")
def rewrite(doc_kind: str) -> Answer:
    """Make a new version; what was refused stays typed."""
    typed, change_class = _typed(), request.form.get("change_class", "")
    try:
        number = forms.rewrite(desk(), doc_kind, typed, change_class, request.form.get("text_hash", ""))
    except NotFound:
        raise
    except Refusal as refusal:
        return _edit(doc_kind, change_class, refusal, typed), refusal.status
    written = _(
        "Version {n} is written. It is used once the committee's stamp is entered; until then the old one stays.",
        n=number,
    )
    hints = terms.findings(text for pair in typed.values() for text in pair)
    tell(" ".join([written, *(one.sentence(locale()) for one in hints)]))
    return redirect(url_for("forms.listing"))


@pages.get("/<doc_kind>/print")
def paper(doc_kind: str) -> str:
    """Show a form as a parent reads it on paper, or the committee before it stamps it, in one language or both."""
    langs = LANGS.get(request.args.get("lang", "both"), LANGS["both"])
    view = forms.blank(desk(), doc_kind, to_stamp="to_stamp" in request.args)
    facts = forms.imprint(desk(), view.text_hash)
    return render_template("forms/print.html", view=view, langs=langs, labels=on_paper(langs, SAID), facts=facts)


def on_paper(langs: Sequence[str], said: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return what a printed page says around its text, in the languages of the page and not of the reader."""
    return {name: [(lang, translate(lang, text)) for lang in langs] for name, text in said.items()}


SAID = {
    "institution": N_("Institution"),
    "lead": N_("Principal investigator"),
    "phone": N_("Telephone"),
    "ethics": N_("Ethics approval"),
    "told": N_("What it is about"),
    "back": N_("Please tell us in your own words"),
    "items": N_("Each item is asked on its own"),
    "agree": N_("Agree"),
    "disagree": N_("Do not agree"),
    "wants": N_("I want to"),
    "not": N_("I do not want to"),
    "thinks": N_("I want to think about it"),
    "to_know": N_("What you say yes to"),
    "name": N_("Name"),
    "relation": N_("Relation to the child"),
    "sign": N_("Signature or thumbprint"),
    "mark": N_("My name or a mark of my own"),
    "witness": N_("Witness (when it was read aloud or a thumbprint was given)"),
    "researcher": N_("Researcher"),
    "date": N_("Date"),
    "seal": N_("Name, signature or seal"),
    "version": N_("Version"),
    "draft": N_("Draft: no stamp of the ethics committee yet, not to be used"),
}
PARTS = {
    "title": N_("Title"),
    "read_aloud": N_("Read aloud"),
    "teach_back": N_("Asked back"),
    "labels": N_("An item, in short"),
    "sentences": N_("An item, as it is asked"),
}  # of `FormParts`


def _typed() -> dict[str, Pair]:
    said = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
    ids = [name.removeprefix("zh-") for name in said if name.startswith("zh-")]
    return {one: Pair(said[f"zh-{one}"], said.get(f"en-{one}", "")) for one in ids}


def _list(typed: dict[str, object], refusal: Refusal | None) -> str:
    return render_template("forms/list.html", forms=forms.listing(desk()), typed=typed, refusal=refusal)


def _edit(doc_kind: str, change_class: str, refusal: Refusal | None, typed: dict[str, Pair]) -> str:
    newest = forms.texts(desk(), doc_kind)
    texts = [replace(one, text=typed.get(one.id, one.text)) for one in newest.lines]
    return render_template(
        "forms/edit.html",
        doc_kind=doc_kind,
        texts=texts,
        parts=PARTS,
        text_hash=newest.text_hash,
        classes=CHANGE_CLASSES,
        change_class=change_class,
        refusal=refusal,
    )
