"""One signed-in person at one open data folder: what every act is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from fieldkit.clock import Clock
from fieldkit.errors import NotAllowed
from fieldkit.rules.members import Member
from fieldkit.store import machine
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Pen
from fieldkit.store.machine import Self

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """The open folder and store, the person (`me`) with their keys, this device, and the clock.

    `past`: its today is a day gone by, for which something is judged.
    """

    folder: Folder
    db: Database
    me: Member
    keys: KeyPair
    device: Self
    clock: Clock
    past: bool = False

    @property
    def pen(self) -> Pen:
        """Return whose hand writes the next change."""
        return Pen(self.me.code, self.device.id, self.device.team, self.clock)

    @property
    def today(self) -> str:
        """Return this laptop's civil date, YYYY-MM-DD."""
        return self.clock.today().isoformat()

    def on(self, day: str) -> Desk:
        """Return the same desk with *day* as its today: what is judged there is judged for then, stamps stay of now."""
        off = date.fromisoformat(day) - self.clock.today()
        return replace(self, clock=replace(self.clock, stated=self.clock.stated + off), past=bool(off))


def sit_down(folder: Folder, db: Database, code: str, keys: KeyPair, clock: Clock) -> Desk:
    """Return the desk of user *code*, with name and role as the orders recognise them."""
    with db.reading() as tables:
        device = machine.recall_self(tables)
        me = machine.everybody(tables).users[code]
        off = machine.stated(tables).off
    return Desk(folder, db, me, keys, device, replace(clock, stated=off))


def only(*roles: str) -> Callable[[Callable[Concatenate[Desk, P], T]], Callable[Concatenate[Desk, P], T]]:
    """Refuse an act to people of other roles: the permission stands beside the act, once."""

    def mark(act: Callable[Concatenate[Desk, P], T]) -> Callable[Concatenate[Desk, P], T]:
        @wraps(act)
        def asked(desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> T:
            if desk.me.role not in roles:
                raise NotAllowed
            return act(desk, *args, **kwargs)

        return asked

    return mark
