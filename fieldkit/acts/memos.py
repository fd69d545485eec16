"""The reflexive memo (反思备忘录): about the interviewing, never about the child; its author's alone until shared.

Nothing of it is edited afterwards: a further thought is a further memo (`domain.md` §1.16).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from nacl.exceptions import CryptoError

from fieldkit.acts import interviews
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Missing
from fieldkit.i18n import N_
from fieldkit.records import canonical, clean
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.rules.names import check_fits
from fieldkit.store import log, machine, people
from fieldkit.store.log import Draft

PARTS = ("self_role", "assumptions", "method_note", "analytic_idea")
LONGEST = 20_000


@dataclass(frozen=True)
class Memo:
    """One memo: who wrote it, on which day, whether the team may read it, and its parts by code."""

    author: str
    day: str
    shared: bool
    parts: Mapping[str, str]


@only(INTERVIEWER, COORDINATOR)
def of_interview(desk: Desk, interview: str) -> list[Memo]:
    """Return one's own memos about *interview* and those that were shared, oldest first. Raises NotFound."""
    with desk.db.reading() as tables:
        interviews.row_within(tables, interview)
        names = {code: user.name for code, user in machine.everybody(tables).users.items()}
        rows = people.memos(tables, interview)
    found = ((row, _parts(desk, row)) for row in rows)
    return [
        Memo(names.get(row["interviewer"], ""), row["day"], not row["sealed"], parts) for row, parts in found if parts
    ]


@only(INTERVIEWER)
def write(desk: Desk, interview: str, parts: Mapping[str, str], *, shared: bool = False) -> str:
    """Keep a memo; return its id. Sealed for its author alone unless *shared*.

    Raises NotFound, Missing, TooLong, StopCountsDown.
    """
    told = {name: clean(parts.get(name, "").strip()) for name in PARTS}
    if not any(told.values()):
        raise Missing(field=N_("the memo"))
    for text in told.values():
        check_fits(text, N_("the memo"), LONGEST)
    sealed = {} if shared else {"sealed": desk.keys.keep(canonical(told))}
    with desk.db.writing() as tables:
        interviews.row_within(tables, interview)
        interviews.check_goes_on(tables, interview)
        facts = {"interview": interview, "interviewer": desk.me.code, "day": desk.today}
        return log.append(tables, desk.pen, Draft("memo", facts | (told if shared else sealed))).id


def _parts(desk: Desk, row: people.Row) -> dict[str, str]:
    """Return what a memo says; nothing where it is another person's own."""
    if not row["sealed"]:
        return {name: row[name] or "" for name in PARTS}
    if row["interviewer"] != desk.me.code:
        return {}
    try:
        return dict(json.loads(desk.keys.kept(row["sealed"])))
    except (CryptoError, ValueError):  # sealed by a later version, or spoilt on the way
        return {}
