"""The secret of an interview from which the keys are made under which browsers keep words: a local fact."""

from __future__ import annotations

from secrets import token_bytes

from fieldkit.store import machine
from fieldkit.store.database import Tables, rewrite_pages


def secret(tables: Tables, interview: str) -> bytes | None:
    """Return the secret of *interview*, None before the first need of one."""
    return machine.recall(tables, _name(interview))


def make(tables: Tables, interview: str) -> None:
    """Make the secret of *interview*, which has none."""
    machine.remember(tables, _name(interview), token_bytes(32))


def drop(tables: Tables, interview: str) -> None:
    """Forget the secret: what browsers hold of *interview* is never opened again."""
    rewrite_pages(tables)
    machine.forget(tables, _name(interview))


def _name(interview: str) -> str:
    return f"queue:{interview}"
