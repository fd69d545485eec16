from __future__ import annotations

import pytest

from fieldkit.acts import closings as acts
from fieldkit.acts import withdrawals
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import Seen
from fieldkit.records import natural_id
from fieldkit.store import closings, log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen

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


def ends(tables: Tables, pen: Pen, completion: str, ended_on: str = "2026-11-20") -> None:
    """Let somebody who saw nobody else's say how far the talk S1 came."""
    told = {"interview": "S1", "completion": completion, "ended_on": ended_on}
    log.append(tables, pen, Draft("closing", told, subject="kid", session="S1", record=natural_id("closing", "S1")))


@pytest.mark.parametrize(("first", "second"), [("full", "partial_other"), ("partial_other", "core")])
def test_who_was_heard_by_anybodys_word_was_heard(tables: Tables, pen: Pen, first: str, second: str) -> None:
    ends(tables, pen, first)
    ends(tables, pen, second)

    assert closings.versions(tables, "S1") == {first, second}
    assert closings.heard(tables, ["twin", "kid"])
    assert not closings.heard(tables, ["twin"])


def test_a_talk_that_goes_on_or_broke_off_was_not_held(tables: Tables, pen: Pen) -> None:
    ends(tables, pen, "full", ended_on="")
    assert not closings.heard(tables, ["kid"])
    ends(tables, pen, "partial_other")
    later = {"interview": "S1", "completion": "rescheduled", "ended_on": "2026-11-20"}
    log.append_over(tables, pen, Draft("closing", later, subject="kid", session="S1"))
    assert not closings.heard(tables, ["kid"])


def test_before_the_day_of_a_talk_nobody_was_heard_in_it(tables: Tables, pen: Pen) -> None:
    ends(tables, pen, "full")

    assert not closings.heard(tables, ["kid"], before="2026-11-20")
    assert closings.heard(tables, ["kid"], before="2026-11-21")
