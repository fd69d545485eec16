"""Time and chance come from here, so that tests can hold them still. Clocks never decide (`design.md` §1)."""

from __future__ import annotations

import secrets
import sys
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


def new_id() -> str:
    """Return 128 random bits as 22 characters of unpadded base64url.

    None begins with a dash: a command takes that for an option.
    """
    made = urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
    return new_id() if made.startswith("-") else made


RUN = new_id()  # this run of the program


@dataclass(frozen=True)
class Clock:
    """The laptop's own clock, which may be wrong by years; `ahead` is by how much more it is, in tests and the demo.

    `stated` is by how much a person said that its date is wrong: it moves today, never a stamp (`domain.md` V31).
    `run` names this run of the program: running seconds of another run say nothing about this one.
    """

    ahead: timedelta = timedelta(0)
    stated: timedelta = timedelta(0)
    run: str = field(default_factory=lambda: RUN)

    def now(self) -> datetime:
        """Return the moment as the laptop believes it, with its UTC offset."""
        return datetime.now().astimezone() + self.ahead

    def today(self) -> date:
        """Return this laptop's civil date, the one that "today" means at entry."""
        return (self.now() + self.stated).date()

    def ticking(self) -> float:
        """Return seconds that only run forward, whatever happens to the date: for waiting, never for stamps.

        Where the system can tell, they run while the lid is closed as well.
        """
        running = time.clock_gettime(_SINCE_START) if _SINCE_START is not None else time.monotonic()
        return running + self.ahead.total_seconds()

    @property
    def sleep_counts(self) -> bool:
        """Tell whether the seconds of `ticking` run while the lid is closed."""
        return _SINCE_START is not None or sys.platform == "win32"

    def awake(self) -> float:
        """Return running seconds of which none passes while the laptop sleeps: for durations."""
        return time.monotonic() + self.ahead.total_seconds()


_SINCE_START: int | None = getattr(time, "CLOCK_BOOTTIME", None)
