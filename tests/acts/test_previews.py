from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fieldkit.acts import answers, checks, handover, people, previews, stops
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import NoSuchPlace, NotThisFile
from fieldkit.acts.previews import BOTH, MORE_HERE, MORE_THERE, ONLY_HERE, ONLY_THERE, SAME, NothingLaidAside
from fieldkit.errors import Refusal
from fieldkit.store import compared
from fieldkit.store.compared import Share
from fieldkit.store.folder import SCRATCH
from sync import frames
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
Kept = Callable[[Desk], object]
ALL = "interviewer coordinator translator sg_lead"


@pytest.fixture
def bundle(desks: Desks, interview: str, tmp_path: Path) -> Path:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨放学的时候"))
    return handover.write(desks["interviewer"], tmp_path / "stick.fieldkit").path


def _wheres(seen: previews.Preview) -> dict[bool, list[str]]:
    """Return where the interviews are, and where the children's own records."""
    return {whole: [one.where for one in seen.lines if bool(one.interview) == whole] for whole in (True, False)}


def test_what_is_no_bundle_is_refused(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    assert refused(NotThisFile, ALL, partial(previews.look, path=path)).code == "not_a_bundle"
    refused(NoSuchPlace, ALL, partial(previews.look, path=tmp_path / "gone"))
    refused(NoSuchPlace, ALL, partial(previews.lay_aside, path=tmp_path / "gone"))


def test_nothing_is_taken_in_where_nothing_was_laid_aside(refused: Refused) -> None:
    refused(NothingLaidAside, ALL, lambda desk: previews.take_in(desk, "stick.fieldkit"))


def test_looking_changes_nothing_and_taking_in_does_what_was_shown(desks: Desks, bundle: Path, kept: Kept) -> None:
    chief = desks["coordinator"]
    before, raw = kept(chief), chief.db.path.read_bytes()
    seen = previews.look(chief, previews.lay_aside(chief, bundle), "张老师的优盘")
    assert (kept(chief), chief.db.path.read_bytes()) == (before, raw)
    assert (handover.batches(chief), people.listing(chief), handover.state(chief).verified) == ([], [], 0)
    assert checks.check(chief).ok

    bundle.unlink()  # the stick was pulled out
    assert previews.take_in(chief, "张老师的优盘") == seen.report
    assert (seen.report.adds_up(), handover.batches(chief)[0].source) == (True, "张老师的优盘")
    with pytest.raises(NothingLaidAside):
        previews.take_in(chief, "张老师的优盘")


def test_typing_goes_on_while_somebody_looks(
    desks: Desks, bundle: Path, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me, shares = desks["interviewer"], compared.shares
    typed = SaveAnswer(interview, "W2", "editor-2", "", "这时候还在打字")

    def meanwhile(*asked: Any) -> list[Share]:
        assert not me.db._gate.locked()
        answers.save(me, typed)
        return shares(*asked)

    monkeypatch.setattr(compared, "shares", meanwhile)
    seen = previews.look(me, bundle)
    assert _wheres(seen)[True] == [SAME]  # as it stood when the look began
    with me.db.reading() as tables:
        assert tables.execute("SELECT count(*) FROM answers WHERE text = ?", [typed.text]).fetchone() == (1,)
    assert list(me.folder.path.glob(f"{SCRATCH}*")) == []
    monkeypatch.undo()
    assert _wheres(previews.look(me, bundle))[True] == [MORE_HERE]


def test_an_order_to_erase_is_not_carried_out_by_looking(
    desks: Desks, bundle: Path, interview: str, tmp_path: Path, words: Callable[[Desk], str]
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    handover.read(chief, bundle)
    assert "下雨放学的时候" in words(chief)
    stops.begin(me, interview, "stop_discard")
    stick = handover.write(me, tmp_path / "erasing.fieldkit").path
    previews.look(chief, stick)
    assert "下雨放学的时候" in words(chief)
    assert not chief.folder.erased_log.exists()
    handover.read(chief, stick)
    assert "下雨放学的时候" not in words(chief)


def test_who_has_what_is_told_by_interview(desks: Desks, bundle: Path, interview: str, tmp_path: Path) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    empty = handover.write(chief, tmp_path / "empty.fieldkit").path
    assert _wheres(previews.look(chief, bundle))[True] == [ONLY_THERE]
    assert _wheres(previews.look(me, empty))[True] == [ONLY_HERE]
    handover.read(chief, bundle)
    assert _wheres(previews.look(chief, bundle)) == {True: [SAME], False: [SAME]}

    answers.save(me, SaveAnswer(interview, "W2", "editor-2", "", "还有一句"))
    newer = handover.write(me, tmp_path / "newer.fieldkit").path
    assert _wheres(previews.look(chief, newer))[True] == [MORE_THERE]
    assert _wheres(previews.look(me, bundle))[True] == [MORE_HERE]


def test_what_both_wrote_apart_stands_side_by_side_before_it_is_taken_in(
    desks: Desks, interview: str, carry: Carry, tmp_path: Path, joins: Callable[[str, str, str], Desk]
) -> None:
    me, chief = desks["interviewer"], desks["coordinator"]
    other = joins("王越", "interviewer", "A")
    carry(chief, me)
    carry(me, other)
    for desk, text in ((me, "下雨放学的时候"), (other, "下雪放学的时候")):
        answers.save(desk, SaveAnswer(interview, "W1", f"editor-{desk.device.name}", "", text))
    carry(me, chief)
    stick = handover.write(other, tmp_path / "other.fieldkit").path
    seen = previews.look(chief, stick)
    assert _wheres(seen)[True] == [BOTH]
    (found,) = seen.disputed
    shown = {version.value for one in found.conflicts for version in one.versions if one.field == "text"}
    assert shown == {"下雨放学的时候", "下雪放学的时候"}
    assert previews.look(me, stick).disputed == []


def test_a_child_who_withdrew_is_on_no_line(desks: Desks, bundle: Path, consented: str, carry: Carry) -> None:
    chief = desks["coordinator"]
    handover.read(chief, bundle)
    with chief.db.writing() as tables:
        tables.execute("UPDATE standings SET hidden = 1")
        tables.execute("INSERT OR REPLACE INTO standings VALUES (?, 1)", [consented])
    assert list(previews.look(chief, bundle).lines) == []


def test_a_translator_sees_numbers_and_no_child(desks: Desks, bundle: Path) -> None:
    seen = previews.look(desks["translator"], bundle)
    assert (list(seen.lines), list(seen.disputed), seen.report.foreign > 0) == ([], [], True)


def test_a_torn_bundle_is_shown_as_torn(desks: Desks, bundle: Path) -> None:
    torn = bundle.with_name("torn")
    torn.write_bytes(bundle.read_bytes()[:-40])
    assert previews.look(desks["coordinator"], torn).report.torn
    torn.write_bytes(frames.MAGIC)
    assert previews.look(desks["coordinator"], torn).report.torn
