"""Who is here already, as a roster would name them."""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.store.database import Tables


@dataclass(frozen=True)
class Known:
    """What is kept of a line that was registered; `age_group` is that of the day `registered_on`, an ISO date.

    `hidden`: lists do not show the child.
    """

    code: str
    called: str
    site: str
    sex: str
    phone: str
    given_by: str
    age_group: str
    registered_on: str
    hidden: bool


def known(tables: Tables) -> list[Known]:
    """Return every child whose contact slip is here, those first whom lists show."""
    rows = tables.execute(
        "SELECT p.case_code, coalesce(s.called, ''), p.site, p.sex, coalesce(s.phone, ''), coalesce(s.given_by, ''), "
        "coalesce(p.age_group, ''), coalesce(p.registered_on, ''), coalesce(t.hidden, 0) FROM participants AS p "
        "JOIN slips AS s ON s.subject = p.id LEFT JOIN standings AS t ON t.subject = p.id "
        "ORDER BY coalesce(t.hidden, 0), p.case_code, p.id"
    )
    return [Known(*row) for row in rows]


def emptied(tables: Tables) -> dict[str, int]:
    """Return, by site, how many children were listed whose slip is empty now: nobody can tell any more who they are."""
    rows = tables.execute(
        "SELECT p.site, count(*) FROM participants AS p LEFT JOIN slips AS s ON s.subject = p.id "
        "WHERE coalesce(s.called, '') = '' GROUP BY p.site"
    )
    return dict(rows.fetchall())
