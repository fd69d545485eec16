"""What the coordinator asked teams to do, what came of it, and what was taken off the lists."""

from __future__ import annotations

from fieldkit.store.database import Tables
from fieldkit.store.people import Row


def items(tables: Tables) -> list[Row]:
    """Return every item with its `team` and the child's `case_code`, the first due first; no hidden children."""
    rows = tables.query(
        "SELECT w.*, substr(c.drawer, 10) AS team, p.case_code FROM work_items AS w "
        "CROSS JOIN changes AS c ON c.id = w.id JOIN participants AS p ON p.id = w.subject "
        "LEFT JOIN standings AS s ON s.subject = w.subject WHERE coalesce(s.hidden, 0) = 0 "
        "ORDER BY w.due, p.case_code, w.id"
    )
    return list(rows)


def ticks(tables: Tables) -> dict[str, list[Row]]:
    """Return, by item, what came of it, and who wrote that."""
    return _by_item(tables, "SELECT t.*, c.author FROM work_ticks AS t CROSS JOIN changes AS c ON c.id = t.id")


def removals(tables: Tables) -> dict[str, list[Row]]:
    """Return, by item, that it was taken off, and by whom."""
    return _by_item(tables, "SELECT t.*, c.author FROM work_removals AS t CROSS JOIN changes AS c ON c.id = t.id")


def _by_item(tables: Tables, asked: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in tables.query(f"{asked} ORDER BY t.id"):
        found.setdefault(row["item"], []).append(row)
    return found
