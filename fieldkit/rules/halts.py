"""That something which can only protect a child was filled in or tapped, and is not carried out yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Halt:
    """A step for the child *subject* that waits for its *author*, a user's code, since *day*: without a word of it.

    `id` of the form that waits; empty for a "stop" that a child tapped and nobody has answered. `name`: of the author.
    """

    id: str
    subject: str
    author: str
    day: str
    name: str = ""
