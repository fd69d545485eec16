"""A laptop that exchanges, or a hub that answers, and is killed in the middle: started once, each time a fork.

Each line that is read is `[what, folder or database, passphrase, point, seconds]`: the kernel ends the process at the
named point of that number, or after so many seconds. Its pid is printed, what it came to, then "ended".
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from fieldkit.acts import exchange, hubs, users
from fieldkit.clock import Clock
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from sync.centre import Centre
from sync.client import Line
from sync.hub import create_app
from sync.hub_server import listening
from sync.hub_store import Strip


class Points:
    """Counts the points that a process comes to, and ends it at one of them as a power cut does."""

    def __init__(self, last: int) -> None:
        self._left = last

    def around(self, of: type, name: str, called: Callable[[tuple[Any, ...]], str]) -> None:
        """Let there be a point before and one after each call of a method that *called* has a name for."""
        method = getattr(of, name)

        def counted(*args: Any, **more: Any) -> Any:
            where = called(args)
            self._come(where and f"before {where}")
            done = method(*args, **more)
            self._come(where and f"after {where}")
            return done

        setattr(of, name, counted)

    def _come(self, where: str) -> None:
        self._left -= bool(where)
        if where and self._left == 0:
            print(where, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)


def laptop(path: str, passphrase: str, points: Points) -> None:
    points.around(Database, "_commit", lambda args: "a commit" if args[1] is args[0]._writer else "")
    points.around(Line, "ask", lambda args: f"asking {args[1]}")
    folder = Folder.open(Path(path))
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    print("begins", flush=True)
    exchange.run(desk)
    print("done", flush=True)


def hub(database: str, told: str, points: Points) -> None:
    points.around(Strip, "add", lambda _: "a block is added")
    points.around(Centre, "answer", lambda args: f"answering {args[1]}")
    centre = hubs.opened(hubs.read_pass(told.encode()), database, "CN", str)
    with listening(create_app(centre), "127.0.0.1", 0) as server:
        print(server.bind_addr[1], flush=True)
        Event().wait()


def main() -> None:
    for line in sys.stdin:
        what, place, secret, point, seconds = json.loads(line)
        child = os.fork()
        if not child:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if seconds:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_REAL, seconds)
            {"laptop": laptop, "hub": hub}[what](place, secret, Points(point))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
