"""Find what ships with the code: the folders `templates/` and `translations/`, and what a library knows."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """Return the folder *name*, in a wheel (inside the package) or in a checkout (beside it).

    Raises RuntimeError when the installation lost it.
    """
    inside = PACKAGE / name
    if inside.is_dir():
        return inside
    beside = PACKAGE.parent / name
    if beside.is_dir() and (PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    raise RuntimeError(f"fieldkit is installed without its {name}/ folder; install it again")


def text_of(library: str, path: str) -> str:
    """Return a file of *library*, which is not imported for it."""
    return Path(str(distribution(library).locate_file(path))).read_text("utf-8")
