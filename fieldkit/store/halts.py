"""That a step which can only protect a child waits for its author: a local fact, for whoever takes over.

The form itself is in memory, sealed for its author; this says neither what it is nor a word of it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from fieldkit.rules.halts import Halt
from fieldkit.store import cards, machine
from fieldkit.store.database import Tables

_PREFIX = "halt:"


def keep(tables: Tables, halt: Halt) -> None:
    """Keep that a step waits; of one form that means several children, one for each."""
    machine.remember(tables, f"{_PREFIX}{halt.id}:{halt.subject}", json.dumps(asdict(halt)))


def kept(tables: Tables) -> list[Halt]:
    """Return the steps that wait, the oldest first."""
    rows = tables.execute("SELECT value FROM machine WHERE name GLOB ?", [f"{_PREFIX}*"])
    return sorted((Halt(**json.loads(value)) for (value,) in rows), key=lambda one: (one.day, one.id, one.subject))


def of_form(tables: Tables, id_: str) -> list[Halt]:
    """Return what waits of one form, by child."""
    return [one for one in kept(tables) if one.id == id_]


def drop(tables: Tables, id_: str) -> None:
    """Forget what waited under *id_*: it is carried out, or its author left it out."""
    for one in of_form(tables, id_):
        machine.forget(tables, f"{_PREFIX}{id_}:{one.subject}")


def by_child(tables: Tables) -> dict[str, list[Halt]]:
    """Return by child all that waits, also a child's "stop" that whoever handed the card over has not answered."""
    tapped = [Halt("", subject, who, at[:10]) for who, subject, at in cards.unanswered(tables)]
    waiting = [*kept(tables), *tapped]
    users = machine.everybody(tables).users if waiting else {}
    found: dict[str, list[Halt]] = {}
    for one in waiting:
        name = users[one.author].name if one.author in users else one.author
        found.setdefault(one.subject, []).append(replace(one, name=name))
    return found
