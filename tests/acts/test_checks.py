from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldkit.acts import answers, checks, strings
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk

Desks = dict[str, Desk]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE answers SET text = '改过的'", "answers: 1 differ"),
        ("DELETE FROM answers", "answers: 1 differ"),
        ("DELETE FROM heads WHERE field = 'text'", "heads: differ"),
        ("DELETE FROM search_rows", "search: differs"),
        ("INSERT OR REPLACE INTO standings SELECT id, 1 FROM participants", "standings: 1 differ"),
    ],
)
def test_a_table_that_the_log_does_not_bear_out_is_told(
    desks: Desks, interview: str, damage: str, problem: str
) -> None:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))
    with desks["interviewer"].db.writing() as tables:
        tables.execute(damage)

    report = checks.check(desks["interviewer"])
    assert (report.ok, report.problems) == (False, [problem])


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE blocks SET payload = x'00' WHERE hash = (SELECT min(hash) FROM blocks)",
        "DELETE FROM blocks WHERE position = 1 AND drawer = 'study'",
    ],
)
def test_a_chain_that_was_touched_is_told(desks: Desks, carry: Callable[[Desk, Desk], object], damage: str) -> None:
    strings.publish(desks["coordinator"])
    carry(desks["coordinator"], desks["translator"])
    with desks["coordinator"].db.writing() as tables:
        tables.execute(damage)

    first, *more = checks.check(desks["coordinator"]).problems
    assert first.startswith("stream ")
    assert more == (["blocks: 1 missing"] if damage.startswith("DELETE") else [])


def test_each_digest_has_its_four_words(desks: Desks, interview: str, carry: Callable[[Desk, Desk], object]) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    carry(desks["coordinator"], desks["interviewer"])
    found = [checks.check(desks[role]).words for role in ("interviewer", "coordinator")]

    assert found[0]["research/A"] == found[1]["research/A"]
    assert len(found[0]["research/A"].zh.split()) == 4
    assert len({pair.zh for pair in found[0].values()}) == len(found[0]) > 2


def test_a_lost_last_block_is_noticed(desks: Desks) -> None:
    with desks["coordinator"].db.writing() as tables:
        tables.execute("DELETE FROM blocks WHERE drawer = 'consent/A'")

    assert checks.check(desks["coordinator"]).problems == ["blocks: 1 missing"]


def test_a_whole_study_has_nothing_wrong_on_any_machine(desks: Desks, interview: str) -> None:
    for role in ("interviewer", "coordinator", "translator", "sg_lead"):
        assert checks.check(desks[role]).problems == []


def test_a_check_changes_nothing(desks: Desks, interview: str, kept: Callable[[Desk], object]) -> None:
    before = kept(desks["interviewer"])

    assert checks.check(desks["interviewer"]) == checks.check(desks["interviewer"])
    assert kept(desks["interviewer"]) == before


def test_what_is_not_sealed_is_counted(desks: Desks, child: str, carry: Callable[[Desk, Desk], object]) -> None:
    assert checks.check(desks["interviewer"]).unsealed == 3
    carry(desks["interviewer"], desks["coordinator"])

    assert checks.check(desks["interviewer"]).unsealed == 0


def test_a_changed_word_changes_the_digest_of_its_drawer_alone(desks: Desks, interview: str) -> None:
    before = checks.check(desks["interviewer"]).digests
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨"))

    after = checks.check(desks["interviewer"]).digests
    assert {drawer for drawer in after if after[drawer] != before[drawer]} == {"research/A"}
