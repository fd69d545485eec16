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
        stood = json.loads(kept)
        spans = {name: _spans(said) for name, said in stood.items() if isinstance(said, list)}
        return Counter(**stood | spans)
    newest = "SELECT max(json_extract(body, '$.elapsed')) FROM changes WHERE session = ?"
    return Counter(tables.execute(newest, [interview]).fetchone()[0] or 0)


def _spans(said: list[list[float]]) -> tuple[elapsed.Span, ...]:
    return tuple((begun, ended) for begun, ended in said)


def now(tables: Tables, interview: str, clock: Clock, ago: float = 0.0) -> int:
    """Return how many milliseconds *interview* has run, or had run so many seconds *ago*."""
    return elapsed.at(elapsed.move(counter(tables, interview), clock.run, clock.awake()), ago)


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
