from __future__ import annotations

from datetime import date, timedelta

import pytest

from fieldkit.rules import slips
from fieldkit.rules.consent import Event

TODAY = date(2026, 11, 25)
YES = Event("y", "guardian", "given", "mother")
NO = Event("n", "guardian", "declined", "father")
VOID = Event("v", "guardian", "voided", "mother", voids=("y",))


@pytest.mark.parametrize(
    ("days", "events", "due"),
    [
        (30, [], False),
        (31, [], True),
        (-400, [], False),
        (31, [YES], False),
        (31, [YES, NO], True),
        (31, [YES, VOID], True),
        (31, [Event("c", "carer", "given", "pgm")], True),
        (31, [Event("c", "child", "given", "kid")], True),
        (31, [Event("a", "adult_participant", "given", "kid")], False),
        (31, [Event("d", "guardian", "deferred", "mother")], True),
    ],
)
def test_a_slip_goes_after_thirty_days_without_a_guardians_yes(days: int, events: list[Event], due: bool) -> None:
    assert slips.due(TODAY - timedelta(days=days), TODAY, events) == due


def test_a_slip_code_has_eight_characters_and_none_that_looks_like_another() -> None:
    assert slips.code(lambda letters: letters[-1]) == "YYYYYYYY"
    assert set("0O1IL2Z5S8BUV") & set(slips.ALPHABET) == set()
    assert len(set(slips.ALPHABET)) == len(slips.ALPHABET)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("zk a03 001", "ZK-A03-001"),
        ("ZKA03001", "ZK-A03-001"),
        ("ＺＫ－Ａ０３－００１", "ZK-A03-001"),
        (" ZK–A03–001 ", "ZK-A03-001"),
        ("ad6x xymd", "AD6XXYMD"),
        ("南乔", "南乔"),
        ("ZK-A03-0011", "ZK-A03-0011"),
        ("编号 ZK-A03-001", "ZK-A03-001"),
        ("ZK-A03-001 或 ZK-A03-002", "ZK-A03-001 或 ZK-A03-002"),
        ("ZK-A03-003、004", "ZK-A03-003、004"),
        ("ZK-A03-003，ZK-A03-003", "ZK-A03-003"),
        ("p_N-9aBcDeFgHiJkLmNoPq", "p_N-9aBcDeFgHiJkLmNoPq"),
    ],
)
def test_a_code_is_understood_however_it_is_written(typed: str, meant: str) -> None:
    assert slips.spelt(typed) == meant


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("李小花", False),
        ("0394-000 0000", False),
        ("", False),
        ("ad6x xymd", True),
        ("Wang Fang", False),
        ("3746 9934", False),
        ("编号 zk a03 001", True),
    ],
)
def test_a_name_or_a_number_is_no_code(typed: str, code: bool) -> None:
    assert slips.is_code(typed) is code


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("小满", []),
        ("zk a03 001", ["ZK-A03-001"]),
        ("ZK-A03-003、004", ["ZK-A03-003", "ZK-A03-004"]),
        ("ZK-A03-003 和 ZK-A04-001/002", ["ZK-A03-003", "ZK-A04-001", "ZK-A04-002"]),
        ("ZK-A03-007 ZK-A03-008", ["ZK-A03-007", "ZK-A03-008"]),
    ],
)
def test_every_child_that_a_text_names_by_code_is_meant(typed: str, codes: list[str]) -> None:
    assert slips.case_codes(typed) == codes
