"""The child's card: handed over on the laptop, tapped on a paired phone, seen on the laptop again."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import cards
from fieldkit.acts.cards import Card
from fieldkit.acts.desk import Desk
from fieldkit.i18n import N_
from fieldkit.web.pages import Answer, inside, label, words
from fieldkit.web.sessions import desk, here, is_here, phone, signed_in
from fieldkit.web.site import site

pages = Blueprint("cards", __name__)
SAID = {
    "yes": N_("Wants to"),
    "no": N_("Does not want to"),
    "think": N_("Thinks about it"),
    "skip": N_("Skip"),
    "rest": N_("A break"),
    "stop": N_("Stop"),
}


def of(place: str) -> Card | None:
    """Return the card that lies open for a record, for the page of that record."""
    card = _open()
    return card if card is not None and card.place == place else None


def said(sign: str) -> str:
    """Return a sign in the reader's words."""
    return words(SAID[sign]) if sign in SAID else label("face_scale", sign)


def lines(card: Card) -> list[dict[str, object]]:
    """Return the signs of a card, the newest first."""
    taps = sorted(card.taps.values(), key=lambda one: -one.number)
    return [{"sign": one.sign, "number": one.number, "words": said(one.sign), "at": one.at[11:19]} for one in taps]


def called() -> Card | None:
    """Return the card that the reader of this page handed over: each of their pages shows its "stop".

    A "stop" that waits comes before the card that is in a child's hand now. What lies covered on a phone may be in the
    child's own hand, and shows the child nothing of it.
    """
    at = signed_in()
    if at is None or (phone() and session.get("covered")):
        return None
    waits, card = here().called.get(at.me.code), _open()
    if waits is not None and waits.stop is not None and not cards.is_over(at, waits):
        return waits
    return card if card is not None and card.by == at.me.code else None


def take_up(at: Desk) -> None:
    """Give back to whoever unlocks the card whose "stop" they had not answered: a lock or a restart is no answer."""
    card = here().called.get(at.me.code) or cards.left(at)
    if card is not None and card.stop is not None:
        here().called[card.by] = card
        here().card = here().card or card


def answered_on(interview: str) -> None:
    """Take note that what becomes of the interview was decided with the child: that answers its "stop"."""
    for card in (called(), of(interview)):
        if card is not None and card.place == interview and card.stop is not None:
            _answer(card, card.stop.number)


def _answer(card: Card, number: int) -> None:
    cards.answer(card, number)
    cards.keep_stop(desk(), card)


def _open() -> Card | None:
    """Return the open card; it ends with its interview, and with the session of whoever handed it over."""
    at, card = here().desk, here().card
    if at is None or card is None or not is_here(card.by) or cards.is_over(at, card):
        return None
    return card


def _shows(card: Card) -> list[dict[str, object]]:
    card.seen.update(one.number for one in card.taps.values())
    return lines(card)


def _shows_stop(card: Card) -> dict[str, object] | None:
    if card.stop is not None:
        card.seen.add(card.stop.number)
    return _stop(card)


def _stop(card: Card) -> dict[str, object] | None:
    """Return the "stop" that waits for an answer, and where it is decided."""
    if card.stop is None:
        return None
    return {"number": card.stop.number, "path": url_for("stops.show", interview=card.place)}


pages.add_app_template_global(of, "card_of")
pages.add_app_template_global(called, "my_card")
pages.add_app_template_global(_shows, "card_taps")
pages.add_app_template_global(_shows_stop, "card_stop")


@pages.post("/people/<subject>/card")
def to_answer(subject: str) -> Response:
    """Hand the child the three answers."""
    card = cards.to_answer(desk(), subject)
    return _change(card, url_for("assents.show", subject=subject, _anchor="card"))


@pages.post("/interviews/<interview>/card")
def to_talk(interview: str) -> Response:
    """Hand the child skip, rest, stop and the five faces."""
    card = cards.to_talk(desk(), interview)
    return _change(card, url_for("interviews.show", interview=interview, _anchor="card"))


@pages.post("/card/close")
def close() -> Response:
    """Take the card back."""
    desk()
    return _change(None, inside(request.form.get("back", "")) or url_for("today.home"))


def _change(card: Card | None, then: str) -> Response:
    """Put another card in the child's hand, or none; while a "stop" waits for an answer, that comes first."""
    for lies in (called(), _open()):
        if lies is not None and lies.stop is not None:
            return redirect(url_for("stops.show", interview=lies.place))
    here().card = card
    return redirect(then)


@pages.post("/card/answered")
def answered() -> Response:
    """Take note that the child goes on."""
    desk()
    card = called()
    if card is not None and card.id == request.form.get("card"):
        _answer(card, request.form.get("stop", 0, type=int))
    return redirect(inside(request.form.get("back", "")) or url_for("today.home"))


@pages.get("/card/now")
def now() -> Answer:
    """Tell a page on the laptop what the child tapped; the page says in turn what of it was shown."""
    desk()
    place = request.args.get("place", "")
    card = called() or of(place)
    if card is None:
        return jsonify(card="", number=-1, taps=[], stop=None)
    if card.stop is not None:
        cards.keep_stop(desk(), card)  # a disk that was full when the child tapped may have room now
    if card.id == request.args.get("card"):
        card.seen.update(request.args.getlist("shown", type=int))
    near = card.place == place
    return jsonify(card=card.id, number=card.number if near else -1, taps=lines(card) if near else [], stop=_stop(card))


@pages.get("/child")
def child() -> str:
    """Show the card, or a calm page where none is open; whoever is signed in on this phone is covered first."""
    if signed_in() and phone():
        session["covered"] = True
    card = _open()
    tapped = {one.sign for one in card.standing()} if card else set()
    shown = {"tapped": tapped, "said": said, "mark": _mark(card), "missed": "missed" in request.args}
    return render_template("cards/child.html", card=card, **shown)


@pages.post("/child")
def tap() -> Response:
    """Take a sign of the child; one that was meant for an earlier card is nobody's, and the child is told."""
    card = _open()
    if card is None or card.id != request.form.get("card"):
        return missed()
    sign = request.form.get("sign", "")
    cards.tap(card, sign, site().clock)
    if sign == cards.STOP:
        _hear(card)
    return redirect(url_for("cards.child"))


def _hear(card: Card) -> None:
    """Let a "stop" wait for whoever handed the card over, whatever becomes of the card."""
    at = here().desk
    if at is not None:
        here().called[card.by] = card
        cards.keep_stop(at, card)


def missed() -> Response:
    """Lead a child whose tap did not get through back to the card: the pages for adults are not for them."""
    return redirect(url_for("cards.child", missed=1))


@pages.get("/child/stage")
def stage() -> Response:
    """Tell the phone which card is open and what became of the taps, so that it follows by itself."""
    return jsonify(card=_mark(_open()))


def _mark(card: Card | None) -> str:
    """Return what changes whenever the child's page has to say something else."""
    return f"{card.id} {card.number} {card.answered} {int(card.arrived)}" if card else ""
