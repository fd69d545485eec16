"""What was decided about a record counts in any order of arrival, and only as long as its versions are the same."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fieldkit.clock import Clock, new_id
from fieldkit.records import Change
from fieldkit.store import decisions, log, merge, rebuild
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


NAMES = ("L1", "L2", "C1", "C2")
Base = dict[str, list[str]]


class Laptops(RuleBasedStateMachine):
    """Four machines that write, decide from pages opened long ago, and carry what they like; beside them a model.

    The model knows which heads each author had on the screen, and works out what every machine has to show.
    """

    def __init__(self, empty: Path, key: bytes) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.stores = {name: Database(self._copy(empty, name), key) for name in NAMES}
        self.opened = [db.writing() for db in self.stores.values()]
        self.tables = dict(zip(NAMES, [one.__enter__() for one in self.opened], strict=True))
        self.known: dict[str, dict[str, Change]] = {name: {} for name in NAMES}
        self.pages: list[tuple[str, Base]] = []

    def _copy(self, empty: Path, name: str) -> Path:
        return Path(shutil.copy2(empty, Path(self.folder.name) / f"{name}.db"))

    @rule(at=st.sampled_from(NAMES))
    def a_page_is_opened(self, at: str) -> None:
        self.pages.append((at, self.stands(at)))

    @rule(which=st.integers(0, 9), field=st.sampled_from(FACTS), value=st.sampled_from("123"))
    def somebody_saves(self, which: int, field: str, value: str) -> None:
        if self.pages:
            at, base = self.pages[which % len(self.pages)]
            draft = Draft("participant", {field: value}, record=RECORD, subject=RECORD)
            self.keep(at, log.save_over(self.tables[at], self.pen(at), draft, RECORD, json.dumps(base)), base)

    @rule(which=st.integers(0, 9), field=st.sampled_from(FACTS), choice=st.integers(0, 3))
    def somebody_decides(self, which: int, field: str, choice: int) -> None:
        if not self.pages:
            return
        at, base = self.pages[which % len(self.pages)]
        heads = [self.known[at][id_] for id_ in base.get(field, [])]
        if len({one.set[field] for one in heads}) < 2:
            return
        named, tables, pen = [one.id for one in heads], self.tables[at], self.pen(at)
        if choice < len(heads):
            taken = Draft("participant", {field: heads[choice].set[field]}, record=RECORD, subject=RECORD)
            self.keep(at, log.save_over(tables, pen, taken, RECORD, json.dumps(base)), base)
        kind = "take" if choice < len(heads) else "both"
        self.keep(at, decide(tables, pen, field, named, choice=kind), base)

    @rule(way=st.permutations(NAMES), backwards=st.booleans(), size=st.integers(1, 3))
    def a_stick_is_carried(self, way: list[str], backwards: bool, size: int) -> None:
        giver, taker = way[:2]
        fresh = [one for id_, one in self.known[giver].items() if id_ not in self.known[taker]]
        arrive(self.tables[taker], fresh[::-1] if backwards else fresh, size)
        self.known[taker] |= {one.id: one for one in fresh}

    @invariant()
    def every_machine_shows_what_it_holds(self) -> None:
        for name, known in self.known.items():
            rows = [(row["conflict"], *(row[field] for field in FACTS)) for row in shown(self.tables[name])]
            assert rows == self.wanted(known), name
            assert decisions.count(self.tables[name]) == sum(row[0] == 1 for row in rows)

    def wanted(self, known: dict[str, Change]) -> list[tuple[object, ...]]:
        """What a machine that holds *known* has to show, worked out from nothing but the changes."""
        facts = [one for one in known.values() if one.kind == "participant"]
        if not facts:
            return []
        values, apart, kept = [], 0, 0
        for field in FACTS:
            named = {id_ for one in facts for id_ in one.over.get(field, ())}
            heads = sorted(
                (one.tick, one.id, one.set[field]) for one in facts if field in one.set and one.id not in named
            )
            values.append(heads[-1][2] if heads else None)
            if len({value for *_, value in heads}) > 1:
                apart += 1
                ids = sorted(id_ for _, id_, _ in heads)
                said = [one.set for one in known.values() if one.kind == "conflict_decision"]
                kept += any((one["field"], one["choice"], sorted(one["heads"])) == (field, "both", ids) for one in said)
        return [(0 if not apart else 2 if kept == apart else 1, *values)]

    def stands(self, at: str) -> Base:
        return log.heads_of(self.tables[at], RECORD)

    def pen(self, at: str) -> Pen:
        return Pen(at.lower(), at, "A", Clock())

    def keep(self, at: str, made: Change | None, base: Base) -> None:
        """Note what was written; it names nothing that its author did not see."""
        if made is not None:
            assert {id_ for ids in made.over.values() for id_ in ids} <= {id_ for ids in base.values() for id_ in ids}
            self.known[at][made.id] = made

    def something_happens(self, chance: random.Random) -> None:
        what = chance.choices(["open", "save", "decide", "carry"], [3, 3, 4, 4])[0]
        recent = range(len(self.pages))[-4:] or range(1)
        if what == "open":
            self.a_page_is_opened(chance.choice(NAMES))
        elif what == "save":
            self.somebody_saves(chance.choice(recent), chance.choice(FACTS), chance.choice("123"))
        elif what == "decide":
            self.somebody_decides(chance.choice(recent), chance.choice(FACTS), chance.randrange(4))
        else:
            self.a_stick_is_carried(chance.sample(NAMES, 4), chance.random() < 0.5, chance.randint(1, 3))

    def end_equal(self) -> None:
        for giver, taker in permutations(NAMES, 2):
            self.a_stick_is_carried([giver, taker], False, 2)
        for giver, taker in permutations(NAMES, 2):
            self.a_stick_is_carried([giver, taker], True, 1)
        self.every_machine_shows_what_it_holds()
        assert len({str(shown(tables)) for tables in self.tables.values()}) == 1
        assert [rebuild.differences(tables) for tables in self.tables.values()] == [[]] * 4

    def teardown(self) -> None:
        try:
            self.end_equal()
        finally:
            for one in self.opened:
                one.__exit__(None, None, None)
            for db in self.stores.values():
                db.close()
            self.folder.cleanup()


def wander(empty: Path, key: bytes, seed: int, patch: pytest.MonkeyPatch) -> None:
    """Walk the same machines, with people deciding most of the time: 120 steps that *seed* decides, ids included."""
    chance, laptops = random.Random(seed), Laptops(empty, key)
    patch.setattr(log, "new_id", lambda: f"{chance.randrange(10**22):022}")
    try:
        for _ in range(120):
            laptops.something_happens(chance)
            laptops.every_machine_shows_what_it_holds()
    finally:
        laptops.teardown()


SEEDS = (1, 2, 3)
STEPS_OF_A_WALK = settings(
    max_examples=400, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_after_any_history_every_machine_shows_what_the_model_says(empty_store: Path, store_key: bytes) -> None:
    run_state_machine_as_test(lambda: Laptops(empty_store, store_key), settings=STEPS_OF_A_WALK)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_walk_of_many_decisions_ends_well(
    seed: int, empty_store: Path, store_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    wander(empty_store, store_key, seed, monkeypatch)


Patch = pytest.MonkeyPatch


def both_kept_holds_for_whatever_comes(patch: Patch) -> None:
    """A decision is remembered by its field, not by the versions that it was about."""
    patch.setattr(merge, "_dispute", lambda heads, kept: min(len(merge.disputed(heads)), 1) * (2 if kept else 1))


def a_decision_is_not_looked_at_when_it_comes_last(patch: Patch) -> None:
    patch.setattr(decisions, "about", lambda *_: {})


def a_decision_overwrites_what_its_author_never_saw(patch: Patch) -> None:
    patch.setattr(log, "save_over", lambda tables, pen, draft, *_: log.append_over(tables, pen, draft))


def any_decision_ends_a_conflict(patch: Patch) -> None:
    """One that took a version says nothing of the versions that stand now."""
    patch.setattr(decisions, "BOTH", "take")


@pytest.mark.parametrize(
    "plant",
    [
        both_kept_holds_for_whatever_comes,
        a_decision_is_not_looked_at_when_it_comes_last,
        a_decision_overwrites_what_its_author_never_saw,
        any_decision_ends_a_conflict,
    ],
)
def test_a_planted_bug_is_caught(
    plant: Callable[[Patch], None], empty_store: Path, store_key: bytes, monkeypatch: Patch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        wander_everywhere(empty_store, store_key, monkeypatch)


def wander_everywhere(empty: Path, key: bytes, patch: Patch) -> None:
    for seed in SEEDS:
        wander(empty, key, seed, patch)
