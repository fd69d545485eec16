"""What a record amounts to lies in one row: never without its change, and written anew only where it differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fieldkit.records import KINDS, Change, Value
from fieldkit.store import log, state
from fieldkit.store.database import DatabaseError, Tables
from fieldkit.store.log import Draft, Pen
from fieldkit.store.merge import Shown

ANSWER = KINDS["answer"]
SAID: dict[str, Value] = {"interview": "S1", "question": "P1", "text": "奶奶在家", "outcome": "answered"}
SHOWN = Shown(SAID, False, "kid", "S1")


@pytest.fixture
def record(say: Callable[..., str], answer: Callable[..., Change]) -> str:
    """A note that stands in the log and in its table: what `SHOWN` says."""
    return answer((say("guardian"), say("child"))).record


def stored(tables: Tables, record: str) -> dict[str, Value]:
    return next(iter(tables["answers"].rows_where("id = ?", [record])), {})


def written(tables: Tables) -> int:
    return int(tables.execute("SELECT total_changes()").fetchone()[0])


def test_a_row_of_which_no_change_speaks_is_refused(tables: Tables) -> None:
    with pytest.raises(DatabaseError, match="state without its change"):
        state.keep(tables, ANSWER, {"of nobody": SHOWN})


def test_a_row_whose_changes_are_gone_is_not_put_right_either(tables: Tables, record: str) -> None:
    tables.execute("DELETE FROM changes WHERE record = ?", [record])

    with pytest.raises(DatabaseError, match="state without its change"):
        state.keep(tables, ANSWER, {record: replace(SHOWN, conflict=True)})


def test_of_what_amounts_to_nothing_no_row_is_left(tables: Tables, record: str) -> None:
    assert state.keep(tables, ANSWER, {record: None})

    assert stored(tables, record) == {}


def test_a_row_that_says_the_same_is_not_written_again(tables: Tables, record: str) -> None:
    before = written(tables)

    assert not state.keep(tables, ANSWER, {record: SHOWN})
    assert written(tables) == before


def test_a_field_that_nobody_fills_in_any_more_is_emptied(tables: Tables, record: str) -> None:
    state.keep(tables, ANSWER, {record: replace(SHOWN, values={"interview": "S1", "question": "P1"})})

    row = stored(tables, record)
    assert (row["text"], row["outcome"], row["question"]) == (None, None, "P1")


@pytest.mark.parametrize(
    ("now", "again"),
    [
        (replace(SHOWN, values={**SAID, "text": "奶奶不在家"}), True),
        (replace(SHOWN, values={**SAID, "outcome": "skipped"}), False),
        (replace(SHOWN, conflict=True), False),
    ],
)
def test_search_looks_again_only_where_what_it_may_find_changed(
    tables: Tables, record: str, now: Shown, again: bool
) -> None:
    assert bool(state.keep(tables, ANSWER, {record: now})) == again

    assert stored(tables, record) == state.row(ANSWER, record, now)


def test_search_looks_again_where_a_row_comes(tables: Tables, record: str) -> None:
    state.keep(tables, ANSWER, {record: None})

    assert state.keep(tables, ANSWER, {record: SHOWN})


def test_a_field_that_this_program_lacks_is_left_out_and_one_that_nobody_filled_in_is_empty() -> None:
    row = state.row(ANSWER, "R1", replace(SHOWN, values={"text": "奶奶在家", "of_a_later_program": "1"}, conflict=True))

    assert row == {
        "id": "R1",
        "subject": "kid",
        "session": "S1",
        "conflict": 1,
        **dict.fromkeys(ANSWER.fields),
        "text": "奶奶在家",
    }


def test_lists_and_maps_are_written_in_the_one_canonical_way() -> None:
    said = {"told": [3, 1], "items": {"store": "yes", "notes": "不"}}
    row = state.row(KINDS["consent_event"], "E1", Shown(said, False, "kid", None))

    assert (row["told"], row["items"]) == ("[3,1]", '{"notes":"不","store":"yes"}')


def test_the_session_that_a_record_itself_names_goes_before_the_one_it_was_written_in(
    tables: Tables, pen: Pen, form: str
) -> None:
    facts = {"actor": "child", "act": "given", "session": "S2", "form_text_hash": form}
    event = log.append(tables, pen, Draft("consent_event", facts, subject="kid", session="S1"))

    (row,) = tables["consent_events"].rows_where("id = ?", [event.record])
    assert row["session"] == "S2"
