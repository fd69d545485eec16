"""Visits in the store, and the names that a note about one should not hold."""

from __future__ import annotations

import json

from fieldkit.rules.visits import NO_GUARDIANS, RefusedVisit
from fieldkit.store.database import Tables
from fieldkit.store.people import Row


def of(tables: Tables, subject: str) -> list[Row]:
    """Return the visits of a child, the newest first."""
    rows = tables.query(
        "SELECT v.*, (SELECT max(a.whose) FROM visit_answers AS a WHERE a.visit = v.id) AS whose "
        "FROM visits AS v JOIN changes AS c ON c.id = v.id WHERE v.subject = ? ORDER BY c.tick DESC, v.id",
        [subject],
    )
    return [dict(one) for one in rows]


def refusals(tables: Tables) -> dict[str, list[RefusedVisit]]:
    """Return by child the visits that ended with a refusal, without those that somebody has answered for since.

    That the no was of nobody who decides is an answer: it is counted among the reasons for not taking part.
    """
    rows = tables.execute(  # 'refused' is not bound: the index holds only such visits
        "SELECT v.subject, v.id, v.day FROM visits AS v WHERE v.outcome = 'refused' "
        "AND NOT EXISTS (SELECT 1 FROM visit_answers AS a WHERE a.visit = v.id) "
        "AND NOT EXISTS (SELECT 1 FROM nonparticipations AS n WHERE n.subject = v.subject AND n.day >= v.day "
        "AND n.reason IN (SELECT value FROM json_each(?))) ORDER BY v.id",
        [json.dumps(NO_GUARDIANS)],
    )
    found: dict[str, list[RefusedVisit]] = {}
    for subject, id_, day in rows:
        found.setdefault(subject, []).append(RefusedVisit(id_, day or ""))
    return found


def known_names(tables: Tables) -> list[str]:
    """Return every name of a person or a place that this machine's vault holds."""
    rows = tables.execute(
        "SELECT real_name FROM identities UNION SELECT pet_names FROM identities UNION SELECT name FROM person_names "
        "UNION SELECT called FROM slips UNION SELECT name FROM places"
    )
    return [row[0] for row in rows if row[0]]
