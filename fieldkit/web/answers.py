"""Notes: saved by the page's script as they are typed, or by the button without it."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from fieldkit.acts import answers, interviews
from fieldkit.acts.answers import SaveAnswer, Saved
from fieldkit.errors import Refusal
from fieldkit.web import acks
from fieldkit.web.pages import Answer
from fieldkit.web.sessions import desk

pages = Blueprint("answers", __name__)


@pages.post("/interviews/<interview>/answers/<question>")
def save(interview: str, question: str) -> Answer:
    """Keep the note; answer a script with the keyed hash of the text, a person with the next question."""
    said = _typed(interview, question)
    if request.headers.get("X-Fieldkit") == "script":
        return _acknowledge(said, answers.save(desk(), said))
    try:
        if not _nothing(said):
            answers.save(desk(), said)
    except Refusal as refusal:
        return _again(said, refusal)
    return redirect(_next(interview, question))


def _typed(interview: str, question: str) -> SaveAnswer:
    return SaveAnswer(
        interview=interview,
        question=question,
        editor=request.form.get("editor", ""),
        base=request.form.get("base", ""),
        text=request.form.get("text", "").replace("\r\n", "\n"),
        text_kind=request.form.get("text_kind", "verbatim"),
        outcome="child_skipped" if request.form.get("do") == "skip" else "answered",
    )


def _nothing(said: SaveAnswer) -> bool:
    """Tell whether "next" was pressed on a question where nothing was and is written."""
    if said.text.strip() or said.outcome != "answered":
        return False
    page = interviews.page(desk(), said.interview, said.question[:1])
    return any(line.id == said.question and line.state == "open" for line in page.questions)


def _acknowledge(said: SaveAnswer, saved: Saved) -> Response:
    return jsonify(ack=acks.ack(said.editor, said.text), base=saved.base, at=saved.at.strftime("%H:%M"))


def _again(said: SaveAnswer, refusal: Refusal) -> tuple[str, int]:
    """Show the page once more with what was typed: a refusal loses nothing."""
    page = interviews.page(desk(), said.interview, said.question[:1])
    shown = render_template(
        "interviews/show.html",
        page=page,
        wanted=said.question,
        writes=True,
        ack_key=acks.key,
        typed=said,
        refusal=refusal,
    )
    return shown, refusal.status


def _next(interview: str, question: str) -> str:
    """Return where the next question stands: in this section, else at the beginning of the next."""
    page = interviews.page(desk(), interview, question[:1])
    ids = [line.id for line in page.questions]
    place = ids.index(question) + 1 if question in ids else len(ids)
    if place < len(ids):
        wanted = ids[place]
        return url_for("interviews.show", interview=interview, section=page.section, q=wanted, _anchor=wanted)
    sections = [line.id for line in page.sections]
    after = (sections.index(page.section) + 1) % len(sections)
    return url_for("interviews.show", interview=interview, section=sections[after])


@pages.get("/session")
def session_now() -> Response:
    """Tell an open page who is signed in now, with a new token and the key for its editor; raises Locked."""
    editor = request.args.get("editor", "")
    return jsonify(user=desk().me.code, csrf=generate_csrf(), ack_key=acks.key(editor))
