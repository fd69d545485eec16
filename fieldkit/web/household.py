"""The household: an overview, and one short page for each section of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import Field, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from fieldkit.acts import household, people
from fieldkit.acts.household import Section, Summary
from fieldkit.acts.told import ChildFacts, IdentityTold, ParentTold, PersonTold, Seen
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.rules import calendars
from fieldkit.rules.consent import CARER, GUARDIAN
from fieldkit.rules.guardians import INSTEAD
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, Form, Tapped, answer, label, locale, reasons, seen
from fieldkit.web.pages import words as _
from fieldkit.web.pseudonyms import first_renamed
from fieldkit.web.sessions import desk, tell
from fieldkit.web.ways import names_a_paper

pages = Blueprint("household", __name__, url_prefix="/people/<subject>/household")


def _tapped(codes: str) -> Field:
    return RadioField(codes, choices=list(load_study().codes[codes]), validate_choice=False, description=codes)


def _chosen(codes: str) -> Field:
    return SelectField(codes, choices=["", *load_study().codes[codes]], default="", description=codes)


def _typed(hint: str = "", longest: int = 80) -> Field:
    return StringField(hint, validators=[Length(max=longest)])


class SectionForm(Form):
    """A section of the household."""

    def shown(self) -> list[Field]:
        """Return the fields that a page shows, in their order."""
        return [one for one in self if one.type != "CSRFTokenField"]


class ChildForm(SectionForm):
    """The child at school and at home."""

    grade = _chosen("grade")
    boarding = _tapped("yes_no_unknown")
    siblings = _typed(longest=4)
    recruited_via = _chosen("approach")
    pilot = _tapped("yes_no_unknown")
    migration = _chosen("migration")
    carer = _chosen("relation")
    sibling = _typed(N_("The case code of another child of this household who takes part too. May stay empty."), 20)


class ParentForm(SectionForm):
    """One parent."""

    alive = _tapped("yes_no_unknown")
    living_with = _tapped("yes_no_unknown")
    away_since = _typed(N_("Year and month, or the year alone: 2019-03 or 2019."), 12)
    start_age = _typed(N_("Instead of the year, if that is how it is told."), 10)
    months_away = _typed(N_("Of the last twelve months: 0 to 12."), 4)
    work_place = _chosen("away_place")
    occupation = _chosen("parent_job")
    home_visits = _typed(longest=4)
    contact_freq = _chosen("contact_freq")
    contact_mode = _chosen("contact_mode")
    capacity = _tapped("capacity")


class PersonForm(SectionForm):
    """One adult around the child."""

    relation = SelectField("relation", choices=list(load_study().codes["relation"]), description="relation")
    role = _tapped("adult_role")
    basis = _chosen("guardian_basis")
    basis_evidence = _tapped("basis_evidence")
    basis_paper = _typed(N_("A judgment, a certificate of the committee, an agreement: its kind and number."))
    care_type = _chosen("care_type")
    age_band = _chosen("carer_age_band")
    education = _chosen("education")
    reads_zh = _tapped("reads")
    speaks = _chosen("language")
    care_agreement = _chosen("care_agreement")
    whereabouts = _tapped("whereabouts")
    capacity = _tapped("capacity")
    name = _typed(N_("Only once a guardian has agreed."))
    phone = _typed(N_("Only once a guardian has agreed."), 40)

    def validate_basis_paper(self, field: Field) -> None:
        """Words that name no paper are refused beside the field."""
        names_a_paper(self, field)


class EndForm(Form):
    """Since when somebody is no longer guardian or carer, and why."""

    ended_on = StringField("ended_on", validators=[InputRequired(), Length(max=20)])
    ended_why = RadioField("ended_why", choices=list(load_study().codes["ended_why"]), validators=[Tapped()])


class IdentityForm(SectionForm):
    """Who the child is."""

    birth_date = _typed(N_("2014-05 or 2014-05-09; lunar also 2013年冬月."), 20)
    birth_calendar = RadioField(
        "calendar", choices=list(load_study().codes["calendar"]), default=calendars.GREGORIAN, description="calendar"
    )
    birth_source = _chosen("date_source")
    told_age = _typed(N_("As they say it."), 10)
    told_kind = _tapped("age_kind")
    zodiac = _chosen("zodiac")
    pet_names = _typed()
    school = _typed()
    school_class = _typed()
    address = _typed(longest=200)
    phones = _typed()


WORDS = {
    "grade": N_("Grade"),
    "boarding": N_("Boarding at school"),
    "siblings": N_("Brothers and sisters"),
    "recruited_via": N_("How we came to this child"),
    "pilot": N_("A pilot case"),
    "sibling": N_("Another child of the household"),
    "alive": N_("Alive"),
    "living_with": N_("Lives with the child"),
    "away_since": N_("Away since"),
    "start_age": N_("How old the child was then"),
    "months_away": N_("Months away"),
    "work_place": N_("Where they work"),
    "occupation": N_("Kind of work"),
    "home_visits": N_("Times a year at home"),
    "contact_freq": N_("How often in touch"),
    "contact_mode": N_("In touch by"),
    "capacity": N_("Able to be a guardian"),
    "relation": N_("Who this is to the child"),
    "role": N_("Guardian or carer"),
    "basis": N_("Legal basis of a guardian"),
    "basis_evidence": N_("What shows it"),
    "basis_paper": N_("Which paper you have seen"),
    "care_type": N_("Kind of care"),
    "age_band": N_("Age of this adult"),
    "education": N_("Schooling"),
    "reads_zh": N_("Can read"),
    "speaks": N_("Speaks"),
    "care_agreement": N_("Care agreement with the parents"),
    "whereabouts": N_("Where they are now"),
    "name": N_("Name"),
    "phone": N_("Phone"),
    "birth_date": N_("Born"),
    "birth_calendar": N_("Calendar"),
    "birth_source": N_("Where the date is from"),
    "told_age": N_("Age as told"),
    "told_kind": N_("How that age is counted"),
    "zodiac": N_("Zodiac sign"),
    "pet_names": N_("Pet names"),
    "school": N_("School"),
    "school_class": N_("Class"),
    "address": N_("Address"),
    "phones": N_("Phone numbers"),
}
NUMBERS = {"siblings", "start_age", "months_away", "home_visits", "told_age", "zodiac"}


@pages.get("")
def show(subject: str) -> str:
    """Show all sections, with what is still to fill in."""
    case = people.case(desk(), subject)
    return render_template("household/show.html", case=case, home=household.view(desk(), subject), words=WORDS)


@pages.route("/child", methods=["GET", "POST"])
def child(subject: str) -> Answer:
    """Show or keep what is told of the child."""
    known = household.view(desk(), subject).child
    return _section(
        ChildForm(**_known(known)),
        known,
        subject,
        N_("The child"),
        lambda form: household.save_child(desk(), subject, _told(ChildFacts, form), _seen()),
    )


@pages.route("/parents/<any(father, mother):parent>", methods=["GET", "POST"])
def parent(subject: str, parent: str) -> Answer:
    """Show or keep what is told of one parent."""
    known = household.view(desk(), subject).parents[parent]
    return _section(
        ParentForm(**_known(known)),
        known,
        subject,
        label("relation", parent),
        lambda form: household.save_parent(desk(), subject, parent, _told(ParentTold, form), _seen()),
    )


@pages.get("/persons/new")
def new_person(subject: str) -> Response:
    """Give an adult an id before anything is typed: the same form sent twice is one adult."""
    return redirect(url_for("household.person", subject=subject, person=new_id()))


@pages.route("/persons/<person>", methods=["GET", "POST"])
def person(subject: str, person: str) -> Answer:
    """Show or keep what is told of one adult."""
    home = household.view(desk(), subject)
    known = next((one for one in home.persons if one.record == person), household.Section(person, {}, Seen(), {}))

    def save(form: SectionForm) -> None:
        told = _told(PersonTold, form)
        kept = household.save_person(desk(), subject, person, told, _seen())
        if reasons().get("known_adult") == INSTEAD:
            tell(_("Saved. Now tap “No longer so” at the one before, and enter since when."))
        elif told.role == GUARDIAN and kept == CARER:
            tell(_("Saved as a carer: without a legal basis, and with capacity, nobody but a parent is a guardian."))
        elif kept == GUARDIAN and not household.is_shown(told):
            tell(_("Saved. Nobody but a parent counts as a guardian until you have seen a paper and named it here."))

    return _section(PersonForm(**_known(known)), known, subject, N_("An adult of the household"), save)


@pages.route("/persons/<person>/end", methods=["GET", "POST"])
def end(subject: str, person: str) -> Answer:
    """Ask since when somebody is no longer guardian or carer, and keep it."""
    form, home = EndForm(), household.view(desk(), subject)
    who = next((one for one in home.persons if one.record == person), None)
    if who is None:
        raise NotFound
    context = {"case": people.case(desk(), subject), "who": who}

    def act() -> Answer:
        household.end_role(desk(), subject, person, form.ended_on.data or "", form.ended_why.data or "")
        return redirect(url_for("household.show", subject=subject))

    if not form.is_submitted():
        return render_template("household/end.html", form=form, **context)
    return answer(form, "household/end.html", act, **context)


@pages.route("/identity", methods=["GET", "POST"])
def identity(subject: str) -> Answer:
    """Show or keep who the child is, once a guardian has agreed."""
    known = household.view(desk(), subject).identity
    if known is None:
        raise household.NamesTooEarly

    def save(form: SectionForm) -> None:
        hints = household.save_identity(desk(), subject, _told(IdentityTold, form), _seen())
        tell(" ".join(hint.sentence(locale()) for hint in hints) or _("Saved."))

    return _section(IdentityForm(**_known(known)), known, subject, N_("Who the child is"), save)


@pages.app_template_global()
def household_of(subject: str) -> Summary:
    """Return what the child's page says of the household."""
    return household.summary(desk(), subject)


def _section(form: SectionForm, known: Section, subject: str, title: str, save: Callable[[Any], object]) -> Answer:
    names = {name: _(said) for name, said in WORDS.items()}
    context = {"case": people.case(desk(), subject), "known": known, "title": _(title), "names": names}

    def act() -> Answer:
        save(form)
        return first_renamed(subject, "household.show")

    if not form.is_submitted():
        return render_template("household/section.html", form=form, **context)
    return answer(form, "household/section.html", act, **context)


def _known(section: Section) -> dict[str, Any]:
    """Return what a form shows of a section; numbers as they are written."""
    return {name: "" if value is None else str(value) for name, value in section.values.items()}


def _seen() -> Seen:
    """Return what the author saw, and the reasons tapped."""
    return Seen(seen(), seen("named_base"), reasons())


def _told(kind: type[Any], form: SectionForm) -> Any:
    for one in form.shown():
        if one.type == "RadioField" and one.data and one.data not in one.choices:
            raise Invalid(field=WORDS[one.name])
    typed: Mapping[str, str] = {one.name: (form[one.name].data or "").strip() for one in fields(kind)}
    return kind(**{name: _number(name, text) if name in NUMBERS else text for name, text in typed.items()})


def _number(name: str, text: str) -> int | None:
    """Return what was typed as a number, in digits or words; raises Invalid for anything else."""
    found = calendars.number(text)
    if text and found is None and text not in {"0", "零"}:
        raise Invalid(field=WORDS[name])
    return 0 if text and found is None else found
