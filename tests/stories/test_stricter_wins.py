"""Story 9 (`domain.md` §7): the stricter consent wins without clocks, in either order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fieldkit.acts import answers, assents, consents, demo, exports, interviews, people
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder
from sync.replica import Report

Desks = dict[str, Desk]
Carry = Callable[[Desk, Desk], Report]
SURE = {"V31": "date_right"}  # a clock that looks wrong asks, and somebody taps this
YES = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", reasons=SURE)
CAME_BACK = {"again_family": "came_back"}


@pytest.fixture
def second(desks: Desks, tmp_path: Path, passphrase: str) -> Iterator[Desk]:
    """A second laptop of the same team."""
    desk = demo.join(desks["coordinator"], Folder.open(tmp_path / "L2"), "王宁", "interviewer", passphrase)
    yield desk
    desk.db.close()
    desk.folder.close()


@pytest.mark.parametrize("ahead", [0, 365])
@pytest.mark.parametrize("first_comes", ["yes", "no"])
def test_a_yes_here_and_a_no_there_are_on_hold_on_both(
    desks: Desks,
    second: Desk,
    child: str,
    carry: Carry,
    says: Callable[..., GuardianAnswer],
    first_comes: str,
    ahead: int,
) -> None:
    centre, first = desks["coordinator"], desks["interviewer"]
    carry(first, centre)
    carry(centre, second)
    wrong = replace(first, clock=Clock(timedelta(days=ahead)))
    consents.record(wrong, child, says(wrong, child, reasons=SURE))
    assents.record(first, child, YES)
    interview = interviews.start(first, child, demo.KEPT)
    answers.save(first, SaveAnswer(interview, "W1", "editor-1", "", "下雨的时候"))
    consents.record(second, child, GuardianAnswer("father", {"participate": "no"}, []))

    for giver in (first, second) if first_comes == "yes" else (second, first):
        carry(giver, centre)
    for taker in (first, second):
        carry(centre, taker)
    for desk in (centre, first, second):
        assert people.case(desk, child).status == "on_hold"
    assert exports.dataset(centre).interviews == 0

    seen = [event.id for event in people.case(second, child).events]
    consents.record(second, child, says(second, child, follows=seen, reasons=CAME_BACK))
    carry(second, centre)
    assert people.case(centre, child).status == "on_hold"  # the mother says yes again: not hers to lift

    came_back = says(second, child, relation="father", signer_name="刘父", follows=seen, reasons=CAME_BACK)
    consents.record(second, child, came_back)
    carry(second, centre)
    assert people.case(centre, child).status != "on_hold"
    assert exports.dataset(centre).interviews == 1
