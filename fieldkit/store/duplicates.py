"""Records of children that are linked as one child, and pairs about which somebody has decided."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from fieldkit.records import Change, natural_id
from fieldkit.store.database import Tables

KIND = "same_child"
Row = dict[str, Any]


def record(one: str, other: str) -> str:
    """Return the record about two children: made on two machines, in whichever direction, it is one."""
    return natural_id(KIND, *sorted((one, other)))


def beside(tables: Tables, subject: str) -> list[str]:
    """Return the other records of the child whom *subject* means; none for nearly every child."""
    return [one for one in groups(tables).get(subject, ()) if one != subject]


def whole(tables: Tables, subject: str) -> tuple[str, ...]:
    """Return all records of the child whom *subject* means, the first one first."""
    return groups(tables).get(subject, (subject,))


def named(changes: Iterable[Change]) -> set[str]:
    """Return the children of whom *changes* say whether they are one."""
    said = [change.set for change in changes if change.kind == KIND]
    return {str(one[name]) for one in said for name in ("first", "second") if name in one}


def groups(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Return, for each record that is linked, all records of that child; the one that was first written down first."""
    found: dict[str, frozenset[str]] = {}
    for pair in tables.execute("SELECT first, second FROM linked_children"):
        joined = frozenset(pair).union(*(found.get(one, frozenset()) for one in pair))
        found |= dict.fromkeys(joined, joined)
    return {one: in_order(tables, *joined) for one, joined in found.items()}


def linked_to(tables: Tables, subject: str) -> list[str]:
    """Return the records with which somebody linked this one, not through a third."""
    rows = tables.execute(
        "SELECT second FROM linked_children WHERE first = :one UNION SELECT first FROM linked_children "
        "WHERE second = :one",
        {"one": subject},
    )
    return [row[0] for row in rows]


def in_order(tables: Tables, *subjects: str) -> tuple[str, ...]:
    """Return *subjects* as they were first written down: by ticks and ids, the same everywhere; no clock is asked."""
    rows = tables.execute(
        "SELECT record, min(tick) FROM changes WHERE kind = 'participant' "
        "AND record IN (SELECT value FROM json_each(?)) GROUP BY record",
        [json.dumps(subjects)],
    )
    ticks = dict(rows.fetchall())
    return tuple(sorted(subjects, key=lambda one: (ticks.get(one, _GONE), one)))


_GONE = 2**53  # of a child who is gone nobody knows when it was written down


def folded(tables: Tables) -> set[str]:
    """Return the records that lists show under another one: of each child all but the first."""
    return {one for group in groups(tables).values() for one in group[1:]}


def settled(tables: Tables) -> set[frozenset[str]]:
    """Return the pairs about which somebody has decided, and nobody else the contrary."""
    open_ones = {row["id"] for row in disputed(tables)}
    rows = tables.execute("SELECT id, first, second FROM same_children").fetchall()
    return {frozenset((first, second)) for id_, first, second in rows if id_ not in open_ones}


def disputed(tables: Tables) -> list[Row]:
    """Return the pairs that somebody linked and somebody else, who did not know of it, kept apart."""
    rows = tables.query(
        "SELECT s.* FROM same_children AS s WHERE s.conflict AND (SELECT count(DISTINCT "
        "json_extract(c.body, '$.set.state')) FROM heads AS h CROSS JOIN changes AS c ON c.id = h.change "
        "WHERE h.record = s.id AND h.field = 'state') > 1 ORDER BY s.id"
    )
    return [dict(one) for one in rows]


def of_one_code(tables: Tables) -> list[list[str]]:
    """Return the children who have one case code and are not known to be one, who keeps it first: the lesser id.

    Hidden children keep theirs as well.
    """
    rows = tables.execute(
        "SELECT case_code, id FROM participants WHERE case_code IN "
        "(SELECT case_code FROM participants GROUP BY case_code HAVING count(*) > 1) ORDER BY case_code, id"
    )
    found, linked = dict[str, list[str]](), groups(tables)
    for code, subject in rows.fetchall():
        known = found.setdefault(code, [])
        if not set(known) & set(linked.get(subject, ())):
            known.append(subject)
    return [children for children in found.values() if len(children) > 1]
