"""A bundle beside what is here, while the transaction that took it in is still open: who has what of each interview."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from fieldkit.store.database import Tables


@dataclass(frozen=True)
class Share:
    """How many changes of an interview, or of a child beside its interviews, are anywhere, here, and in the bundle.

    `session`: empty for the child's own record. `started_on`: the day of the interview.
    """

    subject: str
    session: str
    started_on: str
    anywhere: int
    here: int
    there: int


def shares(tables: Tables, batch: str, blocks: Iterable[str]) -> list[Share]:
    """Return the shares of every child, hidden ones too; *batch* has just come, in these *blocks*."""
    rows = tables.execute(
        "SELECT c.subject, coalesce(i.id, ''), coalesce(i.started_on, ''), count(*), "
        "sum(c.batch IS NOT :batch), sum(c.block IS NOT NULL AND c.block IN (SELECT value FROM json_each(:blocks))) "
        "FROM changes AS c JOIN participants AS p ON p.id = c.subject "
        "LEFT JOIN interviews AS i ON i.id = c.session GROUP BY 1, 2 ORDER BY p.case_code, p.id, 3, 2",
        {"batch": batch, "blocks": json.dumps(list(blocks))},
    )
    return [Share(*row) for row in rows]
