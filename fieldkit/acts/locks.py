"""The cover over an open page, its PIN of the day, and wrong tries that slow down: all of it in memory only."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from math import ceil
from secrets import token_bytes
from typing import TypeVar

from fieldkit.acts.desk import Desk
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import locks
from fieldkit.store import people
from fieldkit.store.keys import WrongPassphrase, WrongWords

T = TypeVar("T")


class SlowDown(Refusal):
    """Too many wrong tries: the next one has to wait."""

    code = "slow_down"
    message = N_("Too many wrong tries. Nothing is lost. Seconds to wait: {n}. Then type it again.")
    status = 429


class WrongPin(Refusal):
    """The PIN of the day does not fit, or counts no more."""

    code = "wrong_pin"
    message = N_("That does not lift the cover. Type your PIN of today or your passphrase.")
    status = 401


class NotAPin(Refusal):
    """Something else than four to six digits."""

    code = "not_a_pin"
    message = N_("A PIN has four to six digits. Choose one and cover again.")
    status = 422


@dataclass
class Tries:
    """How often somebody typed something wrong, and when last, in ticking seconds."""

    wrong: int = 0
    at: float = 0.0


@dataclass
class Pin:
    """One person's PIN of one day, as a keyed hash; the key never leaves this process."""

    day: str
    key: bytes = field(repr=False)
    hashed: bytes = field(repr=False)
    wrong: int = 0


@dataclass
class Guard:
    """What one machine remembers of its people's PINs and wrong tries; gone with the process."""

    pins: dict[str, Pin] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)

    def tried(self, who: str, now: float, act: Callable[[], T]) -> T:
        """Run *act*, which opens something for *who*, unless wrong tries have to wait; raises SlowDown."""
        tries = self.tries.setdefault(who, Tries())
        left = locks.wait(tries.wrong) - (now - tries.at)
        if left > 0:
            raise SlowDown(n=ceil(left))
        before = (tries.wrong, tries.at)
        tries.wrong, tries.at = tries.wrong + 1, now  # counted first: guesses side by side are guesses too
        try:
            done = act()
        except (WrongPassphrase, WrongWords, WrongPin):
            raise
        except BaseException:
            tries.wrong, tries.at = before
            raise
        self.tries.pop(who, None)
        return done

    def choose(self, desk: Desk, typed: str) -> None:
        """Keep the PIN of today; raises NotAPin."""
        if not locks.is_pin(typed):
            raise NotAPin
        key = token_bytes(32)
        self.pins[desk.me.code] = Pin(desk.today, key, _hashed(key, typed))

    def has_pin(self, desk: Desk) -> bool:
        """Tell whether a PIN still lifts this person's cover."""
        pin = self.pins.get(desk.me.code)
        return pin is not None and pin.day == desk.today and locks.pin_counts(pin.wrong)

    def check_pin(self, desk: Desk, typed: str) -> None:
        """Raise WrongPin unless *typed* is today's PIN; after five wrong ones none is."""
        if not self.has_pin(desk):
            raise WrongPin
        pin = self.pins[desk.me.code]
        if not hmac.compare_digest(pin.hashed, _hashed(pin.key, typed)):
            pin.wrong += 1
            raise WrongPin
        pin.wrong = 0


def _hashed(key: bytes, typed: str) -> bytes:
    return blake2b(typed.encode("utf-8", "surrogatepass"), key=key).digest()


def running(desk: Desk) -> bool:
    """Tell whether an interview of today is open here."""
    with desk.db.reading() as tables:
        return people.opened_on(tables, desk.today)
