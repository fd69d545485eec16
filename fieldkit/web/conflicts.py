"""Two versions of one thing, side by side: the coordinator takes one, combines them, or lets both stand."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from fieldkit.acts import conflicts
from fieldkit.acts.conflicts import Disputed, Place, Said
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.i18n import EN, N_
from fieldkit.records import Value
from fieldkit.rules.conflicts import BOTH, brief, compare, woven
from fieldkit.rules.members import COORDINATOR
from fieldkit.rules.sampling import Cell
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, in_reader, label, locale, moment
from fieldkit.web.pages import words as _
from fieldkit.web.sampling import cell_words
from fieldkit.web.sessions import desk, once, signed_in, tell

pages = Blueprint("conflicts", __name__, url_prefix="/conflicts")
LETTERS = {EN: "ABCDEFGH"}
HERE = "甲乙丙丁戊己庚辛"
DECIDED = N_("Decided. The laptops show it once they read the next bundle.")
EXTENTS = {"yes": N_("Yes"), "partly": N_("Partly"), "no": N_("No")}
CODES = {  # which table of codes a field is read with, where it has another name than the field
    "participant": {"boarding": "yes_no_unknown", "recruited_via": "approach", "pilot": "yes_no_unknown"}
    | {"carer": "relation", "sensitive": "sensitive_ctx"},
    "person": {"role": "adult_role", "basis": "guardian_basis", "age_band": "carer_age_band"}
    | {"reads_zh": "reads", "speaks": "language"},
    "parent": {"alive": "yes_no_unknown", "living_with": "yes_no_unknown", "work_place": "away_place"}
    | {"occupation": "parent_job"},
    "identity": {"birth_calendar": "calendar", "birth_precision": "date_precision", "birth_source": "date_source"}
    | {"told_kind": "age_kind"},
    "screening": {"result": "screening_result", "criteria": "met"},
    "interview": {"mode": "guide_mode"},
    "closing": {"mood_start": "face_scale", "mood_end": "face_scale", "others_present": "present"}
    | {"language_main": "language"},
    "team_member": {"gender": "sex", "occupation": ""},
    "nonparticipation": {"reason": "nonparticipation"},
    "string": {"zh_state": "string_state", "en_state": "string_state"},
    "form": {"state": "string_state"},
    "help_number": {"number": ""},
}


@pages.get("")
def listing() -> str:
    """List what waits, the consents that clash first, and below it every decision so far."""
    number = conflicts.ALL if "all" in request.args else conflicts.SHOWN
    return render_template(
        "conflicts/list.html",
        clashes=conflicts.clashes(desk()),
        disputed=conflicts.listing(desk()),
        decided=conflicts.decided(desk(), number),
        more=number,
    )


@pages.get("/<record>")
def show(record: str) -> str:
    """Show one record: what was written apart, and the ways to decide."""
    return _page(conflicts.one(desk(), record), None, None)


@pages.post("/<record>/<field>")
def decide(record: str, field: str) -> Answer:
    """Keep one decision; what was refused stays typed."""
    typed = {name: request.form.get(name, "") for name in ("choice", "reason", "text", "note", "base")}
    said = Said(field, **{**typed, "text": typed["text"].replace("\r\n", "\n")})
    try:
        once(request.form.get("nonce") or new_id(), lambda: conflicts.decide(desk(), record, said))
    except Refusal as refusal:
        return _page(conflicts.one(desk(), record), said, refusal), refusal.status
    left = [one.field for one in conflicts.one(desk(), record).conflicts if one.open]
    tell(_("Kept, but another version came in meanwhile: decide once more.") if field in left else _(DECIDED))
    return redirect(url_for("conflicts.show", record=record) if left else url_for("conflicts.listing"))


def _page(found: Disputed, typed: Said | None, refusal: Refusal | None) -> str:
    return render_template("conflicts/show.html", found=found, typed=typed, refusal=refusal, nonce=new_id(), both=BOTH)


@pages.app_template_global()
def to_decide() -> int:
    """Return how many records wait for the coordinator who reads this page."""
    at = signed_in()
    return conflicts.waiting(at) if at is not None and at.me.role == COORDINATOR else 0


@pages.app_template_global()
def kind_of(place: Place) -> str:
    """Return what sort of record it is, with the question that a note is on."""
    kind = label("record_kind", place.kind)
    return _("{question}, {kind}", question=place.question, kind=kind) if place.question else kind


@pages.app_template_global()
def title_of(place: Place) -> str:
    """Return what a record is called: the child, or the thing by its own name in the reader's language."""
    if place.kind == "study_fact":
        facts = {fact.code: in_reader(fact.text) for fact in load_study().readiness}
        return facts.get(place.name, place.name)
    if place.kind == "form":
        doc_kind, _sep, version = place.name.rpartition(" ")
        return f"{label('doc_kind', doc_kind)} {version}"
    if place.kind == "quota_cell":
        return cell_words(Cell(*place.name.split(" ")))
    return place.name


@pages.app_template_global()
def field_of(kind: str, field: str) -> str:
    """Return what a field is called."""
    return label(f"field_{kind}", field)


@pages.app_template_global()
def in_words(kind: str, field: str, value: Value) -> str:
    """Return a value as a person reads it."""
    if isinstance(value, dict):
        return _(", ").join(f"{key}{_(': ')}{_coded(kind, field, part)}" for key, part in sorted(value.items()))
    if isinstance(value, list):
        return _(", ").join(_coded(kind, field, part) for part in value)
    return _coded(kind, field, value)


def _coded(kind: str, field: str, value: Value) -> str:
    if kind == "site" and value in EXTENTS:
        return _(EXTENTS[value])
    table = CODES.get(kind, {}).get(field, field)
    return label(table, str(value)) if value is not None and table in load_study().codes else str(value or "")


@pages.app_template_global()
def letter(place: int) -> str:
    """Return what the version at *place*, counted from 0, is called on a page."""
    letters = LETTERS.get(locale(), HERE)
    return letters[place] if place < len(letters) else str(place + 1)


@pages.app_template_global()
def by_its_clock(wall: str) -> str:
    """Return a moment as the laptop believed it, with its offset: a clock that is off shows."""
    return _("{when} (UTC{offset}), by that laptop's clock", when=moment(wall), offset=wall[-6:])


pages.add_app_template_global(compare, "compared")
pages.add_app_template_global(brief, "at_a_glance")
pages.add_app_template_global(woven)
