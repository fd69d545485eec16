from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fieldkit.acts import checks, handover, people, sticks
from fieldkit.acts.desk import Desk
from fieldkit.acts.sticks import NoSuchStick
from fieldkit.errors import NotAllowed, Refusal
from fieldkit.records import Change
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]


def test_a_stick_that_was_not_written_here_is_refused(refused: Refused, desks: Desks, tmp_path: Path) -> None:
    handover.write(desks["coordinator"], tmp_path / "x.fieldkit")
    told = refused(NoSuchStick, "interviewer translator sg_lead", lambda desk: sticks.lose(desk, "x.fieldkit"))
    assert (told.code, told.status) == ("no_such_stick", 404)


def test_only_a_coordinator_sees_what_all_lost(refused: Refused) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", sticks.lost)


def test_a_lost_stick_carries_nothing_and_the_next_one_carries_all_again(
    desks: Desks, interview: str, tmp_path: Path
) -> None:
    me = desks["interviewer"]
    info = handover.write(me, tmp_path / "gone.fieldkit")
    assert handover.state(me).carried == 1
    (stick,) = sticks.listing(me)
    assert (stick.name, stick.interviews, stick.lost) == ("gone.fieldkit", 1, "")

    sticks.lose(me, stick.id)
    assert (sticks.listing(me)[0].lost != "", handover.state(me).carried) == (True, 0)
    (line,) = people.listing(me)
    assert (line.interviews[0].carried, line.interviews[0].verified) == (False, False)

    again = handover.write(me, tmp_path / "again.fieldkit")
    assert again.blocks > info.blocks
    assert handover.state(me).carried == 1
    assert handover.read(desks["coordinator"], again.path).gaps == 0
    assert len(people.listing(desks["coordinator"])[0].interviews) == 1


def test_what_the_centre_has_verified_stays_carried_when_the_stick_is_lost(
    desks: Desks, interview: str, tmp_path: Path, carry: Carry
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.read(chief, handover.write(me, tmp_path / "read.fieldkit").path)
    carry(chief, me)
    sticks.lose(me, "read.fieldkit")
    assert (handover.state(me).carried, handover.state(me).verified) == (1, 1)


def test_the_coordinator_hears_which_laptop_lost_it_when_and_no_more(
    desks: Desks, interview: str, tmp_path: Path, carry: Carry, changes: Callable[[Desk, str], list[Change]]
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.write(me, tmp_path / "刘小满.fieldkit")
    sticks.lose(me, "刘小满.fieldkit")
    sticks.lose(me, "刘小满.fieldkit")  # a second tap
    carry(me, chief)
    (said,) = sticks.lost(chief)
    assert (said.device, said.written_on, said.lost_on, said.interviews) == (me.device.name, me.today, me.today, 1)
    (change,) = changes(chief, "lost_stick")
    assert (change.drawer, change.subject, set(change.set)) == (
        "study", None, {"device", "written_on", "lost_on", "interviews"},
    )  # fmt: skip
    assert checks.check(chief).ok


def test_of_two_with_one_name_the_newest_that_is_not_lost_is_meant(desks: Desks, tmp_path: Path) -> None:
    me = desks["interviewer"]
    for _ in range(2):
        handover.write(me, tmp_path / "x.fieldkit")
    newest, older = sticks.listing(me)
    assert [sticks.lose(me, "x.fieldkit").id for _ in range(2)] == [newest.id, older.id]
