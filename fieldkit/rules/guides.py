"""Words of the guide: hashes, placeholders, and what `{away}` and `{carer}` say in each language."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from fieldkit.records import canonical, digest
from fieldkit.studies import Pair

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

_AWAY = {
    "both_away": Pair("爸爸妈妈", "Mum and Dad"),
    "father_away": Pair("爸爸", "Dad"),
    "mother_away": Pair("妈妈", "Mum"),
}
_CARERS = {
    "father": Pair("爸爸", "your dad"),
    "mother": Pair("妈妈", "your mum"),
    "pgf": Pair("爷爷", "your grandpa"),
    "pgm": Pair("奶奶", "your grandma"),
    "mgf": Pair("姥爷", "your grandpa"),
    "mgm": Pair("姥姥", "your grandma"),
    "sib_adult": Pair("哥哥姐姐", "your big brother or sister"),
    "sib_minor": Pair("哥哥姐姐", "your big brother or sister"),
    "uncle_aunt": Pair("亲戚", "your relatives"),
    "teacher": Pair("老师", "your teacher"),
    "neighbour": Pair("邻居", "your neighbour"),
}
_ANY_AWAY = Pair("家里出门在外的人", "the family away from home")
HURTFUL = frozenset({"parent_dead", "parent_missing", "parent_prison"})  # `domain.md` §4
SENSITIVE, CAREFUL = 2, "careful"  # as `sens` and `ctx` of a question
ANY_CARER = Pair("照顾你的大人", "the grown-up who looks after you")


def text_hash(pair: Pair) -> str:
    """Return BLAKE2b-256 of canonical `{en, zh}`: what an interview and a form keep of their words."""
    return digest(canonical({"en": pair.en, "zh": pair.zh}))


def form_hash(texts: Mapping[str, Pair]) -> str:
    """Return the hash of a form version: over its string ids and the hashes of their texts."""
    return digest(canonical({code: text_hash(pair) for code, pair in texts.items()}))


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def sentences(pair: Pair) -> list[Pair]:
    """Return *pair* sentence by sentence; whole, where the two languages do not break in the same places."""
    zh = [one for one in re.split(r"(?<=[。？！])", pair.zh) if one]
    en = re.split(r"(?<=[.?!]) ", pair.en)
    return [Pair(*both) for both in zip(zh, en, strict=True)] if len(zh) == len(en) else [pair]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with its placeholders filled; one without a value stays visible as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def fill_pair(pair: Pair, values: Mapping[str, Pair]) -> Pair:
    """Return *pair* with each language filled by its own values."""
    return Pair(
        fill(pair.zh, {name: value.zh for name, value in values.items()}),
        fill(pair.en, {name: value.en for name, value in values.items()}),
    )


def placeholder_problems(pair: Pair) -> frozenset[str]:
    """Return the names in braces that stand in one language only (V43)."""
    return placeholders(pair.zh) ^ placeholders(pair.en)


def away_name(migration: str) -> Pair:
    """Return what `{away}` says for a code of `migration`; never the word for the children themselves."""
    return _AWAY.get(migration, _ANY_AWAY)


def carer_name(relation: str) -> Pair:
    """Return what `{carer}` says for a code of `relation`, in a word that a child uses."""
    return _CARERS.get(relation, ANY_CARER)


def waits(sens: int, *, careful: bool, context: Collection[str], listened: bool, upset: bool) -> str:
    """Return why a question is better not asked now: `context`, `overheard` or `upset`; empty where it may be.

    *context*: codes of `sensitive_ctx` of the family. The question can be opened all the same.
    """
    if careful and HURTFUL & set(context):
        return "context"
    if sens == SENSITIVE and listened:
        return "overheard"
    return "upset" if sens == SENSITIVE and upset else ""
