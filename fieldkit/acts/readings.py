"""A form read aloud sentence by sentence, to somebody who listens and does not read (`domain.md` §6.1)."""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.acts import clocks
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.forms import FormView
from fieldkit.rules import guides
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import people
from fieldkit.studies import Pair


@dataclass(frozen=True)
class Reading:
    """The sentences in their order, and the code of `language` that the listener speaks at home, where it is known."""

    lines: list[Pair]
    speaks: str


@only(INTERVIEWER)
def aloud(desk: Desk, subject: str, form: FormView, relation: str, person: str = "") -> Reading:
    """Return *form* as it is read to this child's *relation*; *person*: which one of several, by id."""
    with desk.db.reading() as tables:
        known = people.adult(tables, subject, relation, clocks.closing_day(desk, tables), person)
    lines = [line for one in form.read_aloud for line in guides.sentences(one)]
    return Reading(lines, str(known["speaks"] or "") if known else "")
