"""The ways of consenting that come before the reading: a call is checked first, a paper is named first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Blueprint, redirect, url_for
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from fieldkit.acts import consents, events, forms, guardians
from fieldkit.rules import findings, ways
from fieldkit.rules.ways import Evidence
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, Form, answer, locale, reasons
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, draft, in_turn, tell
from fieldkit.web.steps import GUARDIAN, WITNESSES, begun, kept_once, known, page, so_far, spoken, to_who

pages = Blueprint("ways", __name__, url_prefix="/people/<subject>")
CODES = load_study().codes
REDIAL = "redial "
CALLS = (ways.PHONE_WITNESS, ways.PHONE_RECORDED, ways.VIDEO)
ON_PAPER = (ways.SIGNATURE, ways.THUMBPRINT, ways.ORAL_WITNESS)
NOTED = (
    *("no_sign_reason", "witness_name", "witness_relation", "witness_fit", "paper_ref", "paper_place"),
    *("recording_agreed", "recording_place"),
)


def names_a_paper(form: Form, field: Field) -> None:
    """Refuse, beside the field, words that name no paper where one is said to have been seen."""
    try:
        ways.check_paper(form["basis_evidence"].data or "", field.data or "")
    except ways.NoPaper as refusal:
        raise ValidationError(refusal.sentence(locale())) from refusal


class EvidenceForm(Form):
    """What stands for a signature, whichever way the consent was given."""

    no_sign_reason = SelectField("no_sign_reason", choices=["", *CODES["no_sign_reason"]], default="")
    witness_name = StringField("witness_name", validators=[Length(max=40)])
    witness_relation = SelectField("witness_relation", choices=["", *WITNESSES], default="")
    witness_fit = BooleanField("witness_fit")
    paper_ref = StringField("paper_ref", validators=[Length(max=40)])
    paper_place = StringField("paper_place", validators=[Length(max=80)])
    recording_agreed = BooleanField("recording_agreed")
    recording_place = StringField("recording_place", validators=[Length(max=80)])

    def evidence(self, method: str, **more: Any) -> Evidence:
        """Return what was noted for *method*."""
        return Evidence(method, **{**{name: self[name].data or "" for name in NOTED}, **more})


class SignForm(EvidenceForm):
    """What is written down together with the yes; `on_record`: what may be left empty, because it is known."""

    on_record: Collection[str] = ()

    method = RadioField(
        "method",
        choices=[ways.SIGNATURE, ways.THUMBPRINT, ways.ORAL_WITNESS, ways.ORAL_RECORDED],
        default=ways.SIGNATURE,
    )
    real_name = StringField("real_name", validators=[Length(max=40)])
    birth_date = StringField("birth_date", validators=[Optional(), Length(max=20)])
    birth_calendar = RadioField("birth_calendar", choices=list(CODES["calendar"]), default="gregorian")
    pseudonym_zh = StringField("pseudonym_zh", validators=[InputRequired(), Length(max=8)])
    pseudonym_en = StringField("pseudonym_en", validators=[Optional(), Length(max=40)])
    migration = SelectField("migration", choices=["", *CODES["migration"]], default="")
    carer = SelectField("carer", choices=["", *CODES["relation"]], default="")
    signer_name = StringField("signer_name", validators=[InputRequired(), Length(max=40)])
    lang_used = SelectField("lang_used", choices=["", *CODES["language"]], default="")
    signature = HiddenField("signature")

    def validate_real_name(self, field: Field) -> None:
        """A name that nobody knows yet is asked for."""
        if not (field.data or "").strip() and "real_name" not in self.on_record:
            raise ValidationError(_("Fill this in."))


class CallForm(EvidenceForm):
    """What makes a call good for consent: where the number is from, who speaks, who listens."""

    method = RadioField("method", choices=CALLS, default=ways.PHONE_WITNESS)
    number_source = SelectField("number_source", choices=["", *CODES["number_source"]], default="")
    id_check = BooleanField("id_check")
    on_speaker = BooleanField("on_speaker")

    def of_call(self) -> Evidence:
        """Return what an event keeps of the call: that the checks passed, never the answers."""
        ticked = {name: "yes" if self[name].data else "no" for name in ("id_check", "on_speaker")}
        called = {"number_source": self.number_source.data, **ticked}
        return self.evidence(self.method.data, call=called, no_sign_reason="absent")


class PaperForm(EvidenceForm):
    """A consent that was taken on paper and is entered later."""

    method = RadioField("method", choices=ON_PAPER, default=ways.SIGNATURE)
    given_on = StringField("given_on", validators=[InputRequired(), Length(max=20)])


@pages.get(f"{GUARDIAN}/call")
def call(subject: str) -> Answer:
    """Check the call before anything is read: the number, the person, the loudspeaker, the witness."""
    if not begun(subject):
        return to_who(subject)
    known_of = draft(_redial(subject, draft(subject)["relation"], draft(subject)["person"]))
    return spoken("call", subject, form=CallForm(**known_of), findings=[], reasons={})


@pages.post(f"{GUARDIAN}/call")
@in_turn
def called(subject: str) -> Answer:
    """Keep what makes the call good, in memory, and go on to the reading."""
    form = CallForm()
    return _gathered(subject, "call", form, form.of_call(), "")


@pages.get(f"{GUARDIAN}/paper")
def paper(subject: str) -> Answer:
    """Ask which paper it is, and of which day."""
    if not begun(subject):
        return to_who(subject)
    return page("late", subject, form=PaperForm(), findings=[], reasons={})


@pages.post(f"{GUARDIAN}/paper")
@in_turn
def named(subject: str) -> Answer:
    """Keep which paper it is, in memory, and go on as it is written there."""
    form = PaperForm()
    return _gathered(
        subject, "late", form, form.evidence(form.method.data or "", on_paper=True), form.given_on.data or ""
    )


def _gathered(subject: str, template: str, form: EvidenceForm, evidence: Evidence, given_on: str) -> Answer:
    if not begun(subject):
        return to_who(subject)
    tapped, asked = reasons(), ways.findings(evidence)

    def go_on() -> Answer:
        day = consents.check_day(desk(), given_on)
        said = draft(subject)
        view = forms.guardian_form(desk(), subject, day, said["relation"])
        view.check_in_force()
        guardians.check_may_answer(desk(), subject, said["relation"], said.get("basis", ""), day, said["person"])
        events.check_way(desk(), evidence, said["relation"])
        findings.check_answered(asked, tapped)
        if said.get("text_hash") != view.text_hash:  # other words: what was answered to the former is void
            said.update(items={}, text_hash=view.text_hash)
            said.pop("understanding", None)
        said.update(evidence=evidence, given_on=day if given_on else "", reasons={**said["reasons"], **tapped})
        return redirect(url_for("consents.read", subject=subject))

    return answer(form, f"consents/{template}.html", go_on, findings=asked, reasons=tapped, **known(subject))


def _redial(subject: str, relation: str, person: str) -> str:
    """Return under which name is kept what was checked of the call to this child's *relation*, *person* of several."""
    return f"{REDIAL}{subject} {relation} {person}"


def _checked(said: Evidence | None) -> dict[str, object]:
    """Return what is checked already when the same parent is rung again.

    Who speaks, and that the witness hears all of it, is asked in each call.
    """
    if said is None:
        return {}
    kept = {name: getattr(said, name) for name in ("method", "witness_name", "witness_relation")}
    return {**kept, "number_source": said.call.get("number_source", "")}


@pages.post(f"{GUARDIAN}/dropped")
@in_turn
def dropped(subject: str) -> Answer:
    """Keep that the call broke off: nothing that was asked in it counts."""
    if not begun(subject):
        return to_who(subject, "informed")
    told, way = so_far(subject), draft(subject).get("evidence")
    kept_once(subject, "informed", lambda: consents.inform(desk(), subject, told))
    draft(_redial(subject, told.relation, told.person)).update(_checked(way))
    tell(_("Saved: told, no decision yet. What was asked in this call does not count; ring again when you can."))
    return redirect(url_for("people.gates_", subject=subject))
