"""The child's own answer: only a clear yes of today opens an interview, and a no is never questioned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fieldkit.acts import events, forms
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import BLOCKS
from fieldkit.acts.people import Case, case_within
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value
from fieldkit.rules import consent
from fieldkit.rules.consent import CHILD, NECESSARY, REFUSING, YES
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

SAID_NO = frozenset({"no", "silent"})
ANSWERS = SAID_NO | {YES, "think"}
OWN_WAYS = frozenset({"child_oral", "child_mark"})


class NoClearYes(Refusal):
    """V29: silence, a nod or an unticked script is not assent."""

    code = "V29"
    message = N_("No clear yes from the child yet. Say all three parts, and note how the child said yes.")
    status = 422


class NotAgainToday(Refusal):
    """The child said no today (`domain.md` §3.9)."""

    code = "not_again_today"
    message = N_("The child said no today. Do not ask again today.")


class GuardianFirst(Refusal):
    """The child is asked once a guardian has agreed."""

    code = "guardian_first"
    message = N_("Ask the child once a guardian has agreed. A parent's consent is still missing.")


@dataclass(frozen=True)
class ChildAnswer:
    """The child's own answer: yes, no, think (再想想) or silent; how, and which script blocks were said."""

    answer: str
    told: Sequence[int] = ()
    method: str = ""
    words: str = ""
    follows: Sequence[str] = field(default_factory=tuple)


@only(INTERVIEWER)
def record(desk: Desk, subject: str, said: ChildAnswer) -> str:
    """Keep the child's own answer; return the event's id. A no, or no answer, is a decline; no reason is asked for.

    Raises NotFound, NotAgainToday, GuardianFirst, NoClearYes (V29), Invalid.
    """
    if said.answer not in ANSWERS:
        raise Invalid(field=N_("the child's answer"))
    form = forms.child_form(desk, subject)
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        _check(desk, one, said)
        event = events.begin(desk, one, form, CHILD, subject, "", said.follows)
        event |= {"session": new_id(), "method": said.method, "words": said.words.strip()}
        return _keep(desk, tables, one, said, event | {"told": sorted(set(said.told))})


def _check(desk: Desk, one: Case, said: ChildAnswer) -> None:
    noes = [event for event in one.events if event.actor == CHILD and event.act in REFUSING]
    if any(event.day == desk.today for event in noes):  # a "stop" in the middle of an interview is a no as well
        raise NotAgainToday
    if not all(consent.guardian_ok(one.events, item) for item in NECESSARY):
        raise GuardianFirst
    if said.answer == YES and not (set(said.told) >= set(BLOCKS) and said.method in OWN_WAYS):
        raise NoClearYes


def _keep(desk: Desk, tables: Tables, one: Case, said: ChildAnswer, event: dict[str, Value]) -> str:
    if said.answer in SAID_NO:
        return events.decline(desk, tables, one, event, "child_no")
    event["act"] = "deferred"
    if said.answer == YES:
        event |= {"act": "given", "items": dict.fromkeys(NECESSARY, YES), **events.lifting(one, event)}
    return log.append(tables, desk.pen, Draft("consent_event", event, subject=one.id, session=event["session"])).id
