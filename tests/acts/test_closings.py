from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from fieldkit.acts import answers, cases, closings, members, moments, people, questions, stops, tasks, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.closings import ClosingPage, ClosingTold
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import Seen
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.names import TooLong
from fieldkit.store import log, rebuild
from fieldkit.studies import load_study
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
Later = Callable[[Desk, int], Desk]
WHOLE = ClosingTold("full", "", "home_yard", "", "private", ("none",), "zhoukou", "", "during", 4, 5, told=(1, 3))
TONIGHT = Seen(reasons={"V37": "tonight"})


def after(desk: Desk, minutes: float) -> Desk:
    return replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(minutes=minutes)))


def end(desk: Desk, interview: str, told: ClosingTold = WHOLE, **reasons: str) -> list[str]:
    """End it as from a page that is opened now; return the codes of the hints."""
    base = closings.page(desk, interview).opened.base
    return [one.code for one in closings.end(desk, interview, told, Seen(base, reasons=reasons))]


def shown(desk: Desk, interview: str) -> ClosingPage:
    return closings.page(desk, interview)


def answer(desk: Desk, interview: str, question: str, outcome: str = "answered") -> None:
    answers.save(desk, SaveAnswer(interview, question, new_id(), "{}", "下雨", outcome=outcome))


def to_close(desk: Desk) -> list[str]:
    return [task.event for task in tasks.waiting(desk, people.listing(desk)).first if task.code == tasks.CLOSING]


def test_only_an_interviewer_closes_an_interview(refused: Refused, interview: str) -> None:
    for act in (
        partial(closings.page, interview=interview),
        partial(closings.keep, interview=interview, told=WHOLE, seen=Seen()),
        partial(closings.end, interview=interview, told=WHOLE, seen=Seen()),
    ):
        refused(NotAllowed, "coordinator translator sg_lead", act)


def test_what_is_not_there_is_not_closed(refused: Refused, desks: Desks, consented: str, interview: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    for name in ("nowhere", interview):
        refused(NotFound, "interviewer", partial(closings.page, interview=name))
        refused(NotFound, "interviewer", partial(closings.end, interview=name, told=WHOLE, seen=Seen()))


WRONG: list[tuple[dict[str, Any], type[Refusal]]] = [
    *(({name: "no such code"}, Invalid) for name in closings.CODED),
    ({"mood_start": 0}, Invalid),
    ({"mood_end": 6}, Invalid),
    ({"told": (0,)}, Invalid),
    ({"told": (1, 99)}, Invalid),
    ({"others_present": ("the mayor",)}, Invalid),
    ({"others_present": ("none", "carer")}, Invalid),
    *(({name: "长" * (closings.LONGEST + 1)}, TooLong) for name in closings.TEXTS if name not in closings.CODED),
    *(({name: "nobody"}, Invalid) for name in closings.PEOPLE),
    ({"completion": ""}, Missing),
    ({"completion": "partial_child"}, Invalid),  # a child stops by the button for it
    ({"setting": ""}, ReasonNeeded),
    ({"others_present": ()}, ReasonNeeded),
]


@pytest.mark.parametrize(("changed", "refusal"), WRONG, ids=str)
def test_what_does_not_fit_is_refused(
    refused: Refused, interview: str, changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    told = replace(WHOLE, **changed)
    refused(refusal, "interviewer", lambda desk: closings.end(desk, interview, told, Seen()))


def test_a_reason_that_does_not_exist_is_none(refused: Refused, interview: str) -> None:
    told, seen = replace(WHOLE, setting=""), Seen(reasons={"V37": "because"})
    refused(ReasonNeeded, "interviewer", lambda desk: closings.end(desk, interview, told, seen))


def test_an_interview_that_ended_is_not_gone_on_with(desks: Desks, interview: str, consented: str) -> None:
    me = desks["interviewer"]
    assert people.case(me, consented).step == cases.Step("continue", interview)
    assert not questions.page(me, interview).ended

    end(me, interview)

    one = people.case(me, consented)
    assert (one.step.code, one.status, one.interviews[-1].ended) == ("none", "completed", True)
    assert questions.page(me, interview).ended
    answer(me, interview, "W1")  # a slip of the pen can still be put right


def test_the_end_has_its_day_its_minutes_and_no_consent_is_needed_for_it(
    desks: Desks, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    moments.note(after(me, 9), interview, "left")
    ends = after(me, 15)
    assert end(ends, interview) == []

    (kept,) = changes(me, "closing")
    assert (kept.set["ended_on"], kept.grounds, kept.session) == (ends.today, (), interview)
    assert 15 <= kept.set["duration_ms"] / 60_000 < 16
    assert (kept.set["mood_start"], kept.set["mood_end"], kept.set["told"]) == (4, 5, [1, 3])


def test_minutes_and_day_stay_those_of_the_first_end(desks: Desks, interview: str, later: Later) -> None:
    me = desks["interviewer"]
    end(me, interview)
    before = shown(me, interview).minutes
    end(later(me, 1), interview, replace(WHOLE, setting_note="院子里有一棵枣树"))

    after_ = shown(after(me, 9), interview)
    assert (after_.minutes, after_.values["setting_note"]) == (before, "院子里有一棵枣树")
    with me.db.reading() as tables:
        assert [row["ended_on"] for row in tables["closings"].rows] == [me.today]


def test_the_same_page_sent_twice_is_one_end(desks: Desks, interview: str, changes: Changes) -> None:
    me = desks["interviewer"]
    for _twice in range(2):
        closings.end(me, interview, WHOLE, Seen())

    assert len(changes(me, "closing")) == 1


def test_what_was_ticked_on_the_way_waits_for_the_end(desks: Desks, interview: str, consented: str) -> None:
    me = desks["interviewer"]
    closings.keep(me, interview, replace(WHOLE, setting=""), Seen())

    assert people.case(me, consented).step.code == "continue"
    kept = shown(me, interview)
    assert (kept.values["told"], kept.values["mood_end"], kept.values["completion"]) == ([1, 3], 5, "")
    assert not kept.ended


def test_how_far_it_came_is_computed_until_it_ends(desks: Desks, interview: str) -> None:
    me, asked = desks["interviewer"], load_study().guide.questions
    closings.keep(me, interview, WHOLE, Seen())
    for question in asked:
        if question.core:
            answer(me, interview, question.id, "child_skipped")
    assert shown(me, interview).values["completion"] == "core"

    for question in asked:
        answer(me, interview, question.id)

    assert shown(me, interview).values["completion"] == "full"


def test_a_reason_for_stopping_belongs_to_an_interview_that_is_not_whole(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    end(me, interview, replace(WHOLE, completion="partial_other", stop_reason="power"))
    assert shown(me, interview).values["stop_reason"] == "power"

    end(me, interview, replace(WHOLE, stop_reason="power"))

    assert "stop_reason" not in shown(me, interview).values


def test_who_came_in_is_there_already(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    for who in ("sibling", "carer", "sibling"):
        moments.note(me, interview, "came_in", who)
    moments.note(me, interview, "left", "teacher")

    assert shown(me, interview).values["others_present"] == ["sibling", "carer"]
    closings.keep(me, interview, WHOLE, Seen())
    assert shown(me, interview).values["others_present"] == ["none"]


def test_profile_and_last_session_fill_in_what_stays_the_same(desks: Desks, interview: str, second: str) -> None:
    me = desks["interviewer"]
    members.keep(me, me.me.code, {"stance_zh": "我也是留在老家长大的"})
    assert shown(me, interview).values["interviewer_stance"] == "我也是留在老家长大的"
    end(me, interview, replace(WHOLE, thank_you="一个本子", second_adult=me.me.code, setting_note="树下"))

    found = shown(me, second).values
    assert (found["thank_you"], found["second_adult"], found.get("setting_note")) == ("一个本子", me.me.code, None)
    assert found.get("setting") is None


def test_what_was_emptied_by_hand_is_not_filled_in_again(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    moments.note(me, interview, "came_in", "carer")
    closings.keep(me, interview, replace(WHOLE, others_present=()), Seen())

    assert "others_present" not in shown(me, interview).values


def test_hints_stop_nothing(desks: Desks, interview: str) -> None:
    told = replace(WHOLE, privacy="overheard", setting_note="电话13912345678")

    assert end(desks["interviewer"], interview, told) == ["V32", "V36", "V38"]


def test_the_childs_stop_stays_one_and_the_rest_can_be_added(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    moments.note(me, interview, "came_in", "carer")
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)
    stopped = shown(me, interview)
    assert (stopped.stopped, stopped.ended, stopped.values["others_present"]) == (True, True, ["carer"])

    end(me, interview, replace(WHOLE, completion="full", stop_reason="tired"))

    found = shown(me, interview).values
    assert (found["completion"], found["stop_reason"], found["mood_end"]) == ("partial_child", "tired", 5)


def test_a_childs_stop_outweighs_an_end_that_somebody_else_wrote(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], Report], joins: Callable[[str, str, str], Desk]
) -> None:
    mine, other = desks["interviewer"], joins("赵敏", "interviewer", "A")
    carry(mine, other)
    stops.finish(mine, interview, stops.begin(mine, interview, "stop_keep").mark)
    for _higher_tick in range(9):
        closings.keep(other, interview, replace(WHOLE, setting_note=new_id()), Seen())
    end(other, interview)
    carry(other, mine)
    assert shown(mine, interview).values["completion"] == "full"
    assert shown(mine, interview).stopped

    end(mine, interview)

    assert shown(mine, interview).values["completion"] == "partial_child"


def test_what_is_put_off_to_the_evening_waits_on_today_until_it_is_there(desks: Desks, interview: str) -> None:
    me, empty = desks["interviewer"], replace(WHOLE, others_present=())
    assert to_close(me) == []
    end(me, interview, empty, V37="tonight")
    assert to_close(me) == [interview]
    end(me, interview, empty, V37="not_known")
    end(me, interview, empty)  # the reason was tapped before
    assert to_close(me) == []
    end(me, interview, empty, V37="tonight")

    end(me, interview)

    assert to_close(me) == []
    with me.db.reading() as tables:
        assert [row["reasons"] for row in tables["closings"].rows] == ["{}"]


def test_an_interview_that_nobody_ended_waits_from_the_next_day_on(desks: Desks, interview: str, later: Later) -> None:
    assert to_close(desks["interviewer"]) == []
    assert to_close(later(desks["interviewer"], 1)) == [interview]


def test_two_who_close_one_interview_both_stand_until_somebody_decides(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], Report], joins: Callable[[str, str, str], Desk]
) -> None:
    mine = desks["interviewer"]
    other = joins("赵敏", "interviewer", "A")
    carry(mine, other)
    end(other, interview, replace(WHOLE, setting="outdoors", others_present=("carer", "sibling")))
    end(mine, interview)
    carry(other, mine)

    torn = shown(mine, interview).opened.versions
    assert {"setting", "others_present"} <= torn.keys()
    assert people.case(mine, shown(mine, interview).case.id).conflict

    end(mine, interview)

    assert shown(mine, interview).opened.versions == {}
    with mine.db.reading() as tables:
        assert [row["setting"] for row in tables["closings"].rows] == ["home_yard"]
        assert rebuild.differences(tables) == []


def test_a_power_cut_leaves_no_half_end(
    desks: Desks, interview: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    broken(1, lambda: end(desks["interviewer"], interview))


def test_the_script_says_whom_to_ring_and_until_when(desks: Desks, interview: str) -> None:
    lines = shown(desks["interviewer"], interview).script

    assert len(lines) == len(load_study().scripts["closing"])
    assert all("{" not in line.zh + line.en for line in lines)
    assert any("儿童主任" in line.zh for line in lines)


@pytest.fixture
def second(desks: Desks, interview: str, later: Later) -> str:
    """A second interview of the same child, some days later."""
    me = desks["interviewer"]
    with me.db.writing() as tables:
        first = next(one for one in log.of_record(tables, interview) if one.kind == "interview")
        facts = {**first.set, "started_on": later(me, 3).today}
        draft = log.Draft("interview", facts, record=new_id(), subject=first.subject, session=first.session,
                          grounds=first.grounds)  # fmt: skip
        return log.append(tables, me.pen, draft).record
