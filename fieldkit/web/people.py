"""Children: the list, a new one, one child, and what is still missing."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from fieldkit.acts import clocks, people, sites, situations, tellings, visits
from fieldkit.acts.cases import Case, InterviewLine
from fieldkit.acts.people import NewChild
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.records import clean
from fieldkit.rules import gates, names
from fieldkit.rules.consent import CHILD, Event
from fieldkit.rules.reasons import NOT_AT_THIS_AGE
from fieldkit.studies import load_study
from fieldkit.web.pages import Answer, Form, Tapped, answer, label, locale, reasons
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, draft, once, tell

SLIP = ("called", "phone", "site", "sex", "birth_date", "calendar", "told_age", "given_by")
NEWEST = 10  # interviews, and things said, on the page of a child
BORN = "born "  # the told birth date, in memory until the signature; never on the disk before it
pages = Blueprint("people", __name__, url_prefix="/people")


_SITE = r"[A-Za-z][0-9]{2}$"


class NewChildForm(Form):
    """The contact slip and the few facts that may be written down before anybody has agreed."""

    called = StringField("called", validators=[InputRequired(), Length(max=40)])
    phone = StringField("phone", validators=[Length(max=40)])
    site = StringField(
        "site", filters=[lambda text: names.typed(text or "")], validators=[InputRequired(), Regexp(_SITE)]
    )
    sex = RadioField("sex", choices=["f", "m"], validators=[Tapped()])
    birth_date = StringField("birth_date", validators=[InputRequired(), Length(max=20)])
    calendar = RadioField("calendar", choices=list(load_study().codes["calendar"]), default="gregorian")
    told_age = StringField("told_age", validators=[Length(max=10)])
    given_by = StringField("given_by", validators=[Length(max=40)])
    nonce = HiddenField("nonce", default=new_id)

    def child(self) -> NewChild:
        """Return what was typed."""
        return NewChild(**{name: (self[name].data or "").strip() for name in SLIP}, reasons=reasons())


@pages.get("")
def listing() -> str:
    """List the children, or those that the search words mean."""
    wanted = clean(request.args.get("q", "").strip())
    found = people.find(desk(), wanted) if wanted else people.listing(desk())
    counts = {label("nonparticipation", reason): n for reason, n in people.nonparticipation(desk()).items()}
    return render_template("people/list.html", cases=found, wanted=wanted, nonparticipation=counts)


@pages.app_template_global()
def closed_since() -> str:
    """Return the day since which the study is closed, an empty string while it goes on."""
    return situations.closed_since(desk())


@pages.get("/new")
def new() -> str:
    """Ask for the slip."""
    form = NewChildForm(site=people.last_site(desk()))
    return render_template("people/new.html", form=form)


@pages.post("/new")
def create() -> Answer:
    """Write down a child to be asked."""
    form = NewChildForm()

    def act() -> Answer:
        child = form.child()
        hints = sites.hints(desk(), child.site)
        subject = once(form.nonce.data or new_id(), lambda: people.register(desk(), child))
        draft(BORN + subject).update(birth_date=child.birth_date, birth_calendar=child.calendar)
        hints += people.hints(desk(), child)
        tell(" ".join(hint.sentence(locale()) for hint in hints) or _("Saved. Now the screening."))
        return redirect(url_for("screenings.show", subject=subject))

    return answer(form, "people/new.html", act)


@pages.get("/<subject>")
def show(subject: str) -> str:
    """Show one child: the newest of what is long, or all of it."""
    case = people.case(desk(), subject)
    lines, events = (case.interviews, case.events) if "all" in request.args else _newest(case)
    return render_template(
        "people/show.html",
        case=case,
        lines=lines,
        events=events,
        more=len(lines) < len(case.interviews) or len(events) < len(case.events),
        visits=visits.of_child(desk(), subject),
        untold=tellings.waiting(desk(), case),
        suspicious=people.suspicious(desk(), subject),
        put_right=clocks.put_right(desk(), subject),
    )


def _newest(case: Case) -> tuple[list[InterviewLine], list[Event]]:
    """Return the newest interviews, and all that was said but the child's older answers (one a session)."""
    own = [event for event in case.events if event.actor == CHILD][-NEWEST:]
    return case.interviews[-NEWEST:], [event for event in case.events if event.actor != CHILD or event in own]


_OF_A_NO = {"not_today": "G06", "child_said_no": "G06", "guardian_said_no": "G05", "on_hold": "G05"}
"""The gate that says whose no it is, by the next step."""


@pages.get("/<subject>/gates")
def gates_(subject: str) -> str:
    """Show everything that is still missing, each with its next step; and what is asked before the start."""
    return checklist(subject)


def checklist(subject: str, refusal: Refusal | None = None) -> str:
    """Return the page of all gates; after a *refusal* with what was tapped."""
    case = people.gates_of(desk(), subject)
    failing, asking = gates.failing(case.gates), gates.asking(case.gates)
    rest = [gate for gate in case.gates if gate not in failing and gate not in asking]
    elsewhere = [gate for gate in rest if gate.reason == NOT_AT_THIS_AGE]
    if case.step.interview:  # the child's yes of today is used up by the open interview
        failing, asking = [gate for gate in failing if gate.step == case.step.code], []
        title = _("The interview is open, and waits") if failing else _("The interview is open")
    else:
        title = _("The interview cannot start yet") if failing else _("Before the interview starts")
    said_no = [gate for gate in failing if gate.id == _OF_A_NO.get(case.step.code) and not case.adult]
    known = {"failing": failing, "asking": asking, "rest": rest, "said_no": said_no, "reasons": reasons()}
    return render_template("people/gates.html", case=case, title=title, refusal=refusal, elsewhere=elsewhere, **known)
