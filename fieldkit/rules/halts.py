"""That something which can only protect a child was filled in or tapped, and is not carried out yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fieldkit.rules.consent import DEFERRED, LIMITED, REFUSING, Event


@dataclass(frozen=True)
class Halt:
    """A step for the child *subject* that waits for its *author*, a user's code, since *day*: without a word of it.

    `id` of the form that waits; empty for a "stop" that a child tapped and nobody has answered. `name`: of the author.
    `noes`: how often somebody had said no or "let me think" by then.
    """

    id: str
    subject: str
    author: str
    day: str
    name: str = ""
    noes: int = 0


def noes(events: Iterable[Event]) -> int:
    """Return how often somebody said no, took all or a part back, or wanted to think about it."""
    return sum(event.act in {*REFUSING, DEFERRED, LIMITED} for event in events)


def written_since(halt: Halt, events: Iterable[Event]) -> bool:
    """Tell whether one more no or "let me think" stands among the *events* of the child than when the step waited."""
    return noes(events) > halt.noes
