"""Notes of an interview: autosaved from one opened editor, never overwriting what its author did not see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fieldkit.acts import interviews, moments, queues
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Change, clean, natural_id
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import elapsed, log, merge, people, replica
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

LONGEST_TEXT = 50_000
KINDS = ("verbatim", "near", "summary", "remark")
OUTCOMES = ("answered", "child_skipped")
OFF_RECORD = "off_record"


class TextTooLong(Refusal):
    """A note of more than 50,000 characters."""

    code = "text_too_long"
    message = N_("Not saved: one note holds at most 50,000 characters. Your words are still on this page; split them.")
    status = 413


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
    """The change that holds the text now, when it reached the disk by this laptop's clock, and the editor's id."""

    change: str
    base: str
    at: datetime
    editor: str


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
        elapsed.keep(tables, said.interview, desk.clock)
        change = _keep(desk, tables, said, interview["subject"], interviews.grounds(tables, interview))
    return Saved(change.id, said.base, desk.clock.now(), said.editor)


@only(INTERVIEWER)
def off_record(desk: Desk, said: SaveAnswer, words: str) -> Saved:
    """Erase what this laptop ever kept of a note, and keep anew what the child lets stay: `said.text`.

    *words* are what goes; another page of this laptop on the same note loses them too. The note goes on from a fresh
    editor. "Off the record" (`domain.md` §3.6, `design.md` §3). Raises NotFound, Invalid, TextTooLong, ConsentMissing.
    """
    _check(said)
    with desk.db.writing() as tables:
        interview = interviews.row_within(tables, said.interview)
        grounds = interviews.grounds(tables, interview)
        record = natural_id("answer", said.interview, said.question)
        mine = [one for one in log.of_record(tables, record) if one.device == desk.device.id]
        others = _other_texts(tables, record, said, mine)
        replica.erase(tables, mine)
        queues.renew(tables, said.interview)
        desk.db.leave_no_trace()
        for text in others:
            left = clean(text).replace(clean(words), "") if words else text
            _keep(desk, tables, replace(said, editor=new_id(), base="{}", text=left), interview["subject"], grounds)
        outcome = "answered" if said.text.strip() else OFF_RECORD
        fresh = replace(said, editor=new_id(), base="{}", outcome=outcome)
        change = _keep(desk, tables, fresh, interview["subject"], grounds)
        moments.write(desk, tables, interview, OFF_RECORD, question=said.question)
    return Saved(change.id, fresh.base, desk.clock.now(), fresh.editor)


def _other_texts(tables: Tables, record: str, said: SaveAnswer, mine: list[Change]) -> list[str]:
    """Return what other pages of this laptop hold of the note, unseen on this one: it stays, without the words."""
    own, heads = {one.id for one in mine}, merge.heads(log.standing_of(tables, record)).get("text", [])
    seen = {one.id for one in log.seen(tables, record, said.base).get("text", [])}
    return [one.set["text"] for one in heads if one.id in own - seen and one.editor != said.editor]


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
    draft = Draft(
        "answer",
        values,
        subject=subject,
        session=said.interview,
        editor=said.editor,
        grounds=grounds,
        elapsed=elapsed.now(tables, said.interview, desk.clock),
    )
    return log.save_from_editor(tables, desk.pen, draft, record, said.base)
