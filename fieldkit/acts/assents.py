"""The child's own answer: only a clear yes of today opens an interview, and a no is never questioned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from fieldkit.acts import clocks, events, forms
from fieldkit.acts.cases import Case, case_within
from fieldkit.acts.consents import ItemsNotAsked
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import FormView
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value
from fieldkit.rules import consent, late_entries, recontact, states, studies
from fieldkit.rules.consent import BLOCKS, CHILD, NECESSARY, NO, YES
from fieldkit.rules.findings import ASK, Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.ways import Evidence
from fieldkit.store import log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

SAID_NO = frozenset({"no", "silent"})
ANSWERS = SAID_NO | {YES, "think"}
OWN_WAYS = frozenset({"child_oral", "child_mark"})


class NoClearYes(Refusal):
    """V29: silence, a nod or an unticked script is not assent."""

    code = "V29"
    message = N_(
        "No clear yes from the child yet. Say all three parts, and note how the child said yes; a mark is drawn here, "
        "or described in words."
    )
    status = 422


class NotAgainToday(Refusal):
    """The child said no today (`domain.md` §3.9)."""

    code = "not_again_today"
    message = N_("The child said no today. Do not ask again today.")


class GuardianFirst(Refusal):
    """The child is asked once a guardian has agreed."""

    code = "guardian_first"
    message = N_("Ask the child once a guardian has agreed. A parent's consent is still missing.")


class FamilyNotAgain(Refusal):
    """A talk was held, and the family did not allow re-contact: the child is not asked for another one."""

    code = "family_not_again"
    message = N_(
        "Not kept: a talk with this child was held, and the family did not allow re-contact. Only when the family "
        "itself comes back to it, ask the guardian again first."
    )


@dataclass(frozen=True)
class ChildAnswer:
    """The child's own answer: yes, no, think (再想想) or silent; how, and which script blocks were said.

    `items`: the child's word on what an interview does not need, such as a recording; `adult_spoke`: an adult answered
    in the child's place (V30); `mark_png`: the child's own mark, where it was drawn on the screen;
    `said_on`: the civil date, where the form waited (empty: today).
    """

    answer: str
    told: Sequence[int] = ()
    method: str = ""
    words: str = ""
    follows: Sequence[str] = field(default_factory=tuple)
    items: Mapping[str, str] = field(default_factory=dict)
    adult_spoke: bool = False
    mark_png: bytes = b""
    reasons: Mapping[str, str] = field(default_factory=dict)
    said_on: str = ""


class SaidAnotherDay(Refusal):
    """G06: a yes that is written down on another day than the one on which it was said."""

    code = "said_another_day"
    message = N_("Nothing was saved: a child’s yes counts on the day on which it was said. Ask the child again.")
    status = 422


@only(INTERVIEWER)
def record(desk: Desk, subject: str, said: ChildAnswer) -> str:
    """Keep the child's own answer; return the event's id. A no, or no answer, is a decline; no reason is asked for.

    Raises NotFound, NotAgainToday, GuardianFirst, FamilyNotAgain, StudyClosed, OutOfRange (V02), FormNotInForce (V21),
    ItemsNotAsked (V22), NoClearYes (V29), ReasonNeeded (V30, V31), SaidAnotherDay (G06), Invalid.
    """
    if said.answer not in ANSWERS:
        raise Invalid(field=N_("the child's answer"))
    if said.answer == YES and said.said_on not in {"", desk.today}:
        raise SaidAnotherDay
    form = forms.child_form(desk, subject)
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        _check(desk, tables, one, said)
        again = _same_yes(one, said, form)
        if again:
            return again
        event = events.begin(desk, one, form, CHILD, subject, "", said.follows)
        if said.answer == YES:
            _check_yes(form, said)
            asked = [*_findings(said), *one.asked_again(CHILD, events.lifted(one, event))]
            clocks.check_answered(desk, tables, said.reasons, asked)
        talk = events.session(one, desk.today, puts_off=said.answer == "think")
        event |= {"session": talk, "words": said.words.strip(), **events.when(desk, said.said_on)}
        return _keep(desk, tables, one, said, event | {"told": sorted(set(said.told))})


def on_paper(
    desk: Desk, then: Desk, tables: Tables, one: Case, form: FormView, said: ChildAnswer, doubts: Collection[str]
) -> str:
    """Keep, in the caller's transaction, the yes that stands on paper of the day of *then*; return its session.

    *one* and *form* are as on that day; what is in *doubts* nobody knows to be said by then. Raises what `record`
    refuses of a yes.
    """
    _check_yes(form, said)
    if said.answer != YES or NO in map(_items(said).get, NECESSARY):
        raise NoClearYes
    noes = [no for no in late_entries.taken_back(one.events, then.today, doubts) if no.id in said.follows]
    spoken = late_entries.said_by(one.events, then.today, doubts) if one.heard else []
    asked = [*_findings(said), *recontact.asked_again(CHILD, noes, spoken, grown=one.adult)]
    clocks.check_answered(desk, tables, said.reasons, asked)
    before = {event.id for event in late_entries.before_the_paper(one.events, then.today, doubts)}
    event = events.begin(then, one, form, CHILD, one.id, "", [name for name in said.follows if name in before])
    event |= {"act": "given", "items": _items(said), "method": said.method, "reasons": dict(said.reasons)}
    event |= {"session": new_id(), "words": said.words.strip(), "told": sorted(set(said.told))}
    event |= {"entered_on": desk.today, **events.lifting(noes)}
    log.append(tables, desk.pen, Draft("consent_event", event, subject=one.id, session=event["session"]))
    return str(event["session"])


def _same_yes(one: Case, said: ChildAnswer, form: FormView) -> str:
    """Return the event that a second tap on the same yes made already; another answer is another answer."""
    mine = [event for event in one.events if event.session == one.session and event.form_text_hash == form.text_hash]
    items, told = _items(said), tuple(sorted(set(said.told)))
    same = said.answer == YES and one.assent == states.REAFFIRMED
    return next((event.id for event in mine if same and (event.items, event.told) == (items, told)), "")


def _items(said: ChildAnswer) -> dict[str, str]:
    """Return the child's word on each item; what nobody talks without is covered by the yes, unless there is a no."""
    return {**dict.fromkeys(NECESSARY, YES), **{code: word for code, word in said.items.items() if word in {YES, NO}}}


def _check(desk: Desk, tables: Tables, one: Case, said: ChildAnswer) -> None:
    late = clocks.closing_day(desk, tables)
    if consent.against_on(one.binding, desk.today, late):  # a "stop" in the middle of an interview is a no as well
        raise NotAgainToday
    if said.answer in SAID_NO:  # a no is kept whenever it is said
        return
    if said.answer != YES and (one.session or any(not line.ended for line in one.interviews)):  # it halts that talk
        return
    if not consent.guardians_ok(one.binding, NECESSARY):
        raise GuardianFirst
    if not (one.family_allows or one.talk_of(desk.today)):  # a talk that runs goes on
        raise FamilyNotAgain
    studies.check_open(one.closed_since)


def _check_yes(form: FormView, said: ChildAnswer) -> None:
    """A yes needs the whole script and the child's own way; from 14 on every item is asked as well (D3)."""
    marked = said.method != "child_mark" or said.mark_png or said.words.strip()  # on paper: what it looks like
    if not (set(said.told) >= set(BLOCKS) and said.method in OWN_WAYS and marked):
        raise NoClearYes
    form.check_in_force()
    if form.asks_each and any(said.items.get(item.code) not in {YES, NO} for item in form.items):
        raise ItemsNotAsked


def _findings(said: ChildAnswer) -> list[Finding]:
    return [Finding("V30", ASK, SPOKEN_FOR)] if said.adult_spoke else []


SPOKEN_FOR = N_("An adult answered for the child. Ask again, alone with the child.")


def _keep(desk: Desk, tables: Tables, one: Case, said: ChildAnswer, event: dict[str, Value]) -> str:
    if said.answer in SAID_NO:
        return events.decline(desk, tables, one, event, "child_no")
    event["act"] = "deferred"
    if said.answer == YES:
        event |= {"act": "given", "items": _items(said), "method": said.method, "reasons": dict(said.reasons)}
        if NO in map(event["items"].get, NECESSARY):  # nobody talks without it: that is a no, and not asked away today
            return events.decline(desk, tables, one, event, "child_no")
        event |= events.lifting(events.lifted(one, event))
    kept = log.append(tables, desk.pen, Draft("consent_event", event, subject=one.id, session=event["session"]))
    if said.answer == YES and said.mark_png:
        mark = events.evidence(Evidence(said.method, said.mark_png), kept.id)
        log.append(tables, desk.pen, Draft("evidence", mark, subject=one.id))
    return kept.id
