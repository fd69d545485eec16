"""Take a contact slip out of log and state: its words must not outlive a refusal (`domain.md` §1.8).

What was never sealed is deleted; of what was, the words go here, and the sealed block keeps them until an erase order.
"""

from __future__ import annotations

from dataclasses import replace

from fieldkit.records import KINDS
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen

NOTHING: dict[str, None] = dict.fromkeys(KINDS["slip"].fields)


def purge(tables: Tables, pen: Pen, subject: str) -> bool:
    """Remove the words of the child's slip; tell whether there were any. An empty change replaces them everywhere."""
    row = people.row(tables, "slips", "subject = ?", subject)
    if row is None or not (row["called"] or row["phone"] or row["given_by"]):
        return False
    old = log.of_record(tables, row["id"])
    for change in old:
        blank = replace(change, set=dict.fromkeys(change.set)).encoded()
        tables.execute("DELETE FROM changes WHERE id = ? AND block IS NULL", [change.id])
        tables.execute("UPDATE changes SET body = ? WHERE id = ?", [blank, change.id])
    over = dict.fromkeys(NOTHING, tuple(change.id for change in old))
    log.append(tables, pen, Draft("slip", NOTHING, record=row["id"], subject=subject, over=over))
    return True


def waiting(tables: Tables) -> list[tuple[str, str]]:
    """Return (subject, registered_on) of every child with a slip and without a name: nobody has consented yet."""
    return tables.execute(
        "SELECT p.id, p.registered_on FROM participants AS p JOIN slips AS s ON s.subject = p.id "
        "WHERE p.id NOT IN (SELECT subject FROM identities) AND coalesce(s.called, s.phone, s.given_by) IS NOT NULL"
    ).fetchall()
