from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from fieldkit.acts import answers, assents, interviews, memos, moments, people, stops
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, NotAgainToday
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.store import people as rows
from fieldkit.store import rebuild, search
from fieldkit.store.database import Database

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
KEEP, DISCARD = "stop_keep", "stop_discard"
WORDS = "qx7vk2mpz9lw4td"


def later(desk: Desk, seconds: float) -> Desk:
    return replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(seconds=seconds)))


def after_a_power_cut(desk: Desk) -> Desk:
    return replace(desk, clock=replace(desk.clock, run="another run"))


def note(desk: Desk, interview: str, text: str = WORDS) -> None:
    line = interviews.page(desk, interview).questions[0]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, text))


def found(desk: Desk, words: str) -> list[str]:
    with desk.db.reading() as tables:
        return search.find(tables, words)


def test_only_an_interviewer_stops_an_interview(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: stops.begin(desk, interview, KEEP))


@pytest.mark.parametrize("choice", ["", "all", "answers"])
def test_a_choice_that_does_not_exist_is_refused(refused: Refused, interview: str, choice: str) -> None:
    refused(Invalid, "interviewer", lambda desk: stops.begin(desk, interview, choice))


def test_what_is_not_there_is_not_stopped(refused: Refused, interview: str) -> None:
    refused(NotFound, "interviewer", lambda desk: stops.begin(desk, "nowhere", KEEP))
    refused(NotFound, "interviewer", lambda desk: stops.finish(desk, interview))


def test_for_ten_seconds_nothing_has_happened(desks: Desks, interview: str, changes: Changes) -> None:
    me, before = desks["interviewer"], len(changes(desks["interviewer"], "consent_event"))
    note(me, interview)

    assert stops.begin(me, interview, DISCARD).left == 10
    assert stops.finish_due(later(me, 9)) == 0
    assert stops.undo(me, interview)

    assert stops.waiting(me, interview) is None
    assert stops.finish_due(later(me, 60)) == 0
    assert len(changes(me, "consent_event")) == before
    assert found(me, WORDS)


def test_the_last_choice_holds(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    stops.begin(me, interview, DISCARD)
    stops.begin(me, interview, KEEP)
    stops.finish(me, interview)

    assert rows_of(me, "closings")


def rows_of(desk: Desk, table: str) -> list[rows.Row]:
    with desk.db.reading() as tables:
        assert rebuild.differences(tables) == []
        return [dict(row) for row in tables.table(table).rows]


def test_stopped_and_kept_the_session_is_closed_and_nothing_more_is_written(
    desks: Desks, refused: Refused, consented: str, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    note(me, interview, "他打电话来")
    line = interviews.page(me, interview).questions[0]
    stops.begin(me, interview, KEEP)
    stops.finish(later(me, 61), interview)

    event = changes(me, "consent_event")[-1]
    assert (event.set["actor"], event.set["act"], event.set["scope"]) == ("child", "withdrawn", KEEP)
    assert event.set["session"] == interview
    (closing,) = rows_of(me, "closings")
    assert (closing["completion"], closing["ended_on"], closing["interview"]) == ("partial_child", me.today, interview)
    assert closing["duration_ms"] >= 61_000
    assert found(me, "打电话") == [consented]
    said = SaveAnswer(interview, line.id, line.editor, line.base, "再写")
    refused(ConsentMissing, "interviewer", lambda desk: answers.save(desk, said))
    refused(NotAgainToday, "interviewer", lambda desk: assents.record(desk, consented, ChildAnswer("think")))
    assert people.case(me, consented).step.code == "not_today"


def test_discarded_all_of_the_session_is_gone_and_the_childs_word_stays(
    desks: Desks, consented: str, interview: str, changes: Changes, clear: Callable[[Database], bytes]
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    moments.note(me, interview, "came_in", "carer")
    memos.write(me, interview, {"self_role": WORDS[::-1]}, shared=True)
    with me.db.writing():
        me.db.leave_no_trace()
    assert WORDS.encode() in clear(me.db)
    assert WORDS[::-1].encode() in clear(me.db)

    stops.begin(me, interview, DISCARD)
    stops.finish(me, interview)

    assert not any(rows_of(me, table) for table in ("interviews", "answers", "moments", "memos", "closings"))
    assert not [one for kind in ("interview", "answer", "moment", "memo") for one in changes(me, kind)]
    content = clear(me.db).lower()
    assert WORDS.encode() not in content
    assert WORDS[::-1].encode() not in content
    assert me.db.path.with_name(me.db.path.name + "-wal").stat().st_size == 0
    assert found(me, WORDS) == []
    event = changes(me, "consent_event")[-1]
    assert (event.set["act"], event.set["scope"], event.set["session"]) == ("withdrawn", DISCARD, interview)
    case = people.case(me, consented)
    assert (case.interviews, case.step.code) == ([], "not_today")


def test_what_was_chosen_outlives_a_power_cut(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    note(me, interview)
    stops.begin(me, interview, DISCARD)

    assert stops.finish_due(after_a_power_cut(me)) == 1

    assert rows_of(me, "answers") == []


def test_whoever_uses_the_laptop_next_finishes_it(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    stops.begin(me, interview, KEEP)

    assert stops.finish_due(later(me, 10)) == 1
    assert stops.finish_due(later(me, 20)) == 0


def test_locking_the_laptop_finishes_it_at_once(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    stops.begin(me, interview, KEEP)

    assert stops.finish_due(me, all_of_them=True) == 1


def test_another_machine_learns_of_it_and_brings_nothing_back(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], object]
) -> None:
    me, coordinator = desks["interviewer"], desks["coordinator"]
    note(me, interview)
    carry(me, coordinator)
    assert found(coordinator, WORDS)

    stops.begin(me, interview, DISCARD)
    stops.finish(me, interview)
    carry(me, coordinator)

    assert found(coordinator, WORDS) == []
    assert rows_of(coordinator, "interviews") == []
    carry(coordinator, me)
    assert rows_of(me, "answers") == []


def test_a_discard_that_fails_half_way_leaves_everything(
    desks: Desks, interview: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    stops.begin(me, interview, DISCARD)

    broken(1, lambda: stops.finish(me, interview))

    assert found(me, WORDS)
    assert stops.waiting(me, interview) is not None
