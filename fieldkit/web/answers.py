"""Notes: saved by the page's script as they are typed, or by the button without it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from math import isfinite

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from fieldkit.acts import answers, backups, questions, queues
from fieldkit.acts.answers import SaveAnswer, Saved, TextTooLong
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.rules import notes
from fieldkit.rules.members import INTERVIEWER
from fieldkit.web import acks
from fieldkit.web.pages import Answer, locale
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, in_turn, tell

pages = Blueprint("answers", __name__)


@pages.post("/interviews/<interview>/answers/<question>")
@in_turn
def save(interview: str, question: str) -> Answer:
    """Keep the note; answer a script with the keyed hash of the text, a person with the next question."""
    said = _typed(interview, question)
    if request.headers.get("X-Fieldkit") == "script":
        return _acknowledge(said, answers.save(desk(), said))
    try:
        if request.form.get("do") == "off_record":
            return _last_words_off(said)
        if not _nothing(said):
            answers.save(desk(), said)
    except Refusal as refusal:
        return _again(said, refusal)
    return redirect(_next(interview, question))


@pages.post("/interviews/<interview>/answers/<question>/off-record")
@in_turn
def off_record(interview: str, question: str) -> Answer:
    """Erase what a note held and keep what stays of it; the page goes on with a fresh editor."""
    said = _typed(interview, question)
    saved = answers.off_record(desk(), said, _lines("words"))
    return _acknowledge(said, saved, gone=_gone(saved), long=not saved.whole)


@pages.post("/interviews/<interview>/answers/<question>/erase-version")
@in_turn
def erase_version(interview: str, question: str) -> Answer:
    """Erase one of the texts of a note that stand against each other."""
    answers.erase_version(desk(), interview, question, request.form.get("version", ""))
    tell(_with_copies(_("That version is deleted from this laptop, for good.")))
    return redirect(_at(interview, question))


@pages.post("/interviews/<interview>/answers/<question>/erase")
@in_turn
def erase(interview: str, question: str) -> Answer:
    """Erase a whole note where nothing can be written any more."""
    gone = _("The note is deleted from this laptop, for good.")
    if answers.erase(desk(), interview, question):
        gone = _("What this laptop wrote is deleted, for good. What another laptop wrote stays: tell the coordinator.")
    tell(_with_copies(gone))
    return redirect(url_for("interviews.show", interview=interview, section=question[:1]))


def _last_words_off(said: SaveAnswer) -> Answer:
    """Without the page's script: the last sentence goes, and the note stands open again."""
    stays, words = notes.last_words(said.text)
    saved = answers.off_record(desk(), replace(said, text=stays), words)
    tell(_gone(saved))
    if not saved.whole:
        return _again(replace(said, text=stays, editor=saved.editor, base=saved.base), TextTooLong())
    return redirect(_at(said.interview, said.question))


def _gone(saved: Saved) -> str:
    """Say what became of the words that were taken back, and where they still are."""
    lines = [_("The last words are deleted from this laptop, for good.")]
    if saved.elsewhere:
        lines = [_("The last words are deleted from this note, but another version of it still says them.")]
        lines += [_("Open the question anew: the other version stands below it and can be deleted there.")]
    elif saved.unsure:
        lines = [_("The last words are deleted from this note, but another version of it may hold a part of them.")]
        lines += [_("Open the question anew and read the other version below it.")]
    return _with_copies(*lines)


def _with_copies(*lines: str) -> str:
    """Say *lines* about what was erased, and where it still lies until the laptop is locked."""
    copies = [_("The encrypted copy in the folder backups is replaced when the laptop is locked.")]
    every = [*lines, *(copies if backups.waits(desk()) else [])]
    return "".join(every) if locale() == "zh" else " ".join(every)


def _at(interview: str, question: str) -> str:
    return url_for("interviews.show", interview=interview, section=question[:1], q=question, _anchor=question)


def _typed(interview: str, question: str) -> SaveAnswer:
    return SaveAnswer(
        interview=interview,
        question=question,
        editor=request.form.get("editor", ""),
        base=request.form.get("base", ""),
        text=_lines("text"),
        text_kind=request.form.get("text_kind", "verbatim"),
        outcome="child_skipped" if request.form.get("do") == "skip" else "answered",
        turn=request.form.get("turn", 0, type=int),
        begun=max(seconds_ago("begun"), default=0.0),
        ago=seconds_ago("ago"),
    )


def _lines(field: str) -> str:
    """Return what was typed with the line breaks of a page; a form sends others."""
    return request.form.get(field, "").replace("\r\n", "\n")


def seconds_ago(field: str) -> tuple[float, ...]:
    """Return how many seconds ago something was, each time, as a page counts them; what is no number is left out."""
    found = []
    for word in request.form.get(field, "").split():
        with suppress(ValueError):
            found.append(float(word))
    return tuple(one for one in found if isfinite(one) and one >= 0)


def _nothing(said: SaveAnswer) -> bool:
    """Tell whether "next" was pressed on a question where nothing stands and nothing is written."""
    if said.text.strip() or said.outcome != "answered":
        return False
    page = questions.page(desk(), said.interview, said.question[:1])
    return any(line.id == said.question and not line.text_now for line in page.questions)


def _acknowledge(said: SaveAnswer, saved: Saved, **more: str | bool) -> Response:
    mark, queue = acks.ack(said.editor, said.text), queue_key(said.interview)
    return jsonify(ack=mark, base=saved.base, at=saved.at.strftime("%H:%M"), queue=queue, **_fresh(saved), **more)


@pages.app_template_global()
def set_aside(interview: str) -> dict[str, list[str]]:
    """Return what was typed over erased words, for the notes of whoever writes them."""
    return questions.set_aside(desk(), interview) if desk().me.role == INTERVIEWER else {}


def _fresh(saved: Saved) -> dict[str, str]:
    return {"editor": saved.editor, "ack_key": acks.key(saved.editor)}


def _again(said: SaveAnswer, refusal: Refusal) -> tuple[str, int]:
    """Show the page once more with what was typed: a refusal loses nothing."""
    page = questions.page(desk(), said.interview, said.question[:1])
    shown = render_template(
        "interviews/show.html",
        page=page,
        wanted=said.question,
        writes=True,
        ack_key=acks.key,
        queue_key=queue_key(said.interview),
        typed=said,
        refusal=refusal,
    )
    return shown, refusal.status


def _next(interview: str, question: str) -> str:
    """Return where the next question stands: in this section, else at the beginning of the next."""
    page = questions.page(desk(), interview, question[:1])
    ids = [line.id for line in page.questions if line.id == question or not line.waits]
    place = ids.index(question) + 1 if question in ids else len(ids)
    if place < len(ids):
        wanted = ids[place]
        return url_for("interviews.show", interview=interview, section=page.section, q=wanted, _anchor=wanted)
    sections = [line.id for line in page.sections]
    after = (sections.index(page.section) + 1) % len(sections)
    return url_for("interviews.show", interview=interview, section=sections[after])


@pages.get("/session")
def session_now() -> Response:
    """Tell an open page who is signed in now, with a new token and the keys for its editor; raises Locked."""
    editor, interview = request.args.get("editor", ""), request.args.get("interview", "")
    queue = queue_key(interview) if interview else ""
    came = queues.came(desk(), editor) if editor else None
    return jsonify(user=desk().me.code, csrf=generate_csrf(), ack_key=acks.key(editor), queue=queue, came=came)


def queue_key(interview: str) -> str:
    """Return the key for what waits in this person's browser; nothing where the interview is out of their reach."""
    try:
        return queues.key(desk(), interview)
    except (NotAllowed, NotFound):
        return ""
