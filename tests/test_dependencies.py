"""What the program leans on: pinned to what was tested, free to use, each with a reason."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
FACTS: dict[str, Any] = tomllib.loads(PYPROJECT)
LOCK = ROOT / "uv.lock"
RUNTIME: list[str] = FACTS["project"]["dependencies"]
DIRECT: list[str] = [*RUNTIME, *FACTS["dependency-groups"]["dev"]]
PINS = [Requirement(pin) for pin in FACTS["tool"]["uv"]["constraint-dependencies"]]
NAMED_IN_THE_DESIGN = {"ruff", "mypy"}  # design.md §8 lists them; their names are their reason
COPYLEFT = re.compile(r"(?<![a-z])(?:a?gpl|(?<!lesser )(?<!library )general public license)", re.IGNORECASE)
Versions = dict[str, str]


def test_no_runtime_dependency_is_under_gpl_or_agpl() -> None:
    licences = {name: licence(name) for name in needed(RUNTIME)}

    assert not [name for name, text in licences.items() if COPYLEFT.search(text)]
    assert not [name for name, text in licences.items() if not text.strip()]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("GPL-3.0-only", True),
        ("AGPLv3+", True),
        ("License :: OSI Approved :: GNU General Public License v2 (GPLv2)", True),
        ("GNU AFFERO GENERAL PUBLIC LICENSE", True),
        ("LGPL-2.1-or-later", False),
        ("GNU Lesser General Public License", False),
        ("MIT AND PSF-2.0", False),
    ],
)
def test_copyleft_is_told_from_what_may_be_linked(text: str, refused: bool) -> None:
    assert bool(COPYLEFT.search(text)) == refused


def test_every_needed_distribution_is_pinned_to_what_is_installed() -> None:
    assert drift(PINS, needed(DIRECT)) == []


@pytest.mark.parametrize(
    ("pins", "installed", "complaint"),
    [
        (["flask==3.1"], {"flask": "3.1", "jinja2": "3.1.6"}, "jinja2 3.1.6 is not pinned"),
        (["flask==3.0"], {"flask": "3.1"}, "flask is pinned ==3.0, installed is 3.1"),
        (["flask>=3.1"], {"flask": "3.1"}, "flask is not pinned with == to one version"),
        (["flask==3.*"], {"flask": "3.1"}, "flask is not pinned with == to one version"),
        (["flask==3.1", "six==1.17"], {"flask": "3.1"}, "six is pinned, but nothing needs it"),
        (["flask==3.1", "flask==3.1"], {"flask": "3.1"}, "flask is pinned twice"),
    ],
)
def test_a_pin_that_drifts_is_seen(pins: list[str], installed: Versions, complaint: str) -> None:
    assert drift([Requirement(pin) for pin in pins], installed) == [complaint]


def test_a_pin_for_another_system_is_not_stale_here() -> None:
    assert drift([Requirement("colorama==0.4.6 ; sys_platform == 'amiga'")], {}) == []


def test_the_lock_file_says_the_same_as_the_pins() -> None:
    if not LOCK.is_file():
        pytest.skip("uv has written no lock file in this folder")

    assert locked() == {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in PINS}


def test_the_lock_file_is_not_tracked() -> None:
    assert "uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    if not (ROOT / ".git").exists():
        pytest.skip("this folder is no git checkout")

    tracked = subprocess.run(["git", "ls-files", "uv.lock"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert tracked.stdout == ""


@pytest.mark.parametrize("dependency", DIRECT)
def test_every_direct_dependency_has_its_reason_beside_it(dependency: str) -> None:
    name = Requirement(dependency).name

    assert name in NAMED_IN_THE_DESIGN or re.search(rf'^    "{re.escape(dependency)}",  # \S', PYPROJECT, re.MULTILINE)


def needed(names: Iterable[str]) -> Versions:
    """Return the version of every installed distribution that *names* need on this system, transitive ones too."""
    found: Versions = {}
    waiting = [Requirement(name) for name in names]
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        if str(one) not in seen:
            seen.add(str(one))
            found[canonicalize_name(one.name)] = metadata.version(one.name)
            waiting += _asked_by(one)
    return found


def _asked_by(one: Requirement) -> list[Requirement]:
    asked = [Requirement(text) for text in metadata.requires(one.name) or []]
    extras = one.extras or {""}
    return [new for new in asked if new.marker is None or any(new.marker.evaluate({"extra": name}) for name in extras)]


def drift(pins: list[Requirement], installed: Versions) -> list[str]:
    """Return what is wrong between *pins* and what is *installed*; a pin for another system is not judged."""
    said: list[str] = []
    open_ = dict(installed)
    for pin in pins:
        name = canonicalize_name(pin.name)
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        version = open_.pop(name, None)
        if not re.fullmatch(r"==[^*,]+", str(pin.specifier)):
            said.append(f"{name} is not pinned with == to one version")
        elif version is None:
            said.append(f"{name} is pinned twice" if name in installed else f"{name} is pinned, but nothing needs it")
        elif str(pin.specifier) != f"=={version}":
            said.append(f"{name} is pinned {pin.specifier}, installed is {version}")
    return said + [f"{name} {version} is not pinned" for name, version in open_.items()]


def locked() -> Versions:
    """Return what the lock file holds for any system, the project itself left out."""
    packages = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    return {one["name"]: one["version"] for one in packages if one["name"] != "fieldkit"}


def licence(name: str) -> str:
    """Return what a distribution says of its licence: the expression, else the classifiers, else the text itself."""
    facts = metadata.metadata(name)
    classified = [one for one in facts.get_all("Classifier") or [] if one.startswith("License ::")]
    said = facts.get_all("License-Expression") or classified or facts.get_all("License")
    files = [file for file in metadata.files(name) or [] if "LICEN" in file.name.upper()]
    return "\n".join(said or [file.read_text(encoding="utf-8") for file in files])
