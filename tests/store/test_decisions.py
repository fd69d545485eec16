"""What was decided about a record counts in any order of arrival, and only as long as its versions are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.clock import Clock, new_id
from fieldkit.records import Change
from fieldkit.store import decisions, log, rebuild
from fieldkit.store.database import Database, Tables
from fieldkit.store.log import Draft, Pen

Write = Callable[..., Change]
FACTS = ("sex", "grade")
RECORD = "kid"
STEPS = st.lists(
    st.tuples(st.sampled_from(["edit", "stale", "take", "both"]), st.sampled_from(FACTS), st.integers(0, 3)), max_size=9
)


@pytest.fixture
def write(tables: Tables, pen: Pen) -> Write:
    """Write facts of the child, over *over* or over nothing."""

    def keep(over: dict[str, list[str]] | None = None, **facts: str) -> Change:
        draft = Draft("participant", facts, record=RECORD, subject=RECORD, over=over or {})
        return log.append(tables, pen, draft)

    return keep


def decide(tables: Tables, pen: Pen, field: str, heads: Sequence[object], **more: Any) -> Change:
    facts = {"about": RECORD, "field": field, "choice": "both", "heads": heads, "reason": "typo", **more}
    return log.append(tables, pen, Draft("conflict_decision", facts, subject=RECORD, drawer="research/A"))


def conflict(tables: Tables) -> int:
    (row,) = tables.table("participants").rows
    return int(row["conflict"])


def test_two_versions_wait_until_exactly_they_are_let_stand(tables: Tables, pen: Pen, write: Write) -> None:
    heads = [write(grade=grade).id for grade in ("p5", "p6")]
    assert (conflict(tables), decisions.count(tables)) == (1, 1)
    decide(tables, pen, "sex", heads)
    decide(tables, pen, "grade", heads[:1])
    decide(tables, pen, "grade", heads, choice="take")
    assert (conflict(tables), decisions.count(tables)) == (1, 1)

    decide(tables, pen, "grade", heads)
    assert (conflict(tables), decisions.count(tables)) == (2, 0)
    write(grade="j1")
    assert (conflict(tables), decisions.count(tables)) == (1, 1)
    assert rebuild.differences(tables) == []


def test_of_two_fields_the_one_that_nobody_decided_waits(tables: Tables, pen: Pen, write: Write) -> None:
    heads = [write(grade=grade, sex=sex).id for grade, sex in (("p5", "f"), ("p6", "m"))]
    decide(tables, pen, "grade", heads)
    assert conflict(tables) == 1
    decide(tables, pen, "sex", heads)
    assert conflict(tables) == 2


@pytest.mark.parametrize("heads", ["a", None, {"a": 1}, [["a"], 5, None]])
def test_a_decision_of_another_shape_decides_nothing_and_stops_nothing(
    tables: Tables, pen: Pen, write: Write, heads: Any
) -> None:
    for grade in ("p5", "p6"):
        write(grade=grade)
    decide(tables, pen, "grade", heads)
    for about in (["kid"], None, "nobody"):
        decide(tables, pen, "grade", heads, about=about)

    assert conflict(tables) == 1
    assert rebuild.differences(tables) == []


def test_a_second_change_to_a_decision_counts_for_nothing(tables: Tables, pen: Pen, write: Write) -> None:
    heads = [write(grade=grade).id for grade in ("p5", "p6")]
    first = decide(tables, pen, "grade", heads[:1])
    said = {"about": RECORD, "field": "grade", "choice": "both", "heads": heads}
    log.append(tables, pen, Draft("conflict_decision", said, record=first.id, subject=RECORD, drawer="research/A"))

    assert conflict(tables) == 1


def test_a_decision_lies_in_the_drawer_of_what_it_is_about(tables: Tables, pen: Pen, write: Write) -> None:
    write(grade="p5")

    assert decide(tables, pen, "grade", []).drawer == "research/A"
    with pytest.raises(ValueError, match="conflict_decision"):
        log.append(tables, pen, Draft("conflict_decision", {"about": RECORD}, drawer=None))


def play(tables: Tables, pen: Pen, steps: list[tuple[str, str, int]]) -> list[Change]:
    """Edits from stale pages and decisions, as they come; every change that they leave."""
    made = [log.append(tables, pen, Draft("participant", dict.fromkeys(FACTS, "0"), record=RECORD, subject=RECORD))]
    for number, (what, field, which) in enumerate(steps, 1):
        stands = log.heads_of(tables, RECORD)[field]
        over = {field: stands} if what in {"edit", "take"} else {field: stands[: which % 2]}
        draft = Draft("participant", {field: str(number)}, record=RECORD, subject=RECORD, over=over)
        made.append(decide(tables, pen, field, stands) if what == "both" else log.append(tables, pen, draft))
    return made


def shown(tables: Tables) -> list[dict[str, Any]]:
    return [dict(row) for row in tables.table("participants").rows]


@pytest.fixture
def fresh(empty_store: Path, store_key: bytes, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Another machine that holds nothing yet."""
    made: list[Database] = []

    def another() -> Database:
        path = tmp_path / f"{new_id()}.db"
        path.write_bytes(empty_store.read_bytes())
        made.append(Database(path, store_key))
        return made[-1]

    yield another
    for db in made:
        db.close()


def arrive(tables: Tables, changes: Sequence[Change], size: int) -> None:
    for start in range(0, len(changes), size):
        batch = changes[start : start + size]
        for one in batch:
            log.insert(tables, one, one.encoded(), batch="b", block=None)
        log.settle(tables, batch)


def differing(fresh: Callable[[], Database], steps: list[tuple[str, str, int]], order: int, size: int) -> bool:
    """Tell whether a machine that gets the changes in another order and in batches shows something else."""
    pen = Pen("li", "L1", "A", Clock())
    with fresh().writing() as here, fresh().writing() as there:
        made = play(here, pen, steps)
        arrive(there, sorted(made, key=lambda one: hash((one.tick, order))), size)
        assert rebuild.differences(there) == []
        return shown(here) != shown(there)


ROUNDS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ROUNDS
@given(STEPS, st.integers(0, 10**6), st.integers(1, 4))
def test_in_whatever_order_decisions_and_edits_arrive_every_machine_shows_the_same(
    fresh: Callable[[], Database], steps: list[tuple[str, str, int]], order: int, size: int
) -> None:
    assert not differing(fresh, steps, order, size)


def test_a_decision_that_is_looked_at_only_when_it_arrives_is_caught(
    fresh: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a record is not looked at again when a decision about it comes after it."""
    monkeypatch.setattr(decisions, "about", lambda *_: {})
    steps = [("stale", "grade", 0), ("both", "grade", 0)]
    pen = Pen("li", "L1", "A", Clock())
    with fresh().writing() as here:
        made = play(here, pen, steps)
    found = set()
    for order in permutations(made):
        with fresh().writing() as there:
            arrive(there, order, 1)
            found.add((conflict(there), bool(rebuild.differences(there))))

    assert found == {(1, True), (2, False)}
