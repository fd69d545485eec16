from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fieldkit.acts import answers, arrivals, handover
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotAllowed, Refusal

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_only_a_coordinator_sees_what_came_of_whom(refused: Refused) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", arrivals.by_device)


def test_what_came_is_counted_by_what_lies_here_never_by_what_was_written(
    desks: Desks, interview: str, tmp_path: Path
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    stick = handover.write(me, tmp_path / "stick.fieldkit").path
    before = arrivals.by_device(chief).get(me.device.id)
    assert before is None or (before.interviews, before.verified, before.at) == (0, 0, "")

    handover.read(chief, stick)
    came = arrivals.by_device(chief)[me.device.id]
    assert (came.interviews, came.verified, came.source) == (1, 1, "stick.fieldkit")
    assert came.at == handover.batches(chief)[0].at


def test_reading_a_stick_again_does_not_make_it_come_again(
    desks: Desks, interview: str, tmp_path: Path, later: Callable[[Desk, int], Desk]
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    stick = handover.write(me, tmp_path / "stick.fieldkit").path
    handover.read(chief, stick)
    first = arrivals.by_device(chief)[me.device.id]
    handover.read(later(chief, 1), stick)
    assert arrivals.by_device(chief)[me.device.id] == first
    answers.save(me, SaveAnswer(interview, "W1", "editor-1", "", "还有一句"))
    handover.read(later(chief, 1), handover.write(me, tmp_path / "more.fieldkit").path)
    assert arrivals.by_device(chief)[me.device.id].source == "more.fieldkit"
