"""The cells of the quota, and of which children an interview is here that may not be used."""

from __future__ import annotations

from fieldkit.store import duplicates, people
from fieldkit.store.database import Tables
from fieldkit.store.people import Row


def cells(tables: Tables) -> list[Row]:
    """Return every cell that was ever on the board, in a fixed order."""
    return list(tables.query("SELECT * FROM quota_cells ORDER BY site, lbc_group, sex, age_band"))


def with_held_interviews(tables: Tables) -> set[str]:
    """Return the children of whom an interview arrived without a valid pair of consents and waits for it."""
    rows = tables.execute(
        "SELECT DISTINCT subject FROM changes INDEXED BY changes_interviews "
        "WHERE kind = 'interview' AND record NOT IN (SELECT id FROM interviews)"
    )
    return {row[0] for row in rows}


def withdrawn(tables: Tables) -> list[Row]:
    """Return what a tombstone keeps of every child who withdrew, deleted or not; who is known twice once.

    Of the records of one child that with the lesser id speaks: when they were written down is gone with them.
    """
    said = {row["id"]: row for row in people.hidden(tables)}
    said |= {row["subject"]: row for row in people.tombstones(tables)}
    groups = duplicates.groups(tables)
    return [row for subject, row in said.items() if subject == min(said.keys() & {subject, *groups.get(subject, ())})]
