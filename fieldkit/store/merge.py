"""From changes to state: pure functions, the same for one change typed here and ten thousand that arrive.

Equal sets of changes give equal state, whatever their order, duplication or batching (`design.md` §3).
`tests/store/test_merge.py` holds the model that this was written to match.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from fieldkit.records import Change, Value

Heads = dict[str, list[Change]]
Decided = Collection[tuple[str, frozenset[str]]]  # a field, and the heads of it that may all stand
AGREED, DISPUTED, LET_STAND = 0, 1, 2


@dataclass(frozen=True)
class Shown:
    """What a record says: the displayed value of each field, and whether people disagree about one.

    `conflict`: AGREED, DISPUTED, or LET_STAND where a coordinator keeps all versions of whatever is disputed.
    """

    values: Mapping[str, Value]
    conflict: int
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


def line(changes: Iterable[Change], field: str) -> list[Change]:
    """Return the change that *field* shows, and before it, one by one, those whose place each came to take.

    Where one took the place of several the line goes on with the one that says the same, if there is one.
    """
    known = {change.id: change for change in changes if field in change.set}
    found = heads(known.values()).get(field, [])[-1:]
    while found:
        named = [known[one] for one in found[0].over.get(field, ()) if one in known]
        same = [change for change in named if change.set[field] == found[0].set[field]]
        before = named if len(named) == 1 else same[:1]
        if not before:
            break
        found = [*before, *found]
    return found


def show(changes: Collection[Change], kept: Decided = ()) -> Shown | None:
    """Return what *changes*, all of one record, amount to; None where none is left. *kept*: what may stand twice."""
    live = [change for change in changes if change.set]
    if not live:
        return None
    standing = heads(changes)
    first = min(live, key=_rank)
    return Shown(
        values={field: ones[-1].set[field] for field, ones in standing.items()},
        conflict=_dispute(standing, kept),
        subject=first.subject,
        session=first.session,
    )


def amounts_to(
    changes: Collection[Change], held: Callable[[Change], bool], kept: Decided, *, immutable: bool
) -> Shown | None:
    """Return what *changes*, all of one record, amount to: what counts of them, and what was decided about it."""
    return show(usable(changes, held, immutable), kept)


def _dispute(standing: Heads, kept: Decided) -> int:
    apart = [(field, frozenset(one.id for one in ones)) for field, ones in disputed(standing).items()]
    if not apart:
        return AGREED
    return LET_STAND if all(one in kept for one in apart) else DISPUTED


def disputed(standing: Heads) -> Heads:
    """Return, of the heads of a record, the fields of which people wrote different things."""
    return {field: ones for field, ones in standing.items() if disagree(ones, field)}


def disagree(ones: list[Change], field: str) -> bool:
    """Tell whether several heads of *field* hold different values."""
    return any(change.set[field] != ones[0].set[field] for change in ones[1:])


def usable(changes: Iterable[Change], held: Callable[[Change], bool], immutable: bool) -> list[Change]:
    """Return the changes that count: not held, and for an immutable record only the one it is named after.

    Stubs of erased changes, which set nothing, are among them: they go on replacing. What was written over an erased
    change may repeat its words and is suspended.
    """
    changes = list(changes)
    waiting = suspended(changes)
    return [
        change
        for change in changes
        if not change.set or not (change.id in waiting or held(change) or (immutable and change.id != change.record))
    ]


def suspended(changes: Collection[Change]) -> set[str]:
    """Return the ids of what reaches an erased change through `over`: a person looks at it before it counts again."""
    gone = {change.id for change in changes if not change.set}
    reached: set[str] = set()
    for change in sorted(changes, key=_rank):  # what a change names was written before it: its tick is lower
        if change.set and any(one in gone or one in reached for ids in change.over.values() for one in ids):
            reached.add(change.id)
    return reached


def _rank(change: Change) -> tuple[int, str]:
    return (change.tick, change.id)
