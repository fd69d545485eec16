from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldkit.records import KINDS, Change
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen
from fieldkit.studies import Pair

Say = Callable[..., str]


@pytest.fixture
def child(tables: Tables, pen: Pen) -> Callable[..., None]:
    """Register a child: `child(id, case code, other facts)`."""

    def _child(subject: str, code: str, **facts: str) -> None:
        draft = Draft("participant", {"case_code": code, **facts}, record=subject, subject=subject)
        log.append(tables, pen, draft)

    return _child


def _codes(tables: Tables) -> list[str]:
    return [row["case_code"] for row in people.participants(tables)]


def test_a_hidden_child_is_on_no_list(tables: Tables, child: Callable[..., None], say: Say) -> None:
    child("kid", "ZK-A03-001")
    child("other", "ZK-A03-002")
    say("guardian", "withdrawn", items={}, scope="all")
    assert _codes(tables) == ["ZK-A03-002"]
    assert people.is_hidden(tables, "kid")
    assert not people.is_hidden(tables, "other")
    assert not people.is_hidden(tables, "nobody")
    assert people.hidden_children(tables) == 1


@pytest.mark.parametrize(("pilot", "counted"), [("yes", 0), ("no", 1), ("", 1)])
def test_a_child_of_the_pilot_who_withdrew_is_not_counted_also_once_it_is_gone(
    tables: Tables, pen: Pen, child: Callable[..., None], say: Say, pilot: str, counted: int
) -> None:
    child("kid", "ZK-A03-001", pilot=pilot)
    say("guardian", "withdrawn", items={}, scope="all")
    assert people.hidden_children(tables) == counted
    log.append(tables, pen, Draft("tombstone", {"case_code": "ZK-A03-002", "pilot": pilot}, subject="other"))
    assert people.hidden_children(tables) == 2 * counted


def test_children_are_listed_by_case_code_two_with_one_code_too(tables: Tables, child: Callable[..., None]) -> None:
    for subject, code in (("c", "ZK-A03-002"), ("b", "ZK-A03-001"), ("a", "ZK-A03-001")):
        child(subject, code)
    assert [row["id"] for row in people.participants(tables)] == ["a", "b", "c"]


def test_a_code_may_mean_nobody_one_child_or_two(tables: Tables, child: Callable[..., None]) -> None:
    child("kid", "ZK-A03-001", pseudonym_zh="小河", pseudonym_en="Creek")
    child("twin", "ZK-A03-001")
    assert people.named(tables, "ZK-A03-009") == []
    assert people.named(tables, "小河") == people.named(tables, "CREEK") == people.named(tables, "kid") == ["kid"]
    assert sorted(people.named(tables, "zk-a03-001")) == ["kid", "twin"]


def test_a_row_that_is_not_there_is_none(tables: Tables, child: Callable[..., None]) -> None:
    child("kid", "ZK-A03-001")
    assert people.row(tables, "participants", "id = ?", "nobody") is None
    found = people.row(tables, "participants", "id = ?", "kid")
    assert found is not None
    assert found["case_code"] == "ZK-A03-001"


def test_serials_run_from_the_first_free_one_to_the_end_of_the_block(
    tables: Tables, child: Callable[..., None]
) -> None:
    given = []
    while (serial := people.next_serial(tables, "ZK-A03-", (101, 103))) is not None:
        child(f"kid {serial}", f"ZK-A03-{serial:03d}")
        given.append(serial)
    assert given == [101, 102, 103]
    assert people.next_serial(tables, "ZK-B01-", (101, 103)) == 101


def test_a_withdrawn_childs_serial_is_never_given_again(tables: Tables, child: Callable[..., None], say: Say) -> None:
    child("kid", "ZK-A03-001")
    say("guardian", "withdrawn", items={}, scope="all")
    assert people.next_serial(tables, "ZK-A03-", (1, 99)) == 2


def test_a_code_that_was_corrected_stays_used(tables: Tables, child: Callable[..., None], pen: Pen) -> None:
    child("kid", "ZK-A03-001")
    over = log.heads_of(tables, "kid")
    draft = Draft("participant", {"case_code": "ZK-A03-002"}, record="kid", subject="kid", over=over)
    log.append(tables, pen, draft)
    assert people.next_serial(tables, "ZK-A03-", (1, 99)) == 3


@pytest.mark.parametrize("code", ["ZK-A03-", "ZK-A03-1b", "ZK-A03-001-old"])
def test_a_code_without_a_number_at_its_end_stops_nobody(tables: Tables, child: Callable[..., None], code: str) -> None:
    child("kid", code)
    assert people.next_serial(tables, "ZK-A03-", (1, 99)) == 1


@pytest.fixture
def interview(tables: Tables, pen: Pen, child: Callable[..., None], say: Say, answer: Callable[..., Change]) -> str:
    """An open interview with one note."""
    child("kid", "ZK-A03-001")
    both = (say("guardian"), say("child"))
    place = {"record": "S1", "subject": "kid", "session": "S1"}
    log.append(tables, pen, Draft("interview", {"interviewer": "li"}, grounds=both, **place))  # type: ignore[arg-type]
    answer(both)
    return "S1"


def test_an_interview_tells_how_much_is_answered_and_waits_to_be_sealed(tables: Tables, interview: str) -> None:
    found = people.interviews(tables, "kid")
    assert [(one["id"], one["answered"], one["carried"]) for one in found] == [(interview, 1, None)]
    assert people.tallied(tables) == {"interviews": 1, "waiting": 1, "unsealed": 6}
    tables.execute("UPDATE changes SET block = 'sealed' WHERE kind = 'interview'")
    assert people.tallied(tables) == {"interviews": 1, "waiting": 1, "unsealed": 5}
    tables.execute("UPDATE changes SET block = 'sealed'")
    assert people.tallied(tables) == {"interviews": 1, "waiting": 0, "unsealed": 0}


def test_a_skipped_question_is_no_answer(tables: Tables, pen: Pen, interview: str) -> None:
    record = log.record_id(KINDS["answer"], {"interview": "S1", "question": "P1"}, None, "")
    old = log.of_record(tables, record)[0]
    said = {"interview": "S1", "question": "P1", "outcome": "child_skipped"}
    draft = Draft("answer", said, subject="kid", session="S1", grounds=old.grounds, over=log.heads_of(tables, record))
    log.append(tables, pen, draft)
    assert people.interviews(tables, "kid")[0]["answered"] == 0


def test_a_held_interview_is_counted_and_not_shown(tables: Tables, say: Say, interview: str) -> None:
    assert people.held_interviews(tables) == 0
    event = tables.execute("SELECT id FROM consent_events WHERE actor = 'guardian'").fetchone()[0]
    say("coordinator", "voided", items={}, voids=[event])
    assert people.held_interviews(tables) == 1
    assert people.interviews(tables, "kid") == people.answers(tables, interview) == []


def test_answers_come_in_the_order_of_the_guide(tables: Tables, pen: Pen, interview: str) -> None:
    grounds = log.of_record(tables, "S1")[0].grounds
    for position, code in ((1, "Q9"), (2, "P1"), (3, "A1")):
        log.append(tables, pen, Draft("question", {"code": code, "position": position}))
        said = {"interview": "S1", "question": code, "text": code}
        log.append(tables, pen, Draft("answer", said, subject="kid", session="S1", grounds=grounds))
    assert [one["question"] for one in people.answers(tables, interview)] == ["Q9", "P1", "A1"]


def test_pseudonyms_of_hidden_children_stay_taken(tables: Tables, child: Callable[..., None], say: Say) -> None:
    child("kid", "ZK-A03-001", pseudonym_zh="小河", pseudonym_en="Creek")
    child("other", "ZK-A03-002", pseudonym_zh="小溪")
    child("third", "ZK-A03-003")
    say("guardian", "withdrawn", items={}, scope="all")
    assert sorted(people.pseudonyms(tables)) == [Pair("小河", "Creek"), Pair("小溪", "")]
