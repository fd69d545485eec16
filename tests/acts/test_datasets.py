from __future__ import annotations

from collections.abc import Callable

import pytest

from fieldkit.acts import answers, consents, datasets, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotAllowed, Refusal
from fieldkit.records import KINDS
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]


@pytest.fixture
def told(desks: Desks, interview: str) -> str:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨放学的时候"))
    return interview


def test_only_a_coordinator_gets_it(refused: Refused) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", datasets.merged)


def test_every_table_says_of_whom_and_of_which_interview(desks: Desks, told: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    found = datasets.merged(desks["coordinator"])

    assert len(found["participants"].rows) == 1
    (row,) = found["answers"].rows
    named = dict(zip(found["answers"].columns, row, strict=True))
    assert named["case_code"] == "ZK-A03-001"
    assert named["session_code"] == "ZK-A03-001-S1"
    assert named["text"] == "下雨放学的时候"
    acts = [dict(zip(found["consents"].columns, one, strict=True)) for one in found["consents"].rows]
    assert {(one["actor"], one["act"], one["session_code"]) for one in acts} == {
        ("guardian", "given", ""),
        ("child", "given", "ZK-A03-001-S1"),
    }


STAYS = {
    "participant": {"case_code", "slip_code", "household", "sensitive", "reasons"},
    "person": {"reasons", "basis_evidence", "basis_paper"},
    "parent": {"child", "work_place", "reasons"},
    "screening": {"child"},
    "interview": {"guide_version", "interviewer", "asked"},
    "answer": {"interview"},
    "closing": {"interview", "told", "reasons", "setting_note", "saturation_note", "second_adult"},
    "observation": {"interview"},
}


def test_of_every_field_it_is_said_whether_it_leaves() -> None:
    for kind, named in datasets.FIELDS.items():
        leaves = set(named.split())
        assert not leaves & STAYS[kind]
        assert leaves | STAYS[kind] == set(KINDS[kind].fields), kind


def test_no_id_and_no_name_leads_back_to_a_person(desks: Desks, consented: str, told: str, carry: Carry) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    found = datasets.merged(desks["coordinator"])
    cells = {str(cell) for table in found.values() for row in table.rows for cell in row if cell}
    with desks["coordinator"].db.reading() as tables:
        ids = {row[0] for row in tables.execute("SELECT id FROM changes UNION SELECT record FROM changes")}

    assert len(ids) > 20
    assert not any(one in cell for one in ids for cell in cells)
    assert not any("刘某" in cell or "王某" in cell for cell in cells)


def test_each_note_says_whether_it_may_be_quoted(desks: Desks, consented: str, told: str, carry: Carry) -> None:
    for quoted in (1, 0):
        carry(desks["interviewer"], desks["coordinator"])
        table = datasets.merged(desks["coordinator"])["answers"]
        (row,) = [dict(zip(table.columns, one, strict=True)) for one in table.rows]
        assert [row[name] for name in datasets.MARKS["answer"]] == [0, 0, quoted]
        withdrawals.withdraw_each(desks["interviewer"], [consented], "quote", "guardian", "mother")


def test_who_withdrew_or_whose_guardian_objects_is_in_no_table(
    desks: Desks, consented: str, told: str, carry: Carry
) -> None:
    consents.record(desks["interviewer"], consented, GuardianAnswer("father", {"participate": "no"}, []))
    carry(desks["interviewer"], desks["coordinator"])
    assert not any(table.rows for table in datasets.merged(desks["coordinator"]).values())
    withdrawals.withdraw_each(desks["interviewer"], [consented])
    carry(desks["interviewer"], desks["coordinator"])

    assert not any(table.rows for table in datasets.merged(desks["coordinator"]).values())
