"""The consent and assent forms and the opening script, with their words as published here, placeholders filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldkit.acts import situations
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import Case, case
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import ages, guides, versions
from fieldkit.rules.states import ADULT_GROUP
from fieldkit.store import setup, strings
from fieldkit.studies import Pair, load_study

UNDERSTOOD = "ok"
BLOCKS = (1, 2, 3)


class NotUnderstood(Refusal):
    """V28: a teach-back question was not answered right."""

    code = "V28"
    message = N_("Not everything was understood yet. Explain it again, then ask once more.")
    status = 422


@dataclass(frozen=True)
class FormItem:
    """One consent item as it is asked: a label and the sentence read aloud."""

    code: str
    label: Pair
    sentence: Pair
    necessary: bool


@dataclass(frozen=True)
class FormView:
    """A form version with its words as published here, placeholders filled."""

    doc_kind: str
    version: str
    text_hash: str
    title: Pair
    read_aloud: list[Pair]
    teach_back: list[Pair]
    items: list[FormItem]


def guardian_form(desk: Desk, subject: str, day: str = "") -> FormView:
    """Return the guardian's form in force on *day* (today unless given), or the grown participant's own."""
    one = case(desk, subject)
    return form_for(desk, "adult_18" if one.age_group == ADULT_GROUP else "guardian_info_consent", one, day)


def allows_phone(desk: Desk) -> bool:
    """Tell whether the ethics approval lets a guardian consent by phone."""
    with desk.db.reading() as tables:
        return setup.facts(tables).get("allow_phone_consent") == "yes"


def carer_form(desk: Desk, subject: str) -> FormView:
    """Return the carer's form."""
    return form_for(desk, "carer_agreement", case(desk, subject))


def child_form(desk: Desk, subject: str) -> FormView:
    """Return the form for this child's age group."""
    one = case(desk, subject)
    return form_for(desk, ages.child_form(one.age_group), one)


def form_for(desk: Desk, doc_kind: str, one: Case, day: str = "") -> FormView:
    """Return the form *doc_kind* in force on *day* with the words of its own strings.

    Raises FormNotInForce (V21), NotFound.
    """
    built = next(form for form in load_study().forms if form.doc_kind == doc_kind)
    with desk.db.reading() as tables:
        wanted = versions.current(situations.form_versions(tables), doc_kind, day or desk.today)
        row = strings.form(tables, wanted.text_hash)
        if row is None:
            raise NotFound
        texts = strings.texts_with(tables, row["strings"])
    ids = load_study().form_parts(doc_kind)
    values = _values(desk, one)

    def words(string_id: str) -> Pair:
        return guides.fill_pair(texts[string_id], values)

    return FormView(
        doc_kind=doc_kind,
        version=row["version"],
        text_hash=row["text_hash"],
        title=words(ids.title),
        read_aloud=[words(one_id) for one_id in ids.read_aloud],
        teach_back=[words(one_id) for one_id in ids.teach_back],
        items=[
            FormItem(item.code, words(ids.labels[item.code]), words(ids.sentences[item.code]), item.necessary)
            for item in built.items
        ],
    )


def check_understood(form: FormView, understanding: Sequence[str]) -> None:
    """Raise NotUnderstood (V28) unless every teach-back question of *form* was answered right."""
    if len(understanding) < len(form.teach_back) or any(answer != UNDERSTOOD for answer in understanding):
        raise NotUnderstood


def opening(desk: Desk, subject: str) -> list[list[Pair]]:
    """Return the opening script in its three blocks, filled, without the line about recording: there is no recorder."""
    one = case(desk, subject)
    values = _values(desk, one)
    texts = _current_texts(desk)
    lines = [line for line in load_study().scripts["opening"] if line.needs != "audio"]
    return [[guides.fill_pair(texts[line.id], values) for line in lines if line.block == block] for block in BLOCKS]


def _current_texts(desk: Desk) -> dict[str, Pair]:
    with desk.db.reading() as tables:
        newest = strings.newest_version(tables)
        return strings.published(tables, newest) if newest else {}


def _values(desk: Desk, one: Case) -> dict[str, Pair]:
    study = load_study()
    carer = guides.carer_name(one.carer)
    called = one.called or one.case_code
    return {
        "institution": study.institution,
        "me": Pair(desk.me.name, desk.me.name),
        "child_called": Pair(called, called),
        "minutes": Pair(str(study.minutes), str(study.minutes)),
        "place": study.place,
        "team": study.team,
        "retention_until": Pair(study.retention_until, study.retention_until),
        "phone": Pair(study.phone, study.phone),
        "carer": carer,
        "away": guides.away_name(one.migration),
    }
