"""A guardian's consent in guided steps: who is here, reading aloud, item by item, signing; stored whole."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from fieldkit.acts import consents, events, forms, people
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.forms import FormView, NotUnderstood
from fieldkit.errors import Missing
from fieldkit.rules import consent
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, Form, answer, label, png
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, draft, drop_draft, tell

pages = Blueprint("consents", __name__, url_prefix="/people/<subject>")
ADULTS = ("mother", "father", "pgm", "pgf", "mgm", "mgf", "uncle_aunt", "neighbour")
GUARDIAN = "/consent/guardian"


class SignForm(Form):
    """What is written down together with the yes."""

    real_name = StringField("real_name", validators=[InputRequired(), Length(max=40)])
    birth_date = StringField("birth_date", validators=[Optional(), Regexp(r"\d{4}-\d{1,2}(-\d{1,2})?$")])
    pseudonym_zh = StringField("pseudonym_zh", validators=[InputRequired(), Length(max=8)])
    pseudonym_en = StringField("pseudonym_en", validators=[Optional(), Length(max=40)])
    migration = SelectField("migration", choices=list(load_study().codes["migration"]))
    carer = SelectField("carer", choices=list(load_study().codes["relation"]), default="pgm")
    signer_name = StringField("signer_name", validators=[InputRequired(), Length(max=40)])
    signature = HiddenField("signature")


@pages.get("/consent")
def who(subject: str) -> str:
    """Ask which adult is here."""
    return render_template("consents/who.html", case=people.case(desk(), subject), adults=ADULTS)


@pages.post("/consent")
def chosen(subject: str) -> Answer:
    """Begin the steps for that adult: a parent's consent, or a carer's agreement."""
    case, relation = people.case(desk(), subject), request.form.get("relation", "")
    if relation not in load_study().codes["relation"]:
        raise Missing(field=_("who is here"))
    drop_draft(subject)
    parent = consent.may_consent(relation)
    actor = consent.GUARDIAN if parent else consent.CARER
    draft(subject).update(relation=relation, items={}, follows=events.follows(case, actor))
    return redirect(url_for("consents.read" if parent else "carers.show", subject=subject))


def _page(template: str, subject: str, **more: object) -> str:
    view = forms.guardian_form(desk(), subject)
    known = {"case": people.case(desk(), subject), "view": view, "said": draft(subject)}
    return render_template(f"consents/{template}.html", **known, **more)


def _begun(subject: str) -> bool:
    return consent.may_consent(draft(subject).get("relation", ""))


def _to_who(subject: str) -> Answer:
    return redirect(url_for("consents.who", subject=subject))


@pages.get(f"{GUARDIAN}/read")
def read(subject: str) -> Answer:
    """Read the information aloud, and ask back three things."""
    return _page("read", subject) if _begun(subject) else _to_who(subject)


@pages.post(f"{GUARDIAN}/read")
def understood(subject: str) -> Answer:
    """Keep the teach-back answers and go on to the items; an "again" stays here."""
    if not _begun(subject):
        return _to_who(subject)
    form = forms.guardian_form(desk(), subject)
    told = [request.form.get(f"back{number}", "") for number in range(len(form.teach_back))]
    draft(subject)["understanding"] = told
    if any(one != forms.UNDERSTOOD for one in told):
        refusal = NotUnderstood()
        return _page("read", subject, refusal=refusal), refusal.status
    return redirect(url_for("consents.item", subject=subject, number=1))


@pages.get(f"{GUARDIAN}/items/<int:number>")
def item(subject: str, number: int) -> Answer:
    """Ask one item; the answered ones stand below, each can be changed."""
    if not _begun(subject) or "understanding" not in draft(subject):
        return _to_who(subject)
    if not 1 <= number <= len(forms.guardian_form(desk(), subject).items):
        return redirect(url_for("consents.sign", subject=subject))
    return _page("item", subject, number=number)


@pages.post(f"{GUARDIAN}/items/<int:number>")
def answered(subject: str, number: int) -> Answer:
    """Keep one answer in memory; only a plain yes or no is an answer."""
    if not _begun(subject):
        return _to_who(subject)
    form, said = forms.guardian_form(desk(), subject), request.form.get("answer", "")
    if said not in {consent.YES, consent.NO} or not 1 <= number <= len(form.items):
        return redirect(url_for("consents.read", subject=subject))
    items = draft(subject)["items"]
    items[form.items[number - 1].code] = said
    return redirect(_after(subject, form, items))


def _after(subject: str, form: FormView, items: dict[str, str]) -> str:
    if items.get("participate") == consent.NO:
        return url_for("consents.refusing", subject=subject)
    missing = [place for place, one in enumerate(form.items, 1) if one.code not in items]
    if missing:
        return url_for("consents.item", subject=subject, number=missing[0])
    return url_for("consents.sign", subject=subject)


@pages.get(f"{GUARDIAN}/no")
def refusing(subject: str) -> Answer:
    """Say what a no means before it is written down: a slip of the finger must not bind a family."""
    return _page("refusing", subject) if _begun(subject) else _to_who(subject)


@pages.post(f"{GUARDIAN}/no")
def refused(subject: str) -> Answer:
    """Keep the no: without a name, without a signature, without a reason."""
    if not _begun(subject):
        return redirect(url_for("people.show", subject=subject))
    said = draft(subject)
    told = GuardianAnswer(said["relation"], {"participate": consent.NO}, (), follows=said["follows"])
    consents.record(desk(), subject, told)
    drop_draft(subject)
    return redirect(url_for("people.show", subject=subject))


@pages.get(f"{GUARDIAN}/sign")
def sign(subject: str) -> Answer:
    """Sign, and write down the names that belong to the yes."""
    if not _begun(subject):
        return _to_who(subject)
    form, case = SignForm(), people.case(desk(), subject)
    suggested = case.pseudonym or consents.suggest_pseudonym(desk(), subject)
    form.pseudonym_zh.data, form.pseudonym_en.data = suggested
    form.migration.data, form.carer.data = case.migration or "both_away", case.carer or "pgm"
    return _page("sign", subject, form=form)


@pages.post(f"{GUARDIAN}/sign")
def signed(subject: str) -> Answer:
    """Store the whole consent in one transaction."""
    if not _begun(subject):
        return redirect(url_for("people.show", subject=subject))
    form, view = SignForm(), forms.guardian_form(desk(), subject)

    def store() -> Answer:
        consents.record(desk(), subject, _guardian(subject, form))
        tell(_("Consent is saved: {who}.", who=label("relation", draft(subject)["relation"])))
        drop_draft(subject)
        return redirect(url_for("people.show", subject=subject))

    known = {"case": people.case(desk(), subject), "view": view, "said": draft(subject)}
    return answer(form, "consents/sign.html", store, **known)


def _guardian(subject: str, form: SignForm) -> GuardianAnswer:
    said = draft(subject)
    typed = {name: (text or "").strip() for name, text in form.data.items() if name in _TYPED}
    return GuardianAnswer(
        relation=said["relation"],
        items=said["items"],
        understanding=said.get("understanding", []),
        signature_png=png(form.signature.data),
        follows=said["follows"],
        **typed,
    )


_TYPED = (
    *("real_name", "birth_date", "pseudonym_zh", "pseudonym_en"),
    *("migration", "carer", "signer_name"),
)


@pages.get("/signatures/<event>.png")
def signature(subject: str, event: str) -> Response:
    """Show a signature as it was drawn."""
    return Response(consents.signature(desk(), subject, event), mimetype="image/png")
