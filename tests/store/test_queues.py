"""The secret of an interview: none before it is asked for, its own, and gone for good once it is dropped."""

from __future__ import annotations

from fieldkit.store import queues
from fieldkit.store.database import Tables


def test_an_interview_has_no_secret_before_one_is_made(tables: Tables) -> None:
    queues.make(tables, "S1")

    assert queues.secret(tables, "S2") is None


def test_a_secret_is_32_bytes_that_stay(tables: Tables) -> None:
    queues.make(tables, "S1")
    kept = queues.secret(tables, "S1")

    assert kept is not None
    assert len(kept) == 32
    assert queues.secret(tables, "S1") == kept


def test_a_secret_that_was_dropped_is_gone_and_no_other(tables: Tables) -> None:
    for interview in ("S1", "S2"):
        queues.make(tables, interview)
    before = queues.secret(tables, "S1")
    queues.drop(tables, "S1")

    assert queues.secret(tables, "S1") is None
    assert queues.secret(tables, "S2") is not None
    queues.make(tables, "S1")
    assert queues.secret(tables, "S1") != before


def test_to_drop_a_secret_that_nobody_made_is_no_fault(tables: Tables) -> None:
    queues.drop(tables, "S1")

    assert queues.secret(tables, "S1") is None
