"""What a child said that could not be done as it stood and waits for a person: local facts, without a word of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from fieldkit.store import machine
from fieldkit.store.database import Tables

_PREFIX = "wish:"


@dataclass(frozen=True)
class Wish:
    """What was chosen at which moment (ISO 8601, as this laptop reckons) on a page, under which name.

    `what`: a scope of a stop, or that words of the note on `question` go. `settled`: why it stays as decided; empty
    while it waits.
    """

    id: str
    interview: str
    subject: str
    what: str
    at: str
    question: str = ""
    settled: str = ""


def keep(tables: Tables, wish: Wish) -> None:
    """Keep a wish, or what became of it."""
    machine.remember(tables, _name(wish.interview, wish.id), json.dumps(asdict(wish)))


def of(tables: Tables, interview: str, id_: str) -> Wish | None:
    """Return one wish, waiting or settled, or None."""
    kept = machine.recall(tables, _name(interview, id_))
    return None if kept is None else Wish(**json.loads(kept))


def waiting(tables: Tables, interview: str = "") -> list[Wish]:
    """Return what waits for a person, the oldest first: of *interview*, or of all of them."""
    pattern = f"{_PREFIX}{interview}:*" if interview else f"{_PREFIX}*"
    rows = tables.execute("SELECT value FROM machine WHERE name GLOB ?", [pattern]).fetchall()
    every = [Wish(**json.loads(value)) for (value,) in rows]
    return sorted((one for one in every if not one.settled), key=lambda one: (one.at, one.id))


def drop(tables: Tables, wish: Wish) -> None:
    """Forget a wish: it is met."""
    machine.forget(tables, _name(wish.interview, wish.id))


def drop_all(tables: Tables, interview: str) -> None:
    """Forget all of *interview*: nothing of it is left."""
    tables.execute("DELETE FROM machine WHERE name GLOB ?", [f"{_PREFIX}{interview}:*"])


def _name(interview: str, id_: str) -> str:
    return f"{_PREFIX}{interview}:{id_}"
