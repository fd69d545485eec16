"""Attach a recording and print its id, and be killed at a named point on the way, as by a power cut."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from fieldkit.acts import attachments, users
from fieldkit.clock import Clock
from fieldkit.store import attachments as files
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder

POINTS: dict[str, tuple[Any, str, int]] = {  # what is cut, and at which call: the last is never begun
    "within the chunks": (files, "stage", 2),
    "before any is in its place": (files, "settle", 1),
    "before all are in their place": (Path, "replace", 3),
    "before the folder is flushed": (files, "flush_folder", 1),
    "before the commit": (Database, "_commit", 0),
    "never": (Database, "_commit", -1),
}


def _cut(where: Any, name: str, at: int) -> None:
    act: Callable[..., object] = getattr(where, name)
    calls = list[int]()

    def dying(*args: Any, **more: Any) -> object:
        written = name != "_commit" or args[1] is args[0]._writer
        calls.append(1)
        if len(calls) == at or (at == 0 and written):
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*args, **more)

    setattr(where, name, dying)


def write(path: Path, passphrase: str, interview: str, point: str) -> None:
    folder = Folder.open(path)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    content = sys.stdin.buffer.read()
    _cut(*POINTS[point])
    print(attachments.add(desk, interview, "audio/mpeg", len(content), BytesIO(content)), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    write(Path(sys.argv[1]), *sys.argv[2:])
