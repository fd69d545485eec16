"""The words of a contact slip are gone from the file itself, not only from what a person sees."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fieldkit.records import Value
from fieldkit.store import log, rebuild, slips
from fieldkit.store.database import Database, Tables
from fieldkit.store.log import Draft, Pen

WORDS = "QX7vK2mPz9Lw4Td"
Carry = Callable[[Database, Database], object]


def _register(tables: Tables, pen: Pen, subject: str = "kid") -> None:
    log.append(tables, pen, Draft("participant", {"registered_on": "2026-11-25"}, record=subject, subject=subject))
    slip = {"called": WORDS, "phone": WORDS[::-1], "given_by": "奶奶"}
    log.append(tables, pen, Draft("slip", slip, record=f"slip of {subject}", subject=subject))


def _flush(db: Database) -> None:
    db.leave_no_trace()
    with db.writing():
        pass


def _holds(found: bytes) -> bool:
    return WORDS.encode() in found or WORDS[::-1].encode() in found


def _slip(tables: Tables) -> list[Value]:
    return [(row["called"], row["phone"], row["given_by"], row["conflict"]) for row in tables.table("slips").rows]


def test_without_a_slip_nothing_is_written(tables: Tables, pen: Pen, no_changes: None) -> None:
    assert not slips.purge(tables, pen, "kid")


@pytest.mark.parametrize("others", [0, 3, 60])
def test_a_slip_that_was_never_sealed_leaves_no_byte_in_the_file(
    db: Database, pen: Pen, clear: Callable[[Database], bytes], others: int
) -> None:
    with db.writing() as tables:
        for number in range(others):
            log.append(
                tables, pen, Draft("slip", {"called": "x" * number * 9}, record=f"R{number}", subject=f"S{number}")
            )
        _register(tables, pen)
    _flush(db)
    assert _holds(clear(db))

    with db.writing() as tables:
        assert slips.purge(tables, pen, "kid")
    _flush(db)

    assert not _holds(clear(db))
    assert db.path.with_name(db.path.name + "-wal").stat().st_size == 0


def test_after_the_purge_log_and_state_agree_and_no_word_is_left(db: Database, pen: Pen) -> None:
    with db.writing() as tables:
        _register(tables, pen)
        slips.purge(tables, pen, "kid")

        assert rebuild.differences(tables) == []
        assert (None, None, None, 0) in _slip(tables)
        bodies = [json.loads(row[0]) for row in tables.execute("SELECT body FROM changes WHERE kind = 'slip'")]
        assert [body["set"] for body in bodies] == [{"called": None, "given_by": None, "phone": None}]
        assert len(bodies[0]["over"]["called"]) == 1
        assert slips.written(tables) == []
        assert not slips.purge(tables, pen, "kid")


def test_an_old_copy_that_comes_back_does_not_fill_the_slip_again(tables: Tables, pen: Pen) -> None:
    _register(tables, pen)
    (old,) = log.of_record(tables, "slip of kid")
    slips.purge(tables, pen, "kid")

    log.insert(tables, old, old.encoded(), "a stick", "a block")
    log.settle(tables, [old])

    assert _slip(tables) == [(None, None, None, 0)]
    assert slips.written(tables) == [("kid", "2026-11-25", True)]


def test_what_was_sealed_keeps_its_ids_and_both_machines_stay_equal(
    trio: dict[str, Database], carry: Carry, pen: Pen
) -> None:
    first, second = trio["L1"], trio["L2"]
    with first.writing() as tables:
        _register(tables, pen)
    carry(first, second)
    with first.writing() as tables:
        assert slips.purge(tables, pen, "kid")
    carry(first, second)

    states = []
    for db in (first, second):
        with db.reading() as tables:
            assert rebuild.differences(tables) == []
            assert _slip(tables) == [(None, None, None, 0)]
            states.append(rebuild.digests(tables))
    assert states[0] == states[1]
    with first.reading() as ours, second.reading() as theirs:
        assert slips.written(ours) == []
        assert slips.written(theirs) == [("kid", "2026-11-25", True)]


def test_a_purge_that_is_undone_leaves_the_slip(db: Database, pen: Pen) -> None:
    with db.writing() as tables:
        _register(tables, pen)

    def cut_off() -> None:
        with db.writing() as tables:
            slips.purge(tables, pen, "kid")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        cut_off()

    with db.reading() as tables:
        assert [row[0] for row in _slip(tables)] == [WORDS]
