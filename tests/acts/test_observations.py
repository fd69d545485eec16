from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import interviews, observations, people, stops, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.names import TooLong
from fieldkit.store import search
from fieldkit.store.database import WallBroken
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
SEEN = {"setting_desc": "院子里晒着玉米", "profile": "跟奶奶住，喜欢画画"}


def test_only_an_interviewer_writes_what_was_seen(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: observations.keep(desk, interview, SEEN))
    refused(NotAllowed, "translator sg_lead", lambda desk: observations.of_interview(desk, interview))


def test_nothing_is_seen_around_an_interview_that_is_not_there(
    refused: Refused, desks: Desks, consented: str, interview: str
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    for name in ("nowhere", interview):
        refused(NotFound, "interviewer", partial(observations.keep, interview=name, parts=SEEN))
        refused(NotFound, "interviewer", partial(observations.of_interview, interview=name))


@pytest.mark.parametrize("part", observations.PARTS)
def test_what_is_too_long_is_not_cut_in_silence(refused: Refused, interview: str, part: str) -> None:
    long = {part: "长" * (observations.LONGEST + 1)}
    refused(TooLong, "interviewer", lambda desk: observations.keep(desk, interview, long))


def test_after_the_child_stopped_nothing_more_is_written(refused: Refused, desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    observations.keep(me, interview, SEEN)
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)

    refused(ConsentMissing, "interviewer", lambda desk: observations.keep(desk, interview, {"profile": "别的"}))
    found = observations.of_interview(me, interview)
    assert (found.open, found.parts["profile"]) == (False, SEEN["profile"])


def test_the_wall_looks_too(desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interviews, "grounds", lambda *_: ())

    with pytest.raises(WallBroken):
        observations.keep(desks["interviewer"], interview, SEEN)


def test_what_was_seen_is_kept_and_found(desks: Desks, interview: str, consented: str, changes: Changes) -> None:
    me = desks["interviewer"]
    assert observations.of_interview(me, interview).open
    assert observations.keep(me, interview, SEEN) == []

    (kept,) = changes(me, "observation")
    assert (kept.session, kept.drawer, len(kept.grounds)) == (interview, "research/A", 2)
    assert observations.of_interview(me, interview).parts == dict.fromkeys(observations.PARTS, "") | SEEN
    with me.db.reading() as tables:
        assert search.find(tables, "玉米") == [consented]


def test_the_same_page_sent_twice_is_written_once(desks: Desks, interview: str, changes: Changes) -> None:
    for _twice in range(2):
        observations.keep(desks["interviewer"], interview, SEEN)

    assert len(changes(desks["interviewer"], "observation")) == 1


@pytest.mark.parametrize("words", ["电话13912345678", "小满的奶奶说", "刘某进来过"])
def test_v38_a_number_or_a_name_of_the_family_is_pointed_at(desks: Desks, interview: str, words: str) -> None:
    found = observations.keep(desks["interviewer"], interview, {"interaction": words})

    assert [one.code for one in found] == ["V38"]


def test_what_two_people_saw_stands_side_by_side(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], Report], joins: Callable[[str, str, str], Desk]
) -> None:
    mine, other = desks["interviewer"], joins("赵敏", "interviewer", "A")
    carry(mine, other)
    observations.keep(other, interview, {"non_verbal": "一直低着头"})
    observations.keep(mine, interview, {"non_verbal": "说到妈妈时笑了"})
    carry(other, mine)

    found = observations.of_interview(mine, interview)
    assert [one.value for one in found.opened.versions["non_verbal"]] in (
        ["一直低着头", "说到妈妈时笑了"],
        ["说到妈妈时笑了", "一直低着头"],
    )
    assert people.case(mine, found.case.id).conflict

    observations.keep(mine, interview, {"non_verbal": "先低头，后来笑了"}, found.opened.base)

    assert observations.of_interview(mine, interview).opened.versions == {}


def test_the_coordinator_reads_it(desks: Desks, interview: str, carry: Callable[[Desk, Desk], Report]) -> None:
    observations.keep(desks["interviewer"], interview, SEEN)
    carry(desks["interviewer"], desks["coordinator"])

    found = observations.of_interview(desks["coordinator"], interview)
    assert (found.parts["profile"], found.open) == (SEEN["profile"], False)
