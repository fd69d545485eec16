"""What a person installs: everything that lies in the folders, found again without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = {  # where each folder of the checkout lies in a wheel
    "fieldkit": "fieldkit",
    "sync": "sync",
    "templates": "fieldkit/templates",
    "translations": "fieldkit/translations",
}
NEEDED_TO_BUILD = ("pyproject.toml", "README.md", "LICENSE", ".gitignore")
LOOK_AROUND = """
import json, sys
from importlib import metadata
sys.path[:] = [sys.argv[1], *sys.path, *sys.argv[2:]]
import sync
from fieldkit import i18n, resources, studies
[command] = metadata.distribution("fieldkit").entry_points
print(json.dumps({
    "places": [sync.__file__, sys.modules[command.load().__module__].__file__,
               *(str(resources.resource_dir(name)) for name in ("templates", "translations"))],
    "command": command.name,
    "chinese": i18n.translate(i18n.ZH, "Back"),
    "questions": len(studies.load_study().guide.questions),
}))
"""


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ('"templates" = "fieldkit/templates"\n', "fieldkit/templates/today.html"),
        ('"translations" = "fieldkit/translations"\n', "fieldkit/translations/zh_CN/LC_MESSAGES/messages.po"),
        ('"sync", ', "sync/block.py"),
    ],
)
def test_a_wheel_that_lost_a_folder_is_seen(uv: str, tmp_path: Path, line: str, lost: str) -> None:
    copy = checkout(tmp_path / "copy")
    text = (copy / "pyproject.toml").read_text(encoding="utf-8")
    assert line in text

    (copy / "pyproject.toml").write_text(text.replace(line, "", 1), encoding="utf-8")

    assert lost in in_folders(copy) - in_wheel(build(uv, copy, tmp_path / "dist"))


def test_the_wheel_holds_what_lies_in_the_folders_and_nothing_else(wheel: Path) -> None:
    assert in_wheel(wheel) == in_folders(ROOT)


def test_data_scripts_and_licences_are_among_it(wheel: Path) -> None:
    assert {
        "fieldkit/studies/zhoukou/guide.toml",
        "fieldkit/static/fieldkit.css",
        "fieldkit/static/js/autosave.js",
        "fieldkit/static/vendor/signature_pad/LICENSE",
        "fieldkit/translations/zh_CN/LC_MESSAGES/messages.po",
        "sync/README.md",
    } <= in_wheel(wheel)


def test_the_source_archive_has_no_lock_file_and_no_hidden_folder(archive: Path) -> None:
    top = {name.split("/")[0] for name in in_archive(archive)}

    assert {"fieldkit", "sync", "templates", "translations", "tests", "pyproject.toml"} <= top
    assert top & {"uv.lock", "dist"} == set()
    assert {name for name in top if name.startswith(".")} <= {".gitignore"}


def test_a_wheel_made_from_the_source_archive_is_the_same(uv: str, wheel: Path, archive: Path, tmp_path: Path) -> None:
    assert in_wheel(build(uv, archive, tmp_path)) == in_wheel(wheel)


def test_an_installed_program_finds_its_folders_without_the_checkout(installed: Path) -> None:
    found = json.loads(look_around(installed).stdout)

    assert [place for place in found["places"] if not Path(place).is_relative_to(installed)] == []
    assert found["command"] == "fieldkit"
    assert found["chinese"] == "上一页"
    assert found["questions"] > 0


def test_an_installation_that_lost_its_pages_says_so(installed: Path) -> None:
    shutil.rmtree(installed / "fieldkit/templates")

    assert "installed without its templates/ folder" in look_around(installed).stderr


@pytest.fixture(scope="module")
def uv() -> str:
    """The command that builds; on the build server it must be there, elsewhere its absence is no fault of the code."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None and os.environ.get("CI", "").lower() not in {"true", "1"}:
        pytest.skip("uv is not installed, so no wheel can be built here")
    assert found, "the wheel must be tested on the build server: install uv"
    return found


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build(uv, ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def archive(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive of this checkout."""
    return build(uv, ROOT, tmp_path_factory.mktemp("archive"), "sdist")


@pytest.fixture
def installed(uv: str, wheel: Path, tmp_path: Path) -> Path:
    """A folder into which the wheel was installed, its dependencies left where they are."""
    target = tmp_path / "installed"
    run(uv, "pip", "install", "--offline", "--no-deps", "--python", sys.executable, "--target", target, wheel)
    return target


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def build(uv: str, source: Path, out: Path, kind: str = "wheel") -> Path:
    """Build *source* and return the one file that came of it."""
    run(uv, "build", f"--{kind}", "--out-dir", out, source)
    [made] = out.glob("fieldkit-*")
    return made


def look_around(installed: Path) -> subprocess.CompletedProcess[str]:
    """Start Python without site packages, so that the checkout which they point to cannot help."""
    libraries = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    command: list[str | Path] = [sys.executable, "-I", "-S", "-X", "utf8", "-c", LOOK_AROUND, installed, *libraries]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def checkout(copy: Path) -> Path:
    """Copy what a build needs."""
    for folder in SHIPPED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in NEEDED_TO_BUILD:
        shutil.copy(ROOT / name, copy)
    return copy


def in_folders(root: Path) -> set[str]:
    """Return the name that each file of the checkout has in a wheel."""
    return {
        f"{inside}/{path.relative_to(root / folder).as_posix()}"
        for folder, inside in SHIPPED.items()
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def in_wheel(wheel: Path) -> set[str]:
    """Return the names in a wheel, what describes it left out."""
    with ZipFile(wheel) as file:
        return {name for name in file.namelist() if ".dist-info/" not in name}


def in_archive(archive: Path) -> set[str]:
    """Return the names in a source archive, the folder around all of them left out."""
    with tarfile.open(archive) as file:
        return {name.partition("/")[2] for name in file.getnames()}
