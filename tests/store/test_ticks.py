from __future__ import annotations

from pathlib import Path

import pytest

from fieldkit.acts import answers, handover
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.store import holdings, ticks
from fieldkit.store.database import Tables
from fieldkit.store.ticks import Stick

Desks = dict[str, Desk]


def _ticks(tables: Tables) -> list[tuple[int, int]]:
    ticks.settle(tables)
    return list(tables.execute("SELECT carried, verified FROM ticks").fetchall())


def test_what_is_not_sealed_or_was_on_a_lost_stick_has_no_tick(desks: Desks, interview: str, tmp_path: Path) -> None:
    me = desks["interviewer"]
    with me.db.writing() as tables:
        assert _ticks(tables) == [(0, 0)]
    handover.write(me, tmp_path / "stick")
    with me.db.writing() as tables:
        assert _ticks(tables) == [(1, 0)]
        (stick,) = ticks.sticks(tables)
        ticks.lose(tables, stick.id, "2026-05-01T10:00", f"loss of {stick.name}")
        assert _ticks(tables) == [(0, 0)]


def test_another_stick_or_a_receipt_covers_what_a_lost_one_held(desks: Desks, interview: str, tmp_path: Path) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    first = handover.write(me, tmp_path / "first").path
    handover.write(me, tmp_path / "second")
    with me.db.writing() as tables:
        newest, older = ticks.sticks(tables)
        assert (newest.name, older.name, older.interviews) == ("second", "first", 1)
        ticks.lose(tables, newest.id, "2026-05-01T10:00", f"loss of {newest.name}")
        assert _ticks(tables) == [(1, 0)]
        ticks.lose(tables, older.id, "2026-05-01T10:00", f"loss of {older.name}")
        assert _ticks(tables) == [(0, 0)]
    handover.read(chief, first)
    handover.read(me, handover.write(chief, tmp_path / "back").path)
    with me.db.reading() as tables:
        assert ticks.counted(tables) == (1, 1)


def test_what_came_from_another_laptop_has_left_that_laptop(desks: Desks, interview: str, tmp_path: Path) -> None:
    handover.read(desks["coordinator"], handover.write(desks["interviewer"], tmp_path / "stick").path)
    with desks["coordinator"].db.reading() as tables:
        assert ticks.counted(tables) == (1, 1)
        came = ticks.of_devices(tables)[desks["interviewer"].device.id]
        assert (came.interviews, came.verified, came.source) == (1, 1, "stick")
        assert came.blocks > 1


@pytest.mark.parametrize("again", [False, True])
def test_a_change_that_comes_later_takes_the_ticks_away(
    desks: Desks, interview: str, tmp_path: Path, again: bool
) -> None:
    me = desks["interviewer"]
    handover.write(me, tmp_path / "stick")
    if again:
        with me.db.writing() as tables:
            tables.execute("UPDATE changes SET block = NULL WHERE session = ?", [interview])
    else:
        answers.save(me, SaveAnswer(interview, "W1", "editor-1", "", "下雨放学的时候"))
    with me.db.reading() as tables:
        assert ticks.counted(tables) == (0, 0)


def test_a_stick_holds_what_it_held_when_it_was_written(desks: Desks, interview: str, tmp_path: Path) -> None:
    me = desks["interviewer"]
    handover.write(me, tmp_path / "stick")
    with me.db.writing() as tables:
        (stick,) = ticks.sticks(tables)
        before = holdings.ends(tables)
        tables.execute("DELETE FROM sticks")
        ticks.note_stick(tables, Stick("older", "2026-05-01T10:00", "x", 0, ""), {})
        assert _ticks(tables) == [(0, 0)]
        ticks.note_stick(tables, stick, before)
        assert _ticks(tables) == [(1, 0)]
