"""What one server serves: usually one data folder; in the demo one for each role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Timer

from flask import current_app

from fieldkit.acts.desk import Desk
from fieldkit.acts.locks import Guard
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder


@dataclass
class Machine:
    """A data folder, what to call it, and its store while somebody is signed in to it."""

    folder: Folder
    label: str = ""
    desk: Desk | None = None
    guard: Guard = field(default_factory=Guard)

    def close(self) -> None:
        """Close the store and drop its key: the last session was locked."""
        if self.desk is not None:
            self.desk.db.close()
        self.guard.pins.clear()
        self.desk = None


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = Timer(seconds, act)
    timer.daemon = True
    timer.start()


@dataclass
class Site:
    """The machines of this server by name, the clock, whether the people are invented, and how a stick is carried.

    `later`: how something is done that many seconds from now, with no page open.
    """

    machines: Mapping[str, Machine]
    clock: Clock
    port: int
    demo: bool = False
    carry: Callable[[], None] | None = None
    later: Callable[[float, Callable[[], None]], None] = _later
    names: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")

    @property
    def hosts(self) -> set[str]:
        """Return the Host headers under which this server may be asked."""
        return {f"{name}:{self.port}" for name in self.names} | (set(self.names) if self.port == 80 else set())


HOME = "home"


def site() -> Site:
    """Return the site of the running application."""
    found: Site = current_app.extensions["fieldkit"]
    return found
