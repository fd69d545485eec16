from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Migrations

from fieldkit.records import INTEGER, KINDS, Change, Kind
from fieldkit.rules import consent
from fieldkit.store import log, rebuild, schema
from fieldkit.store.database import Database, DatabaseError, Tables
from fieldkit.store.log import Draft, Pen

STATE = sorted(kind.table for kind in KINDS.values())


def _names(tables: Tables, kind: str) -> list[str]:
    rows = tables.execute("SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'", [kind])
    return sorted(row[0] for row in rows)


def test_a_migration_that_fails_leaves_nothing_of_itself(db: Database) -> None:
    later = Migrations("fieldkit")

    @later()
    def add_and_fail(tables: Tables) -> None:
        tables.execute("CREATE TABLE half (id TEXT)")
        raise RuntimeError

    with pytest.raises(RuntimeError), db.writing() as tables:
        later.apply(tables)
    with db.reading() as tables:
        assert "half" not in _names(tables, "table")
        assert [one.name for one in later.pending(tables)] == ["add_and_fail"]


def test_the_triggers_are_all_there_and_no_other(tables: Tables) -> None:
    gated = [f"{kind}_needs_consent" for kind in ("interview", "answer", "moment", "observation")]
    expected = [*(f"{table}_needs_change" for table in STATE), *gated]
    counting = [f"changes_{what}" for what in ("added", "gone", "sealed", "opened")]
    counting += ["interviews_added", "interviews_gone"]
    assert _names(tables, "trigger") == sorted([*expected, *counting])


def test_known_names_every_migration(tables: Tables) -> None:
    assert tuple(migration.name for migration in schema.migrations._migrations) == schema.KNOWN
    assert tuple(migration.name for migration in schema.migrations.applied(tables)) == schema.KNOWN


def test_applying_again_changes_nothing(tables: Tables) -> None:
    everything = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    before = tables.execute(everything).fetchall()
    schema.migrations.apply(tables)
    assert schema.migrations.pending(tables) == []
    assert tables.execute(everything).fetchall() == before


def test_an_empty_file_gets_all_tables_or_none(tmp_path: Path, store_key: bytes) -> None:
    db = Database(tmp_path / "new.db", store_key)
    with pytest.raises(DatabaseError, match="already exists"), db.writing() as tables:
        _apply_twice(tables)
    with db.writing() as tables:
        assert _names(tables, "table") == []
        schema.migrations.apply(tables)
        assert set(STATE) < set(_names(tables, "table"))
    db.close()


def _apply_twice(tables: Tables) -> None:
    for migration in [*schema.migrations._migrations, *schema.migrations._migrations]:
        migration.fn(tables)


def test_the_file_says_whose_it_is(tables: Tables) -> None:
    assert tables.execute("PRAGMA application_id").fetchone() == (0x464B4954,)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_of_a_kind_has_its_column(tables: Tables, kind: Kind) -> None:
    columns = {column.name: column.type for column in tables.table(kind.table).columns}
    shown = {"id": "TEXT", "subject": "TEXT", "session": "TEXT", "conflict": "INTEGER"}
    fields = {name: "INTEGER" if of == INTEGER else "TEXT" for name, of in kind.fields.items()}
    assert columns == {**shown, **fields}


def test_state_has_no_constraint_but_the_record_id(tables: Tables) -> None:
    for table in STATE:
        assert tables.table(table).pks == ["id"]
        assert not any(index.unique and index.columns != ["id"] for index in tables.table(table).indexes)


def test_two_children_may_arrive_with_one_case_code(tables: Tables, pen: Pen) -> None:
    for subject in ("小满", "小禾"):
        facts = {"case_code": "ZK-A03-001"}
        log.append(tables, pen, Draft("participant", facts, record=subject, subject=subject))
    assert [row["case_code"] for row in tables.table("participants").rows] == ["ZK-A03-001"] * 2


def test_a_later_migration_leaves_data_and_walls_as_they_were(
    tables: Tables, say: Callable[..., str], answer: Callable[..., Change]
) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家")
    triggers, rows = _names(tables, "trigger"), list(tables.table("answers").rows)
    _later().apply(tables)
    assert [{**row, "shade": None} for row in rows] == list(tables.table("answers").rows)
    assert _names(tables, "trigger") == triggers
    with pytest.raises(DatabaseError, match="fieldkit wall"):
        answer(both[:1])


def _later() -> Migrations:
    later = Migrations("fieldkit")
    for migration in schema.migrations._migrations:
        later(name=migration.name)(migration.fn)

    @later()
    def add_a_column(tables: Tables) -> None:
        tables.table("answers").add_column("shade", str)

    return later


def test_a_store_that_people_used_equals_its_rebuild(
    tables: Tables, say: Callable[..., str], answer: Callable[..., Change]
) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家")
    say("guardian", "withdrawn", items={}, scope="all")
    assert rebuild.differences(tables) == []


def test_a_plain_yes_is_what_the_rules_call_a_yes_to_all_that_is_needed() -> None:
    items = set(re.findall(r"\$\.set\.items\.(\w+)'\) = '(\w+)'", schema._PLAIN))
    (acts,) = re.findall(r"'\$\.set\.act'\) IN \(([^)]*)\)", schema._PLAIN)

    assert items == {(item, consent.YES) for item in consent.NECESSARY}
    assert set(re.findall(r"\w+", acts)) == consent.AGREEING
    assert f"'$.set.actor') = '{consent.CHILD}'" in schema._PLAIN
