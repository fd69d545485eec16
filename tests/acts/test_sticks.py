from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from fieldkit.acts import checks, handover, people, sticks
from fieldkit.acts.desk import Desk
from fieldkit.acts.sticks import NoSuchStick, NotLost, NotTheirLoss
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


def test_what_nobody_marked_as_lost_is_not_found(refused: Refused, desks: Desks, tmp_path: Path) -> None:
    handover.write(desks["interviewer"], tmp_path / "x.fieldkit")
    for ask in (sticks.find, sticks.loss):
        refused(NotLost, "interviewer", partial(ask, wanted="x.fieldkit"))
        refused(NoSuchStick, "interviewer translator sg_lead coordinator", partial(ask, wanted="y"))


def test_only_who_marked_it_or_a_coordinator_takes_it_back(
    refused: Refused, desks: Desks, tmp_path: Path, carry: Carry
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.write(me, tmp_path / "x.fieldkit")
    said = sticks.lose(me, "x.fieldkit").id
    carry(me, desks["translator"])
    carry(me, chief)
    (loss,) = sticks.lost(chief)
    told = refused(NotTheirLoss, "translator", lambda desk: sticks.find(desk, loss.id))
    assert (told.status, said != loss.id) == (403, True)
    assert sticks.loss(me, loss.id).name == "x.fieldkit"
    assert sticks.loss(chief, loss.id).name == ""


def test_a_found_stick_carries_again_and_what_was_written_meanwhile_stays(
    desks: Desks, interview: str, tmp_path: Path, carry: Carry
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.write(me, tmp_path / "x.fieldkit")
    sticks.lose(me, "x.fieldkit")
    assert handover.state(me).carried == 0
    for _ in range(2):  # a second tap
        sticks.find(me, sticks.listing(me)[0].loss)
    assert (sticks.listing(me)[0].lost, handover.state(me).carried) == ("", 1)

    sticks.lose(me, "x.fieldkit")
    assert (sticks.listing(me)[0].lost != "", handover.state(me).carried) == (True, 0)
    handover.write(me, tmp_path / "again.fieldkit")
    sticks.find(me, "x.fieldkit")
    assert [(one.name, one.lost) for one in sticks.listing(me)] == [("again.fieldkit", ""), ("x.fieldkit", "")]
    assert handover.state(me).carried == 1
    carry(me, chief)
    assert sticks.lost(chief) == []
    assert checks.check(chief).ok


def test_what_a_coordinator_says_counts_on_the_laptop_that_wrote_it(
    desks: Desks, interview: str, tmp_path: Path, carry: Carry, changes: Callable[[Desk, str], list[Change]]
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.write(me, tmp_path / "x.fieldkit")
    sticks.lose(me, "x.fieldkit")
    carry(me, chief)
    sticks.find(chief, sticks.lost(chief)[0].id)
    assert [one.name for one in sticks.listing(me) if one.lost] == ["x.fieldkit"]
    carry(chief, me)
    assert [one for one in sticks.listing(me) if one.lost] == []
    assert sticks.lost(chief) == []
    (change,) = changes(me, "found_stick")
    assert (change.drawer, change.subject, set(change.set)) == ("study", None, {"loss", "day"})


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
