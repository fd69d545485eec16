"""Words of the guide: hashes, placeholders, and what `{away}` and `{carer}` say in each language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fieldkit.records import canonical, digest
from fieldkit.studies import Pair, load_study

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

_AWAY = {
    "both_away": Pair("爸爸妈妈", "Mum and Dad"),
    "father_away": Pair("爸爸", "Dad"),
    "mother_away": Pair("妈妈", "Mum"),
}
_CARERS_EN = {
    "father": "your dad",
    "mother": "your mum",
    "pgf": "your grandpa",
    "pgm": "your grandma",
    "mgf": "your grandpa",
    "mgm": "your grandma",
    "uncle_aunt": "your uncle or aunt",
    "teacher": "your teacher",
    "neighbour": "your neighbour",
}
_CARERS_ZH = {"father": "爸爸", "mother": "妈妈", "mgm": "姥姥", "uncle_aunt": "叔叔阿姨"}


def text_hash(pair: Pair) -> str:
    """Return BLAKE2b-256 of canonical `{en, zh}`: what an interview and a form keep of their words."""
    return digest(canonical({"en": pair.en, "zh": pair.zh}))


def form_hash(texts: Mapping[str, Pair]) -> str:
    """Return the hash of a form version: over its string ids and the hashes of their texts."""
    return digest(canonical({code: text_hash(pair) for code, pair in texts.items()}))


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with its placeholders filled; one without a value stays visible as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def fill_pair(pair: Pair, values: Mapping[str, Pair]) -> Pair:
    """Return *pair* with each language filled by its own values."""
    return Pair(
        fill(pair.zh, {name: value.zh for name, value in values.items()}),
        fill(pair.en, {name: value.en for name, value in values.items()}),
    )


def away_name(migration: str) -> Pair:
    """Return what `{away}` says for a migration code; never the word for the children themselves."""
    return _AWAY.get(migration, Pair("在外地的家人", "the family who are away"))


def carer_name(relation: str) -> Pair:
    """Return what `{carer}` says for a relation code."""
    label = load_study().codes["relation"].get(relation)
    if label is None or relation in {"self", "other"}:
        return Pair("照护你的大人", "the grown-up who looks after you")
    return Pair(_CARERS_ZH.get(relation, label.zh), _CARERS_EN.get(relation, f"your {label.en.lower()}"))
