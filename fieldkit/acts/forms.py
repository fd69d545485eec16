"""The forms and the opening script with their words as stored here; a form's new version, and what is printed of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fieldkit.acts import clocks, promises, situations
from fieldkit.acts.cases import Case
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.acts.people import case
from fieldkit.acts.promises import BLANK
from fieldkit.acts.strings import PlaceholdersDiffer
from fieldkit.errors import Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import natural_id
from fieldkit.rules import ages, attachments, calendars, guides, studies, terms, versions
from fieldkit.rules.ages import OutOfRange
from fieldkit.rules.consent import BLOCKS, NECESSARY
from fieldkit.rules.members import COORDINATOR
from fieldkit.rules.versions import FormNotInForce, FormVersion
from fieldkit.store import log, setup, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import FormParts, Pair, form_parts, load_study

SELF = "self"
UNDERSTOOD = "ok"
REVIEW = "review"
OWN_CONSENT = "consent_14_17"
YOUNGEST_FORM = "assent_9_11"
CHILDRENS = frozenset({YOUNGEST_FORM, "assent_12_13", OWN_CONSENT})


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
    """A form version with its words as published here, placeholders filled.

    `question`: what a child is asked on paper once it was told everything; on a screen the opening ends with it.
    `left_out`: items of this version that nobody asks this child's family, and that nobody may say yes to;
    `closed_since`: the day since which the study is closed, on the day for which this form is asked, else empty.
    """

    doc_kind: str
    version: str
    text_hash: str
    in_force: bool
    title: Pair
    read_aloud: list[Pair]
    teach_back: list[Pair]
    items: list[FormItem]
    fits_age: bool = True
    left_out: list[FormItem] = field(default_factory=list)
    closed_since: str = ""
    question: Pair | None = None

    @property
    def asks_each(self) -> bool:
        """Tell whether the young person decides item by item: from 14 on (`domain.md` D3)."""
        return self.doc_kind == OWN_CONSENT

    def check_in_force(self) -> None:
        """Raise StudyClosed, OutOfRange (V02), FormNotInForce (V21) unless a yes may be asked with these words.

        A no may always be written down.
        """
        studies.check_open(self.closed_since)
        if not self.fits_age:
            raise OutOfRange
        if not self.in_force:
            raise FormNotInForce

    def refusal(self) -> Refusal | None:
        """Return what `check_in_force` raises, for a page that says so before anybody is read to."""
        try:
            self.check_in_force()
        except Refusal as refusal:
            return refusal
        return None


def guardian_form(desk: Desk, subject: str, day: str = "", relation: str = SELF) -> FormView:
    """Return the guardian's form of *day* (today unless given), or the grown participant's own.

    What another *relation* of theirs said, and is carried out after their birthday, is about the guardian's.
    """
    one = case(desk, subject)
    own = one.adult and relation == SELF
    return form_for(desk, "adult_18" if own else "guardian_info_consent", one, day)


def allows_phone(desk: Desk) -> bool:
    """Tell whether the ethics approval lets a guardian consent by phone."""
    with desk.db.reading() as tables:
        return setup.facts(tables).get("allow_phone_consent") == "yes"


def carer_form(desk: Desk, subject: str, day: str = "") -> FormView:
    """Return the carer's form of *day*, today unless given."""
    return form_for(desk, "carer_agreement", case(desk, subject), day)


def child_form(desk: Desk, subject: str) -> FormView:
    """Return the form for this child's age group; whom the study does not ask has the youngest's, for a no only."""
    one = case(desk, subject)
    try:
        return form_for(desk, ages.child_form(one.age_group), one)
    except OutOfRange:  # a birth date that was put right: the child was asked, and its no is kept
        return replace(form_for(desk, YOUNGEST_FORM, one), fits_age=False)


def form_for(desk: Desk, doc_kind: str, one: Case, day: str = "") -> FormView:
    """Return the form *doc_kind* with the words of its own strings: the version in force on *day*, else the newest.

    What the study does not do with somebody of this age is not asked for: a yes to it would be a yes to nothing.
    Raises NotFound.
    """
    with desk.db.reading() as tables:
        day = clocks.closing_day(desk, tables, day)
        wanted = versions.current(situations.form_versions(tables), doc_kind, day)
        view = _view(tables, wanted, day, placeholder_values(desk, tables, one, wanted))
        facts = setup.facts(tables)
    decided, closed = facts.get(attachments.UNDER_14, ""), studies.closed_since(facts, day)
    asked = [item for item in view.items if attachments.may_record(item.code, decided, one.age_group)]
    left_out = [item for item in view.items if item not in asked]
    return replace(view, items=asked, left_out=left_out, closed_since=closed)


def blank(desk: Desk, doc_kind: str, *, to_stamp: bool = False) -> FormView:
    """Return the form as it is printed: lines to write on for names; the version in force, else the newest.

    *to_stamp*: the newest, as the ethics committee reads it before it stamps it. Raises NotFound, FactsDisputed.
    """
    with desk.db.reading() as tables:
        known = situations.form_versions(tables)
        day = clocks.closing_day(desk, tables)
        wanted = versions.newest(known, doc_kind) if to_stamp else versions.current(known, doc_kind, day)
        if not wanted.stamped_on:
            promises.check_agreed(tables)
        values = placeholder_values(desk, tables, None, wanted)
        view = _view(tables, wanted, day, values)
    if doc_kind not in CHILDRENS:
        return view
    *told, question = [line for block in spoken(_current_texts(desk), values) for line in block]
    return replace(view, read_aloud=told, question=question)  # what a child is told stands on the child's paper too


def imprint(desk: Desk, text_hash: str = "") -> dict[str, Pair]:
    """Return who answers for the study, as every printed form says (PIPL 17); lines to write on where unknown.

    As the form of *text_hash* says it, where one is named.
    """
    with desk.db.reading() as tables:
        form = next((one for one in situations.form_versions(tables) if one.text_hash == text_hash), None)
        values = placeholder_values(desk, tables, None, form)
        facts = promises.facts_under(tables, form)
    stamp = form.stamp(desk.today) if form else None
    lead, number = facts.get("pi_name", BLANK), (stamp and stamp.ethics_no) or facts.get("ethics_no", BLANK)
    return {name: values[name] for name in ("institution", "phone")} | {
        "lead": Pair(lead, lead),
        "ethics": Pair(number, number),
    }


def _view(tables: Tables, wanted: FormVersion, day: str, values: dict[str, Pair]) -> FormView:
    """Return one stored version; which string is which part comes from the record, not from today's built-in form."""
    row = strings.form(tables, wanted.text_hash)
    if row is None:
        raise NotFound
    texts = strings.texts_with(tables, row["strings"])
    ids = _parts(row["doc_kind"], row["strings"], row["items"])

    def words(string_id: str) -> Pair:
        return guides.fill_pair(texts[string_id], values)

    return FormView(
        doc_kind=row["doc_kind"],
        version=row["version"],
        text_hash=row["text_hash"],
        in_force=wanted.in_force(day),
        title=words(ids.title),
        read_aloud=[words(one_id) for one_id in ids.read_aloud],
        teach_back=[words(one_id) for one_id in ids.teach_back],
        items=[
            FormItem(code, words(ids.labels[code]), words(ids.sentences[code]), code in NECESSARY)
            for code in row["items"]
        ],
    )


def check_understood(form: FormView, understanding: Sequence[str]) -> None:
    """Raise NotUnderstood (V28) unless every teach-back question of *form* was answered right."""
    if len(understanding) < len(form.teach_back) or any(answer != UNDERSTOOD for answer in understanding):
        raise NotUnderstood


def opening(desk: Desk, subject: str) -> list[list[Pair]]:
    """Return the opening script in its three blocks, filled, without the line about recording: there is no recorder."""
    one = case(desk, subject)
    with desk.db.reading() as tables:
        values = placeholder_values(desk, tables, one)
    return spoken(_current_texts(desk), values)


def spoken(texts: Mapping[str, Pair], values: Mapping[str, Pair]) -> list[list[Pair]]:
    """Return the opening script of a guide in its three blocks, filled by *values*."""
    lines = [line for line in load_study().scripts["opening"] if line.needs != "audio"]
    return [[guides.fill_pair(texts[line.id], values) for line in lines if line.block == block] for block in BLOCKS]


def ending(texts: Mapping[str, Pair], values: Mapping[str, Pair]) -> list[Pair]:
    """Return the closing script of a guide, filled by *values*; a line that the guide lacks is as the study has it."""
    return [guides.fill_pair(texts.get(line.id, line.text), values) for line in load_study().scripts["closing"]]


def _current_texts(desk: Desk) -> dict[str, Pair]:
    with desk.db.reading() as tables:
        newest = strings.newest_version(tables)
        return strings.published(tables, newest) if newest else {}


def placeholder_values(
    desk: Desk, tables: Tables, one: Case | None, form: FormVersion | None = None
) -> dict[str, Pair]:
    """Return what fills the placeholders, of that *form*: for *one* child, or lines to write on."""
    study, facts = load_study(), promises.facts_under(tables, form)
    institution = facts.get("institution", study.institution.zh)
    named = facts.get("institution_en") or (institution if "institution" in facts else study.institution.en)
    called = (one.called or one.case_code) if one else BLANK
    me = desk.me.name if one else BLANK
    phone = facts.get("pi_contact", study.phone)
    return {
        "institution": Pair(institution, named),
        "me": Pair(me, me),
        "child_called": Pair(called, called),
        "minutes": Pair(str(study.minutes), str(study.minutes)),
        "place": study.place,
        "team": promises.readers(facts),
        "retention_until": calendars.spoken_day(facts[promises.KEPT_UNTIL]),
        "phone": Pair(phone, phone),
        "carer": guides.carer_name((one.carer if one else "") or ""),
        "away": guides.away_name((one.migration if one else "") or ""),
    }


def worded(desk: Desk, tables: Tables, one: Case, form: FormVersion) -> dict[str, Pair]:
    """Return the sentences of *form* by their ids, as it says them to the family of *one* child."""
    values = placeholder_values(desk, tables, one, form)
    return {code: guides.fill_pair(text, values) for code, text in _words(tables, form)[1].items()}


class NothingChanged(Refusal):
    """A new version with the words of the old one."""

    code = "nothing_changed"
    message = N_("No new version was made: every sentence is as it was before.")
    status = 422


@dataclass(frozen=True)
class FormLine:
    """One version of one form: the ethics stamp it carries, whether it may be asked with today, and its editor."""

    version: FormVersion
    ethics_no: str
    in_force: bool
    newest: bool
    opened: Opened


@dataclass(frozen=True)
class FormText:
    """One sentence of a form's newest version, ready to be edited; `part`: as which it is said, see `FormParts`."""

    id: str
    text: Pair
    part: str


@dataclass(frozen=True)
class FormTexts:
    """The newest version of a form as its editor is opened: its text hash, and its sentences."""

    text_hash: str
    lines: list[FormText]


@only(COORDINATOR)
def listing(desk: Desk) -> list[FormLine]:
    """Return every version of every form, the newest of each kind first."""
    with desk.db.reading() as tables:
        found = situations.form_versions(tables)
        numbers = {row["id"]: row["ethics_no"] or "" for row in setup.forms(tables)}
        editors = {one: opened(tables, record_of(one)) for one in found}
    newest = {kind: versions.newest(found, kind) for kind in dict.fromkeys(one.doc_kind for one in found)}
    shown = sorted(found, key=lambda one: -one.number)
    return [
        FormLine(one, numbers[record_of(one)], one.in_force(desk.today), one == last, editors[one])
        for doc_kind, last in newest.items()
        for one in shown
        if one.doc_kind == doc_kind
    ]


@only(COORDINATOR)
def texts(desk: Desk, doc_kind: str) -> FormTexts:
    """Return the sentences of the newest version of *doc_kind*; raises NotFound."""
    with desk.db.reading() as tables:
        newest = versions.newest(situations.form_versions(tables), doc_kind)
        items, words = _words(tables, newest)
    parts = _parts(doc_kind, words, items)
    return FormTexts(newest.text_hash, [FormText(code, pair, parts.part_of(code)) for code, pair in words.items()])


@only(COORDINATOR)
def rewrite(desk: Desk, doc_kind: str, words: Mapping[str, Pair], change_class: str, text_hash: str) -> str:
    """Keep *words* (string id to both texts) as the version of *doc_kind* after *text_hash*; return its number.

    It is asked with only after the committee's stamp; until then the version before stays in use.
    Raises NotFound, NewerVersion, Invalid, Missing, PlaceholdersDiffer (V43), NothingChanged, NotForFamilies.
    """
    if change_class not in versions.CHANGE_CLASSES:
        raise Missing(field=N_("how much the change matters to families"))
    with desk.db.writing() as tables:
        mine = [one for one in situations.form_versions(tables) if one.doc_kind == doc_kind]
        last = versions.newest_with(mine, text_hash)
        items, before = _words(tables, last)
        after = before | {code: Pair(pair.zh.strip(), pair.en.strip()) for code, pair in words.items()}
        if after.keys() != before.keys():
            raise NotFound
        changed = {code: pair for code, pair in after.items() if pair != before[code]}
        _check(before, changed)
        for code, pair in changed.items():
            log.append_over(tables, desk.pen, Draft("string", {"code": code, "zh": pair.zh, "en": pair.en}))
        number = str(last.number + 1)
        log.append(tables, desk.pen, Draft("form", {
            "doc_kind": doc_kind, "version": number, "state": REVIEW, "change_class": change_class,
            "text_hash": guides.form_hash(after), "items": items,
            "strings": {code: guides.text_hash(pair) for code, pair in after.items()},
        }))  # fmt: skip
        return number


def record_of(version: FormVersion) -> str:
    """Return the id of the record that holds *version*."""
    return natural_id("form", version.doc_kind, str(version.number))


def _parts(doc_kind: str, string_ids: Iterable[str], items: Sequence[str]) -> FormParts:
    asked_back = next(len(form.teach_back) for form in load_study().forms if form.doc_kind == doc_kind)
    return form_parts(list(string_ids), items, asked_back)


def _words(tables: Tables, version: FormVersion) -> tuple[list[str], dict[str, Pair]]:
    row = strings.form(tables, version.text_hash)
    if row is None:
        raise NotFound
    return row["items"], strings.texts_with(tables, row["strings"])


def _check(before: Mapping[str, Pair], changed: Mapping[str, Pair]) -> None:
    known = {name for pair in before.values() for name in guides.placeholders(pair.zh)}
    if not changed:
        raise NothingChanged
    for pair in changed.values():
        if not pair.zh or not pair.en:
            raise Missing(field=N_("the English text") if pair.zh else N_("the Chinese text"))
        zh, en = guides.placeholders(pair.zh), guides.placeholders(pair.en)
        if zh != en or zh - known:
            raise PlaceholdersDiffer(names=", ".join(sorted((zh ^ en) | (zh - known))))
        terms.check(pair)
