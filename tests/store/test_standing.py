from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.clock import Clock
from fieldkit.records import KINDS, Change, Value, decode
from fieldkit.store import log, people, rebuild, standing
from fieldkit.store.database import Database, Tables
from fieldkit.store.log import Draft, Pen

Say = Callable[..., str]
Answer = Callable[..., Change]


class Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def _child(tables: Tables, pen: Pen, **facts: str) -> Change:
    over = log.heads_of(tables, "kid")
    draft = Draft("participant", facts, record="kid", subject="kid", over={name: over.get(name, []) for name in facts})
    return log.append(tables, pen, draft)


def _notice(tables: Tables, pen: Pen, code: str, scope: str = "all") -> str:
    facts = {"code": code, "scope": scope, "requested_by": "guardian"}
    return log.append(tables, pen, Draft("notice", facts)).id


def test_a_change_without_both_consents_is_held(tables: Tables, say: Say, answer: Answer) -> None:
    guardian, child = say("guardian"), say("child")
    kept = answer((guardian, child))
    judge = standing.held(tables)
    facts = {name: getattr(kept, name) for name in Change.__dataclass_fields__}
    for grounds in ((), (guardian,), (child,), (guardian, "unknown"), ("unknown", child)):
        assert judge(Change(**{**facts, "grounds": grounds}))
    assert judge(Change(**{**facts, "session": "another"}))
    assert judge(Change(**{**facts, "subject": "another"}))
    assert not judge(kept)


def test_kinds_that_need_no_consent_are_never_held(tables: Tables, pen: Pen) -> None:
    assert not standing.held(tables)(_child(tables, pen, site="A03"))


@pytest.mark.parametrize("state", ["draft", "retired", None])
def test_a_form_text_that_was_never_approved_carries_no_consent(
    tables: Tables, pen: Pen, say: Say, answer: Answer, state: str | None
) -> None:
    facts = {"doc_kind": "guardian", "version": "2", "text_hash": "a draft"} | ({"state": state} if state else {})
    log.append(tables, pen, Draft("form", facts))
    answer((say("guardian", form_text_hash="a draft"), say("child")))
    assert tables.table("answers").count == 0


def test_a_form_that_is_retired_later_makes_nothing_held(tables: Tables, pen: Pen, say: Say, answer: Answer) -> None:
    answer((say("guardian"), say("child")))
    record = log.record_id(KINDS["form"], {"doc_kind": "guardian", "version": "1"}, None, "")
    facts = {"doc_kind": "guardian", "version": "1", "state": "retired"}
    log.append(tables, pen, Draft("form", facts, over=log.heads_of(tables, record)))
    assert tables.table("answers").count == 1
    assert rebuild.differences(tables) == []


@pytest.mark.parametrize(
    ("actor", "act", "scope", "hides"),
    [
        ("guardian", "withdrawn", "all", True),
        ("child", "withdrawn", "all", True),
        ("child", "withdrawn", "stop_discard", False),
        ("guardian", "withdrawn", "stop_keep", False),
        ("guardian", "declined", "all", False),
        ("carer", "withdrawn", "all", False),
    ],
)
def test_what_a_withdrawal_hides_is_what_its_scope_names(
    tables: Tables, pen: Pen, say: Say, actor: str, act: str, scope: str, hides: bool
) -> None:
    _child(tables, pen, site="A03")
    say(actor, act, items={}, scope=scope)
    assert people.is_hidden(tables, "kid") == hides
    assert bool(people.participants(tables)) != hides


def test_a_withdrawal_hides_until_the_same_person_lifts_it(tables: Tables, pen: Pen, say: Say) -> None:
    _child(tables, pen, site="A03")
    no = say("guardian", "withdrawn", items={}, scope="all")
    say("guardian")
    assert people.is_hidden(tables, "kid")
    say("guardian", "reconsented", lifts=[no])
    assert not people.is_hidden(tables, "kid")
    assert people.hidden_children(tables) == 0


@pytest.mark.parametrize("code", ["kid", "ZK-A03-001", "zk-a03-001", "小河", "creek"])
def test_a_notice_hides_whom_it_means_whichever_comes_first(tables: Tables, pen: Pen, code: str) -> None:
    _child(tables, pen, case_code="ZK-A03-001", pseudonym_zh="小河", pseudonym_en="Creek")
    assert not people.is_hidden(tables, "kid")
    _notice(tables, pen, code)
    assert people.is_hidden(tables, "kid")
    assert [event.act for event in standing.events(tables, "kid")] == ["withdrawn"]


def test_a_notice_waits_for_its_child(tables: Tables, pen: Pen) -> None:
    _notice(tables, pen, "ZK-A03-001")
    assert people.hidden_children(tables) == 0
    _child(tables, pen, case_code="ZK-A03-001")
    assert people.is_hidden(tables, "kid")
    assert rebuild.differences(tables) == []


def test_a_notice_that_keeps_what_was_said_hides_nothing(tables: Tables, pen: Pen) -> None:
    _child(tables, pen, case_code="ZK-A03-001")
    _notice(tables, pen, "ZK-A03-001", "stop_keep")
    assert not people.is_hidden(tables, "kid")
    assert len(standing.events(tables, "kid")) == 1


def test_a_child_renamed_after_a_notice_stands_the_same_on_every_machine(tables: Tables, pen: Pen) -> None:
    _child(tables, pen, pseudonym_zh="小河")
    _notice(tables, pen, "小河")
    _child(tables, pen, pseudonym_zh="小溪")
    assert rebuild.differences(tables) == []


def test_a_withdrawal_by_an_old_pseudonym_is_not_undone_by_a_new_one(tables: Tables, pen: Pen) -> None:
    _child(tables, pen, pseudonym_zh="小河")
    _notice(tables, pen, "小河")
    _child(tables, pen, pseudonym_zh="小溪")
    assert people.is_hidden(tables, "kid")


def _history(tables: Tables, pen: Pen) -> list[Change]:
    form = {"doc_kind": "guardian", "version": "1", "text_hash": "the text", "state": "approved"}
    log.append(tables, pen, Draft("form", form))
    _child(tables, pen, case_code="ZK-A03-001", pseudonym_zh="小河")
    said = {"items": {"notes": "yes"}, "form_text_hash": "the text", "session": "S1", "act": "given"}
    events = [
        log.append(tables, pen, Draft("consent_event", {**said, "actor": one, "person": one}, subject="kid"))
        for one in ("guardian", "child")
    ]
    note = {"interview": "S1", "question": "P1", "text": "奶奶在家"}
    grounds = tuple(event.id for event in events)
    log.append(tables, pen, Draft("answer", note, subject="kid", session="S1", grounds=grounds))
    no = {"actor": "guardian", "person": "guardian", "act": "withdrawn", "scope": "all"}
    kept = log.append(tables, pen, Draft("consent_event", no, subject="kid"))
    lift = {**said, "actor": "guardian", "person": "guardian", "act": "reconsented", "lifts": [kept.id]}
    log.append(tables, pen, Draft("consent_event", lift, subject="kid"))
    _notice(tables, pen, "小河")
    _child(tables, pen, pseudonym_zh="小溪")
    return [decode(row[0]) for row in tables.execute("SELECT body FROM changes ORDER BY tick")]


def _state(tables: Tables) -> list[object]:
    names = ("participants", "answers", "consent_events", "notices", "heads")
    rows = [sorted(map(str, tables.execute(f"SELECT * FROM {name}").fetchall())) for name in names]
    return [*rows, people.is_hidden(tables, "kid"), rebuild.differences(tables)]


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(9)), st.sets(st.integers(1, 8)))
def test_the_same_changes_in_any_order_and_batches_stand_the_same(
    arrive: Callable[[list[int], set[int]], tuple[list[object], list[object]]], order: list[int], cuts: set[int]
) -> None:
    there, here = arrive(order, cuts)
    assert here == there
    assert here[-1] == []


@pytest.fixture(scope="session")
def arrive(
    empty_store: Path, store_key: bytes
) -> Iterator[Callable[[list[int], set[int]], tuple[list[object], list[object]]]]:
    """Write a history once; let it arrive elsewhere in *order*, cut into batches; return how both stand."""
    db = Database(empty_store, store_key)
    pen = Pen("li", "L1", "A", Clock())

    def _arrive(order: list[int], cuts: set[int]) -> tuple[list[object], list[object]]:
        with suppress(Undone), db.writing() as tables:
            history = _history(tables, pen)
            found.append(_state(tables))
            raise Undone
        with suppress(Undone), db.writing() as tables:
            places = sorted({0, len(order), *cuts})
            for start, end in pairwise(places):
                batch = [history[place] for place in order[start:end]]
                for change in batch:
                    log.insert(tables, change, change.encoded(), "stick", None)
                log.settle(tables, batch)
            found.append(_state(tables))
            raise Undone
        return found.pop(0), found.pop(0)

    found: list[list[object]] = []
    yield _arrive
    db.close()


def test_consents_that_arrive_last_lift_what_was_held(arrive: Callable[..., tuple[list[object], list[object]]]) -> None:
    for last in permutations((0, 2, 3)):
        there, here = arrive([1, 4, 5, 6, 7, 8, *last], {6, 7, 8})
        assert here == there


@pytest.mark.parametrize(
    ("said", "wordy"),
    [
        ([("guardian", {}), ("child", {"session": "S1"}), ("child", {"session": "S2"})], False),
        ([("guardian", {}), ("guardian", {"act": "declined"})], False),  # of guardians every word is read anyway
        ([("child", {}), ("child", {"act": "declined"})], True),
        ([("child", {"act": "deferred"})], True),
        ([("child", {"items": {"participate": "yes", "notes": "no", "store": "yes"}})], True),
        ([("child", {"lifts": ["an old no"]})], True),
        ([("adult_participant", {})], True),
        ([("child", {}), ("guardian", {"act": "voided", "voids": ["any"]})], True),
        ([("guardian", {"day": "2026-01-05"})], True),
    ],
)
def test_where_more_was_said_than_plain_yeses_every_word_is_read(
    tables: Tables, say: Say, said: list[tuple[str, dict[str, Value]]], wordy: bool
) -> None:
    for actor, more in said:
        say(actor, **more)

    short = standing.in_short(tables, ["kid", "another"])
    assert standing.wordy(tables, short, "2026-01-05") == ({"kid"} if wordy else set())
