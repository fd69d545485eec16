"""README's commands do what README says, word for word, on a machine that has only Python."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.+?)\n```", README, re.DOTALL)


def test_the_first_screen_says_what_for_whom_the_promise_and_two_commands() -> None:
    first_screen = README[:2500]

    assert len(COMMANDS) == 2
    assert all(command in first_screen for command in COMMANDS)
    assert "**The promise.**" in first_screen
    assert "It is for interviewers" in first_screen
    assert "pipx" in README


def test_every_file_that_readme_leads_to_is_there() -> None:
    targets = re.findall(r'(?:\]\(|src=")([^)":]+)[)"]', README)

    assert len(targets) > 5
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.fixture
def newcomer(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A fresh copy of what git tracks, an empty home, and a Python with nothing in it."""
    copy, home = tmp_path / "fieldkit", tmp_path / "home"
    home.mkdir()
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    venv.create(tmp_path / "python", with_pip=True, symlinks=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "UV_", "PYTHON"))}
    path = f"{tmp_path / 'python' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return copy, {**kept, "HOME": str(home), "PATH": path, "XDG_CACHE_HOME": str(home / "cache")}


@pytest.fixture
def registry() -> None:
    """Both commands fetch packages; without a registry they cannot be tried."""
    asked = [sys.executable, "-m", "pip", "index", "versions", "uv"]
    if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
        return
    if os.environ.get("CI"):
        pytest.fail("no package registry can be reached")
    pytest.skip("needs a package registry")


@pytest.mark.usefixtures("registry")
def test_the_demo_command_opens_a_useful_page(newcomer: tuple[Path, dict[str, str]]) -> None:
    copy, env = newcomer
    server = subprocess.Popen(
        COMMANDS[0], shell=True, cwd=copy, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert server.stdout is not None
    url = next((found[0] for line in server.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+/", line))), None)
    assert url
    with urlopen(url) as answer:
        page = answer.read().decode()
    os.killpg(server.pid, signal.SIGINT)
    server.communicate()

    assert "演示：人物都是虚构的" in page
    assert "开始访谈" in page


@pytest.mark.usefixtures("registry")
def test_the_test_command_finds_the_tests(newcomer: tuple[Path, dict[str, str]]) -> None:
    copy, env = newcomer
    asked = f"{COMMANDS[1]} --collect-only -q"
    done = subprocess.run(asked, shell=True, cwd=copy, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests collected" in done.stdout
