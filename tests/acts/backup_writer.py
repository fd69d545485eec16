"""Put a new backup in the place of the dated copies, and be killed at a named point on the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fieldkit.acts import backups, users
from fieldkit.clock import Clock
from fieldkit.store import backups as files
from fieldkit.store import copies
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder

POINTS: dict[str, tuple[Any, str, int]] = {  # what is cut, and at which call: the last is never begun
    "before the copy": (Database, "copy_to", 1),
    "before it is whole": (files, "check", 1),
    "before the old go": (backups, "_delete", 1),
    "between the old": (Path, "unlink", 3),
    "before the mark goes": (copies, "replaced", 1),
}


def _cut(where: Any, name: str, at: int) -> None:
    act: Callable[..., object] = getattr(where, name)
    calls = []

    def dying(*args: Any, **more: Any) -> object:
        calls.append(1)
        if len(calls) == at:
            os._exit(9)
        return act(*args, **more)

    setattr(where, name, dying)


def write(path: Path, passphrase: str, point: str) -> None:
    folder = Folder.open(path)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    _cut(*POINTS[point])
    backups.renew(desk)


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
