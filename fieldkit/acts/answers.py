"""Notes of an interview: autosaved from one opened editor, never overwriting what its author did not see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fieldkit.acts import interviews, moments, wishes
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Change, clean, natural_id
from fieldkit.rules import consent, notes
from fieldkit.rules.closings import STOPPED
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import log, machine, merge, people, replica, standing
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, TypingErased
from fieldkit.store.wishes import Wish

LONGEST_TEXT = 50_000
KINDS = ("verbatim", "near", "summary", "remark")
OUTCOMES = ("answered", "child_skipped")
OFF_RECORD = "off_record"
UNSAID = ("child_skipped", OFF_RECORD)  # nothing stands there because the child wanted it so


class TextTooLong(Refusal):
    """A note of more than 50,000 characters."""

    code = "text_too_long"
    message = N_("Not saved: one note holds at most 50,000 characters. Your words are still on this page; split them.")
    status = 413


class CameLate(Refusal):
    """An older copy of a note, after a newer one was kept."""

    code = "came_late"
    message = N_("An older copy of this note came late and was not taken. The newer one is kept.")
    status = 409


class AnswerTakenBack(Refusal):
    """The family or the child took back what was said to this question; a coordinator deletes it."""

    code = "answer_taken_back"
    message = N_(
        "Not saved: what was said to this question was taken back and is to be deleted. Write nothing down here. "
        "If that was a mistake, ring the coordinator, who can declare the taking back void."
    )


@dataclass(frozen=True)
class SaveAnswer:
    """One save. `editor` names the opened editor, `base` is what it was opened on (as `QuestionLine.base`).

    `turn` counts the changes of a note on its page, so that a copy which was held up on its way is known; 0: uncounted.
    `begun`: how many seconds ago it was begun; `ago`: and somebody was at its page, as no laptop heard yet.
    """

    interview: str
    question: str
    editor: str
    base: str
    text: str
    text_kind: str = "verbatim"
    outcome: str = "answered"
    turn: int = 0
    begun: float = 0.0
    ago: Sequence[float] = ()


@dataclass(frozen=True)
class Saved:
    """The change that holds the text now, when it reached the disk by this laptop's clock, and the editor's id.

    `elsewhere`: another version of the note still says what the child took back; `unsure`: or may say a part of it;
    `whole`: all that was to stay is kept, it was not too long.
    """

    change: str
    base: str
    at: datetime
    editor: str
    elsewhere: bool = False
    unsure: bool = False
    whole: bool = True


@only(INTERVIEWER)
def save(desk: Desk, said: SaveAnswer) -> Saved:
    """Keep the text of one note; it is on the disk when this returns.

    Raises NotFound, Invalid, TextTooLong, AnswerTakenBack, ConsentMissing, StopCountsDown, TypingErased, DiskFull,
    StoreBusy, WallBroken.
    """
    _check(said)
    if len(said.text) > LONGEST_TEXT:
        raise TextTooLong
    with desk.db.writing() as tables:
        interview = _interview(tables, said)
        interviews.check_goes_on(tables, said.interview)
        _check_stands(tables, said, interview["subject"])
        _check_turn(desk, said)
        interviews.hear(desk, tables, interview, said.ago)
        change = _keep(desk, tables, said, interview, _grounds(desk, tables, interview))
        _turned(desk, said)
    return Saved(change.id, said.base, desk.clock.now(), said.editor)


class StoppedSince(interviews.ConsentMissing):
    """Words that reach the laptop after the child stopped, wherever they were typed before."""

    code = "stopped_since"
    message = N_(
        "Not saved: this interview was stopped, and these words reached the laptop only afterwards. Nothing is added "
        "after a stop; what was saved before stays. Copy them from here. What the child said before the stop can go "
        "into the memo."
    )


def _grounds(desk: Desk, tables: Tables, interview: people.Row) -> tuple[str, ...]:
    try:
        return interviews.grounds(desk, tables, interview)
    except interviews.ConsentMissing as refusal:
        raise StoppedSince if interviews.ended(tables, interview["id"]) == STOPPED else refusal from None


class NotTakenOut(Refusal):
    """Words that the child takes back, of which only a person can tell where they stand in a note of a stopped talk."""

    code = "not_taken_out"
    message = N_(
        "Some of the words that the child took back may still be on the laptop: this interview was stopped since, and "
        "they could not be taken out of every version of the note by themselves. It waits on “Today”: there the whole "
        "note can be deleted."
    )


class OnlyTakenOut(Refusal):
    """The words are gone, and what else stands on the page is not kept: the talk was stopped since."""

    code = "only_taken_out"
    message = N_(
        "The words that the child took back are deleted from this laptop, for good. What else was typed here is not "
        "saved: this interview was stopped since. Copy what the child said before that."
    )


@only(INTERVIEWER)
def off_record(desk: Desk, said: SaveAnswer, words: str) -> Saved:
    """Erase what this laptop ever kept of a note, and keep anew what the child lets stay: `said.text`.

    *words* are what goes; another page of this laptop on the same note loses them too. The note goes on from a fresh
    editor. Where nothing can be written any more they are cut out of what stands here.
    What stays and is too long to be kept holds nothing up: what stood of it stands (`domain.md` §3.6, `design.md` §3).
    Raises NotFound, Invalid, TypingErased, NotTakenOut, OnlyTakenOut.
    """
    _check(said)
    said, words = replace(said, text=clean(said.text)), clean(words)
    with desk.db.writing() as tables:
        interview = _interview(tables, said)
        try:
            grounds = interviews.grounds(desk, tables, interview)
        except interviews.ConsentMissing:
            stands = _cut(desk, tables, said, words, interview)
        else:
            stays = said if len(said.text) <= LONGEST_TEXT else _shortened(tables, said, words)
            return replace(_off(desk, tables, stays, words, interview, grounds), whole=stays is said)
    if stands is None:
        raise NotTakenOut
    if said.text not in (stands or [""]):
        raise OnlyTakenOut
    return Saved("", "{}", desk.clock.now(), new_id())


def _off(
    desk: Desk, tables: Tables, said: SaveAnswer, words: str, interview: people.Row, grounds: tuple[str, ...]
) -> Saved:
    interviews.hear(desk, tables, interview, said.ago)
    outcome = "answered" if said.text.strip() else OFF_RECORD
    record = natural_id("answer", said.interview, said.question)
    stood = [one.set["text"] for one in _texts(tables, record)]
    went_on = machine.recall(tables, _WENT_ON + said.editor)  # the answer to the first request was lost
    if went_on is not None:
        fresh = replace(said, editor=went_on.decode(), outcome=outcome)
        _check_turn(desk, fresh)
    elif standing.is_erased(tables, said.editor, desk.device.id):
        raise TypingErased  # words of it went on another page, and may stand in what this one still shows
    else:
        base = _take_back(desk, tables, said, words, interview, grounds)
        fresh = replace(said, editor=new_id(), base=base, outcome=outcome)
        machine.remember(tables, _WENT_ON + said.editor, fresh.editor)
        moments.write(desk, tables, interview, OFF_RECORD, question=said.question)
    change = _keep(desk, tables, fresh, interview, grounds)
    _turned(desk, fresh)
    others = [one.set["text"] for one in _texts(tables, record) if one.id != change.id]
    elsewhere = any(notes.says(text, words) for text in others)
    free = {notes.without(text, words) for text in stood if notes.says(text, words)}
    unsure = any(text not in said.text and text not in free for text in others)
    if went_on is not None:  # which of them held all of the words was seen before these were cut out
        unsure &= machine.recall(tables, _UNSURE + said.editor) is not None
    elif unsure:
        machine.remember(tables, _UNSURE + said.editor, fresh.editor)
    return Saved(change.id, fresh.base, desk.clock.now(), fresh.editor, elsewhere, unsure)


def _write_anew(desk: Desk, tables: Tables, one: Change, text: str, editor: str) -> None:
    draft = Draft("answer", {**one.set, "text": text}, subject=one.subject, session=one.session, editor=editor)
    log.append(tables, desk.pen, replace(draft, grounds=one.grounds, elapsed=one.elapsed))


def _cut(desk: Desk, tables: Tables, said: SaveAnswer, words: str, interview: people.Row) -> list[str] | None:
    """Cut *words* out of all that this laptop keeps of a note, on the grounds on which it stands (`store/walls.py`).

    Return the texts that stand then; None where only a person can tell where the words are: it waits for one.
    """
    record = natural_id("answer", said.interview, said.question)
    mine = [one for one in log.of_record(tables, record) if one.device == desk.device.id]
    stands = {one.id: one for one in _texts(tables, record) if one.device == desk.device.id}
    before, own = [one.set["text"] for one in stands.values()], _own(tables, said, record)
    found = [notes.rest(one.set["text"], words, said.text, own=one.id in own) for one in stands.values()]
    left = [text if rest is None else rest for text, rest in zip(before, found, strict=True)]
    barred = any(left) and not consent.only_stopped(standing.events(tables, interview["subject"]), interview["id"])
    if None in found or barred:
        wish = Wish(said.editor, said.interview, interview["subject"], OFF_RECORD, "", said.question)
        wishes.keep(desk, tables, wish, min(said.ago, default=0.0))
    behind = [one.set.get("text") or "" for one in mine if one.id not in stands]
    if not barred and (left != before or any(text not in said.text for text in behind)):
        for one, text in zip(stands.values(), left, strict=True):
            if text.strip():
                _write_anew(desk, tables, one, text, _anew(tables, said) if one.id in own else new_id())
        replica.erase(tables, mine)
        desk.db.leave_no_trace()
    return None if None in found or barred else [text for text in left if text.strip()]


def _own(tables: Tables, said: SaveAnswer, record: str) -> set[str]:
    """Return the changes of a note that its page kept, and those that it was opened on."""
    went_on = {(machine.recall(tables, name + said.editor) or b"").decode() for name in (_WENT_ON, _CUT)}
    kept = {one.id for one in log.of_record(tables, record) if one.editor in {said.editor, *went_on}}
    return kept | {one.id for one in log.seen(tables, record, said.base).get("text", ())}


def _shortened(tables: Tables, said: SaveAnswer, words: str) -> SaveAnswer:
    own = _own(tables, said, record := natural_id("answer", said.interview, said.question))
    stood = next((one.set["text"] for one in _texts(tables, record) if one.id in own), "")
    rest = notes.rest(stood, words, said.text, own=True)
    return replace(said, text=notes.beginning(stood, said.text) if rest is None else rest)


def _anew(tables: Tables, said: SaveAnswer) -> str:
    """Return the editor under which a page's own text stands from now on: more words may be taken out of it."""
    editor = new_id()
    machine.remember(tables, _CUT + said.editor, editor)
    return editor


@only(INTERVIEWER)
def erase_version(desk: Desk, interview: str, question: str, version: str) -> None:
    """Erase one of several texts of a note, which the child takes back; the others that this laptop wrote stay.

    *version* is the change that holds it. Raises NotFound, also where another laptop wrote it, ConsentMissing.
    """
    with desk.db.writing() as tables:
        row = interviews.row_within(tables, interview)
        record = natural_id("answer", interview, question)
        mine = [one for one in _texts(tables, record) if one.device == desk.device.id]
        if version not in {one.id for one in mine}:
            raise NotFound
        replica.erase(tables, [one for one in log.of_record(tables, record) if one.device == desk.device.id])
        desk.db.leave_no_trace()
        for one in mine:
            if one.id != version:
                said = SaveAnswer(interview, question, new_id(), "{}", one.set["text"], one.set["text_kind"])
                _keep(desk, tables, said, row, interviews.grounds(desk, tables, row))


@only(INTERVIEWER)
def erase(desk: Desk, interview: str, question: str) -> bool:
    """Erase all that this laptop ever kept of a note, and write nothing in its place: that needs nobody's consent.

    Return whether another laptop's version of it stays.

    It is left where the consents are not in place any more, as on the way home from an interview that was stopped and
    kept: what stays of a note could not be written anew (`design.md` §6). Raises NotFound.
    """
    with desk.db.writing() as tables:
        interviews.row_within(tables, interview)
        record = natural_id("answer", interview, question)
        known = log.of_record(tables, record)
        mine = [one for one in known if one.device == desk.device.id]
        if not mine:
            raise NotFound
        replica.erase(tables, mine)
        wishes.met(tables, interview, OFF_RECORD, question)
        desk.db.leave_no_trace()
        return len(mine) < len(known)


# Local facts: in which editor a note went on; also where a part of the words may stay; where it stands since a cut.
_WENT_ON, _UNSURE, _CUT = "off_record:", "unsure:", "cut:"


def _take_back(
    desk: Desk, tables: Tables, said: SaveAnswer, words: str, interview: people.Row, grounds: tuple[str, ...]
) -> str:
    """Erase what this laptop wrote of the note; return what another laptop wrote of it and this page has seen.

    What another page of this laptop holds, unseen on this one, stays without the words: it is another version.
    """
    record = natural_id("answer", said.interview, said.question)
    mine = {one.id: one for one in log.of_record(tables, record) if one.device == desk.device.id}
    seen = {name: [one.id for one in ones] for name, ones in log.seen(tables, record, said.base).items()}
    others = [
        one
        for one in _texts(tables, record)
        if one.id in mine.keys() - set(seen.get("text", [])) and one.editor != said.editor
    ]
    replica.erase(tables, mine.values())
    desk.db.leave_no_trace()
    reaching = merge.suspended(log.all_of(tables, record))  # what was written over it waits, and what goes over that
    for one in others:
        text = notes.without(one.set["text"], words)
        outcome, kind = said.outcome if text.strip() else OFF_RECORD, one.set["text_kind"]
        stays = replace(said, editor=new_id(), base="{}", text=text, text_kind=kind, outcome=outcome)
        _keep(desk, tables, stays, interview, grounds)
    left = mine.keys() | reaching
    return json.dumps({name: [id_ for id_ in ids if id_ not in left] for name, ids in seen.items()})


def _texts(tables: Tables, record: str) -> list[Change]:
    return merge.heads(log.standing_of(tables, record)).get("text", [])


def _check_stands(tables: Tables, said: SaveAnswer, subject: str) -> None:
    if people.row(tables, "consent_events", "scope = ? AND subject = ?", consent.ANSWERS, subject) is None:
        return  # as nearly always: what was said is not read once more at every save
    taken_back = consent.taken_back(standing.events(tables, subject))
    if natural_id("answer", said.interview, said.question) in taken_back:
        raise AnswerTakenBack


def _check_turn(desk: Desk, said: SaveAnswer) -> None:
    """Raise CameLate for a copy of what this editor has gone on from, as a connection that hung may bring one."""
    if 0 < said.turn < desk.folder.turns.get(said.editor, 0):
        raise CameLate


def _turned(desk: Desk, said: SaveAnswer) -> None:
    desk.folder.turns[said.editor] = max(said.turn, desk.folder.turns.get(said.editor, 0))


def _interview(tables: Tables, said: SaveAnswer) -> people.Row:
    """Return the interview of a note on a question that exists; raises NotFound."""
    if people.row(tables, "questions", "id = ?", natural_id("question", said.question)) is None:
        raise NotFound
    return interviews.row_within(tables, said.interview)


def _check(said: SaveAnswer) -> None:
    if said.text_kind not in KINDS:
        raise Invalid(field=N_("the kind of record"))
    if said.outcome not in OUTCOMES:
        raise Invalid(field=N_("whether it was answered"))
    if not 8 <= len(said.editor) <= 64:
        raise Invalid(field=N_("this page's own data"))


def _outcome(tables: Tables, said: SaveAnswer, record: str) -> str:
    """Return how it was answered: nothing typed is no answer, and leaves what the child wanted as it stands."""
    if said.text.strip() or said.outcome != "answered":
        return said.outcome
    stands = people.row(tables, "answers", "id = ?", record) or {}
    return str(stands["outcome"]) if stands.get("outcome") in UNSAID else ""


def _keep(desk: Desk, tables: Tables, said: SaveAnswer, interview: people.Row, grounds: tuple[str, ...]) -> Change:
    record = natural_id("answer", said.interview, said.question)
    values = {
        "interview": said.interview,
        "question": said.question,
        "text": said.text,
        "text_kind": said.text_kind,
        "outcome": _outcome(tables, said, record),
    }
    draft = Draft(
        "answer",
        values,
        subject=interview["subject"],
        session=said.interview,
        editor=said.editor,
        grounds=grounds,
        elapsed=interviews.ran(desk, tables, interview, said.begun),
    )
    return log.save_from_editor(tables, desk.pen, draft, record, said.base)
