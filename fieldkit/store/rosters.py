"""Who is here already, as a roster would name them."""

from __future__ import annotations

from fieldkit.store.database import Tables

Known = tuple[str, str, str, str, str]


def known(tables: Tables) -> set[Known]:
    """Return (called, site, sex, age group, phone) of every child whose contact slip is here."""
    rows = tables.execute(
        "SELECT coalesce(s.called, ''), p.site, p.sex, p.age_group, coalesce(s.phone, '') "
        "FROM participants AS p JOIN slips AS s ON s.subject = p.id"
    )
    return set(rows.fetchall())
