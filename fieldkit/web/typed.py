"""What people type in words, given back with the name of its field where a page goes before it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fieldkit.i18n import N_
from fieldkit.rules import withdrawals
from fieldkit.studies import load_study
from fieldkit.web.pages import SECRET, words

# As the pages call their fields; a name that means something else on every page is not among them.
FIELDS = {
    "address": N_("Address"),
    "again_on": N_("Ask again on"),
    "basis_paper": N_("Which paper you have seen"),
    "birth_date": N_("Birth date"),
    "called": N_("What is the child called at home?"),
    "gatekeeper": N_("Who lets us in"),
    "given_by": N_("Who gave the number"),
    "given_on": N_("Day on the paper"),
    "next_on": N_("Come again on"),
    "note": N_("Note"),
    "paper_place": N_("Where the paper lies"),
    "paper_ref": N_("Number on the paper form"),
    "phone": N_("A parent's phone"),
    "pseudonym_en": N_("Pseudonym in English"),
    "pseudonym_zh": N_("Pseudonym"),
    "real_name": N_("The child's real name"),
    "recording_place": N_("Where the recording is kept"),
    "signer_name": N_("Name of the guardian"),
    "site": N_("Site"),
    "told_age": N_("Age as told"),
    "witness_name": N_("Name of the witness"),
    "words": N_("The child's own words"),
}
UNNAMED = N_("What you typed")
# Typed as well, and called differently from page to page: a number or a single English word comes back by its name.
TYPED = frozenset(
    [
        *("away_since", "begun", "came", "child_director", "children", "credentials", "day", "dialects"),
        *("due", "en", "ended_on", "ethics_no", "home_visits", "institution", "interview_training"),
        *("minutes", "months_away", "name", "number", "over", "path", "permission_doc", "permission_on"),
        *("pet_names", "phones", "police", "reason", "right", "school", "school_class", "sibling"),
        *("siblings", "stance_en", "stance_zh", "start_age", "target", "team", "text", "told_on"),
        *("township_officer", "what", "zh"),
    ]
) | {fact.code for fact in load_study().readiness if fact.kind not in {"yes_no", "choice"}}


@dataclass(frozen=True)
class Typed:
    """One text of a form, and what its page calls the field."""

    label: str
    text: str


def prose(fields: Iterable[tuple[str, str]]) -> list[Typed]:
    """Return, of the *fields* of a form, what people type in words: no codes, no secrets."""
    return [
        Typed(words(FIELDS.get(name, UNNAMED)), text)
        for name, text in fields
        if text.strip()
        and name not in SECRET
        and not _is_choice(name, text)
        and (name in FIELDS or name in TYPED or _is_prose(name, text))
    ]


def _is_choice(name: str, text: str) -> bool:
    """Tell whether the button that calls a parent was tapped: it is named as the field of their number."""
    return name == "phone" and text in load_study().codes["relation"]


def _is_prose(name: str, text: str) -> bool:
    """Tell whether *text* was typed, in whatever field; a child's code is, where it is no record's id."""
    return not text.isascii() or " " in text.strip() or (name == "code" and withdrawals.names_code(text))
