"""Story 8 (`domain.md` §7): a withdrawal beats an old stick, whatever a clock says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fieldkit.acts import answers, checks, exports, handover, people, questions, removals, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import NotFound
from fieldkit.store import search

WORDS = "kw4zt9vq2mxr7b"
Desks = dict[str, Desk]


def later(desk: Desk, days: int) -> Desk:
    return replace(desk, clock=Clock(timedelta(days=days)))


@pytest.mark.parametrize("off", [0, -7 * 365])
def test_zero_records_of_the_child_come_back_on_day_twelve_and_day_thirteen(
    desks: Desks, consented: str, interview: str, tmp_path: Path, carry: Callable[[Desk, Desk], object], off: int
) -> None:
    laptop, centre = later(desks["interviewer"], off), desks["coordinator"]
    line = questions.page(laptop, interview).questions[0]
    answers.save(laptop, SaveAnswer(interview, line.id, line.editor, line.base, WORDS))
    handover.write(laptop, tmp_path / "day3.fieldkit")
    handover.read(centre, tmp_path / "day3.fieldkit")
    code = people.case(centre, consented).case_code

    day10 = later(centre, 7)
    withdrawals.withdraw_each(day10, [code], requested_by="guardian")
    removals.confirm(day10, consented, day10.today, told_all=True)
    reports = [handover.read(later(centre, days), tmp_path / "day3.fieldkit") for days in (9, 10)]
    hub = desks["sg_lead"]  # holds sealed copies alone
    handover.write(day10, tmp_path / "day10.fieldkit")
    told = handover.read(hub, tmp_path / "day10.fieldkit")
    reports.append(handover.read(hub, tmp_path / "day3.fieldkit"))

    assert all(report.adds_up() for report in reports)
    assert told.blocked >= 2  # what is sealed of the child came without its content
    assert [report.new for report in reports] == [0, 0, 0]
    for desk in (centre, hub):
        with desk.db.reading() as tables:
            left = {row[0] for row in tables.execute("SELECT kind FROM changes WHERE subject = ?", [consented])}
            assert search.find(tables, WORDS) == []
        assert left == ({"consent_event", "tombstone"} if desk is centre else set())
        assert checks.check(desk).problems == []
    with pytest.raises(NotFound):
        people.case(centre, consented)
    assert exports.dataset(centre).interviews == 0
