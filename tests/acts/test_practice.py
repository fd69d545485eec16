"""Practice is a study of its own among invented people: nothing crosses over, and nothing of it stays."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fieldkit.acts import closings, demo, handover, people, practice, stops, users
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.desk import Desk
from fieldkit.acts.handover import OtherStudy
from fieldkit.acts.practice import InterviewGoesOn
from fieldkit.acts.told import Seen
from fieldkit.errors import NotAllowed
from fieldkit.store.folder import Folder
from fieldkit.store.keys import WrongPassphrase

Desks = dict[str, Desk]


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system keeps what is temporary."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("role", ["coordinator", "translator", "sg_lead"])
def test_only_who_interviews_practises(desks: Desks, scratch: Path, role: str) -> None:
    with pytest.raises(NotAllowed):
        practice.begin(desks[role])

    assert list(scratch.iterdir()) == []


def test_while_an_interview_goes_on_nobody_practises(desks: Desks, scratch: Path, interview: str) -> None:
    with pytest.raises(InterviewGoesOn):
        practice.begin(desks["interviewer"])

    assert list(scratch.iterdir()) == []


def test_once_it_has_ended_they_may(desks: Desks, interview: str) -> None:
    desk = desks["interviewer"]
    stops.finish(desk, interview, stops.begin(desk, interview, "stop_keep").mark)
    whole = ClosingTold("partial_child", setting="home_inside", others_present=("none",))
    closings.end(desk, interview, whole, Seen(closings.page(desk, interview).opened.base))

    _, end = practice.begin(desk)
    end()


def test_an_interview_of_another_day_or_of_somebody_else_keeps_nobody_from_it(
    desks: Desks, interview: str, later: Callable[[Desk, int], Desk]
) -> None:
    desk = desks["interviewer"]
    for other in (later(desk, 1), replace(desk, me=replace(desk.me, code="somebody-else"))):
        _, end = practice.begin(other)
        end()


def test_nothing_crosses_from_practice_to_the_study_or_back(desks: Desks, child: str, tmp_path: Path) -> None:
    real = desks["interviewer"]
    invented, end = practice.begin(real)
    handover.write(real, tmp_path / "real")
    handover.write(invented, tmp_path / "invented")
    before = people.listing(real), people.listing(invented)

    with pytest.raises(OtherStudy):
        handover.read(real, tmp_path / "invented")
    with pytest.raises(OtherStudy):
        handover.read(invented, tmp_path / "real")

    assert (people.listing(real), people.listing(invented)) == before
    assert child not in {case.id for case in before[1]}
    handover.read(desks["coordinator"], tmp_path / "real")  # the control: the same file, at its own study
    assert child in {case.id for case in people.listing(desks["coordinator"])}
    end()


def test_no_passphrase_of_the_laptop_opens_a_practice(desks: Desks, passphrase: str) -> None:
    invented, end = practice.begin(desks["interviewer"])

    with pytest.raises(WrongPassphrase):
        users.unlock(invented.folder, invented.me.code, passphrase, invented.clock)
    end()


def test_practice_is_there_before_the_study_is_ready(desks: Desks, no_form_in_force: None, scratch: Path) -> None:
    invented, end = practice.begin(desks["interviewer"])

    assert {case.step.code for case in people.listing(invented)} >= {"ask_guardian", "start", "continue"}
    assert [path.name.startswith("fieldkit-practice-") for path in scratch.iterdir()] == [True]
    end()


def test_its_end_deletes_it(desks: Desks, scratch: Path) -> None:
    _, end = practice.begin(desks["interviewer"])
    end()

    assert list(scratch.iterdir()) == []


def test_a_practice_that_cannot_be_made_leaves_nothing(
    desks: Desks, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(root: Path, *_: object) -> None:
        (root / "begun").write_bytes(b"x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo, "build", full)
    with pytest.raises(OSError, match="No space"):
        practice.begin(desks["interviewer"])

    assert list(scratch.iterdir()) == []


def test_what_a_crash_left_is_swept_and_another_folders_practice_is_not(
    desks: Desks, scratch: Path, tmp_path: Path
) -> None:
    _, end = practice.begin(desks["interviewer"])
    left = next(scratch.iterdir())
    other = Folder.open(tmp_path / "other")
    practice.sweep(other)
    assert left.exists()

    practice.sweep(desks["interviewer"].folder)
    assert list(scratch.iterdir()) == []
    other.close()
    end()  # the crash, for this process
