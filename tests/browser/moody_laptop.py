"""The real program on a laptop that is moody: what the files in a folder say is so from the next request on.

`days`: by how many its date jumped; `minutes`: how many more its running clocks have run; `full`: there is no room on
the disk for a stop. The only argument is that folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fieldkit.cli import main
from fieldkit.clock import Clock
from fieldkit.errors import DiskFull
from fieldkit.store import stops

MOODS = Path(sys.argv.pop(1))
_now, _ticking, _awake = Clock.now, Clock.ticking, Clock.awake


def mood(name: str) -> float:
    path = MOODS / name
    return float(path.read_text()) if path.exists() else 0.0


def now(self: Clock) -> datetime:
    return _now(self) + timedelta(days=mood("days"), minutes=mood("minutes"))


def running(clock: Callable[[Clock], float]) -> Callable[[Clock], float]:
    return lambda self: clock(self) + mood("minutes") * 60


def with_room(act: Callable[..., Any]) -> Callable[..., Any]:
    def done(*told: Any) -> Any:
        if mood("full"):
            raise DiskFull
        return act(*told)

    return done


Clock.now, Clock.ticking, Clock.awake = now, running(_ticking), running(_awake)  # type: ignore[method-assign,assignment]
stops.keep, stops.drop, stops.decide = with_room(stops.keep), with_room(stops.drop), with_room(stops.decide)
sys.exit(main())
