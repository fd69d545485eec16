from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Migrations

from fieldkit.records import INTEGER, KINDS, Change, Kind, canonical
from fieldkit.rules import consent
from fieldkit.rules.notes import DOUBTED
from fieldkit.store import (
    decisions,
    derived,
    duplicates,
    holdings,
    log,
    people,
    rebuild,
    sampling,
    schema,
    search,
    setup,
    standing,
    tasks,
    ticks,
)
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
    kinds = ("interview", "answer", "moment", "observation", "attachment")
    gated = [f"{kind}_{wall}" for kind in kinds for wall in ("needs_consent", "not_left")]
    expected = [*(f"{table}_needs_change" for table in STATE), *gated, "interview_heard_once"]
    counting = [f"changes_{what}" for what in ("added", "gone", "sealed", "opened")]
    counting += ["interviews_added", "interviews_gone", "ticks_grown", "ticks_opened"]
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


@pytest.fixture
def before_the_lists(tmp_path: Path, store_key: bytes, pen: Pen, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A store as the program before `lists_at_once` left it: two interviews, of which the first was sealed."""
    db = Database(tmp_path / "before.db", store_key)
    with db.writing() as tables, monkeypatch.context() as patched:
        patched.setattr(duplicates, "groups", lambda _: {})  # that program linked no children, and erased none
        patched.setattr(log, "is_gone", lambda *_: False)
        patched.setattr(standing, "_notices", lambda *_: [])
        for kind, later in {"consent_event": "answers", "form": "printed"}.items():
            then = {name: type_ for name, type_ in KINDS[kind].fields.items() if name != later}
            patched.setitem(KINDS, kind, replace(KINDS[kind], fields=then))
        schema.migrations.apply(tables, stop_before="lists_at_once")
        with _before_parking(tables):
            form = {"doc_kind": "guardian", "version": "1", "text_hash": "the text", "state": "approved"}
            log.append(tables, pen, Draft("form", form))
            log.append(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record="kid", subject="kid"))
            _held(tables, pen, "S1", "没有不懂的")
            tables.execute("UPDATE changes SET block = 'sealed'")
            _held(tables, pen, "S2", f"俺老外{DOUBTED}来送伞")
    yield db
    db.close()


@contextmanager
def _before_parking(tables: Tables) -> Iterator[None]:
    """Write as a program before `erasures_parked` did: it read log and stubs themselves, and kept nobody's age."""
    views = {"shown_changes": "main.changes", "stubbed": "main.stubs", "parked_stubs": "main.stubs WHERE 0"}
    for view, rows in views.items():
        tables.execute(f"CREATE TEMP VIEW {view} AS SELECT * FROM {rows}")
    tables.execute("CREATE TEMP TABLE grown (subject TEXT PRIMARY KEY, since TEXT)")
    yield
    tables.execute("DROP TABLE temp.grown")
    for view in views:
        tables.execute(f"DROP VIEW temp.{view}")


def _held(tables: Tables, pen: Pen, session: str, text: str) -> None:
    """One interview with one note, on the yes of a guardian and the child's own."""
    asked = {"items": dict.fromkeys(consent.NECESSARY, consent.YES), "form_text_hash": "the text", "act": "given"}
    said = ({"actor": "guardian", "person": "mother"}, {"actor": "child", "person": "kid", "session": session})
    both = tuple(log.append(tables, pen, Draft("consent_event", {**one, **asked}, subject="kid")).id for one in said)
    opened = {"interviewer": "li", "started_on": "2026-11-20"}
    log.append(tables, pen, Draft("interview", opened, record=session, subject="kid", session=session, grounds=both))
    note = {"interview": session, "question": "P1", "text": text, "outcome": "answered"}
    log.append(tables, pen, Draft("answer", note, subject="kid", session=session, grounds=both))


def test_lists_at_once_counts_what_was_there_before_and_goes_on_counting(before_the_lists: Database, pen: Pen) -> None:
    with before_the_lists.writing() as tables:
        schema.migrations.apply(tables)

        assert people.tallied(tables) == {"interviews": 2, "waiting": 1, "unsealed": 4}
        assert rebuild.differences(tables) == []
        tables.execute("UPDATE changes SET block = 'sealed'")
        assert people.tallied(tables) == {"interviews": 2, "waiting": 0, "unsealed": 0}
        _held(tables, pen, "S3", "下雨")
        assert people.tallied(tables) == people.counted(tables) == {"interviews": 3, "waiting": 1, "unsealed": 4}


def test_lists_at_once_finds_what_was_written_before(before_the_lists: Database) -> None:
    with before_the_lists.writing() as tables:
        schema.migrations.apply(tables)

        (found,) = tasks.with_doubted_words(tables, "li", 5)[0]
        assert (found["id"], found["question"]) == ("S2", "P1")
        events = standing.in_short(tables, ["kid"])["kid"]
        assert [(event.actor, event.session) for event in events][-1] == ("child", "S2")
        assert len(events) == 3  # of two plain yeses of the child the last one


def test_lists_at_once_may_fail_and_be_tried_again(before_the_lists: Database) -> None:
    with before_the_lists.writing() as tables:
        tables.execute("CREATE TABLE tallies (name TEXT)")  # in the way of the last step
    with pytest.raises(DatabaseError, match="already exists"), before_the_lists.writing() as tables:
        schema.migrations.apply(tables)
    with before_the_lists.writing() as tables:
        assert "consent_log" not in _names(tables, "view")
        tables.execute("DROP TABLE tallies")
        schema.migrations.apply(tables)

        assert rebuild.differences(tables) == []


def test_conflicts_decided_finds_what_people_wrote_apart_before(tmp_path: Path, store_key: bytes, pen: Pen) -> None:
    db = Database(tmp_path / "before.db", store_key)
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="conflicts_decided")
        with _before_parking(tables):
            for grade in ("p5", "p6"):
                log.append(tables, pen, Draft("participant", {"grade": grade}, record="kid", subject="kid"))
    with db.writing() as tables:
        schema.migrations.apply(tables)

        assert [(one["id"], one["kind"]) for one in decisions.waiting(tables)] == [("kid", "participant")]
        assert rebuild.differences(tables) == []
        heads = log.heads_of(tables, "kid")["grade"]
        said = {"about": "kid", "field": "grade", "choice": "both", "heads": heads}
        log.append(tables, pen, Draft("conflict_decision", said, subject="kid", drawer="research/A"))
        assert decisions.waiting(tables) == []
    db.close()


def test_what_came_before_is_known_to_have_come_and_no_interview_is_called_carried(
    tmp_path: Path, store_key: bytes, pen: Pen
) -> None:
    db = Database(tmp_path / "before.db", store_key)
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="receipts_and_sticks")
        with _before_parking(tables):
            log.append(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record="kid", subject="kid"))
        for batch, at in (("b1", "2026-05-01T10:00"), ("b2", "2026-05-02T10:00")):
            tables.execute("INSERT INTO batches VALUES (?, ?, ?, '{}')", [batch, at, f"stick {batch}"])
        tables.execute("UPDATE changes SET batch = 'b1', block = 'sealed'")
    with db.writing() as tables:
        schema.migrations.apply(tables)

        assert tables.execute("SELECT * FROM arrivals").fetchall() == [("L1", "2026-05-01T10:00", "stick b1")]
        assert ticks.counted(tables) == (0, 0)
    db.close()


def test_children_written_down_before_are_found_by_name(tmp_path: Path, store_key: bytes, pen: Pen) -> None:
    db = Database(tmp_path / "before.db", store_key)
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="children_found_by_name")
        with _before_parking(tables):
            log.append(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record="kid", subject="kid"))
    with db.writing() as tables:
        schema.migrations.apply(tables)

        assert people.named(tables, "zk-a03-001") == ["kid"]
        assert people.teams(tables) == {"kid": "A"}
    db.close()


def test_blocks_of_before_have_the_ends_that_they_had(tmp_path: Path, store_key: bytes) -> None:
    places = (("a", 1, None), ("b", 2, "a"), ("c", 2, "a"), ("d", 3, "c"))
    rows = [(name, "S", at, "study", canonical({"previous": before}), b"", "read") for name, at, before in places]
    db = Database(tmp_path / "before.db", store_key)
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="blocks_at_once")
        tables.conn.executemany("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        schema.migrations.apply(tables)

        assert holdings.ends(tables) == {"S": [(2, "b"), (3, "d")]}
        assert holdings.links(tables, "S") == {name: (at, before) for name, at, before in places}
    db.close()


def test_a_log_of_before_keeps_its_rows_and_walls_and_what_comes_is_appended(tmp_path: Path, store_key: bytes) -> None:
    db, rows = Database(tmp_path / "before.db", store_key), "SELECT * FROM changes ORDER BY id"
    indexes = "SELECT name FROM sqlite_master WHERE tbl_name = 'changes' AND type = 'index' AND sql <> '' ORDER BY name"
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="log_appended")
        for id_, tick in (("later", 2), ("soon", 1)):
            row = [id_, "consent/A", "kid", "S1", "answer", id_, tick, "li", "L1", None, "[]", b"{}", "came", "sealed"]
            tables.execute(f"INSERT INTO changes VALUES ({', '.join('?' * 14)})", row)
        before = [_names(tables, "trigger"), tables.execute(indexes).fetchall(), tables.execute(rows).fetchall()]
        schema.migrations.apply(tables)

        after = [_names(tables, "trigger"), tables.execute(indexes).fetchall(), tables.execute(rows).fetchall()]
        assert after == before
        assert tables.execute("SELECT id FROM changes ORDER BY rowid").fetchall() == [("soon",), ("later",)]
        with pytest.raises(DatabaseError, match="fieldkit wall"):
            tables.execute(
                "INSERT INTO changes SELECT 'x', drawer, subject, session, kind, record, tick, author, "
                "device, editor, grounds, body, NULL, NULL FROM changes WHERE id = 'soon'"
            )
    db.close()


def test_words_of_before_are_found_when_the_index_writes_in_larger_parts(before_the_lists: Database) -> None:
    with before_the_lists.writing() as tables:
        schema.migrations.apply(tables)

        found = dict(tables.execute("SELECT k, v FROM search_config").fetchall())
        assert (found["hashsize"], found["automerge"]) == (4 * 1024 * 1024, 8)
        assert search.find(tables, "送伞") == ["kid"]


def test_a_store_that_people_used_equals_its_rebuild(
    tables: Tables, say: Callable[..., str], answer: Callable[..., Change]
) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家")
    say("guardian", "withdrawn", items={}, scope="all")
    assert rebuild.differences(tables) == []


def test_a_plain_yes_is_what_the_rules_call_a_yes_to_all_that_is_needed() -> None:
    items = set(re.findall(r"\$\.set\.items\.(\w+)'\) = '(\w+)'", derived.PLAIN))
    (acts,) = re.findall(r"'\$\.set\.act'\) IN \(([^)]*)\)", derived.PLAIN)

    assert items == {(item, consent.YES) for item in consent.NECESSARY}
    assert set(re.findall(r"\w+", acts)) == consent.AGREEING
    assert f"'$.set.actor') = '{consent.CHILD}'" in derived.PLAIN


def test_a_loss_of_an_older_program_can_be_found(tmp_path: Path, store_key: bytes, pen: Pen) -> None:
    db = Database(tmp_path / "before.db", store_key)
    stick = "INSERT INTO sticks (id, at, name, interviews, lost, ends) VALUES (?, '2026-05-01T10:00', ?, 2, ?, '{}')"
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="sticks_found")
        facts = {"device": pen.device, "written_on": "2026-05-01", "lost_on": "2026-05-02", "interviews": 2}
        said = log.append(tables, pen, Draft("lost_stick", facts))
        for name, lost in (("lost", "2026-05-02T09:00"), ("kept", "")):
            tables.execute(stick, [name, name, lost])
        schema.migrations.apply(tables)
        assert {one.name: one.loss for one in ticks.sticks(tables)} == {"kept": "", "lost": said.id}
        log.append(tables, pen, Draft("found_stick", {"loss": said.id, "day": "2026-05-03"}))
        assert [one.lost for one in ticks.sticks(tables)] == ["", ""]
    db.close()


def test_a_child_whom_an_older_program_deleted_still_counts(tmp_path: Path, store_key: bytes) -> None:
    db = Database(tmp_path / "before.db", store_key)
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="pilot_children_gone")
        tables.execute(
            "INSERT INTO changes SELECT 'x', 'consent/A', 'kid', NULL, 'tombstone', 'x', 1, 'L1', 'L1', "
            "NULL, '[]', '{}', NULL, NULL"
        )
        tables.execute("INSERT INTO tombstones (id, subject, case_code) VALUES ('x', 'kid', 'ZK-A03-001')")
        schema.migrations.apply(tables)
        assert [row["pilot"] for row in sampling.withdrawn(tables)] == [None]
    db.close()


def test_a_form_that_an_older_program_stamped_says_nothing_of_what_was_printed(
    tmp_path: Path, store_key: bytes, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(tmp_path / "before.db", store_key)
    stamped = {"doc_kind": "guardian", "version": "1", "text_hash": "the text", "stamped_on": "2026-05-01"}
    with db.writing() as tables:
        schema.migrations.apply(tables, stop_before="printed_at_the_stamp")
        with monkeypatch.context() as patched:
            form = KINDS["form"]
            then = {name: type_ for name, type_ in form.fields.items() if name != "printed"}
            patched.setitem(KINDS, "form", replace(form, fields=then))
            log.append(tables, pen, Draft("form", stamped))
        schema.migrations.apply(tables)
        assert [(row["stamped_on"], row["printed"]) for row in setup.forms(tables)] == [("2026-05-01", None)]
        assert rebuild.differences(tables) == []
        log.append_over(tables, pen, Draft("form", {**stamped, "printed": {"institution": "甲大学"}}))
        assert [row["printed"] for row in setup.forms(tables)] == ['{"institution":"甲大学"}']
    db.close()
