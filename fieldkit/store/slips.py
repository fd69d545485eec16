"""The contact slip in the store: which ones still hold words, and how the words go (`domain.md` §1.8)."""

from __future__ import annotations

from dataclasses import replace

from fieldkit.records import KINDS, Change
from fieldkit.store import log
from fieldkit.store.database import Tables, rewrite_pages
from fieldkit.store.log import Draft, Pen

_FIELDS = tuple(KINDS["slip"].fields)


def written(tables: Tables) -> list[tuple[str, str, bool]]:
    """Return (child, registered on, emptied elsewhere) for every child of whose slip the log still holds words."""
    rows = tables.execute(
        "SELECT p.id, p.registered_on, NOT EXISTS (SELECT 1 FROM slips AS s WHERE s.subject = p.id "
        "AND coalesce(s.called, s.phone, s.given_by) IS NOT NULL) FROM participants AS p WHERE EXISTS ("
        "SELECT 1 FROM changes AS c, json_each(c.body, '$.set') AS said WHERE c.kind = 'slip' AND c.subject = p.id "
        "AND said.value <> '') ORDER BY p.id"
    )
    return [(subject, day or "", bool(emptied)) for subject, day, emptied in rows]


def held_at(tables: Tables, site: str) -> list[tuple[str, str, str, str]]:
    """Return (child, case code, called, phone) of every child of *site* that lists show and whose slip is here."""
    rows = tables.execute(
        "SELECT p.id, p.case_code, coalesce(s.called, ''), coalesce(s.phone, '') FROM participants AS p "
        "JOIN slips AS s ON s.subject = p.id LEFT JOIN standings AS t ON t.subject = p.id "
        "WHERE p.site = ? AND coalesce(t.hidden, 0) = 0 ORDER BY p.case_code, p.id",
        [site],
    )
    return rows.fetchall()


def purge(tables: Tables, pen: Pen, subject: str) -> bool:
    """Take the words of *subject*'s contact slip out of log and state; tell whether there were any.

    What was never sealed is deleted. What was sealed keeps its row, without the words: other machines know its id. A
    change over all of them says that the slip is empty, so that a copy which comes back from elsewhere changes nothing.
    """
    rows = tables.execute("SELECT DISTINCT record FROM changes WHERE kind = 'slip' AND subject = ?", [subject])
    return sum(_empty(tables, pen, subject, record) for (record,) in rows.fetchall()) > 0


def _empty(tables: Tables, pen: Pen, subject: str, record: str) -> bool:
    changes = log.of_record(tables, record)
    spoken = [one for one in changes if any(one.set.values())]
    if not spoken:
        return False
    over = {name: [one.id for one in changes if name in one.set] for name in _FIELDS}
    rewrite_pages(tables)
    for one in spoken:
        _silence(tables, one)
    log.append(tables, pen, Draft("slip", dict.fromkeys(_FIELDS), record=record, subject=subject, over=over))
    return True


def _silence(tables: Tables, one: Change) -> None:
    tables.execute("DELETE FROM changes WHERE id = ? AND block IS NULL", [one.id])
    body = replace(one, set=dict.fromkeys(one.set)).encoded()
    tables.execute("UPDATE changes SET body = ? WHERE id = ?", [body, one.id])
