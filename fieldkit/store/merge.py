"""From changes to state: pure functions, the same for one change typed here and ten thousand that arrive.

Equal sets of changes give equal state, whatever their order, duplication or batching (`design.md` §3).
`tests/store/test_merge.py` holds the model that this was written to match.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from fieldkit.records import Change, Value

Heads = dict[str, list[Change]]


@dataclass(frozen=True)
class Shown:
    """What a record says: the displayed value of each field, and whether people disagree about one."""

    values: Mapping[str, Value]
    conflict: bool
    subject: str | None
    session: str | None


def heads(changes: Iterable[Change]) -> Heads:
    """Return, per field, the changes that set it and that no other change names in `over`; the highest last."""
    changes = sorted(changes, key=_rank)
    named = {(field, one) for change in changes for field, ids in change.over.items() for one in ids}
    found: Heads = {}
    for change in changes:
        for field in change.set:
            if (field, change.id) not in named:
                found.setdefault(field, []).append(change)
    return found


def show(changes: Collection[Change]) -> Shown | None:
    """Return what *changes*, all of one record, amount to; None where none is left."""
    if not changes:
        return None
    standing = heads(changes)
    first = min(changes, key=_rank)
    return Shown(
        values={field: ones[-1].set[field] for field, ones in standing.items()},
        conflict=any(disagree(ones, field) for field, ones in standing.items()),
        subject=first.subject,
        session=first.session,
    )


def disagree(ones: list[Change], field: str) -> bool:
    """Tell whether several heads of *field* hold different values."""
    return any(change.set[field] != ones[0].set[field] for change in ones[1:])


def usable(changes: Iterable[Change], held: Callable[[Change], bool], immutable: bool) -> list[Change]:
    """Return the changes that count: not held, and for an immutable record only the one it is named after."""
    return [change for change in changes if not held(change) and not (immutable and change.id != change.record)]


def _rank(change: Change) -> tuple[int, str]:
    return (change.tick, change.id)
