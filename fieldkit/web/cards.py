"""The child's card: handed over on the laptop, tapped on a paired phone, seen on the laptop again."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from fieldkit.acts import cards
from fieldkit.acts.cards import Card
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


def shown(card: Card) -> list[dict[str, object]]:
    """Return the signs of a card, the newest first."""
    taps = sorted(card.taps.values(), key=lambda one: -one.number)
    return [{"sign": one.sign, "number": one.number, "words": said(one.sign), "at": one.at[11:19]} for one in taps]


def _open() -> Card | None:
    """Return the open card; it ends with the session of whoever handed it over."""
    card = here().card
    return card if card is not None and is_here(card.by) else None


pages.add_app_template_global(of, "card_of")
pages.add_app_template_global(shown, "card_taps")


@pages.post("/people/<subject>/card")
def to_answer(subject: str) -> Response:
    """Hand the child the three answers."""
    here().card = cards.to_answer(desk(), subject)
    return redirect(url_for("assents.show", subject=subject, _anchor="card"))


@pages.post("/interviews/<interview>/card")
def to_talk(interview: str) -> Response:
    """Hand the child skip, rest, stop and the five faces."""
    here().card = cards.to_talk(desk(), interview)
    return redirect(url_for("interviews.show", interview=interview, _anchor="card"))


@pages.post("/card/close")
def close() -> Response:
    """Take the card back."""
    desk()
    here().card = None
    return redirect(inside(request.form.get("back", "")) or url_for("today.home"))


@pages.get("/card/now")
def now() -> Answer:
    """Tell the laptop's page what the child tapped."""
    desk()
    card = of(request.args.get("place", ""))
    if card is None:
        return jsonify(number=-1, taps=[])
    return jsonify(number=card.number, taps=shown(card))


@pages.get("/child")
def child() -> str:
    """Show the card, or a calm page where none is open; whoever is signed in on this phone is covered first."""
    if signed_in() and phone():
        session["covered"] = True
    card = _open()
    tapped = {one.sign for one in card.taps.values()} if card else set()
    return render_template("cards/child.html", card=card, tapped=tapped, said=said)


@pages.post("/child")
def tap() -> Response:
    """Take a sign of the child; one that was meant for an earlier card is nobody's."""
    card = _open()
    if card is not None and card.id == request.form.get("card"):
        cards.tap(card, request.form.get("sign", ""), site().clock)
    return redirect(url_for("cards.child"))


@pages.get("/child/stage")
def stage() -> Response:
    """Tell the phone which card is open, so that it shows the next one by itself."""
    card = _open()
    return jsonify(card=card.id if card else "")
