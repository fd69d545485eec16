"""What one server serves: usually one data folder; in the demo one for each role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Timer

from flask import Request, current_app

from fieldkit.acts import phones
from fieldkit.acts.cards import Card
from fieldkit.acts.desk import Desk
from fieldkit.acts.exchange import Sending
from fieldkit.acts.locks import Guard
from fieldkit.acts.phones import Book
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder


@dataclass
class Machine:
    """A data folder, what to call it, and its store while somebody is signed in to it.

    `card`: the one in a child's hand; `called`: by who handed it over, the last one on which a child tapped "stop".
    `aside`: by person and phone, the guided steps that a lock interrupted, sealed for that person.
    `end`: what is left to do once its store is closed, where nothing of the folder is to stay.
    """

    folder: Folder
    label: str = ""
    desk: Desk | None = None
    guard: Guard = field(default_factory=Guard)
    phones: Book = field(default_factory=Book)
    card: Card | None = None
    sending: Sending | None = None
    called: dict[str, Card] = field(default_factory=dict)
    aside: dict[tuple[str, str | None], list[str]] = field(default_factory=dict)
    end: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Close the store and drop its key: the last session was locked. A "stop" waits for who unlocks again."""
        if self.desk is not None:
            self.desk.db.close()
        self.guard.pins.clear()
        self.phones.close()
        self.folder.clear_aside()
        self.desk = self.card = self.sending = None
        self.end()


@dataclass
class Lan:
    """The doors for other devices, shut until somebody wants them open: the pages over TLS, and what is trusted first.

    `listen` opens them, or takes up a fresh certificate, and returns the ports by door; it is the server's.
    `stuck`: that failed the last time, and somebody was told.
    """

    listen: Callable[[Folder, bool], dict[str, int]] | None = None
    shut: Callable[[], None] | None = None
    wanted: bool = False
    ports: dict[str, int] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)
    looked: float = float("-inf")
    stuck: bool = False
    gate: Lock = field(default_factory=Lock)

    def hosts(self, door: str) -> set[str]:
        """Return the Host headers under which a door may be asked."""
        return {f"{name}:{self.ports[door]}" for name in (*self.addresses, "127.0.0.1") if door in self.ports}


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = Timer(seconds, act)
    timer.daemon = True
    timer.start()


@dataclass
class Site:
    """The machines of this server by name, the clock, whether the people are invented, and how a stick is carried.

    `later`: how something is done that many seconds from now, with no page open.
    """

    machines: dict[str, Machine]
    clock: Clock
    port: int
    demo: bool = False
    carry: Callable[[], None] | None = None
    later: Callable[[float, Callable[[], None]], None] = _later
    lan: Lan = field(default_factory=Lan)
    names: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")

    @property
    def hosts(self) -> set[str]:
        """Return the Host headers under which this server may be asked."""
        return {f"{name}:{self.port}" for name in self.names} | (set(self.names) if self.port == 80 else set())


HOME = "home"
DOOR, LAN, TRUST = "fieldkit.door", "lan", "trust"  # where a request came in, where it is not this computer's own door
PHONE = "__Host-fieldkit-phone"  # a browser takes it over TLS only, and only from us


def site() -> Site:
    """Return the site of the running application."""
    found: Site = current_app.extensions["fieldkit"]
    return found


def phone_of(request: Request) -> str | None:
    """Return the paired phone that asks; None for this computer itself, and for a stranger."""
    at = site().machines.get(HOME)
    if at is None or request.environ.get(DOOR) != LAN:
        return None
    return phones.known(at.folder, at.desk, at.phones, request.cookies.get(PHONE, ""))
