"""Notes of an interview: autosaved from one opened editor, never overwriting what its author did not see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fieldkit.acts import interviews
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Change, natural_id
from fieldkit.rules import consent
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, people, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

LONGEST_TEXT = 50_000
KINDS = ("verbatim", "near", "summary", "remark")
OUTCOMES = ("answered", "child_skipped")
NEEDED = "notes"


class TextTooLong(Refusal):
    """A note of more than 50,000 characters."""

    code = "text_too_long"
    message = N_("Not saved: one note holds at most 50,000 characters. Your words are still on this page; split them.")
    status = 413


class ConsentMissing(Refusal):
    """The consents that this interview stands on are no longer in place."""

    code = "consent_missing"
    message = N_(
        "Not saved: the consents for this interview are not in place any more. "
        "Stop writing and look at the child's page."
    )


@dataclass(frozen=True)
class SaveAnswer:
    """One save. `editor` names the opened editor, `base` is what it was opened on (as `QuestionLine.base`)."""

    interview: str
    question: str
    editor: str
    base: str
    text: str
    text_kind: str = "verbatim"
    outcome: str = "answered"


@dataclass(frozen=True)
class Saved:
    """The change that holds the text now, and when it reached the disk by this laptop's clock."""

    change: str
    base: str
    at: datetime


@only(INTERVIEWER)
def save(desk: Desk, said: SaveAnswer) -> Saved:
    """Keep the text of one note; it is on the disk when this returns.

    Raises NotFound, Invalid, TextTooLong, ConsentMissing, DiskFull, StoreBusy, WallBroken.
    """
    _check(said)
    with desk.db.writing() as tables:
        interview = interviews.row_within(tables, said.interview)
        if people.row(tables, "questions", "code = ?", said.question) is None:
            raise NotFound
        events = standing.events(tables, interview["subject"])
        if not consent.effective(events, NEEDED, said.interview):
            raise ConsentMissing
        change = _keep(desk, tables, said, interview["subject"], consent.grounds(events, said.interview))
    return Saved(change.id, said.base, desk.clock.now())


def _check(said: SaveAnswer) -> None:
    if len(said.text) > LONGEST_TEXT:
        raise TextTooLong
    if said.text_kind not in KINDS:
        raise Invalid(field=N_("the kind of record"))
    if said.outcome not in OUTCOMES:
        raise Invalid(field=N_("whether it was answered"))
    if not 8 <= len(said.editor) <= 64:
        raise Invalid(field=N_("this page's own data"))


def _keep(desk: Desk, tables: Tables, said: SaveAnswer, subject: str, grounds: tuple[str, ...]) -> Change:
    values = {
        "interview": said.interview,
        "question": said.question,
        "text": said.text,
        "text_kind": said.text_kind,
        "outcome": said.outcome,
    }
    record = natural_id("answer", said.interview, said.question)
    draft = Draft("answer", values, subject=subject, session=said.interview, editor=said.editor, grounds=grounds)
    return log.save_from_editor(tables, desk.pen, draft, record, said.base)
