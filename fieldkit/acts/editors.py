"""Editors: a record as a page opens it, so that nobody overwrites what he did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldkit.records import Value
from fieldkit.store import log, machine, merge
from fieldkit.store.database import Tables


@dataclass(frozen=True)
class Version:
    """What one person wrote where another wrote something different, neither having seen the other."""

    value: Value
    author: str


@dataclass(frozen=True)
class Opened:
    """What an edit of a record goes over, and per field the versions between which somebody has to decide."""

    base: str = "{}"
    versions: Mapping[str, Sequence[Version]] = field(default_factory=dict)


def opened(tables: Tables, record: str) -> Opened:
    """Return *record* as an editor that is opened at this moment finds it."""
    standing = log.standing_of(tables, record)
    heads = {name: ones for name, ones in merge.heads(standing).items() if merge.disagree(ones, name)}
    users = machine.everybody(tables).users if heads else {}
    names = {code: user.name for code, user in users.items()}
    versions = {
        name: [Version(one.set[name], names.get(one.author, one.author)) for one in ones]
        for name, ones in heads.items()
    }
    return Opened(log.encode_base(standing), versions)
