"""What a server leaves behind of practice: nothing, neither after its end nor once it starts after a crash."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from fieldkit.acts import practice, users
from fieldkit.clock import Clock
from fieldkit.server import real_site
from fieldkit.store.folder import Folder
from fieldkit.web.site import HOME, Machine


@pytest.fixture
def laptop(four_machines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The interviewer's closed folder; what is temporary lies beside it in `scratch`."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return Path(shutil.copytree(four_machines / "interviewer", tmp_path / "laptop"))


def test_a_practice_ends_with_the_server(laptop: Path, tmp_path: Path, passphrase: str) -> None:
    with real_site(laptop, Clock()) as site:
        home = site.machines[HOME]
        home.desk = users.unlock(home.folder, users.slots(home.folder)[0].code, passphrase, site.clock)
        invented, end = practice.begin(home.desk)
        site.machines["practice"] = Machine(invented.folder, desk=invented, end=end)
        assert len(list((tmp_path / "scratch").iterdir())) == 1

    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_a_crash_left_of_a_practice_is_swept_at_the_next_start(
    laptop: Path, tmp_path: Path, passphrase: str
) -> None:
    folder = Folder.open(laptop)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    _, end = practice.begin(desk)
    desk.db.close()
    folder.close()  # as the system does for a process that is no more

    with real_site(laptop, Clock()):
        assert list((tmp_path / "scratch").iterdir()) == []
    end()  # for this process, which lives on
