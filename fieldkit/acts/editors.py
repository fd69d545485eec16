"""Editors: a record as a page opens it, so that nobody overwrites what he did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldkit.records import Value
from fieldkit.store import decisions, log, machine, merge
from fieldkit.store.database import Tables


@dataclass(frozen=True)
class Version:
    """What one person wrote where another wrote something different, neither having seen the other.

    `kept`: why a coordinator let all versions stand, as a code of `reason_conflict`; empty while it waits.
    """

    value: Value
    author: str
    kept: str = ""


@dataclass(frozen=True)
class Opened:
    """What an edit of a record goes over, and per field the versions between which somebody has to decide."""

    base: str = "{}"
    versions: Mapping[str, Sequence[Version]] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Tell whether some field waits for a decision."""
        return any(undecided(ones) for ones in self.versions.values())


def undecided(versions: Sequence[Version]) -> bool:
    """Tell whether somebody has to decide between *versions*: not where a coordinator let them all stand."""
    return bool(versions) and not versions[0].kept


def opened(tables: Tables, record: str) -> Opened:
    """Return *record* as an editor that is opened at this moment finds it."""
    standing = log.standing_of(tables, record)
    heads = merge.disputed(merge.heads(standing))
    kept = decisions.reasons(tables, record) if heads else {}
    users = machine.everybody(tables).users if heads else {}
    names = {code: user.name for code, user in users.items()}
    versions = {
        name: [
            Version(one.set[name], names.get(one.author, one.author), decisions.why(kept, name, ones)) for one in ones
        ]
        for name, ones in heads.items()
    }
    return Opened(log.encode_base(standing), versions)
