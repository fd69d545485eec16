"""The folders that ship beside the code, wherever the code lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldkit import resources
from fieldkit.resources import resource_dir


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, without any folder yet."""
    monkeypatch.setattr(resources, "PACKAGE", tmp_path / "site" / "fieldkit")
    (tmp_path / "site" / "fieldkit").mkdir(parents=True)
    return tmp_path / "site" / "fieldkit"


def test_an_installation_that_lost_its_folder_says_what_to_do(package: Path) -> None:
    with pytest.raises(RuntimeError, match=r"without its templates/ folder; install it again"):
        resource_dir("templates")


def test_a_folder_of_somebody_else_beside_an_installation_is_not_ours(package: Path) -> None:
    (package.parent / "templates").mkdir()

    with pytest.raises(RuntimeError):
        resource_dir("templates")


def test_a_file_of_that_name_is_no_folder(package: Path) -> None:
    (package / "templates").write_text("")

    with pytest.raises(RuntimeError):
        resource_dir("templates")


def test_a_wheel_holds_its_folders_inside(package: Path) -> None:
    (package / "templates").mkdir()
    (package.parent / "templates").mkdir()
    (package.parent / "pyproject.toml").touch()

    assert resource_dir("templates") == package / "templates"


def test_a_checkout_holds_them_beside_the_code(package: Path) -> None:
    (package.parent / "templates").mkdir()
    (package.parent / "pyproject.toml").touch()

    assert resource_dir("templates") == package.parent / "templates"


@pytest.mark.parametrize(("folder", "holds"), [("templates", "base.html"), ("translations", "zh_CN")])
def test_this_installation_is_whole(folder: str, holds: str) -> None:
    assert (resource_dir(folder) / holds).exists()
