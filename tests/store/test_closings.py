from __future__ import annotations

from fieldkit.acts import closings as acts
from fieldkit.acts import withdrawals
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import Seen
from fieldkit.store import closings

Desks = dict[str, Desk]
WHOLE = ClosingTold("full", setting="outdoors", others_present=("none",), field_notes_when="after", thank_you="本子")


def last(desk: Desk, interview: str) -> object:
    with desk.db.reading() as tables:
        return closings.last_of(tables, desk.me.code, interview).get("thank_you")


def test_nothing_is_taken_over_from_a_child_who_withdrew(desks: Desks, consented: str, interview: str) -> None:
    me = desks["interviewer"]
    acts.end(me, interview, WHOLE, Seen())
    assert last(me, "another") == "本子"

    withdrawals.withdraw_each(me, [consented])

    assert last(me, "another") is None


def test_an_interview_is_not_its_own_last_one(desks: Desks, interview: str) -> None:
    acts.end(desks["interviewer"], interview, WHOLE, Seen())

    assert last(desks["interviewer"], interview) is None
