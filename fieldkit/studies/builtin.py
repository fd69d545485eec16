"""Read a built-in study from its TOML files, which lie in the package beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import ascii_lowercase
from typing import Any

from fieldkit.studies.shape import (
    CardLine,
    Fact,
    Form,
    GateText,
    Guide,
    Item,
    Kin,
    Line,
    Pair,
    Probe,
    Question,
    Section,
    Study,
    Term,
)

Facts = Mapping[str, Any]  # one table of a TOML file


@cache
def load_study(name: str = "zhoukou") -> Study:
    """Return the built-in study *name*."""

    def data(file: str) -> dict[str, Any]:
        return tomllib.loads((files("fieldkit.studies") / name / f"{file}.toml").read_text(encoding="utf-8"))

    card = data("card")
    return Study(
        **_facts(data("study")),
        guide=_guide(data("guide")),
        scripts={script: _script(script, lines) for script, lines in data("scripts").items()},
        forms=tuple(_form(one) for one in data("forms")["forms"]),
        card=tuple(_card_line(number, one) for number, one in enumerate(card["lines"], 1)),
        words_to_say=tuple(card["words_to_say"]),
        gates=tuple(GateText(one["id"], one["level"], _pair(one)) for one in data("gates")["gates"]),
        readiness=tuple(_fact(one) for one in data("readiness")["facts"]),
        codes={codes: _labels(labels) for codes, labels in data("codes").items()},
        glossary=tuple(_term(key, one) for key, one in data("glossary").items()),
        pseudonyms=tuple(Pair(*one) for one in data("pseudonyms")["names"]),
        gendered=data("pseudonyms")["gendered"],
        kin=tuple(Kin(one["said"], _pair(one)) for one in data("kin")["terms"]),
    )


def _facts(facts: Facts) -> dict[str, Any]:
    return {name: _pair(fact) if isinstance(fact, dict) else fact for name, fact in facts.items()}


def _pair(facts: Facts) -> Pair:
    return Pair(facts["zh"], facts["en"])


def _pairs(texts: list[Facts]) -> tuple[Pair, ...]:
    return tuple(_pair(one) for one in texts)


def _guide(facts: Facts) -> Guide:
    sections = tuple(Section(one["id"], _pair(one)) for one in facts["sections"])
    return Guide(sections, tuple(_question(one) for one in facts["questions"]))


def _question(facts: Facts) -> Question:
    letters = zip(ascii_lowercase, facts["probes"], strict=False)
    probes = tuple(Probe(f"{facts['id']}.{letter}", _pair(one)) for letter, one in letters)
    known = {name: facts[name] for name in ("id", "section", "core", "sens", "ctx")}
    return Question(**known, themes=tuple(facts["themes"]), text=_pair(facts), probes=probes)


def _script(script: str, lines: list[Facts]) -> tuple[Line, ...]:
    return tuple(
        Line(f"script:{script}:{number}", _pair(one), one.get("block", 0), one.get("needs", ""))
        for number, one in enumerate(lines, 1)
    )


def _form(facts: Facts) -> Form:
    return Form(
        doc_kind=facts["doc_kind"],
        version=facts["version"],
        title=_pair(facts["title"]),
        read_aloud=_pairs(facts["read_aloud"]),
        teach_back=_pairs(facts["teach_back"]),
        items=tuple(_item(one) for one in facts["items"]),
    )


def _item(facts: Facts) -> Item:
    return Item(facts["code"], facts["necessary"], _pair(facts["label"]), _pair(facts["sentence"]))


def _card_line(number: int, facts: Facts) -> CardLine:
    flags = {name: facts[name] for name in ("rung", "needed") if name in facts}
    return CardLine(f"card:{number}", _pair(facts), facts["number"], facts["verified_on"], **flags)


def _fact(facts: Facts) -> Fact:
    known = {name: facts[name] for name in ("code", "kind", "gate", "needed", "choices", "noted") if name in facts}
    return Fact(text=_pair(facts), source=_pair(facts["source"]), **known)


def _labels(labels: Facts) -> dict[str, Pair]:
    return {code: Pair(*label) for code, label in labels.items()}


def _term(key: str, facts: Facts) -> Term:
    return Term(key, _pair(facts), facts.get("note", ""), facts.get("child_ok", True), tuple(facts.get("blocked", ())))
