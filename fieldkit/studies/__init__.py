"""The built-in studies: guide, scripts, forms, help card and coded values, Chinese and English side by side."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import ascii_lowercase
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


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


@dataclass(frozen=True)
class CardLine:
    """A line of the help card; `verified_on` is empty until somebody rang the number."""

    id: str
    text: Pair
    number: str
    verified_on: str


@dataclass(frozen=True)
class GateText:
    """A gate as the protocol words it (`domain.md` §3.4)."""

    id: str
    level: str
    title: Pair


@dataclass(frozen=True)
class Study:
    """A built-in study."""

    code: str
    title: Pair
    institution: Pair
    place: Pair
    team: Pair
    age_min: int
    age_max: int
    minutes: int
    phone: str
    retention_until: str
    guide: Guide
    scripts: Mapping[str, tuple[Line, ...]]
    forms: tuple[Form, ...]
    card: tuple[CardLine, ...]
    gates: tuple[GateText, ...]
    codes: Mapping[str, Mapping[str, Pair]]
    pseudonyms: tuple[Pair, ...]

    def form_parts(self, doc_kind: str) -> FormParts:
        """Return the string ids of the form *doc_kind*."""
        return _parts(self._form(doc_kind))

    def form_string_ids(self, doc_kind: str) -> list[str]:
        """Return the string ids of a form in their order; its text hash covers all of them."""
        return list(_form_strings(self._form(doc_kind)))

    def strings(self) -> dict[str, Pair]:
        """Return every text of the study under its stable string id, which is also its PO context."""
        texts: dict[str, Pair] = {}
        for section in self.guide.sections:
            texts[f"guide:{section.id}"] = section.title
            for question in self.guide.questions:
                if question.section == section.id:
                    texts[f"guide:{question.id}"] = question.text
                    texts |= {f"guide:{probe.id}": probe.text for probe in question.probes}
        texts |= {line.id: line.text for lines in self.scripts.values() for line in lines}
        for form in self.forms:
            texts |= _form_strings(form)
        return texts | {line.id: line.text for line in self.card}

    def _form(self, doc_kind: str) -> Form:
        return next(form for form in self.forms if form.doc_kind == doc_kind)


def _form_strings(form: Form) -> dict[str, Pair]:
    words = [form.title, *form.read_aloud, *form.teach_back]
    words += [text for item in form.items for text in (item.label, item.sentence)]
    return {f"form:{form.doc_kind}:{number}": text for number, text in enumerate(words, 1)}


def _parts(form: Form) -> FormParts:
    ids = iter(_form_strings(form))
    title = next(ids)
    read_aloud = tuple(next(ids) for _ in form.read_aloud)
    teach_back = tuple(next(ids) for _ in form.teach_back)
    of_items = [(item.code, next(ids), next(ids)) for item in form.items]
    labels = {code: label for code, label, _ in of_items}
    return FormParts(
        title, read_aloud, teach_back, labels, {code: sentence for code, _, sentence in of_items}
    )


@cache
def load_study(name: str = "zhoukou") -> Study:
    """Return the built-in study *name*."""

    def data(file: str) -> dict[str, Any]:
        return tomllib.loads((files(__name__) / name / f"{file}.toml").read_text(encoding="utf-8"))

    facts, guide, scripts = data("study"), data("guide"), data("scripts")
    return Study(
        code=facts["code"],
        title=Pair(**facts["title"]),
        institution=Pair(**facts["institution"]),
        place=Pair(**facts["place"]),
        team=Pair(**facts["team"]),
        age_min=facts["age_min"],
        age_max=facts["age_max"],
        minutes=facts["minutes"],
        phone=facts["phone"],
        retention_until=facts["retention_until"],
        guide=Guide(
            tuple(Section(one["id"], _pair(one)) for one in guide["sections"]),
            tuple(_question(one) for one in guide["questions"]),
        ),
        scripts={script: _script(script, lines) for script, lines in scripts.items()},
        forms=tuple(_form(one) for one in data("forms")["forms"]),
        card=tuple(
            CardLine(f"card:{number}", _pair(one), one["number"], one["verified_on"])
            for number, one in enumerate(data("card")["lines"], 1)
        ),
        gates=tuple(GateText(one["id"], one["level"], _pair(one)) for one in data("gates")["gates"]),
        codes={
            name: {code: Pair(*label) for code, label in labels.items()}
            for name, labels in data("codes").items()
        },
        pseudonyms=tuple(Pair(*one) for one in data("pseudonyms")["names"]),
    )


def _pair(facts: Mapping[str, Any]) -> Pair:
    return Pair(facts["zh"], facts["en"])


def _question(facts: Mapping[str, Any]) -> Question:
    letters = zip(ascii_lowercase, facts["probes"], strict=False)
    probes = tuple(Probe(f"{facts['id']}.{letter}", _pair(one)) for letter, one in letters)
    known = {name: facts[name] for name in ("id", "section", "core", "sens", "ctx")}
    return Question(**known, themes=tuple(facts["themes"]), text=_pair(facts), probes=probes)


def _script(script: str, lines: list[dict[str, Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(f"script:{script}:{number}", _pair(one), one.get("block", 0), one.get("needs", ""))
        for number, one in enumerate(lines, 1)
    )


def _form(facts: Mapping[str, Any]) -> Form:
    items = tuple(
        Item(one["code"], one["necessary"], _pair(one["label"]), _pair(one["sentence"]))
        for one in facts["items"]
    )
    read_aloud = tuple(_pair(one) for one in facts["read_aloud"])
    teach_back = tuple(_pair(one) for one in facts["teach_back"])
    return Form(facts["doc_kind"], facts["version"], _pair(facts["title"]), read_aloud, teach_back, items)
