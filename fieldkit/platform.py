"""What differs between Windows and Linux: where the data folder lies and who may read it."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from platformdirs import user_data_path

from fieldkit.errors import Occupied


def default_folder() -> Path:
    """Return the data folder of the person who is signed in to this computer."""
    return user_data_path("fieldkit", appauthor=False)


def make_private(folder: Path) -> None:
    """Create *folder* and close it to other people of this computer (mode 0700; Windows: the profile's own rights)."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        folder.chmod(0o700)


def flush_folder(folder: Path) -> None:
    """Make renames inside *folder* survive a power cut, where the system lets us (not on Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_free(path: Path) -> None:
    """Raise Occupied where something lies at *path*, be it a link that leads nowhere: nothing is overwritten."""
    if os.path.lexists(path):
        raise Occupied(path=path)


def unused(folder: Path, name: str) -> Path:
    """Return a path in *folder* that nothing has: *name*, or with the first free number after it."""
    first = folder / name
    paths = (first.with_stem(f"{first.stem}-{n}") if n > 1 else first for n in count(1))
    return next(path for path in paths if not os.path.lexists(path))


def write_atomically(path: Path, content: bytes) -> None:
    """Replace *path* by *content*, whole or not at all, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush_folder(path.parent)
