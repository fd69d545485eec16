"""A guardian's consent in guided steps: who and how, reading aloud, item by item, signing; stored whole."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from wtforms import Field, RadioField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from fieldkit.acts import consents, events, forms, guardians, identities, people, pseudonyms
from fieldkit.acts.cases import Case
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.forms import SELF, FormView, NotUnderstood
from fieldkit.acts.guardians import NotAGuardian
from fieldkit.errors import Missing, Refusal
from fieldkit.rules import consent, studies, ways
from fieldkit.rules.consent import Event
from fieldkit.rules.findings import Finding, ReasonNeeded, check_answered
from fieldkit.studies import load_study
from fieldkit.web import steps
from fieldkit.web.pages import Answer, Form, answer, locale, png, reasons, spoken_by
from fieldkit.web.pages import words as _
from fieldkit.web.people import BORN
from fieldkit.web.sessions import desk, draft, in_turn, tell
from fieldkit.web.steps import begin, begun, kept_once, known, page, ready, so_far, spoken, stored_once, to_who
from fieldkit.web.ways import SignForm, names_a_paper

pages = Blueprint("consents", __name__, url_prefix="/people/<subject>")
ADULTS = ("pgm", "pgf", "mgm", "mgf", "uncle_aunt", "sib_adult", "step_parent", "neighbour", "teacher", "other")
GUARDIAN = steps.GUARDIAN
CODES = load_study().codes
BASES = [code for code in CODES["guardian_basis"] if code in consent.LEGAL_BASES]
# The next steps that lead to this question.
_ASKS = {"ask_guardian", "call_parents", "ask_by_law", "ask_adult", "choose_version"}


class LawForm(Form):
    """Who is the guardian by law, on what basis, and what shows it; a no needs nothing that shows it.

    `on_record`: the household says on what basis.
    """

    on_record = False
    relation = SelectField("relation", choices=["", *ADULTS], default="", validators=[InputRequired()])
    basis = SelectField("basis", choices=["", *BASES], default="")
    basis_evidence = RadioField("basis_evidence", choices=list(CODES["basis_evidence"]), validate_choice=False)
    basis_paper = StringField("basis_paper", validators=[Length(max=80)])

    def validate_basis(self, field: Field) -> None:
        """A no or a second thought that is not written down yet says so."""
        if not field.data and _protects() and not self.on_record:
            raise ValidationError(_("This is not written down yet. Choose this and tap it again: no paper is needed."))
        if not field.data and not _protects():
            raise ValidationError(_("Choose one of these."))

    def validate_basis_evidence(self, field: Field) -> None:
        """What shows it is tapped before anybody is read to, not after they signed."""
        if not _protects() and field.data not in CODES["basis_evidence"]:
            raise ValidationError(_("Choose one of these."))

    def validate_basis_paper(self, field: Field) -> None:
        """A paper that was seen has a name."""
        if _protects() or self.basis_evidence.data != ways.SEEN:
            return
        if not (field.data or "").strip():
            raise ValidationError(_("Fill this in."))
        names_a_paper(self, field)


def _protects() -> bool:
    """Tell whether what is said can only protect the child: of a no or a second thought no paper is asked."""
    return _way_in()[0] in {steps.REFUSES, steps.THINKS}


@pages.get("/consent")
def who(subject: str) -> str:
    """Ask which adult is here, or on the phone, or on paper; who comes back to it hears that it is saved."""
    case = people.to_ask(desk(), subject)
    stored = people.said_today(desk(), case)
    if stored and case.step.code not in _ASKS and request.args.get("seen") != str(len(case.events)):
        return render_template("consents/stored.html", case=case, stored=stored)
    return render_template("consents/who.html", case=case, form=LawForm(), stored=stored, **_offered(subject))


def _offered(subject: str) -> dict[str, object]:
    out = guardians.out_of_question(desk(), subject)
    return {"adults": ADULTS, "bases": BASES, "by_phone": forms.allows_phone(desk()), "out": out}


@pages.post("/consent")
def chosen(subject: str) -> Answer:
    """Begin the steps for that adult: a guardian's consent, or a carer's agreement."""
    case, (how, relation) = people.to_ask(desk(), subject), _way_in()
    several = steps.several(case.id, relation, how)
    if several and _person() not in {one.record for one in several}:
        noes = consent.open_noes(case.binding, {consent.GUARDIAN})
        shown = {"several": several, "noes": noes, "relation": relation, "sent": request.form}
        return render_template("consents/which.html", case=case, **shown)
    if "basis" not in request.form or case.adult:
        return _begun(case, consent.may_consent(relation))
    law = LawForm()
    law.on_record = relation in ADULTS and guardians.is_guardian(desk(), subject, relation, person=_person())

    def act() -> Answer:
        if not _protects() and law.basis_evidence.data != ways.SEEN:
            raise NotAGuardian
        return _begun(case, guardian=True)

    return answer(law, "consents/who.html", act, case=case, stored=None, **_offered(case.id))


def _begun(case: Case, guardian: bool) -> Answer:
    """Begin the steps of whoever was chosen. Raises Missing."""
    how, relation = _way_in()
    if relation not in CODES["relation"]:
        raise Missing(field=_("who is here"))
    chosen = {"relation": relation, "how": how, "basis": request.form.get("basis", ""), "person": _person()}
    own = case.adult and relation == SELF
    actor = consent.ADULT if own else consent.GUARDIAN if guardian else consent.CARER
    noes = _noes(case, actor, **chosen)
    asked = consent.asked_again(actor, noes) if actor != consent.CARER else []
    try:
        check_answered(asked, reasons())
    except ReasonNeeded:
        return _again(case, noes, asked, chosen)
    bases = consents.opened(desk(), case.id, relation, chosen["person"])
    said = {**chosen, "follows": events.follows(case, actor), "bases": bases}
    begin(case.id, guardian=actor != consent.CARER, **_shown(), **said)
    return redirect(url_for("carers.show" if actor == consent.CARER else _FIRST_STEP[how], subject=case.id))


def _person() -> str:
    """Return which adult it is, by id, where several of one relation are on record."""
    return request.form.get("person", "")


def _noes(case: Case, actor: str, relation: str, how: str, basis: str, person: str) -> list[Event]:
    """Return the noes that a yes, which is asked for now, may take back. Raises what speaks against asking for it."""
    if how == steps.PAPER:  # whether they were a guardian on its day is asked where the day is named
        guardians.check_may_say_yes(case, relation)
    if how == steps.PAPER or _protects():
        return []
    if actor != consent.CARER:
        studies.check_open(case.closed_since)
    guardians.check_may_answer(desk(), case.id, relation, basis, person=person)
    return consent.noes_of(case.events, actor, relation, person)


def _again(case: Case, noes: list[Event], asked: list[Finding], chosen: dict[str, str]) -> Answer:
    """Ask whether the family itself came back to it; who goes on without a word is told what is missing."""
    came_back = next(iter(CODES[f"reason_{asked[0].code}"].values()))
    refusal = steps.NotBroughtUp(reason=came_back) if "asked" in request.form else None
    carried = {**chosen, **_shown(), "asked": "1"}
    shown = {"case": case, "noes": noes, "findings": asked, "chosen": carried, "refusal": refusal}
    return render_template("consents/again.html", **shown), refusal.status if refusal else 200


def _way_in() -> tuple[str, str]:
    """Return how that adult answers, and which adult it is: of a parent one button says both."""
    ways_in = (steps.PHONE, steps.PAPER, steps.REFUSES, steps.THINKS)
    for how in ways_in:
        if request.form.get(how):
            return how, request.form[how]
    how = request.form.get("how", steps.HERE)
    return how if how in _FIRST_STEP else steps.HERE, request.form.get("relation", "")


def _shown() -> dict[str, str]:
    """Return what shows that somebody who is no parent is the guardian: a code, and the paper that was seen."""
    return {name: request.form.get(name, "").strip()[:80] for name in ("basis_evidence", "basis_paper")}


_FIRST_STEP = {
    steps.HERE: "consents.read",
    steps.PHONE: "ways.call",
    steps.PAPER: "ways.paper",
    steps.REFUSES: "consents.refusing",
    steps.THINKS: "consents.later",
}


@pages.get(f"{GUARDIAN}/read")
def read(subject: str) -> Answer:
    """Read the information aloud, and ask back three things."""
    return spoken("read", subject) if ready(subject) else to_who(subject)


@pages.post(f"{GUARDIAN}/read")
@in_turn
def understood(subject: str) -> Answer:
    """Keep the teach-back answers and go on to the items; an "again" stays here."""
    if not ready(subject):
        return to_who(subject)
    form = known(subject)["view"]
    told = [request.form.get(f"back{number}", "") for number in range(len(form.teach_back))]
    draft(subject)["understanding"] = told
    if any(one != forms.UNDERSTOOD for one in told):
        refusal = NotUnderstood()
        return page("read", subject, refusal=refusal), refusal.status
    return redirect(url_for("consents.item", subject=subject, number=1))


@pages.get(f"{GUARDIAN}/items/<int:number>")
def item(subject: str, number: int) -> Answer:
    """Ask one item; the answered ones stand below, each can be changed."""
    if not ready(subject) or "understanding" not in draft(subject):
        return to_who(subject)
    if not 1 <= number <= len(known(subject)["view"].items):
        return redirect(url_for("consents.sign", subject=subject))
    return spoken("item", subject, number=number)


@pages.post(f"{GUARDIAN}/items/<int:number>")
@in_turn
def answered(subject: str, number: int) -> Answer:
    """Keep one answer in memory; only a plain yes or no is an answer."""
    if not ready(subject):
        return to_who(subject)
    form, said = known(subject)["view"], request.form.get("answer", "")
    if said not in {consent.YES, consent.NO} or not 1 <= number <= len(form.items):
        return redirect(url_for("consents.read", subject=subject))
    items = draft(subject)["items"]
    items[form.items[number - 1].code] = said
    return redirect(_after(subject, form, items))


def _after(subject: str, form: FormView, items: dict[str, str]) -> str:
    if consent.NO in map(items.get, consent.NECESSARY):
        return url_for("consents.refusing", subject=subject)
    missing = [place for place, one in enumerate(form.items, 1) if one.code not in items]
    if missing:
        return url_for("consents.item", subject=subject, number=missing[0])
    return url_for("consents.sign", subject=subject)


@pages.get(f"{GUARDIAN}/no")
def refusing(subject: str) -> Answer:
    """Say what a no means before it is written down: a slip of the finger must not bind a family."""
    return page("refusing", subject) if begun(subject) else to_who(subject)


@pages.post(f"{GUARDIAN}/no")
@in_turn
def refused(subject: str) -> Answer:
    """Keep the no: without a name, without a signature, without a reason."""

    def keep() -> None:
        consents.record(desk(), subject, so_far(subject, items=_with_no(draft(subject)["items"])))
        _tell_whom_to_ask(subject)

    return stored_once(subject, "no", keep)


def _tell_whom_to_ask(subject: str) -> None:
    """Say that what a guardian said is no answer of somebody who has come of age meanwhile."""
    if draft(subject)["relation"] != SELF and people.case(desk(), subject).adult:
        tell(_("Kept as what the guardian said. They are 18 by now and decide themselves: ask them."))


def _with_no(items: dict[str, str]) -> dict[str, str]:
    """Return *items* as a no: the one to what is necessary, or the one to taking part."""
    return items if consent.NO in map(items.get, consent.NECESSARY) else {"participate": consent.NO}


@pages.get(f"{GUARDIAN}/later")
def later(subject: str) -> Answer:
    """Ask when to come back to somebody who wants to think about it."""
    return page("later", subject) if begun(subject) else to_who(subject)


@pages.post(f"{GUARDIAN}/later")
@in_turn
def deferred(subject: str) -> Answer:
    """Keep that the guardian is still thinking."""
    if not begun(subject):
        return to_who(subject, "later")
    day = request.form.get("again_on", "").strip()

    def keep() -> None:
        consents.defer(desk(), subject, so_far(subject), day)
        _tell_whom_to_ask(subject)

    try:
        return stored_once(subject, "later", keep)
    except Refusal as refusal:
        return page("later", subject, refusal=refusal, again_on=day), refusal.status


@pages.get(f"{GUARDIAN}/sign")
def sign(subject: str) -> Answer:
    """Sign, and write down the names that belong to the yes."""
    if not ready(subject):
        return to_who(subject)
    case, form = people.case(desk(), subject), _to_sign(subject)
    suggested = case.pseudonym or pseudonyms.suggest(desk(), subject)
    form.pseudonym_zh.data, form.pseudonym_en.data = suggested
    if not _own(subject):
        form.migration.data, form.carer.data = case.migration, _carer(case)
    form.birth_date.data = draft(BORN + subject).get("birth_date", "")
    form.birth_calendar.data = draft(BORN + subject).get("birth_calendar", "gregorian")
    return spoken("sign", subject, form=form, findings=[], reasons={})


def _own(subject: str) -> bool:
    return bool(draft(subject)["relation"] == SELF)


def _to_sign(subject: str) -> SignForm:
    """Return the form; somebody of age signs with their own name, and is asked nothing of their family."""
    form = SignForm()
    form.on_record = identities.on_record(desk(), subject)
    if _own(subject):
        for name in ("migration", "carer", "signer_name"):
            del form[name]
    return form


def _carer(case: Case) -> str:
    """Return who looks after the child, as far as it is known."""
    agreed = [event.relation for event in case.events if event.actor == consent.CARER]
    return case.carer or next(iter(agreed), "")


@pages.post(f"{GUARDIAN}/sign")
@in_turn
def signed(subject: str) -> Answer:
    """Store the whole consent in one transaction."""
    if not ready(subject):
        return to_who(subject, "yes")
    form, tapped = _to_sign(subject), {**draft(subject)["reasons"], **reasons()}
    told = _guardian(subject, form, tapped)

    def store() -> Answer:
        saved = _("Consent is saved: {who}.", who=spoken_by(draft(subject)["relation"]))
        kept_once(subject, "yes", lambda: consents.record(desk(), subject, told))
        tell(" ".join([saved, *(one.sentence(locale()) for one in pseudonyms.hints(desk(), subject))]))
        return redirect(url_for("people.show", subject=subject))

    asked = ways.findings(told.evidence)
    return answer(form, "consents/sign.html", store, findings=asked, reasons=tapped, **known(subject))


def _guardian(subject: str, form: SignForm, tapped: dict[str, str]) -> GuardianAnswer:
    said = draft(subject)
    typed = {name: (form[name].data or "").strip() for name in _TYPED if name in form}
    way = said.get("evidence") or form.evidence(form.method.data or ways.SIGNATURE, signature=png(form.signature.data))
    more = {"items": said["items"], "understanding": said.get("understanding", []), "way": way, "reasons": tapped}
    return so_far(subject, **more, **typed)


_TYPED = (
    *("real_name", "birth_date", "birth_calendar", "pseudonym_zh", "pseudonym_en"),
    *("migration", "carer", "signer_name", "lang_used"),
)


@pages.get("/events/<event>/paper")
def paper(subject: str, event: str) -> str:
    """Ask for the number of a paper that was promised."""
    return render_template("consents/paper.html", case=people.case(desk(), subject), event=event, typed={})


@pages.post("/events/<event>/paper")
def brought(subject: str, event: str) -> Answer:
    """Keep that the signed paper is here."""
    typed = {name: request.form.get(name, "") for name in ("paper_ref", "paper_place")}
    try:
        consents.bring_paper(desk(), subject, event, **typed)
    except Missing as refusal:
        case = people.case(desk(), subject)
        page = render_template("consents/paper.html", case=case, event=event, typed=typed, refusal=refusal)
        return page, refusal.status
    return redirect(url_for("people.show", subject=subject))


@pages.get("/events/<event>/void")
def voiding(subject: str, event: str) -> str:
    """Ask a coordinator why an event is void."""
    return render_template("consents/void.html", case=people.case(desk(), subject), event=event)


@pages.post("/events/<event>/void")
def voided(subject: str, event: str) -> Answer:
    """Declare an event void; it stays on record."""
    try:
        consents.void(desk(), subject, event, request.form.get("reason", ""))
    except Missing as refusal:
        case = people.case(desk(), subject)
        return render_template("consents/void.html", case=case, event=event, refusal=refusal), refusal.status
    return redirect(url_for("people.show", subject=subject))


@pages.get("/signatures/<event>.png")
def signature(subject: str, event: str) -> Response:
    """Show a signature as it was drawn."""
    return Response(consents.signature(desk(), subject, event), mimetype="image/png")
