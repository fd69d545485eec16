"""Links between records: transitive, in one order on every machine, and quiet where there are none."""

from __future__ import annotations

from itertools import permutations

import pytest

from fieldkit.store import duplicates, log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen


@pytest.fixture
def three(tables: Tables, pen: Pen) -> tuple[str, ...]:
    """Three records, written down one after another under ids that sort the other way round."""
    for subject in "cba":
        facts = {"case_code": f"ZK-A03-00{subject}"}
        log.append(tables, pen, Draft("participant", facts, record=subject, subject=subject))
    return ("c", "b", "a")


def say(tables: Tables, pen: Pen, one: str, other: str, state: str = "linked") -> None:
    first, second = sorted((one, other))
    log.append_over(tables, pen, Draft(duplicates.KIND, {"first": first, "second": second, "state": state}))


def test_a_child_without_a_link_is_alone(tables: Tables, three: tuple[str, ...]) -> None:
    assert duplicates.beside(tables, "a") == []
    assert duplicates.whole(tables, "a") == ("a",)
    assert duplicates.groups(tables) == {}
    assert not duplicates.folded(tables)
    assert not duplicates.settled(tables)


@pytest.mark.parametrize("links", [*permutations([("a", "b"), ("b", "c")])])
def test_who_is_linked_with_one_is_linked_with_all_and_the_first_written_stands_first(
    tables: Tables, pen: Pen, three: tuple[str, ...], links: tuple[tuple[str, str], ...]
) -> None:
    for one, other in links:
        say(tables, pen, one, other)

    assert {duplicates.whole(tables, each) for each in three} == {three}
    assert duplicates.folded(tables) == {"a", "b"}
    assert sorted(duplicates.linked_to(tables, "b")) == ["a", "c"]
    assert duplicates.linked_to(tables, "a") == ["b"]


def test_a_link_taken_back_is_no_link_and_stays_decided(tables: Tables, pen: Pen, three: tuple[str, ...]) -> None:
    say(tables, pen, "a", "b")
    say(tables, pen, "b", "a", "apart")

    assert duplicates.groups(tables) == {}
    assert duplicates.settled(tables) == {frozenset("ab")}


def test_what_is_said_apart_is_a_link_until_it_is_decided(tables: Tables, pen: Pen, three: tuple[str, ...]) -> None:
    for state in ("linked", "apart"):
        log.append(tables, pen, Draft(duplicates.KIND, {"first": "a", "second": "b", "state": state}))

    assert duplicates.whole(tables, "a") == ("b", "a")
    assert duplicates.settled(tables) == set()
    assert [row["first"] for row in duplicates.disputed(tables)] == ["a"]
    say(tables, pen, "a", "b", "apart")
    assert duplicates.disputed(tables) == []
    assert duplicates.groups(tables) == {}


def test_of_one_code_the_lesser_id_keeps_it(tables: Tables, pen: Pen, three: tuple[str, ...]) -> None:
    for subject in three:
        log.append_over(tables, pen, Draft("participant", {"case_code": "ZK-A03-001"}, record=subject, subject=subject))
    assert duplicates.of_one_code(tables) == [["a", "b", "c"]]
    say(tables, pen, "a", "c")

    assert duplicates.of_one_code(tables) == [["a", "b"]]
