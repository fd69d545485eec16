"""Blocks that hold still what was erased: told apart from those that do not, and from what no key here opens."""

from __future__ import annotations

from fieldkit.clock import Clock
from fieldkit.records import Change
from fieldkit.store import leftovers, log, replica
from fieldkit.store.database import Database, Tables
from fieldkit.store.intake import stored
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Draft, Pen
from sync.block import Block

Trio = dict[str, Database]


def _writes(store: Database, record: str, subject: str = "kid") -> Change:
    with store.writing() as tables:
        draft = Draft("participant", {"recruited_via": record}, record=record, subject=subject)
        made = log.append(tables, Pen("li", "L1", "A", Clock()), draft)
        replica.seal(tables)
    return made


def _block(tables: Tables, change: Change) -> Block:
    row = tables.execute(
        "SELECT header, payload FROM blocks WHERE hash = (SELECT block FROM changes WHERE id = ?)", [change.id]
    ).fetchone()
    return stored(*row)


def test_where_nothing_was_redacted_nothing_is_looked_at(trio: Trio) -> None:
    _writes(trio["L1"], "P1")
    with trio["L1"].reading() as tables:
        assert leftovers.every(tables) == []


def test_a_block_that_holds_what_was_erased_is_found_until_it_is_emptied(
    trio: Trio, people: dict[str, KeyPair]
) -> None:
    store = trio["L1"]
    gone, stays, other = _writes(store, "P1"), _writes(store, "P2"), _writes(store, "P3", "another child")
    with store.writing() as tables:
        held = _block(tables, gone)
        log.append(
            tables,
            Pen("chen", "C1", "A", Clock()),
            Draft("redaction", {"day": "2026-01-01"}, subject="kid", drawer="consent/A"),
        )
        tables.execute("INSERT INTO stubs VALUES (?, 'L1', 'research/A', 'participant', 'P1', '{}')", [gone.id])
        (found,) = leftovers.every(tables)
        assert (found.block, found.subject, found.device, found.parked) == (held.hash, "kid", "L1", False)
        replica.empty(tables, "research/A", [held.hash], people["chen"].signer)
        assert leftovers.every(tables) == []
        assert _block(tables, stays).payload
        assert _block(tables, other).payload


def test_what_no_key_here_opens_says_nothing(trio: Trio) -> None:
    made = _writes(trio["L1"], "P1")
    with trio["L1"].writing() as tables:
        held = _block(tables, made)
        assert [one.id for one in leftovers.changes_in(tables, held)] == [made.id]
        tables.execute("DELETE FROM drawer_keys")
        assert list(leftovers.changes_in(tables, held)) == []
