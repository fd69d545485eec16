from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldkit.records import KINDS
from fieldkit.rules.guides import text_hash
from fieldkit.store import log, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen
from fieldkit.studies import Pair

OLD, NEW = Pair("谁在家？", "Who is at home?"), Pair("家里有谁？", "Who lives at home?")
Write = Callable[..., None]


@pytest.fixture
def write(tables: Tables, pen: Pen) -> Write:
    """Write one string over what stands."""

    def _write(code: str, pair: Pair, position: int = 0) -> None:
        facts = {"code": code, "zh": pair.zh, "en": pair.en, "position": position}
        record = log.record_id(KINDS["string"], facts, None, "")
        log.append(tables, pen, Draft("string", facts, over=log.heads_of(tables, record)))

    return _write


@pytest.fixture
def publish(tables: Tables, pen: Pen) -> Callable[..., None]:
    """Freeze texts as one version of the guide."""

    def _publish(number: int, texts: dict[str, Pair]) -> None:
        frozen = {code: text_hash(pair) for code, pair in texts.items()}
        log.append(tables, pen, Draft("guide_version", {"number": number, "strings": frozen}))

    return _publish


def _newest(tables: Tables) -> strings.Row:
    found = strings.newest_version(tables)
    assert found is not None
    return found


def test_a_study_without_a_published_guide_has_no_version(tables: Tables, write: Write) -> None:
    write("guide:P4", OLD)
    assert strings.newest_version(tables) is None
    assert strings.form(tables, "guardian") is None


def test_an_interview_reads_what_was_published_not_the_draft(
    tables: Tables, write: Write, publish: Callable[..., None]
) -> None:
    write("guide:P4", OLD)
    publish(1, {"guide:P4": OLD})
    write("guide:P4", NEW)
    assert strings.published(tables, _newest(tables)) == {"guide:P4": OLD}
    assert [(row["zh"], row["en"]) for row in strings.drafts(tables)] == [NEW]


def test_a_text_edited_one_language_at_a_time_is_found_as_it_was_published(
    tables: Tables, pen: Pen, write: Write, publish: Callable[..., None]
) -> None:
    write("guide:P4", OLD)
    record = log.record_id(KINDS["string"], {"code": "guide:P4"}, None, "")
    for name, words in (("zh", NEW.zh), ("en", NEW.en), ("zh", "后来的稿子")):
        over = {name: log.heads_of(tables, record)[name]}
        log.append(tables, pen, Draft("string", {"code": "guide:P4", name: words}, over=over))
    publish(1, {"guide:P4": NEW})
    assert strings.published(tables, _newest(tables)) == {"guide:P4": NEW}


def test_a_text_that_has_not_arrived_is_left_out(tables: Tables, publish: Callable[..., None]) -> None:
    publish(1, {"guide:P4": OLD})
    assert strings.published(tables, _newest(tables)) == {}
    assert strings.texts_with(tables, {"guide:P4": text_hash(OLD)}) == {}


def test_texts_keep_the_order_in_which_they_were_published(
    tables: Tables, write: Write, publish: Callable[..., None]
) -> None:
    for code, pair in (("guide:Q2", OLD), ("guide:P4", NEW)):
        write(code, pair)
    publish(1, {"guide:P4": NEW, "guide:Q2": OLD})
    assert list(strings.published(tables, _newest(tables))) == list(strings.hashes(_newest(tables)))


def test_the_highest_number_is_the_newest_version(tables: Tables, write: Write, publish: Callable[..., None]) -> None:
    for number in (9, 10, 2):
        publish(number, {})
    assert _newest(tables)["number"] == 10


def test_of_two_versions_with_one_number_every_machine_takes_the_same(
    tables: Tables, publish: Callable[..., None]
) -> None:
    for code in ("a", "b", "c"):
        publish(1, {code: OLD})
    assert _newest(tables)["id"] == max(row["id"] for row in tables.table("guide_versions").rows)


def test_questions_come_in_the_order_of_the_guide(tables: Tables, pen: Pen) -> None:
    for position, code in ((10, "P10"), (2, "P2"), (2, "P1")):
        facts = {"code": code, "position": position, "probes": [f"{code}.a"]}
        log.append(tables, pen, Draft("question", facts))
    assert [(one["code"], one["probes"]) for one in strings.questions(tables)] == [
        ("P1", ["P1.a"]),
        ("P2", ["P2.a"]),
        ("P10", ["P10.a"]),
    ]


def test_a_form_is_found_by_the_hash_of_its_text(tables: Tables, pen: Pen) -> None:
    for version in ("1", "2"):
        facts = {"doc_kind": "guardian", "version": version, "strings": {"form:guardian:1": "h"}, "items": ["notes"]}
        log.append(tables, pen, Draft("form", {**facts, "text_hash": f"hash {version}"}))
    found = strings.form(tables, "hash 1")

    assert found is not None
    assert (found["version"], found["strings"], found["items"]) == ("1", {"form:guardian:1": "h"}, ["notes"])
    assert strings.form(tables, "hash 3") is None


def test_an_interview_whose_guide_has_not_arrived_follows_none(tables: Tables) -> None:
    assert strings.guide_of(tables, {"guide_version": "still-on-the-way"}) is None


def test_an_interview_follows_the_guide_that_it_began_with(tables: Tables, publish: Callable[..., None]) -> None:
    publish(1, {"guide:P4": OLD})
    first = _newest(tables)
    publish(2, {"guide:P4": NEW})
    assert strings.guide_of(tables, {"guide_version": first["id"]}) == first


def test_a_guide_asks_the_questions_whose_texts_it_froze(tables: Tables, pen: Pen) -> None:
    for position, code in enumerate(("P4", "P1", "E2")):
        facts = {"code": code, "section": code[0], "position": position}
        log.append(tables, pen, Draft("question", facts))
    assert [one["code"] for one in strings.asked(tables, {"guide:P1", "guide:P4", "guide:P4.a"})] == ["P4", "P1"]
