"""Where the counter of an interview stands: a local fact of the laptop on which it runs."""

from __future__ import annotations

import json
from collections.abc import Callable

from fieldkit.clock import Clock
from fieldkit.rules import elapsed
from fieldkit.rules.elapsed import Counter
from fieldkit.store import machine
from fieldkit.store.database import Tables

Turn = Callable[[Counter, str, float], Counter]


def counter(tables: Tables, interview: str) -> Counter:
    """Return the counter of *interview*; where this machine has none, it stands where the last change said."""
    kept = machine.recall(tables, _name(interview))
    if kept is not None:
        return Counter(**json.loads(kept))
    newest = "SELECT max(json_extract(body, '$.elapsed')) FROM changes WHERE session = ?"
    return Counter(tables.execute(newest, [interview]).fetchone()[0] or 0)


def now(tables: Tables, interview: str, clock: Clock) -> int:
    """Return how many milliseconds *interview* has run."""
    return elapsed.read(counter(tables, interview), clock.run, clock.awake())


def keep(tables: Tables, interview: str, clock: Clock, turn: Turn = elapsed.move) -> int:
    """Move the counter of *interview*, or *turn* it otherwise; return its milliseconds."""
    turned = turn(counter(tables, interview), clock.run, clock.awake())
    machine.remember(tables, _name(interview), json.dumps(vars(turned)))
    return turned.counted


def drop(tables: Tables, interview: str) -> None:
    """Forget the counter."""
    machine.forget(tables, _name(interview))


def _name(interview: str) -> str:
    return f"elapsed:{interview}"
