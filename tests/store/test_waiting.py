from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fieldkit.acts import handover
from fieldkit.acts.desk import Desk
from fieldkit.records import Change
from fieldkit.store import waiting
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen, append

Desks = dict[str, Desk]


def test_a_hidden_childs_interview_waits_for_nothing(
    tables: Tables, pen: Pen, say: Callable[..., str], answer: Callable[..., Change]
) -> None:
    tables.execute("INSERT OR REPLACE INTO standings VALUES ('kid', 1)")
    both = (say("guardian"), say("child"))
    place = {"record": "S1", "subject": "kid", "session": "S1"}
    append(tables, pen, Draft("interview", {"interviewer": "li"}, grounds=both, **place))  # type: ignore[arg-type]
    tables.execute("DELETE FROM interviews")
    tables.execute("UPDATE standings SET hidden = 1")
    assert waiting.held(tables) == []
    tables.execute("UPDATE standings SET hidden = 0")
    assert waiting.held(tables) == [("kid", "L1")]


def test_what_is_parked_is_counted_by_the_laptop_that_is_said_to_have_made_it(
    desks: Desks, interview: str, tmp_path: Path
) -> None:
    chief, me = desks["coordinator"], desks["interviewer"].device.id
    handover.read(chief, handover.write(desks["interviewer"], tmp_path / "stick").path)
    with chief.db.writing() as tables:
        assert (waiting.parked(tables), waiting.unread(tables)) == ([], 0)
        mine = "SELECT id FROM streams WHERE device = ?"
        tables.execute(f"UPDATE blocks SET standing = 'parked' WHERE stream IN ({mine})", [me])
        ((device, n),) = waiting.parked(tables)
        assert (device, n > 1) == (me, True)
        tables.execute("INSERT INTO parked VALUES ('b', 0, x'00', 'song')")
        assert waiting.unread(tables) == 1
