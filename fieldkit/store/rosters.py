"""Who is here already, as a roster would name them."""

from __future__ import annotations

from fieldkit.store.database import Tables

Known = tuple[str, str, str, str]


def known(tables: Tables) -> set[Known]:
    """Return (called, site, sex, phone) of every child whose contact slip is here; birthdays change none of it."""
    rows = tables.execute(
        "SELECT coalesce(s.called, ''), p.site, p.sex, coalesce(s.phone, '') "
        "FROM participants AS p JOIN slips AS s ON s.subject = p.id"
    )
    return set(rows.fetchall())


def emptied(tables: Tables) -> dict[str, int]:
    """Return, by site, how many children were listed whose slip is empty now: nobody can tell any more who they are."""
    rows = tables.execute(
        "SELECT p.site, count(*) FROM participants AS p LEFT JOIN slips AS s ON s.subject = p.id "
        "WHERE coalesce(s.called, '') = '' GROUP BY p.site"
    )
    return dict(rows.fetchall())
