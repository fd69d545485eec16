"""The help card: numbers and words to say; needs no network and no passphrase."""

from __future__ import annotations

from flask import Blueprint, render_template

from fieldkit.studies import load_study

pages = Blueprint("help_card", __name__)


@pages.get("/help-card")
def show() -> str:
    """Show the card."""
    study = load_study()
    return render_template("help_card.html", card=study.card, scripts=study.scripts, words_to_say=study.words_to_say)
