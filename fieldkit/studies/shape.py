"""What a built-in study is made of: typed, frozen, every text in both languages and under its own string id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fieldkit.i18n import EN


class Pair(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    def said(self, locale: str) -> str:
        """Return the side in *locale*; the other one where it is missing."""
        return (self.en or self.zh) if locale == EN else (self.zh or self.en)


@dataclass(frozen=True)
class Section:
    """A section of the guide."""

    id: str
    title: Pair


@dataclass(frozen=True)
class Probe:
    """A probe: `P4.a`; letters follow the order of the guide and are never given anew."""

    id: str
    text: Pair


@dataclass(frozen=True)
class Question:
    """A question. `sens` 0 none, 1 tender, 2 not asked when overheard; `ctx` "careful" needs thought beforehand."""

    id: str
    section: str
    core: bool
    sens: int
    ctx: str
    themes: tuple[str, ...]
    text: Pair
    probes: tuple[Probe, ...]


@dataclass(frozen=True)
class Guide:
    """The interview guide in its order."""

    sections: tuple[Section, ...]
    questions: tuple[Question, ...]

    def asked_in(self, section: str) -> tuple[Question, ...]:
        """Return the questions of *section* in their order."""
        return tuple(question for question in self.questions if question.section == section)


@dataclass(frozen=True)
class Line:
    """One line of a script; `block` 1-3 in the opening, `needs` the consent item without which it is not said."""

    id: str
    text: Pair
    block: int = 0
    needs: str = ""


@dataclass(frozen=True)
class Item:
    """A consent item of a form: label, sentence read aloud, and whether an interview needs a yes to it."""

    code: str
    necessary: bool
    label: Pair
    sentence: Pair


@dataclass(frozen=True)
class Form:
    """A consent or assent form of one version."""

    doc_kind: str
    version: str
    title: Pair
    read_aloud: tuple[Pair, ...]
    teach_back: tuple[Pair, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class FormParts:
    """The string ids of a form's parts: `form:<doc_kind>:<n>`, numbered through."""

    title: str
    read_aloud: tuple[str, ...]
    teach_back: tuple[str, ...]
    labels: Mapping[str, str]
    sentences: Mapping[str, str]

    def part_of(self, string_id: str) -> str:
        """Return which part a string of this form is: the name of the field of this class that holds it."""
        held = {"title": [self.title], "read_aloud": self.read_aloud, "teach_back": self.teach_back}
        held |= {"labels": [*self.labels.values()], "sentences": [*self.sentences.values()]}
        return next(name for name, ids in held.items() if string_id in ids)


@dataclass(frozen=True)
class CardLine:
    """A line of the help card; `verified_on` is empty until somebody rang the number, `rung` false for 110 and 120.

    A line that is not `needed` does not exist everywhere: a site may leave it empty.
    """

    id: str
    text: Pair
    number: str
    verified_on: str
    rung: bool = True
    needed: bool = True


@dataclass(frozen=True)
class Fact:
    """What the coordinator has to enter or decide before a gate opens; `choices` names a table of codes.

    `noted`: kept for the people who follow it; no rule of the program looks at it.
    """

    code: str
    kind: str
    gate: str
    needed: bool
    text: Pair
    source: Pair
    choices: str = ""
    noted: bool = False


@dataclass(frozen=True)
class GateText:
    """A gate as the protocol words it (`domain.md` §3.4)."""

    id: str
    level: str
    title: Pair


@dataclass(frozen=True)
class Term:
    """A word as this field says it; one that is not `child_ok` never stands where the family can see it.

    `blocked`: what of it is refused there, in every spelling.
    """

    key: str
    text: Pair
    note: str
    child_ok: bool
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kin:
    """What a relative is called in the dialect, and who that is."""

    said: str
    meaning: Pair


@dataclass(frozen=True)
class Study:
    """A built-in study."""

    code: str
    title: Pair
    institution: Pair
    place: Pair
    team_size: str
    age_min: int
    age_max: int
    minutes: int
    phone: str
    retention_until: str
    guide: Guide
    scripts: Mapping[str, tuple[Line, ...]]
    forms: tuple[Form, ...]
    card: tuple[CardLine, ...]
    words_to_say: tuple[str, ...]
    gates: tuple[GateText, ...]
    readiness: tuple[Fact, ...]
    codes: Mapping[str, Mapping[str, Pair]]
    glossary: tuple[Term, ...]
    pseudonyms: tuple[Pair, ...]
    gendered: Mapping[str, str]
    kin: tuple[Kin, ...]

    def form_parts(self, doc_kind: str) -> FormParts:
        """Return the string ids of the form *doc_kind*."""
        form = self._form(doc_kind)
        return form_parts(list(_form_strings(form)), [item.code for item in form.items], len(form.teach_back))

    def form_string_ids(self, doc_kind: str) -> list[str]:
        """Return the string ids of a form in their order; its text hash covers all of them."""
        return list(_form_strings(self._form(doc_kind)))

    def strings(self) -> dict[str, Pair]:
        """Return every text of the study under its stable string id, which is also its PO context."""
        texts = _guide_strings(self.guide)
        texts |= {line.id: line.text for lines in self.scripts.values() for line in lines}
        for form in self.forms:
            texts |= _form_strings(form)
        return texts | {line.id: line.text for line in self.card}

    def _form(self, doc_kind: str) -> Form:
        return next(form for form in self.forms if form.doc_kind == doc_kind)


def _guide_strings(guide: Guide) -> dict[str, Pair]:
    texts: dict[str, Pair] = {}
    for section in guide.sections:
        texts[f"guide:{section.id}"] = section.title
        for question in guide.asked_in(section.id):
            texts[f"guide:{question.id}"] = question.text
            texts |= {f"guide:{probe.id}": probe.text for probe in question.probes}
    return texts


def _form_strings(form: Form) -> dict[str, Pair]:
    words = [form.title, *form.read_aloud, *form.teach_back]
    words += [text for item in form.items for text in (item.label, item.sentence)]
    return {f"form:{form.doc_kind}:{number}": text for number, text in enumerate(words, 1)}


def form_parts(string_ids: Sequence[str], items: Sequence[str], asked_back: int) -> FormParts:
    """Return which of a form's strings, in their order, is which part: the last two for each item, a title first.

    *asked_back*: how many teach-back questions stand before the items; no version of a form changes that.
    """
    first = len(string_ids) - 2 * len(items)
    labels = dict(zip(items, string_ids[first::2], strict=True))
    sentences = dict(zip(items, string_ids[first + 1 :: 2], strict=True))
    told, back = string_ids[1 : first - asked_back], string_ids[first - asked_back : first]
    return FormParts(string_ids[0], tuple(told), tuple(back), labels, sentences)
