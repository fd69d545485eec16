"""Which of the backups that this laptop wrote still hold what was erased since."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from fieldkit.clock import Clock
from fieldkit.records import Change
from fieldkit.store import copies, log, replica
from fieldkit.store.database import Database
from fieldkit.store.log import Draft, Pen
from sync.replica import Report

Trio = dict[str, Database]
Carry = Callable[[Database, Database], Report]


def _writes(store: Database, record: str, at: str = "L1") -> Change:
    with store.writing() as tables:
        draft = Draft("participant", {"recruited_via": "a word"}, record=record, subject=record)
        return log.append_over(tables, Pen("li", at, "A", Clock()), draft)


def _backs_up(store: Database) -> int:
    with store.writing() as tables:
        replica.seal(tables)
        number = copies.keep(tables, "a stick", "2026-09-03")
        copies.look_into(tables, number, tables)
        return number


def _erases(store: Database, *changes: Change) -> None:
    with store.writing() as tables:
        replica.erase(tables, changes)


def _holding(store: Database) -> list[int]:
    with store.reading() as tables:
        return [number for number, one in copies.every(tables).items() if one.holds]


def test_a_backup_from_before_the_words_or_after_their_end_is_not_said_to_hold_them(trio: Trio) -> None:
    _backs_up(trio["L1"])
    word = _writes(trio["L1"], "kid")
    holds = [_backs_up(trio["L1"]), _backs_up(trio["L1"])]
    _erases(trio["L1"], word)
    _backs_up(trio["L1"])

    assert _holding(trio["L1"]) == holds


def test_words_that_were_never_in_a_backup_accuse_none(trio: Trio) -> None:
    _backs_up(trio["L1"])
    _erases(trio["L1"], _writes(trio["L1"], "kid"))

    assert _holding(trio["L1"]) == []


def test_what_another_laptop_erased_is_held_by_the_backups_of_this_one_too(trio: Trio, carry: Carry) -> None:
    word = _writes(trio["L2"], "kid", "L2")
    carry(trio["L2"], trio["L1"])
    number = _backs_up(trio["L1"])
    _erases(trio["L2"], word)

    carry(trio["L2"], trio["L1"])
    assert _holding(trio["L1"]) == [number]
    carry(trio["L2"], trio["L1"])
    assert _backs_up(trio["L1"]) not in _holding(trio["L1"])


def test_what_is_erased_while_the_copies_are_replaced_waits_for_the_next_time(trio: Trio) -> None:
    _erases(trio["L1"], _writes(trio["L1"], "kid"))
    with trio["L1"].writing() as tables:
        mark = copies.stale(tables)
        assert mark is not None
    _erases(trio["L1"], _writes(trio["L1"], "another"))

    with trio["L1"].writing() as tables:
        copies.replaced(tables, mark)
        later = copies.stale(tables)
        assert later not in {None, mark}
        copies.replaced(tables, later or b"")
        assert copies.stale(tables) is None


def test_an_order_that_finds_nothing_makes_nothing_stale(trio: Trio, carry: Carry) -> None:
    _erases(trio["L1"], _writes(trio["L1"], "kid"))
    carry(trio["L1"], trio["L2"])

    with trio["L2"].reading() as tables:
        assert copies.stale(tables) is None


def test_an_order_that_waits_for_a_key_accuses_no_later_backup(trio: Trio, carry: Carry) -> None:
    with trio["C1"].writing() as tables:
        tables.execute("DELETE FROM drawer_keys WHERE drawer = 'research/A'")
    word = _writes(trio["L1"], "kid")
    carry(trio["L1"], trio["C1"])
    number = _backs_up(trio["C1"])
    _erases(trio["L1"], word)
    carry(trio["L1"], trio["C1"])
    _backs_up(trio["C1"])

    carry(trio["L1"], trio["C1"])

    assert _holding(trio["C1"]) == [number]


def _copied(store: Database, tmp_path: Path) -> Database:
    store.copy_to(tmp_path / "copy.db")
    return Database(tmp_path / "copy.db", store.key)


def _holds_more(store: Database, copy: Database) -> bool:
    with store.reading() as tables, copy.reading() as theirs:
        return copies.holds_more(tables, theirs)


def test_a_copy_of_what_is_here_holds_nothing_more_also_after_some_of_it_was_erased(trio: Trio, tmp_path: Path) -> None:
    word = _writes(trio["L1"], "kid")
    _backs_up(trio["L1"])
    never_sealed = _writes(trio["L1"], "another")
    with closing(_copied(trio["L1"], tmp_path)) as copy:
        assert not _holds_more(trio["L1"], copy)
        _erases(trio["L1"], word, never_sealed)
        assert not _holds_more(trio["L1"], copy)
        assert _holds_more(copy, trio["L1"])  # the order to erase


def test_one_more_change_sealed_or_not_is_more(trio: Trio, tmp_path: Path) -> None:
    _writes(trio["L1"], "kid")
    with closing(_copied(trio["L1"], tmp_path)) as copy:
        _writes(copy, "another")
        assert _holds_more(trio["L1"], copy)
        _backs_up(copy)
        assert _holds_more(trio["L1"], copy)


def _types(store: Database, text: str) -> Change:
    draft = Draft("participant", {"recruited_via": text}, record="kid", subject="kid", editor="editor-1")
    with store.writing() as tables:
        return log.save_from_editor(tables, Pen("li", "L1", "A", Clock()), draft, "kid", "{}")


def test_of_one_typing_the_later_state_holds_the_earlier_one(trio: Trio, tmp_path: Path) -> None:
    _types(trio["L1"], "rain")
    with closing(_copied(trio["L1"], tmp_path)) as copy:
        _writes(trio["L1"], "another")
        later = _types(trio["L1"], "rainy")
        assert not _holds_more(trio["L1"], copy)
        _erases(trio["L1"], later)
        assert not _holds_more(trio["L1"], copy)


def test_of_one_typing_that_went_on_in_the_copy_the_copy_holds_more(trio: Trio, tmp_path: Path) -> None:
    _types(trio["L1"], "rain")
    with closing(_copied(trio["L1"], tmp_path)) as copy:
        _types(copy, "rainy")
        assert _holds_more(trio["L1"], copy)


def test_a_backup_that_was_never_looked_into_counts_as_holding_whatever_goes(trio: Trio) -> None:
    word = _writes(trio["L1"], "kid")
    with trio["L1"].writing() as tables:
        number = copies.keep(tables, "a stick", "2026-09-03")
    assert _holding(trio["L1"]) == []
    _erases(trio["L1"], word)

    assert _holding(trio["L1"]) == [number]


def test_a_backup_with_words_that_no_block_holds_yet_counts_as_holding_them(trio: Trio) -> None:
    word = _writes(trio["L1"], "kid")
    with trio["L1"].writing() as tables:
        number = copies.keep(tables, "a stick", "2026-09-03")
        copies.look_into(tables, number, tables)
    _erases(trio["L1"], word)

    assert _holding(trio["L1"]) == [number]
